//! The record that another one stands in the place of.

use semver::Version;
use serde::Serialize;

/// The record that another one stands in the place of.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Replaced {
    /// The id of the record.
    pub(super) record: String,
    /// The decoder of the record, where it was decoded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) decoder: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub(super) version: Option<Version>,
}
