//! Checks that all that the registry holds is what its history says.

use champollion_store::{Batch, StoreError};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    AuditEntry, Head, History, Registry, RegistryError,
    index::Entry,
    journal::is_behind,
    keyring::read_publishers,
    loading::blob_name,
    registry::{VERSIONS, version_key, whole_table},
    sections::Sections,
};

/// What a check found.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Verification {
    /// Where the index ends.
    pub index: Head,
    /// Where the audit ends.
    pub audit: Head,
    /// Versions that were checked.
    pub versions: usize,
    /// Everything that is not as it should be, a sentence each.
    pub problems: Vec<String>,
}

impl Registry {
    /// Reads index and audit from their first lines on, and compares what is kept with what they say:
    /// the versions and their manifests, the channels, and the digest of every package.
    pub async fn verify(&self) -> Result<Verification, RegistryError> {
        let (history, broken) = self.journal.history().await?;
        let (audit, broken_audit) = self.journal.audited().await?;
        let mut problems: Vec<String> =
            broken.iter().chain(&broken_audit).map(ToString::to_string).collect();
        // What follows from a history that is broken says nothing.
        if broken.is_none() {
            self.compare_versions(&history, &mut problems).await?;
            self.compare_channels(&history, &mut problems);
            if *history.publishers() != read_publishers(&*self.store).await? {
                problems.push("the keys of publishers are others than the index says".to_owned());
            }
        }
        let mut versions = 0;
        for published in history.versions() {
            versions += 1;
            if let Some(problem) = self.problem(published.digest).await? {
                let name = format!("{} {}", published.id, published.version);
                problems.push(format!("the package {} of {name} is {problem}", published.digest));
            }
        }
        Ok(Verification { index: history.head().clone(), audit, versions, problems })
    }

    async fn compare_versions(
        &self,
        history: &History,
        problems: &mut Vec<String>,
    ) -> Result<(), StoreError> {
        let mut kept = 0;
        for (key, value) in whole_table(&*self.store, VERSIONS).await? {
            let shown = String::from_utf8_lossy(&key).into_owned();
            let entry = match Entry::read(&key, &value) {
                Ok(entry) => entry,
                Err(damaged) => {
                    problems.push(damaged.to_string());
                    continue;
                }
            };
            let (id, version) = (&entry.manifest.id, &entry.manifest.version);
            if version_key(id, version) != shown {
                problems.push(format!("{shown} is kept with the manifest of {id} {version}"));
                continue;
            }
            let Some(published) = history.version(id, version) else {
                problems.push(format!("{id} {version} is kept, and the index has no line of it"));
                continue;
            };
            kept += 1;
            let line = (entry.line.digest, entry.line.bytes, entry.line.vectors);
            if line != (published.digest, published.bytes, published.vectors) {
                problems.push(format!("{id} {version} is kept as another than was published"));
            }
            let manifest = value.splitn(2, |byte| *byte == b'\n').nth(1).unwrap_or_default();
            if let Some(file) = self.blobs.get(&blob_name(published.digest)).await?
                && let Ok(own) = Sections::of(&file).and_then(|sections| sections.manifest())
                && own.as_bytes() != manifest
            {
                problems.push(format!(
                    "{id} {version} is kept with another manifest than its package has"
                ));
            }
        }
        let published = history.versions().count();
        if kept < published {
            let missing = published - kept;
            problems.push(format!("{missing} versions of the index are not kept any more"));
        }
        Ok(())
    }

    fn compare_channels(&self, history: &History, problems: &mut Vec<String>) {
        for (id, listed) in &*self.index() {
            if listed.channels != history.channels(id) {
                problems.push(format!("the channels of {id} are others than the index says"));
            }
        }
    }

    /// Adds to the audit what was done elsewhere.
    pub async fn record(&self, entry: AuditEntry, at: Timestamp) -> Result<(), RegistryError> {
        let mut turn = self.journal.turn().await;
        match turn.commit(Batch::new(), at, None, entry.clone()).await {
            Err(error) if is_behind(&error) => turn.commit(Batch::new(), at, None, entry).await,
            other => other,
        }
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
