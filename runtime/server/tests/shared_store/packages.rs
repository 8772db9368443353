//! Packages on a disk that cannot be reached for a while.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use champollion_store::{Blobs, FileBlobs, StoreError};

/// Packages that may be away.
pub(crate) struct Packages {
    pub(crate) blobs: FileBlobs,
    pub(crate) is_away: Arc<AtomicBool>,
}

impl Packages {
    fn reached(&self) -> Result<&FileBlobs, StoreError> {
        if self.is_away.load(Ordering::Relaxed) {
            let (server, reason) = ("db1".to_owned(), "connection closed".to_owned());
            return Err(StoreError::Unreachable { server, reason });
        }
        Ok(&self.blobs)
    }
}

#[async_trait]
impl Blobs for Packages {
    async fn put(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        self.reached()?.put(name, bytes).await
    }

    async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.reached()?.get(name).await
    }

    async fn exists(&self, name: &str) -> Result<bool, StoreError> {
        self.reached()?.exists(name).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        self.reached()?.list(prefix).await
    }

    async fn remove(&self, name: &str) -> Result<bool, StoreError> {
        self.reached()?.remove(name).await
    }
}
