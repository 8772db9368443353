//! Whether the database answers, shared by the committer and everyone who asks.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::error::StoreError;
use crate::port::Health;

/// The time after which a transaction that does not end makes the store count as stalled: a node without its
/// database, or a primary without its standby, shall refuse frames within two seconds, so that network servers try
/// elsewhere.
const STALLED_AFTER: Duration = Duration::from_millis(1_800);

/// The time for which frames are not tried after the database's disk was full: a try costs a transaction, and an
/// answer at once is kinder to network servers.
const FULL_FOR: Duration = Duration::from_secs(10);

#[derive(Default)]
pub(super) struct Status {
    closed: AtomicBool,
    /// The reason for which nothing is written any more; set once.
    failure: OnceLock<String>,
    /// The last attempt to reach the database failed.
    unreachable: AtomicBool,
    /// Until when the database counts as one without room.
    full_until: Mutex<Option<Instant>>,
    /// Since when the committer has been writing the present group.
    busy_since: Mutex<Option<Instant>>,
}

impl Status {
    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }

    pub(super) fn check_open(&self) -> Result<(), StoreError> {
        if self.closed.load(Ordering::Acquire) { Err(StoreError::Closed) } else { Ok(()) }
    }

    /// Hears of an error after which nothing may be written until the process is started again.
    pub(super) fn fail(&self, error: &StoreError) {
        if self.failure.set(error.to_string()).is_ok() {
            tracing::error!(%error, "nothing is written any more");
        }
    }

    pub(super) fn has_failed(&self) -> bool {
        self.failure.get().is_some()
    }

    pub(super) fn set_busy(&self, busy: bool) {
        *self.busy_since.lock() = busy.then(Instant::now);
    }

    /// Hears whether the database answered, and says so once where that changed.
    pub(super) fn set_reachable(&self, server: &str, outcome: Result<(), &str>) {
        let was_unreachable = self.unreachable.swap(outcome.is_err(), Ordering::AcqRel);
        match outcome {
            Err(reason) if !was_unreachable => {
                tracing::error!(
                    server,
                    reason,
                    "the database cannot be reached: nothing is acknowledged"
                );
            }
            Ok(()) if was_unreachable => tracing::info!(server, "the database answers again"),
            _ => {}
        }
    }

    /// Hears that the database has no room on its disk.
    pub(super) fn set_full(&self) {
        *self.full_until.lock() = Some(Instant::now() + FULL_FOR);
    }

    pub(super) fn is_full(&self) -> bool {
        self.full_until.lock().is_some_and(|until| Instant::now() < until)
    }

    pub(super) fn is_unreachable(&self) -> bool {
        self.unreachable.load(Ordering::Acquire)
    }

    pub(super) fn health(&self) -> Health {
        if self.closed.load(Ordering::Acquire) {
            return Health::Closed;
        }
        if let Some(reason) = self.failure.get() {
            return Health::Failed(reason.clone());
        }
        let since = *self.busy_since.lock();
        let is_late = since.is_some_and(|since| since.elapsed() > STALLED_AFTER);
        if is_late || self.is_unreachable() { Health::Stalled } else { Health::Ready }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_remembered_for_a_while_and_a_lost_database_until_it_answers() {
        let status = Status::default();
        assert!(!status.is_full());
        status.set_full();
        assert!(status.is_full());
        *status.full_until.lock() = Some(Instant::now());
        assert!(!status.is_full());
        assert_eq!(status.health(), Health::Ready);
        status.set_reachable("db", Err("no route"));
        assert_eq!(status.health(), Health::Stalled);
        status.set_reachable("db", Ok(()));
        assert_eq!(status.health(), Health::Ready);
        *status.busy_since.lock() = Instant::now().checked_sub(STALLED_AFTER * 2);
        assert_eq!(status.health(), Health::Stalled);
    }
}
