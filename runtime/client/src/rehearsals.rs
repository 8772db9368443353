//! Rehearsals: a candidate is run over kept records, and compared with the versions that devices get now.

use std::{collections::BTreeMap, fmt::Display};

use jiff::Timestamp;
use semver::Version;
use serde::{Deserialize, Serialize};

use crate::{Client, ClientError, channels::ShadowReport, packages::SIGNATURE, progress::Progress};

/// The records of a rehearsal, and the package where the candidate is not published.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RehearsalRequest {
    /// The beginning of the time in which the frames were received.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// The end of that time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Whether devices count too that pin a version or ask for another major one.
    pub every: bool,
    /// The package of the candidate, where it is published nowhere.
    #[serde(skip)]
    pub package: Option<Vec<u8>>,
    /// The publisher's signature of that package: a public key, a space and what it signed.
    #[serde(skip)]
    pub signature: Option<String>,
}

/// The number of records that were looked at so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RehearsalProgress {
    /// Records that were looked at.
    pub examined: u64,
    /// Records that there are to look at, as far as it is known.
    pub of: u64,
    /// Frames whose devices ask for the decoder and would not get the candidate.
    pub passed_over: u64,
    /// The outcome, on the last line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done: Option<RehearsalDone>,
}

/// The outcome of a rehearsal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RehearsalDone {
    /// The SHA-256 of the candidate's package.
    pub digest: String,
    /// The comparison, as that of a shadow.
    #[serde(flatten)]
    pub report: ShadowReport,
    /// The failures by their kinds.
    pub failure_kinds: FailureKinds,
    /// The reason why it went no further.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// The failures of two versions by their kinds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureKinds {
    /// The failures of the versions that devices get now.
    pub stable: BTreeMap<String, u64>,
    /// The failures of the candidate.
    pub candidate: BTreeMap<String, u64>,
}

impl Client {
    /// Rehearses a candidate: `POST /v1/registry/{vendor}/{model}/{version}/rehearsals`.
    pub async fn rehearse(
        &self,
        decoder: impl Display,
        version: &Version,
        wish: RehearsalRequest,
    ) -> Result<Progress<RehearsalProgress>, ClientError> {
        let request = self.post(format_args!("v1/registry/{decoder}/{version}/rehearsals"));
        let mut request = request.query(&wish);
        if let Some(signature) = &wish.signature {
            request = request.header(SIGNATURE, signature);
        }
        if let Some(package) = wish.package {
            request = request.body(package);
        }
        Progress::of(request).await
    }
}
