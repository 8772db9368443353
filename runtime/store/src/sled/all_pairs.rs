//! All keys and values of a store that is in use, and the journal of what changes meanwhile.

use std::ops::Bound;
use std::sync::Arc;

use tokio::sync::oneshot;

use super::committer::Request;
use super::journal::{JournalReader, JournalRequest, journal};
use super::view::View;
use super::{SledStore, keys};
use crate::error::StoreError;

/// Pairs that are read at once: the committer waits for whoever reads.
const PAGE_PAIRS: usize = 256;

/// A reader of all pairs but those of the backend itself, in order, each as it is when it is read.
pub(crate) struct AllPairs {
    view: Arc<View>,
    after: Option<Vec<u8>>,
}

impl AllPairs {
    /// Hands on the next pairs; false where there are none any more. Blocks on the disk.
    pub(crate) fn page(
        &mut self,
        mut each: impl FnMut(&[u8], &[u8]) -> Result<(), StoreError>,
    ) -> Result<bool, StoreError> {
        let start = self.after.take().map_or(Bound::Unbounded, Bound::Excluded);
        let pairs = self.view.range(start, Bound::Unbounded, PAGE_PAIRS)?;
        for (key, stored) in &pairs {
            if !keys::is_of_backend(key) {
                each(key, keys::unwrap(key, stored)?)?;
            }
        }
        self.after = pairs.last().map(|(key, _)| key.to_vec());
        Ok(self.after.is_some())
    }
}

impl SledStore {
    /// All pairs, from the first one on.
    pub(crate) fn all_pairs(&self) -> AllPairs {
        AllPairs { view: Arc::clone(&self.view), after: None }
    }

    /// Bytes of all keys and values, about.
    pub(crate) fn live_bytes(&self) -> u64 {
        self.live.bytes()
    }

    /// Begins a journal: it has each group that is durable after this returns. A journal before ends.
    pub(crate) async fn begin_journal(&self) -> Result<JournalReader, StoreError> {
        let (journal, reader) = journal();
        let (reply, begun) = oneshot::channel();
        self.ask(JournalRequest::Begin(journal, reply)).await?;
        begun.await.map_err(|_| self.status.refusal())?;
        Ok(reader)
    }

    /// Ends the journal: it has each batch that was acknowledged before.
    pub(crate) async fn end_journal(&self) -> Result<(), StoreError> {
        self.ask(JournalRequest::End).await
    }

    async fn ask(&self, request: JournalRequest) -> Result<(), StoreError> {
        self.requests.send(Request::Journal(request)).await.map_err(|_| self.status.refusal())
    }
}
