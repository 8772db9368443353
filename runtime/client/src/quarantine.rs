//! Decoders, or calls of them, that are set aside.

use std::fmt::Display;

use jiff::Timestamp;
use semver::Version;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{Answer, Client, ClientError, client::tell, pages::all};

/// The versions that are set aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuarantineList {
    /// The versions, or their calls, that are set aside.
    pub quarantined: Vec<Quarantined>,
}

/// A version that was set aside, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Quarantined {
    /// The decoder that the version is of.
    pub id: String,
    /// The version of the decoder.
    pub version: Version,
    /// The port of the calls that are set aside; without port and commands all of the version are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub f_port: Option<u8>,
    /// Whether commands are set aside, and no uplinks.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub commands: bool,
    /// The device whose calls are set aside; without it those of all devices are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dev_eui: Option<String>,
    /// The moment at which it was set aside.
    pub since: Timestamp,
    /// The number of its calls that misbehaved within the window.
    pub failures: u64,
    /// The number of calls that these are of.
    #[serde(default)]
    pub calls: u64,
    /// The word for what the last of them did; `by-hand` where a person has set them aside.
    pub code: String,
    /// The description of the last misbehaviour, or the reason that a person gave.
    pub message: String,
    /// The person who has set them aside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

impl Client {
    /// Lists the versions that are set aside: `GET /v1/registry/quarantine`.
    pub async fn quarantined(&self) -> Result<Answer<QuarantineList>, ClientError> {
        all("quarantined", None, || self.get("v1/registry/quarantine")).await
    }

    /// Sets a version aside until it is lifted: `PUT /v1/registry/quarantine/{vendor}/{model}/{version}`.
    pub async fn set_aside(
        &self,
        decoder: impl Display,
        version: &Version,
        reason: &str,
    ) -> Result<(), ClientError> {
        let path = format_args!("v1/registry/quarantine/{decoder}/{version}");
        tell(self.put(path).json(&json!({ "reason": reason }))).await
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
