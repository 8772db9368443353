//! The objects as they were at the ends of the days that are open: read from the store, and kept for a while,
//! as long as nothing that is registered has changed.

use std::{sync::Arc, time::Duration};

use champollion_service::quality::{Calendar, PastMembers};
use champollion_store::TableError;
use jiff::{Timestamp, civil::Date};

use super::Quality;
use crate::kept::Kept;

/// The time for which they are kept. Those of a million objects that were imported take some twenty megabytes: they serve
/// the groups of one request, and do not stay until the days are closed.
const KEPT: Duration = Duration::from_secs(60);

/// The state of all that the objects of the past depend on.
#[derive(Clone, Copy, PartialEq, Eq)]
struct AsOf {
    /// The number of changes of devices that are known.
    changes: u64,
    calendar: Calendar,
    today: Date,
}

/// The objects of the past that were read last: one reading, however large.
pub(super) struct KeptPast(Kept<(), (AsOf, Arc<PastMembers>)>);

impl Default for KeptPast {
    fn default() -> Self {
        Self(Kept::new(usize::MAX, KEPT))
    }
}

impl Quality {
    /// Returns what has changed since the ends of the days that are open, with all changes that are known by now.
    ///
    /// # Errors
    /// [`TableError`] where the store does not answer.
    pub(crate) async fn past_members(&self) -> Result<Arc<PastMembers>, TableError> {
        // They are counted before the store is read: a change meanwhile has all read again the next time.
        let as_of = AsOf {
            changes: self.devices.changes(),
            calendar: self.books.calendar(),
            today: self.days.of(Timestamp::now()),
        };
        let KeptPast(kept) = &self.past;
        if let Some(known) = kept.get(&()).filter(|known| known.0 == as_of) {
            return Ok(Arc::clone(&known.1));
        }
        let of_days = (as_of.calendar, as_of.today);
        let past = Arc::new(PastMembers::read(&*self.store, &self.days, of_days).await?);
        kept.put((), &Arc::new((as_of, Arc::clone(&past))), 0);
        Ok(past)
    }
}
