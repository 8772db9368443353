//! Checks that all that the registry holds is what its history says.
//!
//! Other nodes may write meanwhile. So the index is read before what is kept, and on from there afterwards: what it says
//! of the time between is no fault of what was kept before.

use std::collections::{BTreeMap, BTreeSet};

use champollion_store::{
    Store, Table,
    codec::{Bytes, Text, ValueCodec},
    tables,
};
use serde::{Deserialize, Serialize};

use super::{
    archive::Archive,
    chain::{BrokenChain, Head},
    error::{DamagedIndex, LedgerError},
    event::IndexEvent,
    flaw::Flaw,
    history::History,
    index::{CHANNELS, Entry, LineAboveManifest, StoredVersion},
    journal::Journal,
    key_tables::read_publishers,
    mending::PackageFiles,
};
use crate::{
    channels::Channels,
    keys::Publishers,
    package::{DecoderId, Sections},
};

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
    /// The same as values.
    #[serde(skip)]
    pub flaws: Vec<Flaw>,
}

/// The parts of a registry that are compared with its history.
pub(crate) struct Held<'registry> {
    pub(crate) journal: &'registry Journal,
    pub(crate) store: &'registry dyn Store,
    pub(crate) files: &'registry PackageFiles,
}

/// The rows that the store keeps of decoders and keys.
struct Kept {
    versions: Vec<(String, Vec<u8>)>,
    channels: Vec<(DecoderId, Channels)>,
    publishers: Publishers,
}

/// The index as it was before the rows were read, and what it says of the time since.
struct Between {
    /// The history up to the moment before.
    before: History,
    /// The history up to the moment afterwards.
    after: History,
    /// The decoders that were changed meanwhile.
    decoders: BTreeSet<DecoderId>,
    /// Whether keys of publishers were changed meanwhile.
    are_keys_changed: bool,
}

impl Kept {
    async fn read(store: &dyn Store) -> Result<Self, LedgerError> {
        Ok(Self {
            versions: LINES.pages(store).all().await?,
            channels: CHANNELS.pages(store).all().await?,
            publishers: read_publishers(store).await?,
        })
    }
}

impl Between {
    /// Reads on what the index says of the time in which rows were read.
    async fn read(
        journal: &Journal,
        before: History,
    ) -> Result<(Self, Option<BrokenChain>), LedgerError> {
        let after = before.clone();
        let mut between =
            Self { before, after, decoders: BTreeSet::new(), are_keys_changed: false };
        let Self { after, decoders, are_keys_changed, .. } = &mut between;
        let show = |event: &IndexEvent| match event.id() {
            Some(id) => _ = decoders.insert(id.clone()),
            None => *are_keys_changed = true,
        };
        let broken = journal.follow_index(after, show).await?;
        Ok((between, broken))
    }
}

