//! A candidate that is tried on the payloads of its sponsor: what is right must come out, among what else may.

use std::collections::HashSet;

use champollion_sandbox::{Decoder, Digest};
use champollion_sdk::vectors::{Input, Vector};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{
    candidate::Candidate,
    trial_fault::{TrialFault, WrongValue},
    wish::{RightValue, SponsorPayload},
};
use crate::package::{outcome, run};

/// Most faults of one payload that are kept.
const FAULTS: usize = 5;

/// Most values of a quantity that a fault shows.
const VALUES_SHOWN: usize = 3;

/// The share by which a number may be off: a sponsor writes down what a display shows, and not the last bit.
const TOLERANCE: f64 = 1e-9;

/// The outcome of the payloads of a sponsor with a candidate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SponsorTrial)]
pub struct Trial {
    /// The moment of the trial.
    pub at: Timestamp,
    /// The SHA-256 of the package that was tried.
    pub digest: Digest,
    /// The outcome of each payload, in their order.
    pub verdicts: Vec<PayloadVerdict>,
}

/// A trial with what was tried on what: a step that is based on it is refused once either is another.
#[derive(Clone, Debug)]
pub struct Tried {
    /// The candidate that was tried.
    pub candidate: Candidate,
    /// The payloads that it was tried on.
    pub payloads: Vec<SponsorPayload>,
    /// The outcome of each payload.
    pub trial: Trial,
}

/// The outcome of a payload of a sponsor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PayloadVerdict {
    /// The name of the payload.
    pub name: String,
    /// The values that did not come out as they must; none where all is right.
    pub faults: Vec<String>,
    /// The same for programs, in the same order; older servers kept none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<TrialFault>,
}

impl Trial {
    /// Decodes each payload. It takes some milliseconds, and belongs on a thread that may block.
    #[must_use]
    pub fn of(payloads: &[SponsorPayload], decoder: &Decoder, at: Timestamp) -> Self {
        let verdicts = payloads.iter().map(|payload| PayloadVerdict::of(payload, decoder));
        Self { at, digest: decoder.digest(), verdicts: verdicts.collect() }
    }

    /// The faults of all payloads, each with the name of its payload.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let named = |verdict: &PayloadVerdict| {
            let name = verdict.name.clone();
            let faults = verdict.faults.clone().into_iter();
            faults.map(move |fault| format!("{name}: {fault}")).collect::<Vec<String>>()
        };
        self.verdicts.iter().flat_map(named).collect()
    }
}

impl PayloadVerdict {
    /// The verdict on the payload of a name.
    pub(super) fn with(name: String, faults: Vec<TrialFault>) -> Self {
        let words = faults.iter().map(ToString::to_string).collect();
        Self { name, faults: words, values: faults }
    }

    fn of(payload: &SponsorPayload, decoder: &Decoder) -> Self {
        let outcome = outcome(&run(decoder, &Input::Uplink(payload.uplink.clone())));
        Self::with(payload.name.to_string(), faults(&payload.right, &outcome))
    }
}

/// The names of payloads that are not among the vectors of a package, by port and bytes.
pub(super) fn missing_in(vectors: &[Vector], payloads: &[SponsorPayload]) -> Vec<String> {
    let frame = |vector: &Vector| match &vector.input {
        Input::Uplink(uplink) => Some((uplink.f_port, uplink.payload.0.clone())),
        _ => None,
    };
    let there: HashSet<(u8, Vec<u8>)> = vectors.iter().filter_map(frame).collect();
    let is_missing = |payload: &&SponsorPayload| {
        let (f_port, bytes) = payload.frame();
        !there.contains(&(f_port, bytes.to_vec()))
    };
    payloads.iter().filter(is_missing).map(|payload| payload.name.to_string()).collect()
}

/// The values that did not come out as they must.
pub(super) fn faults(right: &[RightValue], outcome: &Json) -> Vec<TrialFault> {
    let Some(reading) = outcome.get("reading") else {
        let failure = &outcome["failure"];
        let said = failure["message"].as_str().or_else(|| failure["kind"].as_str());
        return vec![TrialFault::NotRead(said.unwrap_or_default().to_owned())];
    };
    let measurements = reading["measurements"].as_array().map(Vec::as_slice).unwrap_or_default();
    right.iter().filter_map(|right| fault(right, measurements)).take(FAULTS).collect()
}

fn fault(right: &RightValue, measurements: &[Json]) -> Option<TrialFault> {
    let values = measurements.iter().filter(|one| is_of(right, one)).map(|one| &one["value"]);
    let values: Vec<&Json> = values.collect();
    if values.iter().any(|value| is_same(&right.value, value)) {
        return None;
    }
    Some(TrialFault::Value(WrongValue {
        quantity: right.quantity.clone(),
        channel: right.channel,
        measured_at: right.measured_at,
        expected: right.value.clone(),
        actual: values.into_iter().take(VALUES_SHOWN).cloned().collect(),
    }))
}

/// Whether a measurement is of the quantity and the channel of a right value, and of its moment where it names one.
fn is_of(right: &RightValue, measurement: &Json) -> bool {
    let channel = measurement["channel"].as_u64().unwrap_or_default();
    let measured_at = measurement["measuredAt"].as_str().map(str::parse::<Timestamp>);
    measurement["quantity"].as_str() == Some(right.quantity.as_str())
        && channel == u64::from(right.channel)
        && (right.measured_at.is_none() || measured_at.and_then(Result::ok) == right.measured_at)
}

fn is_same(right: &Json, actual: &Json) -> bool {
    match (right.as_f64(), actual.as_f64()) {
        (Some(right), Some(actual)) => {
            (right - actual).abs() <= TOLERANCE * right.abs().max(actual.abs())
        }
        _ => right == actual,
    }
}
