//! The logs of a store that several nodes share: what any of them adds is counted from there, by the one that leads.
//!
//! Were each node to count its own frames, two would write the tally of one device and day. A node that is killed
//! would take with it what it had counted; the logs lose nothing, since records stay until they are counted.

use std::sync::Arc;

use champollion_delivery::mailbox::Mailbox;
use champollion_service::{
    gateways::Hearing,
    quality::{Books, Flushed, Replay},
};
use champollion_store::{Store, TableError};
use tokio::sync::Mutex;

use super::FrameCounts;
use crate::cluster::hear_gateways;

/// The logs that the frames of all nodes are counted from.
pub(super) struct SharedLogs {
    store: Arc<dyn Store>,
    mailbox: Arc<Mailbox>,
    /// Held while records are counted, until they are in the books.
    replay: Mutex<Replay>,
}

impl SharedLogs {
    /// The logs of a store, whose records stay from now on until they are counted.
    pub(super) fn new(store: Arc<dyn Store>, mailbox: Arc<Mailbox>) -> Self {
        mailbox.keep_until_read();
        Self { store, mailbox, replay: Mutex::default() }
    }

    /// Has removed what another node has kept back until it is counted.
    pub(super) async fn remove_done(&self) {
        let replay = self.replay.lock().await;
        for (group, _) in replay.places() {
            if let Err(error) = self.mailbox.remove_done(group).await {
                tracing::error!(%group, %error, "records that are delivered cannot be removed");
            }
        }
    }

    /// Counts what was added since the last time and makes it durable, after the gateways that heard it.
    pub(super) async fn count(
        &self,
        books: &Books,
        counts: &FrameCounts,
        gateways: impl Future<Output = Result<(), TableError>>,
    ) -> Result<Flushed, TableError> {
        let store = &*self.store;
        let hearing: &Hearing = counts.hearing();
        let mut replay = self.replay.lock().await;
        let told = hear_gateways(store, |gateway, at| hearing.note_status(gateway, at)).await?;
        replay.go_on(store, books, (counts.counting(), hearing)).await?;
        let flushed = books.flush_after(gateways).await?;
        // The gateways are in their book by now. What is told once more changes nothing.
        if let Err(error) = told.forget(store).await {
            tracing::error!(%error, "the status of gateways that was heard cannot be removed");
        }
        for (group, through) in replay.places() {
            if let Err(error) = self.mailbox.note_read(group, through).await {
                tracing::error!(%group, %error, "records that are counted cannot be removed");
            }
        }
        Ok(flushed)
    }
}
