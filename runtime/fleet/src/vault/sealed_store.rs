//! A store whose secret values are sealed: what the rooms above have instead of the store itself.

use std::sync::Arc;

use async_trait::async_trait;
use champollion_store::{
    Batch, Committed, Disk, Entry, Health, KeyValue, LogExtent, Sequence, Store, StoreError, Usage,
};

use super::data_key::SealError;
use super::wrapped_keys::DataKeys;

/// A store that seals the values of the tables which have a data key, and passes on all else.
pub(super) struct SealedStore {
    store: Arc<dyn Store>,
    keys: Arc<DataKeys>,
}

impl SealedStore {
    pub(super) fn new(store: Arc<dyn Store>, keys: Arc<DataKeys>) -> Self {
        Self { store, keys }
    }

    fn open(&self, table: &str, row: &[u8], value: Vec<u8>) -> Result<Vec<u8>, StoreError> {
        match self.keys.get(table) {
            None => Ok(value),
            Some(key) => key.open(table, row, &value).map_err(damaged(table, row)),
        }
    }
}

/// Makes an error of the store of a fault of a row, for `map_err`.
pub(super) fn damaged<'row>(
    table: &'row str,
    row: &'row [u8],
) -> impl FnOnce(SealError) -> StoreError + 'row {
    move |fault| StoreError::Corrupt {
        detail: format!("the table {table} at {}: {fault}", row.escape_ascii()),
    }
}

#[async_trait]
impl Store for SealedStore {
    async fn commit(&self, mut batch: Batch) -> Result<Committed, StoreError> {
        batch.rewrite_values(|table, row, value| match self.keys.get(table) {
            None => Ok(()),
            Some(key) => key.seal(table, row, value).map_err(damaged(table, row)),
        })?;
        self.store.commit(batch).await
    }

    async fn get(&self, table: &str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let value = self.store.get(table, key).await?;
        value.map(|value| self.open(table, key, value)).transpose()
    }

    async fn scan(
        &self,
        table: &str,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<KeyValue>, StoreError> {
        let rows = self.store.scan(table, prefix, after, limit).await?;
        let open = |KeyValue { key, value }| {
            let value = self.open(table, &key, value)?;
            Ok(KeyValue { key, value })
        };
        rows.into_iter().map(open).collect()
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
