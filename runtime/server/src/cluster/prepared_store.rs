//! A store whose batches are prepared before they are committed; all else passes.

use std::sync::Arc;

use async_trait::async_trait;
use champollion_store::{
    Batch, Committed, Disk, Entry, Health, KeyValue, LogExtent, Sequence, Store, StoreError, Usage,
};

/// The preparation of each batch: conditions or entries that are added to it, or a refusal.
pub(super) trait Preparation: Send + Sync {
    /// Prepares a batch before it is committed.
    fn prepare(&self, batch: &mut Batch) -> Result<(), StoreError>;
}

/// A store that prepares each batch.
pub(super) struct PreparedStore<P> {
    store: Arc<dyn Store>,
    preparation: P,
}

impl<P> PreparedStore<P> {
    pub(super) fn new(store: Arc<dyn Store>, preparation: P) -> Self {
        Self { store, preparation }
    }
}

#[async_trait]
impl<P: Preparation> Store for PreparedStore<P> {
    async fn commit(&self, mut batch: Batch) -> Result<Committed, StoreError> {
        let own = batch.entries();
        self.preparation.prepare(&mut batch)?;
        let mut committed = self.store.commit(batch).await?;
        // The caller asks for the places of its own entries, which come first.
        committed.appended.truncate(own);
        Ok(committed)
    }

    async fn get(&self, table: &str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.get(table, key).await
    }

    async fn scan(
        &self,
        table: &str,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<KeyValue>, StoreError> {
        self.store.scan(table, prefix, after, limit).await
    }

    async fn read(
        &self,
        log: &str,
        after: Sequence,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        self.store.read(log, after, limit).await
    }

    async fn extent(&self, log: &str) -> Result<LogExtent, StoreError> {
        self.store.extent(log).await
    }

    async fn logs(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<String>, StoreError> {
        self.store.logs(prefix, after, limit).await
    }

    fn health(&self) -> Health {
        self.store.health()
    }

    fn health_of(&self, group: Option<&str>) -> Health {
        self.store.health_of(group)
    }

    async fn usage(&self) -> Result<Usage, StoreError> {
        self.store.usage().await
    }

    async fn disks(&self) -> Vec<Disk> {
        self.store.disks().await
    }

    fn disk_of(&self, group: Option<&str>) -> usize {
        self.store.disk_of(group)
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.store.close().await
    }
}
