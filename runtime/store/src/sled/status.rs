//! Whether the store works, shared by the committer and everyone who asks.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::error::{StoreError, in_one_line};
use crate::port::Health;

/// The time after which a group that is not written makes the store count as stalled. A slow disk flushes in
/// 50 ms; a drive that retries a bad sector, or a network volume that lost its server, takes seconds. sled
/// itself can wait for ever when a write fails at the wrong moment: one of its two writers records the error
/// without waking who waits (`pagecache/logger.rs`, `exit_reservation`). Nothing is acknowledged then, but
/// only this tells.
const STALLED_AFTER: Duration = Duration::from_secs(10);

#[derive(Default)]
pub(crate) struct Status {
    /// Why the store failed; set once.
    failure: OnceLock<String>,
    closed: AtomicBool,
    /// Since when the committer has been writing the present group.
    busy_since: Mutex<Option<Instant>>,
}

impl Status {
    pub(crate) fn failure(&self) -> Option<&str> {
        self.failure.get().map(String::as_str)
    }

    pub(crate) fn fail(&self, error: &StoreError) {
        let reason = match error {
            StoreError::Failed { reason } => reason.clone(),
            other => in_one_line(other),
        };
        tracing::error!(reason, "the store stopped accepting changes");
        // Only the first failure is kept: the others follow from it.
        let _ = self.failure.set(reason);
    }

    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }

    pub(crate) fn set_busy(&self, busy: bool) {
        let mut since = self.busy_since.lock();
        *since = busy.then(Instant::now);
    }

    /// Why a batch is not accepted.
    pub(crate) fn refusal(&self) -> StoreError {
        match self.failure() {
            Some(reason) => StoreError::Failed { reason: reason.to_owned() },
            None => StoreError::Closed,
        }
    }

    pub(crate) fn health(&self) -> Health {
        if let Some(reason) = self.failure() {
            return Health::Failed(reason.to_owned());
        }
        if self.closed.load(Ordering::Acquire) {
            return Health::Closed;
        }
        let since = *self.busy_since.lock();
        match since {
            Some(since) if since.elapsed() > STALLED_AFTER => Health::Stalled,
            _ => Health::Ready,
        }
    }
}
