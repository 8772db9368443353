//! Whether the database answers, shared by the committer and everyone who asks.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::error::StoreError;
use crate::port::Health;

/// The time after which a transaction that does not end makes the store count as stalled: a node without its
/// database, or a primary without its standby, shall refuse frames within two seconds, so that network servers try
/// elsewhere.
const STALLED_AFTER: Duration = Duration::from_millis(1_800);

#[derive(Default)]
pub(super) struct Status {
    closed: AtomicBool,
    /// The last attempt to reach the database failed.
    unreachable: AtomicBool,
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

    pub(super) fn is_unreachable(&self) -> bool {
        self.unreachable.load(Ordering::Acquire)
    }

    pub(super) fn health(&self) -> Health {
        if self.closed.load(Ordering::Acquire) {
            return Health::Closed;
        }
        let since = *self.busy_since.lock();
        let is_late = since.is_some_and(|since| since.elapsed() > STALLED_AFTER);
        if is_late || self.is_unreachable() { Health::Stalled } else { Health::Ready }
    }
}
