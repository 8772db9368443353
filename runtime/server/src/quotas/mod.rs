//! Quotas: how much of everything one group may have at once, so that there is room for the others.
//!
//! Things of a group are counted where they are kept, so that a count is right after a restart. A place for a new
//! one is reserved before it is kept, so that two requests at once cannot both take the last place.

mod counts;
mod error;
mod pace;
mod reservations;
mod settings;

pub(crate) use counts::Counts;
pub use error::{Quota, QuotaExceeded};
pub(crate) use pace::Pace;
pub(crate) use reservations::{Reservation, Reservations};
pub use settings::{GroupQuotas, Limits, Quotas};
