//! The index: what there is of each decoder, in memory and in the store.

use std::{collections::BTreeMap, sync::Arc};

use champollion_sandbox::Digest;
use champollion_store::Store;
use jiff::Timestamp;
use semver::{Version, VersionReq};
use serde::{Deserialize, Serialize};

use super::tables::{DamagedIndex, LedgerError, whole_table};
use crate::{
    channels::{Canary, Channel, Channels, Health, Shadow, pinned},
    package::{DecoderId, Manifest, Package},
};

/// The table of published versions, by `vendor/model/version`.
pub(crate) const VERSIONS: &str = "registry.versions";

/// The table of the channels of each decoder, by `vendor/model`.
pub(crate) const CHANNELS: &str = "registry.channels";

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
}

/// A published version with its digest.
pub(crate) struct Entry {
    pub(crate) manifest: Arc<Manifest>,
    pub(crate) line: IndexLine,
    pub(crate) health: Arc<Health>,
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
}

impl IndexLine {
    pub(crate) fn of(package: &Package, published_by: &str, published_at: Timestamp) -> Self {
        Self {
            digest: package.digest(),
            bytes: package.file().len(),
            vectors: package.vectors().len(),
            published_at,
            published_by: published_by.to_owned(),
        }
    }

    /// Returns the bytes that the store keeps: the line as JSON, and below it the manifest as it stands in
    /// the package. Inside the JSON its quotes and line breaks would take twice the room, and a manifest
    /// within the limit of packages could exceed the limit of the store.
    pub(crate) fn above(&self, manifest_toml: &str) -> Result<Vec<u8>, serde_json::Error> {
        let mut value = serde_json::to_vec(self)?;
        value.push(b'\n');
        value.extend(manifest_toml.as_bytes());
        Ok(value)
    }
}

impl Entry {
    pub(crate) fn new(manifest: Manifest, line: IndexLine) -> Self {
        Self { manifest: Arc::new(manifest), line, health: Arc::default() }
    }

    /// Reads what the store keeps.
    pub(crate) fn read(key: &[u8], value: &[u8]) -> Result<Self, DamagedIndex> {
        read(value).map_err(|reason| {
            let key = String::from_utf8_lossy(key).into_owned();
            DamagedIndex { key, reason }
        })
    }
}

fn read(value: &[u8]) -> Result<Entry, String> {
    let text = std::str::from_utf8(value).map_err(|error| error.to_string())?;
    let (line, manifest) = text.split_once('\n').ok_or("it has no manifest")?;
    let line: IndexLine = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let manifest = Manifest::parse(manifest).map_err(|error| error.to_string())?;
    Ok(Entry::new(manifest, line))
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
    for (key, value) in whole_table(store, VERSIONS).await? {
        let entry = Entry::read(&key, &value)?;
        let listed = index.entry(entry.manifest.id.clone()).or_default();
        listed.versions.insert(entry.manifest.version.clone(), Arc::new(entry));
    }
    for (key, value) in whole_table(store, CHANNELS).await? {
        let key = String::from_utf8_lossy(&key).into_owned();
        let damaged = |reason: String| DamagedIndex { key: key.clone(), reason };
        let id: DecoderId = key.parse().map_err(|error| damaged(format!("{error}")))?;
        let channels = Channels::read(&value).map_err(|error| damaged(error.to_string()))?;
        index.entry(id).or_default().set_channels(channels);
    }
    Ok(index)
}

/// The key of a version in tables.
pub(crate) fn version_key(id: &DecoderId, version: &Version) -> String {
    format!("{id}/{version}")
}
