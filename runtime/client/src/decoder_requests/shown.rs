//! Requests for decoders as the server shows them.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};
use semver::Version;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::DecoderWish;
use crate::{Performance, ShadowExample};

/// A request of a partner for a decoder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DecoderRequest {
    /// The id of the request.
    pub id: Uuid,
    /// The partner that asks, and is the sponsor.
    pub partner: String,
    /// The state in a word: asked, estimated, ordered, candidate, accepted, stable or declined.
    pub state: String,
    /// The side that has to take the next step: operator, partner or nobody.
    pub waits_for: String,
    /// The moment at which it was asked.
    pub asked_at: Timestamp,
    /// The moment until which the decoder is to be stable.
    pub due_at: Timestamp,
    /// Whether the decoder should have been stable by now.
    pub overdue: bool,
    /// The device, its document and its payloads.
    pub wish: DecoderWish,
    /// The estimate; absent as long as there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimate: Option<DecoderEstimate>,
    /// The candidate that was published for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidate: Option<RequestCandidate>,
    /// The last trial of the candidate on the payloads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trial: Option<SponsorTrial>,
    /// The count of what the candidate made of frames of the sponsor's devices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shadow: Option<RequestShadow>,
    /// The steps that were taken, the first of which asked.
    pub steps: Vec<DecoderRequestStep>,
}

/// The estimate of the operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecoderEstimate {
    /// The price, in words.
    pub price: String,
    /// The day by which the decoder is to be stable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Date>,
    /// More about the work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// The candidate that was published for a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestCandidate {
    /// The name of the decoder.
    pub decoder: String,
    /// The version of the decoder.
    pub version: Version,
}

/// The outcome of the payloads of a sponsor with a candidate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SponsorTrial {
    /// The moment of the trial.
    pub at: Timestamp,
    /// The SHA-256 of the package that was tried.
    pub digest: String,
    /// The outcome of each payload.
    pub verdicts: Vec<PayloadVerdict>,
}

/// The outcome of a payload of a sponsor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayloadVerdict {
    /// The name of the payload.
    pub name: String,
    /// The values that did not come out as they must; none where all is right.
    pub faults: Vec<String>,
}

/// The count of what a candidate made of frames of its sponsor's devices.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RequestShadow {
    /// The number of frames that it was given.
    pub compared: u64,
    /// Those that it read, and of which it says all that the stable version says where there is one.
    pub agreeing: u64,
    /// Frames that it was not given, since there was too much else to do.
    pub skipped: u64,
    /// Frames whose readings say too much to be compared place by place; they count as compared.
    #[serde(default)]
    pub too_large: u64,
    /// The stable version's performance, where there is one.
    pub stable: Performance,
    /// The performance of the candidate.
    pub candidate: Performance,
    /// The places where the two differ, and on how many frames.
    pub differing: BTreeMap<String, u64>,
    /// The places that only the candidate has, and on how many frames.
    pub added: BTreeMap<String, u64>,
    /// Some of the frames on which they differ.
    pub examples: Vec<ShadowExample>,
}

/// A step of a request that was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecoderRequestStep {
    /// The act in a word.
    pub act: String,
    /// The side that took the step: operator or partner.
    pub side: String,
    /// The moment of the step.
    pub at: Timestamp,
    /// The name of the one who took the step, where it is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The words that came with the step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// The requests for decoders that the sender may see.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DecoderRequestList {
    /// The requests, the oldest first.
    pub requests: Vec<DecoderRequest>,
}
