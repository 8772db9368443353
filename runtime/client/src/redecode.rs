//! Records that are kept, decoded once more. It may take minutes, so the answer comes line by line.

use jiff::Timestamp;
use semver::Version;
use serde::{Deserialize, Serialize};

use crate::{Client, ClientError, progress::Progress};

/// The records that are to be decoded once more, and by what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RedecodeRequest {
    /// The decoder: a requirement, or a pin, `acme/meter@=2.0.0`.
    pub decoder: String,
    /// Only frames that were received from then on.
    pub since: Timestamp,
    /// Only frames that were received before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// The group, where the token is an admin's; all groups where it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Whether the records are only counted.
    pub dry_run: bool,
}

/// The number of records that were looked at so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RedecodeProgress {
    /// Records that were looked at.
    pub examined: u64,
    /// Records that there are to look at, as far as it is known.
    pub of: u64,
    /// Records that were made, or with a dry run would be.
    pub corrected: u64,
    /// Frames of which this version has made a record before.
    pub already: u64,
    /// Frames that this version cannot read: their records stay the last ones.
    pub failed: u64,
    /// The outcome, on the last line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done: Option<RedecodeDone>,
}

/// The outcome of decoding records once more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RedecodeDone {
    /// The decoder that was chosen.
    pub id: String,
    /// The version that was chosen.
    pub version: Version,
    /// Whether the records were only counted.
    pub dry_run: bool,
    /// The reason why it went no further.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// An answer that goes on for as long as records are decoded. What was made stays where the connection is lost.
pub type Redecoding = Progress<RedecodeProgress>;

impl Client {
    /// Decodes records once more: `POST /v1/records/redecode`.
    pub async fn redecode(&self, wish: &RedecodeRequest) -> Result<Redecoding, ClientError> {
        Progress::of(self.post("v1/records/redecode").json(wish)).await
    }
}
