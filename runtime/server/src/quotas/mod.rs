//! Quotas: how much of everything one group may have at once, so that there is room for the others.
//!
//! What there is is counted where it is kept, so that a count is right after a restart. What is about to be
//! kept is reserved first, so that two requests at once cannot both take the last place.

mod error;
mod pace;
mod reservations;
mod settings;

pub use error::{Quota, QuotaExceeded};
pub(crate) use pace::Pace;
pub(crate) use reservations::{Reservation, Reservations};
pub use settings::{GroupQuotas, Limits, Quotas};
