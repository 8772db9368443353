//! What the catalogue says of a decoder.

use champollion_sandbox::Digest;
use jiff::Timestamp;
use semver::Version;
use serde::Serialize;

use crate::{Channel, Deprecation, Manifest};

/// A decoder in the catalogue: what one of its versions says of itself, and which versions there are.
#[derive(Clone, Debug, Serialize)]
pub struct CatalogueEntry {
    /// Devices, ports, fields, quantities, units.
    #[serde(flatten)]
    pub manifest: Manifest,
    /// All published versions, the highest first.
    pub versions: Vec<CatalogueVersion>,
    /// Why it should not be used any more, and what in its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<Deprecation>,
}

/// A published version.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CatalogueVersion {
    /// Its version.
    pub version: Version,
    /// The SHA-256 of its package.
    pub digest: Digest,
    /// Size of its package in bytes.
    pub bytes: usize,
    /// How many vectors it answered when it was published.
    pub vectors: usize,
    /// When that was.
    pub published_at: Timestamp,
    /// Whether devices get it, or those alone that pin it.
    pub channel: Channel,
    /// Why no device gets it that does not pin it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub yanked: Option<String>,
}
