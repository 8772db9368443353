//! The index of the registry, which is to be read again where another node has changed it. It is read whole, which takes
//! longer than a row, so that nothing else waits for it; changes that come meanwhile are read together.

use champollion_registry::{Registry, RegistryError};
use tokio::sync::watch;

/// The readings of the index that are due.
pub(super) struct DueRegistry {
    /// The number of times that a reading was asked for.
    asked: watch::Sender<u64>,
    /// That number as it was when the last reading began that came to its end.
    read: watch::Sender<u64>,
}

impl DueRegistry {
    pub(super) fn new() -> Self {
        Self { asked: watch::channel(0).0, read: watch::channel(0).0 }
    }

    /// Has the index read again.
    pub(super) fn add(&self) {
        self.asked.send_modify(|asked| *asked += 1);
    }

    /// Waits until the index was read that was due when this was called.
    pub(super) async fn settled(&self) {
        let asked = *self.asked.borrow();
        // The senders are this one's.
        drop(self.read.subscribe().wait_for(|read| *read >= asked).await);
    }

    /// Waits until a reading is due, and reads.
    pub(super) async fn read(&self, registry: &Registry) -> Result<(), RegistryError> {
        let read = *self.read.borrow();
        drop(self.asked.subscribe().wait_for(|asked| *asked > read).await);
        let asked = *self.asked.borrow();
        registry.follow().await?;
        self.read.send_replace(asked);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn what_was_due_is_waited_for_and_nothing_else() {
        let due = DueRegistry::new();
        due.settled().await;
        due.add();
        due.add();
        let waiting = tokio::time::timeout(Duration::from_millis(20), due.settled());
        assert!(waiting.await.is_err());
        due.read.send_replace(2);
        due.settled().await;
    }
}
