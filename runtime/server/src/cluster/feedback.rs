//! Feedback on commands that a node hears which does not lead: kept in a log, for the lead, which looks after commands.

use std::sync::Arc;

use champollion_lns::{Feedback, NetworkServerName};
use champollion_store::{Batch, LogName, Sequence, Store, StoreError, tables};
use serde::{Deserialize, Serialize};

use super::{Cluster, told};

/// Entries that are read at once.
const PAGE: usize = 100;

/// The ear of the lead on another node: what is told there reaches the lead.
#[derive(Clone)]
pub(crate) struct LeadsEar {
    cluster: Arc<Cluster>,
    store: Arc<dyn Store>,
}

/// Feedback as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    server: NetworkServerName,
    feedback: Feedback,
}

impl LeadsEar {
    /// An ear of a node on the store that it shares.
    pub(crate) fn new(cluster: Arc<Cluster>, store: Arc<dyn Store>) -> Self {
        Self { cluster, store }
    }

    /// Keeps feedback for the lead where that is another node; tells whether it did.
    pub(crate) async fn tell(
        &self,
        server: &NetworkServerName,
        feedback: &Feedback,
    ) -> Result<bool, StoreError> {
        let kept = Kept { server: server.clone(), feedback: feedback.clone() };
        self.keep(tables::COMMAND_FEEDBACK, &kept).await
    }

    /// Keeps in a log what was told, where another node leads; tells whether it did.
    pub(super) async fn keep(
        &self,
        log: LogName,
        told: &impl Serialize,
    ) -> Result<bool, StoreError> {
        if self.cluster.leads() {
            return Ok(false);
        }
        let entry = told::written(self.cluster.protocol_written(), told);
        let mut batch = Batch::new();
        batch.append(log.as_str(), entry);
        self.store.commit(batch).await?;
        Ok(true)
    }
}

/// The feedback that other nodes have kept for the lead.
pub(crate) struct FeedbackOfNodes {
    store: Arc<dyn Store>,
}

/// Feedback that was kept, and its end in the log.
pub(crate) struct KeptFeedback {
    /// The feedback, each with the network server that told it.
    pub(crate) told: Vec<(NetworkServerName, Feedback)>,
    through: Sequence,
}

impl FeedbackOfNodes {
    /// The feedback in the store of the lead.
    pub(crate) fn new(led: Arc<dyn Store>) -> Self {
        Self { store: led }
    }

    /// Reads what was kept, the oldest first; nothing where nothing was.
    pub(crate) async fn read(&self) -> Result<Option<KeptFeedback>, StoreError> {
        let log = tables::COMMAND_FEEDBACK.as_str();
        let entries = self.store.read(log, Sequence::BEGINNING, PAGE).await?;
        let heard = told::heard::<Kept>(&entries);
        let Some(through) = heard.through else { return Ok(None) };
        let told = heard.told.into_iter().map(|kept| (kept.server, kept.feedback)).collect();
        Ok(Some(KeptFeedback { told, through }))
    }

    /// Forgets what was heard.
    pub(crate) async fn heard(&self, kept: &KeptFeedback) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        batch.truncate(tables::COMMAND_FEEDBACK.as_str(), kept.through);
        self.store.commit(batch).await.map(drop)
    }
}
