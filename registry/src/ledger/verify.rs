//! Checks that all that the registry holds is what its history says.

use champollion_store::{
    Store, Table,
    codec::{Bytes, Text, ValueCodec},
    tables,
};
use parking_lot::RwLock;
use serde::{Deserialize, Serialize};

use super::{
    archive::Archive,
    chain::Head,
    error::{DamagedIndex, LedgerError},
    history::History,
    index::{Entry, Index, LineAboveManifest, StoredVersion},
    journal::Journal,
    key_tables::read_publishers,
    mending::PackageFiles,
};
use crate::package::Sections;

/// The table of published versions with keys and values unread, so that a damaged line is one problem among
/// others and does not end the check.
const LINES: Table<String, Vec<u8>, Text, Bytes> = Table::new(tables::REGISTRY_VERSIONS);

/// The result of a check of the registry.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Verification {
    /// Where the index ends.
    pub index: Head,
    /// Where the audit ends.
    pub audit: Head,
    /// The number of its lines that are in archives; it was checked from the signed checkpoint after them on.
    #[serde(default)]
    pub audit_archived: u64,
    /// Versions that were checked.
    pub versions: usize,
    /// Everything that is not as it should be, a sentence each.
    pub problems: Vec<String>,
}

/// The parts of a registry that are compared with its history.
pub(crate) struct Held<'registry> {
    pub(crate) journal: &'registry Journal,
    pub(crate) store: &'registry dyn Store,
    pub(crate) files: &'registry PackageFiles,
    pub(crate) index: &'registry RwLock<Index>,
}

impl Held<'_> {
    /// Reads index and audit from their first lines on, and compares what is kept with what they say:
    /// the versions and their manifests, the channels, and the digest of every package.
    pub(crate) async fn verify(&self) -> Result<Verification, LedgerError> {
        let (history, broken) = self.journal.history().await?;
        let (audit, broken_audit) = self.journal.audited().await?;
        let mut problems: Vec<String> =
            broken.iter().chain(&broken_audit).map(ToString::to_string).collect();
        // What follows from a history that is broken says nothing.
        if broken.is_none() {
            self.compare_versions(&history, &mut problems).await?;
            self.compare_channels(&history, &mut problems);
            if *history.publishers() != read_publishers(self.store).await? {
                problems.push("the keys of publishers are others than the index says".to_owned());
            }
        }
        let mut versions = 0;
        for published in history.versions() {
            versions += 1;
            if let Some(problem) = self.files.problem(published.digest).await? {
                let name = format!("{} {}", published.id, published.version);
                problems.push(format!("the package {} of {name} is {problem}", published.digest));
            }
        }
        let archives = self.journal.archives().await?;
        let audit_archived = archives.last().map_or(0, |last| last.checkpoint.head.sequence);
        let mut expected = 1;
        for Archive { file, first, checkpoint, .. } in archives {
            if broken.is_none() && !history.registry_keys().contains(&checkpoint.key) {
                problems.push(format!(
                    "the checkpoint of {file} is signed by {}, which was never the registry's key",
                    checkpoint.key
                ));
            }
            if !checkpoint.is_signed() {
                problems.push(format!("the signature of the checkpoint of {file} is wrong"));
            }
            if first != expected {
                problems.push(format!(
                    "{file} begins with line {first} of the audit, and should with {expected}"
                ));
            }
            expected = checkpoint.head.sequence + 1;
        }
        let index = history.head().clone();
        Ok(Verification { index, audit, audit_archived, versions, problems })
    }

    async fn compare_versions(
        &self,
        history: &History,
        problems: &mut Vec<String>,
    ) -> Result<(), LedgerError> {
        let mut kept = 0;
        for (key, value) in LINES.pages(self.store).all().await? {
            let (entry, stored) = match read(&value) {
                Ok(read) => read,
                Err(reason) => {
                    problems.push(DamagedIndex { key, reason }.to_string());
                    continue;
                }
            };
            let (id, version) = (&entry.manifest.id, &entry.manifest.version);
            if key != format!("{id}/{version}") {
                problems.push(format!("{key} is kept with the manifest of {id} {version}"));
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
            if let Some(file) = self.files.kept(published.digest).await?
                && let Ok(own) = Sections::of(&file).and_then(|sections| sections.manifest())
                && own != stored.manifest_toml
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
        for (id, listed) in &*self.index.read() {
            if listed.channels != history.channels(id) {
                problems.push(format!("the channels of {id} are others than the index says"));
            }
        }
    }
}

/// Reads a line of the table of versions; the error says what is wrong with it.
fn read(value: &[u8]) -> Result<(Entry, StoredVersion), String> {
    let stored = LineAboveManifest::decode(value)?;
    Ok((Entry::read(&stored)?, stored))
}
