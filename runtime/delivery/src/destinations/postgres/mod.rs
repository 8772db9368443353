//! Records are kept as history in a partner's own PostgreSQL: one row a measurement.

#[cfg(feature = "postgres")]
mod connection;
mod definition;
#[cfg(feature = "postgres")]
mod fault;
#[cfg(feature = "postgres")]
mod recipient;
#[cfg(feature = "postgres")]
mod rows;
#[cfg(feature = "postgres")]
mod schema;
#[cfg(feature = "postgres")]
mod writing;

pub use definition::{PostgresPush, PostgresPushError};
#[cfg(feature = "postgres")]
pub use recipient::PostgresRecipient;
