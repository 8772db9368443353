//! Entries of the catalogue: the published versions of a decoder, described for integrators.

use std::ops::Bound;

use champollion_sandbox::Digest;
use jiff::Timestamp;
use semver::Version;
use serde::Serialize;

use crate::{
    channels::{Channel, Deprecation},
    ledger::{Listed, ResolveError, no_version},
    package::{DecoderId, Manifest},
    registry::Registry,
};

/// A decoder in the catalogue: what one of its versions says of itself, and which versions there are.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct CatalogueEntry {
    /// Devices, ports, fields, quantities, units.
    #[serde(flatten)]
    pub manifest: Manifest,
    /// All published versions, the highest first.
    pub versions: Vec<CatalogueVersion>,
    /// The mapping in force, which the fields show.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mapping: Option<MappingInForce>,
    /// Why it should not be used any more, and what in its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<Deprecation>,
}

/// The mapping of a decoder's fields that is in force.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct MappingInForce {
    /// The version of the mapping.
    #[schema(value_type = String)]
    pub version: Version,
    /// The SHA-256 of what it says.
    pub digest: Digest,
}

/// A published version in the catalogue.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CatalogueVersion {
    /// The number of the version.
    #[schema(value_type = String)]
    pub version: Version,
    /// The SHA-256 of its package.
    pub digest: Digest,
    /// Size of its package in bytes.
    pub bytes: usize,
    /// The number of vectors that the version answered when it was published.
    pub vectors: usize,
    /// The moment of the publication.
    pub published_at: Timestamp,
    /// Whether devices get it, or those alone that pin it.
    pub channel: Channel,
    /// Why no device gets it that does not pin it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub yanked: Option<String>,
}

impl Registry {
    /// Returns the number of decoders that are published.
    #[must_use]
    pub fn count_of_decoders(&self) -> usize {
        self.index().len()
    }

    /// All decoders, each by the version that a device without a requirement gets, or else by its
    /// highest release, or its highest pre-release where there is no release.
    #[must_use]
    pub fn catalogue(&self) -> Vec<CatalogueEntry> {
        self.index()
            .values()
            .filter_map(|listed| catalogue_entry(listed, listed.shown()?))
            .collect()
    }

    /// The same after a decoder, in the order of their names: at most `limit`.
    #[must_use]
    pub fn catalogue_page(&self, after: Option<&DecoderId>, limit: usize) -> Vec<CatalogueEntry> {
        let begin = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.index()
            .range::<DecoderId, _>((begin, Bound::Unbounded))
            .filter_map(|(_, listed)| catalogue_entry(listed, listed.shown()?))
            .take(limit)
            .collect()
    }

    /// One decoder, by the version that [`catalogue`](Self::catalogue) shows.
    pub fn catalogue_entry(&self, id: &DecoderId) -> Result<CatalogueEntry, ResolveError> {
        self.index()
            .get(id)
            .and_then(|listed| catalogue_entry(listed, listed.shown()?))
            .ok_or_else(|| ResolveError::UnknownDecoder(id.clone()))
    }

    /// One decoder, by a version.
    pub fn catalogue_version(
        &self,
        id: &DecoderId,
        version: &Version,
    ) -> Result<CatalogueEntry, ResolveError> {
        let index = self.index();
        let listed = index.get(id).ok_or_else(|| ResolveError::UnknownDecoder(id.clone()))?;
        catalogue_entry(listed, version).ok_or_else(|| no_version(id, version, &listed.versions))
    }
}

fn catalogue_entry(listed: &Listed, shown: &Version) -> Option<CatalogueEntry> {
    let Listed { versions, channels, .. } = listed;
    let manifest = &versions.get(shown)?.manifest;
    let manifest = match &listed.mapping {
        Some(kept) => kept.mapping.laid_over(manifest),
        None => Manifest::clone(manifest),
    };
    let mapping = listed
        .mapping
        .as_ref()
        .map(|kept| MappingInForce { version: kept.mapping.version.clone(), digest: kept.digest });
    let versions = versions
        .iter()
        .rev()
        .map(|(version, entry)| CatalogueVersion {
            version: version.clone(),
            digest: entry.line.digest,
            bytes: entry.line.bytes,
            vectors: entry.line.vectors,
            published_at: entry.line.published_at,
            channel: channels.channel(version),
            yanked: channels.yanked(version).map(str::to_owned),
        })
        .collect();
    Some(CatalogueEntry { manifest, versions, mapping, deprecated: channels.deprecated().cloned() })
}
