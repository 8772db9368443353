//! The name of what made a record: decoder, version, digest, and the mapping in force.

use champollion_sandbox::Digest;
use semver::Version;
use serde::{Deserialize, Serialize};

/// The version of a decoder that made a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DecoderName {
    /// The decoder's name, `vendor/model`.
    pub id: String,
    /// The version of the decoder.
    #[schema(value_type = String)]
    pub version: Version,
    /// The SHA-256 of its package.
    pub digest: Digest,
    /// The mapping by which its fields were measured, where one was in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mapping: Option<MappingName>,
    /// The fuel that the call took.
    pub fuel: u64,
}

/// The version of a mapping by which the fields of a record were measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MappingName {
    /// The version of the mapping.
    #[schema(value_type = String)]
    pub version: Version,
    /// The SHA-256 of what it says.
    pub digest: Digest,
}

/// Returns the digest that tells what made a record: that of the package alone, or of it and the mapping.
#[must_use]
pub fn made_by(package: Digest, mapping: Option<Digest>) -> Digest {
    mapping.map_or(package, |mapping| Digest::of(format!("{package} {mapping}").as_bytes()))
}
