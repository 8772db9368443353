//! Two decoders over the same frames, each with what it remembers of earlier ones.

use std::{
    collections::{BTreeMap, HashMap},
    mem,
    sync::Arc,
};

use champollion_frames::DevEui;
use champollion_registry::{
    LoadedDecoder,
    channels::{Observed, Tally},
};
use champollion_sandbox::{Call, Decoder, Reading, Settings, Specimen, Variable};
use serde::Serialize;

use super::Candidate;

/// A frame that is to be decoded by both.
pub(super) struct Frame {
    /// The device that sent the frame.
    pub(super) dev_eui: DevEui,
    /// The frame as a decoder gets it.
    pub(super) specimen: Specimen,
    /// The variables that the operator has set on the device.
    pub(super) variables: Vec<Variable>,
    /// The decoder that the device gets now.
    pub(super) present: Arc<LoadedDecoder>,
}

/// A candidate beside the decoders that devices get now. The states of both begin with nothing and are carried from
/// frame to frame, so that a decoder that remembers is compared with one that remembers as much.
pub(super) struct Comparison {
    candidate: Arc<Candidate>,
    outcome: Outcome,
    states: HashMap<DevEui, States>,
}

/// The states of a device: of its present decoder, and of the candidate.
#[derive(Default)]
struct States {
    present: Vec<u8>,
    candidate: Vec<u8>,
}

/// The outcome of a rehearsal so far; `stable` is the version that a device gets now.
#[derive(Clone, Debug, Default, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RehearsalOutcome)]
pub struct Outcome {
    /// The comparison frame by frame.
    #[serde(flatten)]
    pub tally: Tally,
    /// The failures of both by their kinds.
    pub failure_kinds: FailureKinds,
}

/// The failures by their kinds: a decoder's word, or the code of an error.
#[derive(Clone, Debug, Default, Serialize, utoipa::ToSchema)]
pub struct FailureKinds {
    /// The failures of the versions that devices get now.
    #[schema(value_type = HashMap<String, u64>)]
    pub stable: BTreeMap<&'static str, u64>,
    /// The failures of the candidate.
    #[schema(value_type = HashMap<String, u64>)]
    pub candidate: BTreeMap<&'static str, u64>,
}

impl Comparison {
    pub(super) fn of(candidate: Arc<Candidate>) -> Self {
        Self { candidate, outcome: Outcome::default(), states: HashMap::new() }
    }

    pub(super) fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    /// Counts a frame that is not compared.
    pub(super) fn skip(&mut self) {
        self.outcome.tally.skipped += 1;
    }

    /// Forgets what the decoders remember of devices.
    pub(super) fn forget(&mut self) {
        self.states.clear();
    }

    /// Decodes frames by both, in their order.
    pub(super) fn decode(&mut self, frames: &[Frame]) {
        for frame in frames {
            let states = self.states.entry(frame.dev_eui).or_default();
            let stable = call(&frame.present.decoder, frame, &mut states.present);
            let candidate = call(self.candidate.decoder(), frame, &mut states.candidate);
            let Outcome { tally, failure_kinds } = &mut self.outcome;
            count(&mut failure_kinds.stable, &stable);
            count(&mut failure_kinds.candidate, &candidate);
            let Specimen { f_port, payload, .. } = &frame.specimen;
            tally.compare((*f_port, payload), &stable, &candidate);
        }
    }
}

/// Calls a decoder with its state, and keeps the one that it returns.
fn call(decoder: &Decoder, frame: &Frame, state: &mut Vec<u8>) -> Observed {
    let settings = Settings { variables: frame.variables.clone(), state: mem::take(state) };
    let mut called: Call<Reading> = decoder.try_uplink(&frame.specimen, &settings);
    let new = called.result.as_mut().ok().and_then(|reading| reading.state.take());
    *state = new.unwrap_or(settings.state);
    Observed::of(&called)
}

fn count(kinds: &mut BTreeMap<&'static str, u64>, observed: &Observed) {
    if let Some(kind) = observed.failure() {
        *kinds.entry(kind).or_default() += 1;
    }
}
