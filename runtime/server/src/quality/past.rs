//! The objects as they were at the ends of the days that are open: read from the store, and kept as long as nothing that is
//! registered has changed.

use std::sync::Arc;

use champollion_service::quality::{Calendar, PastMembers};
use champollion_store::TableError;
use jiff::{Timestamp, civil::Date};
use parking_lot::Mutex;

use super::Quality;

/// The state of all that the objects of the past depend on.
#[derive(Clone, Copy, PartialEq, Eq)]
struct AsOf {
    /// The number of changes of devices that are known.
    changes: u64,
    calendar: Calendar,
    today: Date,
}

/// The objects of the past that were read last.
#[derive(Default)]
pub(super) struct KeptPast(Mutex<Option<(AsOf, Arc<PastMembers>)>>);

impl Quality {
    /// Returns the objects as they were at the ends of the days that are open.
    ///
    /// # Errors
    /// [`TableError`] where the store does not answer.
    pub(crate) async fn past_members(&self) -> Result<Arc<PastMembers>, TableError> {
        // It is looked at before the store is: a change meanwhile has all read again the next time.
        let as_of = AsOf {
            changes: self.devices.changes(),
            calendar: self.books.calendar(),
            today: self.days.of(Timestamp::now()),
        };
        if let Some((known, past)) = &*self.past.0.lock()
            && *known == as_of
        {
            return Ok(Arc::clone(past));
        }
        let of_days = (as_of.calendar, as_of.today);
        let past = Arc::new(PastMembers::read(&*self.store, &self.days, of_days).await?);
        *self.past.0.lock() = Some((as_of, Arc::clone(&past)));
        Ok(past)
    }
}
