//! The mailbox: records wait in the log of their group until everybody who gets them has them, or their
//! time is over.
//!
//! A log has several readers, each with a place of its own: the routes of the group, and the inbox, from
//! which records are pulled. What all routes are done with is removed; the inbox holds records back only
//! where a group has no route. Records may be kept back beyond that until something else has read them too.

mod corrections;
mod error;
mod expiry;
mod filtering;
mod inbox;
mod keeping_back;
mod kept_back;
mod log;
mod page;
mod progress;
mod settings;

pub use error::DeliveryError;
pub(crate) use expiry::ExpiryWitness;
pub use log::Mailbox;
pub(crate) use log::STAMP_BYTES;
pub(crate) use page::Filling;
pub use page::{Page, PageBounds, PulledRecord};
pub(crate) use progress::Progress;
pub use settings::RetentionSettings;
