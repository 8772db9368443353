//! The table of mappings: each version of each decoder's mapping, which never changes.

use champollion_sandbox::Digest;
use champollion_store::{Store, Table, codec::Pair, tables};
use jiff::Timestamp;
use semver::Version;
use serde::{Deserialize, Serialize};

use super::error::LedgerError;
use crate::package::{DecoderId, Mapping};

/// The table of mappings, by `vendor/model/version`.
pub(crate) const MAPPINGS: Table<(DecoderId, Version), KeptMapping, Pair> =
    Table::new(tables::REGISTRY_MAPPINGS);

/// A version of a mapping with its author.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeptMapping {
    /// The mapping that was put.
    #[serde(flatten)]
    pub mapping: Mapping,
    /// The SHA-256 of what it says.
    pub digest: Digest,
    /// The name of the token that it was put with.
    pub put_by: String,
    /// The moment at which it was put.
    pub put_at: Timestamp,
}

/// Reads all versions of a decoder's mapping, the highest first.
pub(crate) async fn read_mappings(
    store: &dyn Store,
    id: &DecoderId,
) -> Result<Vec<KeptMapping>, LedgerError> {
    let lines = MAPPINGS.pages_under(store, Pair::prefix(id)).all().await?;
    let mut kept: Vec<KeptMapping> = lines.into_iter().map(|(_, kept)| kept).collect();
    kept.sort_by(|one, other| other.mapping.version.cmp(&one.mapping.version));
    Ok(kept)
}
