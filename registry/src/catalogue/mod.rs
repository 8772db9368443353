//! Entries of the catalogue: the published versions of a decoder, described for integrators.

mod example;
mod facets;
mod query;

use std::collections::BTreeMap;

use champollion_sandbox::Digest;
use jiff::Timestamp;
use semver::Version;
use serde::Serialize;

use crate::{
    channels::{Channel, Deprecation},
    gate::{CutSummary, ManifestChange, Misread, VectorFuel, changes_between},
    ledger::{Listed, ResolveError, no_version},
    package::{DecoderId, Manifest, PackageParts, Summary},
    registry::Registry,
};

pub use example::Example;
pub use facets::{Facet, Facets};
pub use query::{
    CataloguePlace, CataloguePlaceError, CatalogueQuery, CatalogueQueryError, CatalogueSort,
};

/// A decoder in the catalogue: what one of its versions says of itself, and which versions there are.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct CatalogueEntry {
    /// Devices, ports, fields, quantities, units.
    #[serde(flatten)]
    pub manifest: Manifest,
    /// The purposes that it serves, by the quantities of its fields.
    #[serde(rename = "useCases")]
    #[schema(value_type = Vec<String>)]
    pub use_cases: Vec<&'static str>,
    /// The first words of the quantities of its fields, such as `water`.
    #[schema(value_type = Vec<String>)]
    pub categories: Vec<&'static str>,
    /// All published versions, the highest first.
    pub versions: Vec<CatalogueVersion>,
    /// The mapping in force, which the fields show.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mapping: Option<MappingInForce>,
    /// Why it should not be used any more, and what in its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<Deprecation>,
    /// An example for each port; in an entry alone, not in the list.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<Example>,
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
    /// A payload that it reads though it ends too soon, with the value that it makes up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reads_on: Option<Misread>,
    /// The bytes of its package by parts; absent of versions that were published before they were told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parts: Option<PackageParts>,
    /// The fuel that its vectors burn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fuel: Option<VectorFuel>,
    /// The results of its vectors' payloads, cut short at each length.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut_payloads: Option<CutSummary>,
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

    /// The places of all decoders that satisfy a query, in an order. No entry is made for it: what the query asks for
    /// is in memory.
    #[must_use]
    pub fn catalogue_places(
        &self,
        query: &CatalogueQuery,
        sort: CatalogueSort,
    ) -> Vec<CataloguePlace> {
        let index = self.index();
        let found = index.iter().filter_map(|(id, listed)| {
            let entry = listed.versions.get(listed.shown()?)?;
            let is_wanted = query.is_satisfied_by(entry.summary());
            let published_at =
                listed.versions.values().map(|entry| entry.line.published_at).max()?;
            is_wanted.then(|| sort.place(id, &entry.manifest.name, published_at))
        });
        let mut places: Vec<CataloguePlace> = found.collect();
        places.sort_unstable_by(|one, other| sort.order(one, other));
        places
    }

    /// The decoders of places after one, each by the version that [`catalogue`](Self::catalogue) shows, made as they
    /// are taken.
    pub fn catalogue_after<'of>(
        &'of self,
        places: &'of [CataloguePlace],
        sort: CatalogueSort,
        after: Option<&CataloguePlace>,
    ) -> impl Iterator<Item = (&'of CataloguePlace, CatalogueEntry)> {
        let is_before =
            |place: &CataloguePlace| after.is_some_and(|after| sort.order(place, after).is_le());
        let begin = places.partition_point(is_before);
        places[begin..]
            .iter()
            .filter_map(move |place| Some((place, self.catalogue_entry(&place.id).ok()?)))
    }

    /// One decoder, by the version that [`catalogue`](Self::catalogue) shows.
    pub fn catalogue_entry(&self, id: &DecoderId) -> Result<CatalogueEntry, ResolveError> {
        self.index()
            .get(id)
            .and_then(|listed| catalogue_entry(listed, listed.shown()?))
            .ok_or_else(|| ResolveError::UnknownDecoder(id.clone()))
    }

    /// The changes of each version against the release before it; none of the first.
    pub fn catalogue_changes(
        &self,
        id: &DecoderId,
    ) -> Result<BTreeMap<Version, Vec<ManifestChange>>, ResolveError> {
        let index = self.index();
        let listed = index.get(id).ok_or_else(|| ResolveError::UnknownDecoder(id.clone()))?;
        let changes = listed.versions.iter().filter_map(|(version, entry)| {
            let before = listed.before(version)?;
            Some((version.clone(), changes_between(&before.manifest, &entry.manifest)))
        });
        Ok(changes.collect())
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
    let entry = versions.get(shown)?;
    let manifest = match &listed.mapping {
        Some(kept) => kept.mapping.laid_over(&entry.manifest),
        None => Manifest::clone(&entry.manifest),
    };
    let mapping = listed
        .mapping
        .as_ref()
        .map(|kept| MappingInForce { version: kept.mapping.version.clone(), digest: kept.digest });
    let Summary { use_cases, categories, .. } = entry.summary();
    let (use_cases, categories) = (use_cases.clone(), categories.clone());
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
            reads_on: entry.line.reads_on.clone(),
            parts: entry.line.parts,
            fuel: entry.line.fuel,
            cut_payloads: entry.line.cut_payloads.clone(),
        })
        .collect();
    Some(CatalogueEntry {
        manifest,
        use_cases,
        categories,
        versions,
        mapping,
        deprecated: channels.deprecated().cloned(),
        examples: Vec::new(),
    })
}
