//! Checks all that the registry holds, and gives the lines of its index and of its audit.

use champollion_store::{Batch, StoreError};
use jiff::Timestamp;

use crate::{
    error::RegistryError,
    ledger::{AuditEntry, Head, Held, Verification},
    registry::Registry,
};

impl Registry {
    /// Reads index and audit from their first lines on, and compares what is kept with what they say:
    /// the versions and their manifests, the channels, and the digest of every package.
    pub async fn verify(&self) -> Result<Verification, RegistryError> {
        let Self { journal, store, files, index, .. } = self;
        Ok(Held { journal, store: &**store, files, index }.verify().await?)
    }

    /// Adds to the audit what was done elsewhere.
    pub async fn record(&self, entry: AuditEntry, at: Timestamp) -> Result<(), RegistryError> {
        Ok(self.journal.record(entry, at).await?)
    }

    /// Makes a change elsewhere durable together with its line of the audit: both are there, or neither.
    pub async fn record_with(
        &self,
        change: Batch,
        entry: AuditEntry,
        at: Timestamp,
    ) -> Result<(), RegistryError> {
        Ok(self.journal.record_with(change, entry, at).await?)
    }

    /// Lines of the index after a place, as they are written: whoever gets them can check them.
    pub async fn index_lines(&self, after: u64, limit: usize) -> Result<Vec<Vec<u8>>, StoreError> {
        self.journal.index(after, limit).await
    }

    /// Lines of the audit after a place, as they are written.
    pub async fn audit_lines(&self, after: u64, limit: usize) -> Result<Vec<Vec<u8>>, StoreError> {
        self.journal.audit(after, limit).await
    }

    /// Where the index ends.
    pub async fn index_head(&self) -> Head {
        self.journal.index_head().await
    }
}
