//! Checks all that the registry holds, and gives the lines of its index and of its audit.

use std::sync::Arc;

use champollion_store::{Batch, Blobs, Store, StoreError};
use jiff::Timestamp;

use crate::{
    error::RegistryError,
    ledger::{
        Archive, AuditEntry, AuditFull, AuditLimits, AuditUsage, Head, Held, Journal, Verification,
    },
    registry::Registry,
};

impl Registry {
    /// Reads index and audit from their first lines on, and compares what is kept with what they say:
    /// the versions and their manifests, the channels, and the digest of every package.
    pub async fn verify(&self) -> Result<Verification, RegistryError> {
        let Self { journal, store, files, .. } = self;
        Ok(Held { journal, store: &**store, files }.verify().await?)
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

    /// The same registry with a folder for archives of its audit.
    pub async fn with_audit_archives(self, files: Arc<dyn Blobs>) -> Result<Self, RegistryError> {
        self.journal.look_at_archives(&*files).await?;
        Ok(Self { archives: Some(files), ..self })
    }

    /// Reads again where index and audit end and what is archived, before this node archives what another has archived
    /// until now.
    pub async fn take_over_audit(&self) -> Result<(), RegistryError> {
        Ok(self.journal.reread().await?)
    }

    /// The use of the audit's space.
    #[must_use]
    pub fn audit_usage(&self) -> AuditUsage {
        self.journal.space().usage()
    }

    /// Why nothing is changed any more, where the audit has no room for a line.
    #[must_use]
    pub fn audit_full(&self) -> Option<AuditFull> {
        let AuditUsage { live_bytes, archived_bytes, max_bytes, full } = self.audit_usage();
        full.then_some(AuditFull { bytes: live_bytes + archived_bytes, limit: max_bytes })
    }

    /// The archives of the audit, the oldest first, also those that were moved away.
    pub async fn audit_archives(&self) -> Result<Vec<Archive>, RegistryError> {
        Ok(self.journal.archives().await?)
    }

    /// Waits until the audit has more lines in the store than it should.
    pub async fn audit_archive_due(&self) {
        self.journal.space().due().await;
    }

    /// Counts what other nodes have written into the audit, and looks again which archives are there.
    pub async fn look_at_audit(&self) -> Result<(), RegistryError> {
        self.journal.catch_up().await?;
        if let Some(files) = &self.archives {
            self.journal.look_at_archives(&**files).await?;
        }
        Ok(())
    }

    /// Archives the older half of the audit where the store has more of it than it should.
    pub async fn tidy_audit(&self, now: Timestamp) -> Result<Vec<Archive>, RegistryError> {
        self.look_at_audit().await?;
        let AuditLimits { live_bytes, .. } = self.journal.space().limits();
        if self.audit_usage().live_bytes < live_bytes {
            return Ok(Vec::new());
        }
        self.archive_audit(live_bytes / 2, now).await
    }

    /// Moves lines of the audit into archives, the oldest first, until about `keep` bytes of them are left in
    /// the store.
    pub async fn archive_audit(
        &self,
        keep: u64,
        now: Timestamp,
    ) -> Result<Vec<Archive>, RegistryError> {
        let Some(files) = &self.archives else { return Ok(Vec::new()) };
        let key = self.own_key().await?;
        // Archiving is an act of its own, whose line is not archived by it.
        let end = self.journal.audit_head().await?.sequence;
        let mut archives: Vec<Archive> = Vec::new();
        while archives.last().is_none_or(|last| last.checkpoint.head.sequence < end) {
            match self.journal.archive(&**files, &key, keep, now).await? {
                Some(archive) => archives.push(archive),
                None => break,
            }
            // The line that says so is not a reason to archive again.
            if keep > 0 && self.audit_usage().live_bytes <= keep.saturating_add(keep / 4) {
                break;
            }
        }
        Ok(archives)
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
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn index_head(&self) -> Result<Head, RegistryError> {
        Ok(self.journal.index_head().await?)
    }
}

/// Makes a change of a store that no registry has open durable together with its line of the audit.
pub async fn record_offline(
    store: Arc<dyn Store>,
    change: Batch,
    entry: AuditEntry,
    at: Timestamp,
) -> Result<(), RegistryError> {
    let journal = Journal::open(store, AuditLimits::default()).await?;
    Ok(journal.record_with(change, entry.essential(), at).await?)
}
