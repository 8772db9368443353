//! Reach: the addresses of recipients, and the one connector that every transport goes through.
//!
//! Routes are made by partners. A name is resolved once, each address that comes of it is checked as the
//! socket address that is about to be connected to, and nothing resolves it again.

mod connector;
mod http;
#[cfg(any(feature = "postgres", feature = "sftp"))]
mod limited;
mod networks;
mod rules;
mod special;

pub(crate) use self::http::{Bound, HttpClient, HttpError};
pub use connector::{ConnectError, Connector};
#[cfg(feature = "postgres")]
pub(crate) use limited::Allowance;
#[cfg(any(feature = "postgres", feature = "sftp"))]
pub(crate) use limited::Limited;
pub use networks::{Network, NetworkError, Ports, PortsError, listed};
pub use rules::{AddressError, AddressRules, Reach};
