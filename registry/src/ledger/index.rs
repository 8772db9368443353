//! The index: what there is of each decoder, in memory and in the store.

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

use champollion_sandbox::Digest;
use champollion_store::{
    Store, Table,
    codec::{Pair, Text, ValueCodec},
    tables,
};
use jiff::Timestamp;
use semver::{Version, VersionReq};
use serde::{Deserialize, Serialize};

use super::{
    error::LedgerError,
    mappings::{KeptMapping, MAPPINGS},
};
use crate::{
    channels::{Canary, Channel, Channels, Health, Shadow, pinned},
    gate::{Misread, Report},
    package::{DecoderId, Manifest, Package, Summary},
};

/// The table of published versions, by `vendor/model/version`.
pub(crate) const VERSIONS: Table<(DecoderId, Version), StoredVersion, Pair, LineAboveManifest> =
    Table::new(tables::REGISTRY_VERSIONS);

/// The table of the channels of each decoder, by `vendor/model`.
pub(crate) const CHANNELS: Table<DecoderId, Channels, Text, ChannelsAsJson> =
    Table::new(tables::REGISTRY_CHANNELS);

/// The published decoders, by name.
pub(crate) type Index = BTreeMap<DecoderId, Listed>;

/// The published versions of one decoder.
pub(crate) type Versions = BTreeMap<Version, Arc<Entry>>;

/// A published decoder with its versions.
#[derive(Default)]
pub(crate) struct Listed {
    pub(crate) versions: Versions,
    pub(crate) channels: Channels,
    /// The candidate that runs beside the stable version, with its tally.
    pub(crate) shadow: Option<Arc<Shadow>>,
    /// The same of the candidate that a share of the devices gets.
    pub(crate) canary: Option<Arc<Canary>>,
    /// The mapping in force; each version has it too.
    pub(crate) mapping: Option<Arc<KeptMapping>>,
}

/// A published version with its digest.
pub(crate) struct Entry {
    pub(crate) manifest: Arc<Manifest>,
    pub(crate) line: IndexLine,
    pub(crate) health: Arc<Health>,
    /// The mapping by which its fields are measured.
    pub(crate) mapping: Option<Arc<KeptMapping>>,
    /// Made when the catalogue is asked: of most versions it never is.
    summary: OnceLock<Summary>,
}

/// The line that the store keeps of a published version, beside its manifest; the file is a blob named by its
/// digest.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct IndexLine {
    pub(crate) digest: Digest,
    pub(crate) bytes: usize,
    pub(crate) vectors: usize,
    pub(crate) published_at: Timestamp,
    pub(crate) published_by: String,
    /// The most fuel that a vector took; of versions from before this was noted none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) fuel: Option<u64>,
    /// A payload that it read on, though it was cut short; of versions from before this was tried none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reads_on: Option<Misread>,
}

/// A published version as the store keeps it.
pub(crate) struct StoredVersion {
    pub(crate) line: IndexLine,
    /// The manifest as it stands in the package.
    pub(crate) manifest_toml: String,
}

/// The codec of published versions: the line as JSON, and below it the manifest as it stands in the package.
/// Inside the JSON its quotes and line breaks would take twice the room, and a manifest within the limit of
/// packages could exceed the limit of the store.
pub(crate) enum LineAboveManifest {}

/// The codec of channels: JSON, with what is not written made again of what is.
pub(crate) enum ChannelsAsJson {}

impl ValueCodec<StoredVersion> for LineAboveManifest {
    fn encode(version: &StoredVersion) -> Result<Vec<u8>, String> {
        let mut value = serde_json::to_vec(&version.line).map_err(|error| error.to_string())?;
        value.push(b'\n');
        value.extend(version.manifest_toml.as_bytes());
        Ok(value)
    }

    fn decode(bytes: &[u8]) -> Result<StoredVersion, String> {
        let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
        let (line, manifest_toml) = text.split_once('\n').ok_or("it has no manifest")?;
        let line: IndexLine = serde_json::from_str(line).map_err(|error| error.to_string())?;
        Ok(StoredVersion { line, manifest_toml: manifest_toml.to_owned() })
    }
}

impl ValueCodec<Channels> for ChannelsAsJson {
    fn encode(channels: &Channels) -> Result<Vec<u8>, String> {
        serde_json::to_vec(channels).map_err(|error| error.to_string())
    }

    fn decode(bytes: &[u8]) -> Result<Channels, String> {
        Channels::read(bytes).map_err(|error| error.to_string())
    }
}

impl IndexLine {
    pub(crate) fn of(
        package: &Package,
        report: Report,
        published_by: &str,
        published_at: Timestamp,
    ) -> Self {
        Self {
            digest: package.digest(),
            bytes: package.file().len(),
            vectors: package.vectors().len(),
            published_at,
            published_by: published_by.to_owned(),
            fuel: Some(report.vector_fuel),
            reads_on: report.cut_payloads.example,
        }
    }
}

impl Entry {
    pub(crate) fn new(manifest: Manifest, line: IndexLine) -> Self {
        Self {
            manifest: Arc::new(manifest),
            line,
            health: Arc::default(),
            mapping: None,
            summary: OnceLock::new(),
        }
    }

