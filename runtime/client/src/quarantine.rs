//! Versions of decoders that are set aside.

use std::fmt::Display;

use jiff::Timestamp;
use semver::Version;
use serde::{Deserialize, Serialize};

use crate::{Answer, Client, ClientError, client::tell, pages::all};

/// The versions that are set aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuarantineList {
    /// The versions.
    pub quarantined: Vec<Quarantined>,
}

/// A version that was set aside, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quarantined {
    /// The decoder.
    pub id: String,
    /// The version of the decoder.
    pub version: Version,
    /// The moment at which it was set aside.
    pub since: Timestamp,
    /// The number of its calls that misbehaved within the window.
    pub failures: u64,
    /// The word for what the last of them did.
    pub code: String,
    /// The description of the last misbehaviour.
    pub message: String,
}

impl Client {
    /// Lists the versions that are set aside: `GET /v1/registry/quarantine`.
    pub async fn quarantined(&self) -> Result<Answer<QuarantineList>, ClientError> {
        all("quarantined", None, || self.get("v1/registry/quarantine")).await
    }

    /// Lets a version decode again: `DELETE /v1/registry/quarantine/{vendor}/{model}/{version}`.
    pub async fn lift_quarantine(
        &self,
        decoder: impl Display,
        version: &Version,
    ) -> Result<(), ClientError> {
        tell(self.delete(format_args!("v1/registry/quarantine/{decoder}/{version}"))).await
    }
}