impl Held<'_> {
    /// Reads index and audit from their first lines on, and compares what is kept with what they say:
    /// the versions and their manifests, the channels, and the digest of every package.
    pub(crate) async fn verify(&self) -> Result<Verification, LedgerError> {
        // Before the index, which has the keys that have signed them.
        let archives = self.journal.archives().await?;
        let mut history = History::default();
        let mut broken = self.journal.follow_index(&mut history, |_| {}).await?;
        let mut flaws = Vec::new();
        // What follows from a history that is broken says nothing.
        if broken.is_none() {
            let kept = Kept::read(self.store).await?;
            let (between, broken_since) = Between::read(self.journal, history).await?;
            if broken_since.is_none() {
                self.compare_versions(&kept, &between, &mut flaws).await?;
                compare_channels(&kept, &between, &mut flaws);
                if !between.are_keys_changed && *between.before.publishers() != kept.publishers {
                    flaws.push(Flaw::Keys);
                }
            }
            (history, broken) = (between.after, broken_since);
        }
        let (audit, broken_audit) = self.journal.audited().await?;
        let of_chains = broken.iter().chain(&broken_audit).cloned().map(Flaw::Chain);
        let mut flaws: Vec<Flaw> = of_chains.chain(flaws).collect();
        let mut versions = 0;
        for published in history.versions() {
            versions += 1;
            if let Some(fault) = self.files.problem(published.digest).await? {
                flaws.push(Flaw::Package {
                    digest: published.digest,
                    id: published.id.clone(),
                    version: published.version.clone(),
                    fault,
                });
            }
        }
        let audit_archived = archives.last().map_or(0, |last| last.checkpoint.head.sequence);
        let mut expected = 1;
        for Archive { file, first, checkpoint, .. } in archives {
            if broken.is_none() && !history.registry_keys().contains(&checkpoint.key) {
                let key = checkpoint.key.to_string();
                flaws.push(Flaw::OtherKey { file: file.clone(), key });
            }
            if !checkpoint.is_signed() {
                flaws.push(Flaw::WrongSignature { file: file.clone() });
            }
            if first != expected {
                flaws.push(Flaw::Gap { file, first, expected });
            }
            expected = checkpoint.head.sequence + 1;
        }
        let index = history.head().clone();
        let problems = flaws.iter().map(ToString::to_string).collect();
        Ok(Verification { index, audit, audit_archived, versions, problems, flaws })
    }

    async fn compare_versions(
        &self,
        all: &Kept,
        between: &Between,
        flaws: &mut Vec<Flaw>,
    ) -> Result<(), LedgerError> {
        let Between { before, after, .. } = between;
        let mut kept = 0;
        for (key, value) in &all.versions {
            let (entry, stored) = match read(value) {
                Ok(read) => read,
                Err(reason) => {
                    flaws.push(Flaw::Line(DamagedIndex { key: key.clone(), reason }));
                    continue;
                }
            };
            let (id, version) = (&entry.manifest.id, &entry.manifest.version);
            let named = || (id.clone(), version.clone());
            if *key != format!("{id}/{version}") {
                let (id, version) = named();
                flaws.push(Flaw::OtherName { key: key.clone(), id, version });
                continue;
            }
            let Some(published) = after.version(id, version) else {
                let (id, version) = named();
                flaws.push(Flaw::Unpublished { id, version });
                continue;
            };
            kept += usize::from(before.version(id, version).is_some());
            let line = (entry.line.digest, entry.line.bytes, entry.line.vectors);
            if line != (published.digest, published.bytes, published.vectors) {
                let (id, version) = named();
                flaws.push(Flaw::Another { id, version });
            }
            if let Some(file) = self.files.kept(published.digest).await?
                && let Ok(own) = Sections::of(&file).and_then(|sections| sections.manifest())
                && own != stored.manifest_toml
            {
                let (id, version) = named();
                flaws.push(Flaw::OtherManifest { id, version });
            }
        }
        let published = before.versions().count();
        if kept < published {
            flaws.push(Flaw::Missing { missing: published - kept });
        }
        Ok(())
    }
}

fn compare_channels(all: &Kept, between: &Between, flaws: &mut Vec<Flaw>) {
    let kept: BTreeMap<&DecoderId, &Channels> =
        all.channels.iter().map(|(id, channels)| (id, channels)).collect();
    let published = between.before.versions().map(|published| &published.id);
    let ids: BTreeSet<&DecoderId> = kept.keys().copied().chain(published).collect();
    for id in ids.into_iter().filter(|id| !between.decoders.contains(*id)) {
        let channels = kept.get(id).copied().cloned().unwrap_or_default();
        if channels != between.before.channels(id) {
            flaws.push(Flaw::Channels { id: id.clone() });
        }
    }
}

/// Reads a line of the table of versions; the error says what is wrong with it.
fn read(value: &[u8]) -> Result<(Entry, StoredVersion), String> {
    let stored = LineAboveManifest::decode(value)?;
    Ok((Entry::read(&stored)?, stored))
}