    /// The same version by a mapping; it keeps its health.
    pub(crate) fn with_mapping(self: &Arc<Self>, mapping: Option<Arc<KeptMapping>>) -> Arc<Self> {
        let digest = |mapping: &Option<Arc<KeptMapping>>| mapping.as_ref().map(|kept| kept.digest);
        if digest(&self.mapping) == digest(&mapping) {
            return Arc::clone(self);
        }
        let (manifest, health) = (Arc::clone(&self.manifest), Arc::clone(&self.health));
        let (line, summary) = (self.line.clone(), OnceLock::new());
        Arc::new(Self { manifest, line, health, mapping, summary })
    }

    /// Returns the words by which the catalogue finds the version.
    pub(crate) fn summary(&self) -> &Summary {
        self.summary.get_or_init(|| match &self.mapping {
            Some(kept) => Summary::of(&kept.mapping.laid_over(&self.manifest)),
            None => Summary::of(&self.manifest),
        })
    }

    /// Reads the manifest of a version that the store keeps; the error says what is wrong with it.
    pub(crate) fn read(stored: &StoredVersion) -> Result<Self, String> {
        let manifest = Manifest::parse(&stored.manifest_toml).map_err(|error| error.to_string())?;
        Ok(Self::new(manifest, stored.line.clone()))
    }
}

impl Listed {
    /// Takes over other channels. A candidate that goes on running beside the stable version keeps what
    /// was counted.
    pub(crate) fn set_channels(&mut self, channels: Channels) {
        let runs = self.shadow.take();
        self.shadow = channels.shadow().map(|version| match runs {
            Some(runs) if runs.version() == version => runs,
            _ => Arc::new(Shadow::new(version.clone())),
        });
        let runs = self.canary.take();
        self.canary = channels.canary().and_then(|rule| match runs {
            Some(runs) if runs.rule() == rule => Some(runs),
            _ => {
                let digest = self.versions.get(&rule.version)?.line.digest;
                Some(Arc::new(Canary::new(rule.clone(), digest)))
            }
        });
        self.channels = channels;
    }

    /// Puts a mapping in force for all versions. Calls under way go on with the one before.
    pub(crate) fn set_mapping(&mut self, mapping: Option<Arc<KeptMapping>>) {
        for entry in self.versions.values_mut() {
            *entry = entry.with_mapping(mapping.clone());
        }
        self.mapping = mapping;
    }

    /// Adds a version, by the mapping in force.
    pub(crate) fn insert(&mut self, version: Version, entry: &Arc<Entry>) {
        self.versions.insert(version, entry.with_mapping(self.mapping.clone()));
    }

    /// The version that somebody gets who asks so: the one that is pinned, or the highest that is
    /// given to devices and satisfies the requirement.
    pub(crate) fn choose(&self, requirement: &VersionReq) -> Option<(&Version, &Arc<Entry>)> {
        if let Some(pinned) = pinned(requirement) {
            return self.versions.get_key_value(&pinned);
        }
        let mut from_highest = self.versions.iter().rev();
        from_highest
            .find(|(version, _)| requirement.matches(version) && self.channels.gives(version))
    }

    /// The version by which the catalogue shows the decoder: what a device without a requirement gets;
    /// where there is none the highest release, and a pre-release only where there is no release.
    pub(crate) fn shown(&self) -> Option<&Version> {
        let given = self.choose(&VersionReq::STAR).map(|(version, _)| version);
        let release = || self.versions.keys().rev().find(|version| version.pre.is_empty());
        given.or_else(release).or_else(|| self.versions.keys().next_back())
    }

    /// The release before another version that is not yanked: what users of the new one come from. A
    /// pre-release promises nothing.
    pub(crate) fn before(&self, version: &Version) -> Option<&Arc<Entry>> {
        let mut before = self.versions.range(..version).rev();
        let counts = |candidate: &Version| {
            candidate.pre.is_empty() && self.channels.yanked(candidate).is_none()
        };
        before.find(|(candidate, _)| counts(candidate)).map(|(_, entry)| entry)
    }

    /// The channel that a new version is put in where its publisher says nothing: the first release of
    /// a decoder has nobody whom it could surprise.
    pub(crate) fn channel_of_new(&self, version: &Version) -> Channel {
        let is_first = !self.versions.keys().any(|published| published.pre.is_empty());
        if is_first && version.pre.is_empty() { Channel::Stable } else { Channel::Candidate }
    }
}

/// Reads what the store keeps of all decoders.
pub(crate) async fn read_index(store: &dyn Store) -> Result<Index, LedgerError> {
    let mut index = Index::new();
    for (key, stored) in VERSIONS.pages(store).all().await? {
        let entry = Entry::read(&stored).map_err(|reason| VERSIONS.damaged(&key, reason))?;
        let listed = index.entry(entry.manifest.id.clone()).or_default();
        listed.versions.insert(entry.manifest.version.clone(), Arc::new(entry));
    }
    for (id, channels) in CHANNELS.pages(store).all().await? {
        index.entry(id).or_default().set_channels(channels);
    }
    for ((id, version), kept) in MAPPINGS.pages(store).all().await? {
        let Some(listed) = index.get_mut(&id) else { continue };
        if listed.mapping.as_ref().is_none_or(|known| known.mapping.version < version) {
            listed.set_mapping(Some(Arc::new(kept)));
        }
    }
    Ok(index)
}
