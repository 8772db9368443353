//! The candidate of a request, by its name.

use std::fmt;

use semver::Version;
use serde::{Deserialize, Serialize};

use crate::package::DecoderId;

/// The candidate that was published for a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = RequestCandidate)]
pub struct Candidate {
    /// The name of the decoder.
    pub decoder: DecoderId,
    /// The version of the decoder.
    #[schema(value_type = String)]
    pub version: Version,
}

impl fmt::Display for Candidate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.decoder, self.version)
    }
}
