//! The index: what there is of each decoder, in memory and in the store.

use std::{collections::BTreeMap, sync::Arc};

use champollion_sandbox::Digest;
use jiff::Timestamp;
use semver::Version;
use serde::{Deserialize, Serialize};

use crate::{
    CatalogueEntry, CatalogueVersion, DamagedIndex, DecoderId, Manifest, Package, ResolveError,
    quarantine::Health,
};

/// All published versions.
pub(crate) type Index = BTreeMap<DecoderId, Versions>;

/// The published versions of one decoder.
pub(crate) type Versions = BTreeMap<Version, Arc<Entry>>;

/// A published version.
pub(crate) struct Entry {
    pub(crate) manifest: Arc<Manifest>,
    pub(crate) line: IndexLine,
    pub(crate) health: Arc<Health>,
}

/// What the store keeps of a published version, beside its manifest; the file is a blob named by
/// its digest.
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

    /// What the store keeps: the line as JSON, and below it the manifest as it stands in the
    /// package. Inside the JSON its quotes and line breaks would take twice the room, and a manifest
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

/// The version by which the catalogue shows a decoder: the highest release, which is what a device
/// without a requirement gets, and a pre-release only where there is no release.
pub(crate) fn shown(versions: &Versions) -> Option<&Version> {
    let release = versions.keys().rev().find(|version| version.pre.is_empty());
    release.or_else(|| versions.keys().next_back())
}

pub(crate) fn catalogue_entry(versions: &Versions, shown: &Version) -> Option<CatalogueEntry> {
    let manifest = Manifest::clone(&versions.get(shown)?.manifest);
    let versions = versions
        .iter()
        .rev()
        .map(|(version, entry)| CatalogueVersion {
            version: version.clone(),
            digest: entry.line.digest,
            bytes: entry.line.bytes,
            vectors: entry.line.vectors,
            published_at: entry.line.published_at,
        })
        .collect();
    Some(CatalogueEntry { manifest, versions })
}

pub(crate) fn no_version(
    id: &DecoderId,
    wanted: &impl ToString,
    versions: &Versions,
) -> ResolveError {
    let published: Vec<String> = versions.keys().map(Version::to_string).collect();
    ResolveError::NoVersion {
        id: id.clone(),
        wanted: wanted.to_string(),
        published: published.join(", "),
    }
}
