//! Two decoders over the same frames, each with what it remembers of earlier ones.

use std::{
    collections::{BTreeMap, HashMap},
    hash::{BuildHasher, RandomState},
    mem,
    sync::Arc,
};

use champollion_frames::DevEui;
use champollion_registry::{
    LoadedDecoder,
    channels::{Compared, Observed, Tally},
};
use champollion_sandbox::{Decoder, Formulas, Observation, Settings, Specimen, Variable};
use futures_util::future::try_join_all;
use jiff::Timestamp;
use serde::Serialize;

use super::{Candidate, derivation::Memories};
use crate::{
    expensive::LONG_CALLS,
    workers::{NotDone, Workers},
};

/// Shares of the devices for each thread: where one takes long the others have something to do.
const SHARES_OF_A_THREAD: usize = 4;

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
    /// Where the candidate is a derived decoder: those that run on the reading, in their order; the last one is the version
    /// that the device gets now.
    pub(super) derived: Vec<Arc<LoadedDecoder>>,
}

/// A candidate beside the decoders that devices get now. The states of both begin with nothing and are carried from
/// frame to frame, so that a decoder that remembers is compared with one that remembers as much.
pub(super) struct Comparison {
    candidate: Arc<Candidate>,
    workers: Arc<Workers>,
    outcome: Outcome,
    /// Devices are of one share each, so that their frames stay in their order.
    shares: Vec<Share>,
    share_of: RandomState,
}

/// The states of some devices.
type Share = HashMap<DevEui, States>;

/// The states of a device: of its present decoder, and of the candidate.
#[derive(Default)]
struct States {
    present: Vec<u8>,
    candidate: Vec<u8>,
    memories: Memories,
}

/// A frame that both have decoded.
struct Decoded {
    /// The number of the frame among those that were decoded with it.
    number: usize,
    compared: Compared,
    failures: [Option<&'static str>; 2],
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
    pub(super) fn of(candidate: Arc<Candidate>, workers: Arc<Workers>) -> Self {
        // Two calls more read the next records, and look for corrections of the next group.
        let shares = (workers.threads() * SHARES_OF_A_THREAD).clamp(1, LONG_CALLS - 2);
        Self {
            candidate,
            workers,
            outcome: Outcome::default(),
            shares: (0..shares).map(|_| Share::new()).collect(),
            share_of: RandomState::new(),
        }
    }

    /// Returns what came of all frames.
    pub(super) fn into_outcome(self) -> Outcome {
        self.outcome
    }

    /// Counts frames that are not compared.
    pub(super) fn skip(&mut self, frames: u64) {
        self.outcome.tally.skipped += frames;
    }

    /// Forgets what the decoders remember of devices.
    pub(super) fn forget(&mut self) {
        self.shares.iter_mut().for_each(Share::clear);
    }

    /// Has threads decode frames by both, those of a device in their order, and counts what comes of them as if it were
    /// one after another.
    pub(super) async fn decode(&mut self, frames: Vec<Frame>) -> Result<(), NotDone> {
        let shares = self.shares.len() as u64;
        let mut divided: Vec<Vec<(usize, Frame)>> =
            self.shares.iter().map(|_| Vec::new()).collect();
        for (number, frame) in frames.into_iter().enumerate() {
            let share = self.share_of.hash_one(frame.dev_eui) % shares;
            divided[usize::try_from(share).unwrap_or_default()].push((number, frame));
        }
        let filled = divided.into_iter().zip(&mut self.shares).filter(|(own, _)| !own.is_empty());
        let calls = filled.map(|(frames, share)| {
            let (candidate, mut states) = (Arc::clone(&self.candidate), mem::take(share));
            let call = self.workers.run(move || {
                let candidate = candidate.decoder();
                let decoded = frames.into_iter().map(|(number, frame)| {
                    let states = states.entry(frame.dev_eui).or_default();
                    match candidate.formulas() {
                        None => Some(states.decode(number, frame, candidate)),
                        Some(formulas) => states.derive(number, frame, formulas),
                    }
                });
                let decoded: Vec<Option<Decoded>> = decoded.collect();
                (decoded, states)
            });
            async move {
                let (decoded, states) = call.await?;
                *share = states;
                Ok::<_, NotDone>(decoded)
            }
        });
        let all: Vec<Option<Decoded>> = try_join_all(calls).await?.into_iter().flatten().collect();
        let of_all = all.len();
        let mut decoded: Vec<Decoded> = all.into_iter().flatten().collect();
        // Nothing is derived of a frame that the device's own decoder cannot read.
        self.skip((of_all - decoded.len()) as u64);
        decoded.sort_unstable_by_key(|decoded| decoded.number);
        let Outcome { tally, failure_kinds } = &mut self.outcome;
        for Decoded { compared, failures: [stable, candidate], .. } in decoded {
            tally.count(compared);
            count(&mut failure_kinds.stable, stable);
            count(&mut failure_kinds.candidate, candidate);
        }
        Ok(())
    }
}

impl States {
    /// Has both decode a frame.
    fn decode(&mut self, number: usize, frame: Frame, candidate: &Decoder) -> Decoded {
        let Frame { specimen, variables, present, .. } = frame;
        let mut settings = Settings { variables, state: mem::take(&mut self.present) };
        let stable = call(&present.decoder, &specimen, &mut settings);
        self.present = mem::replace(&mut settings.state, mem::take(&mut self.candidate));
        let candidate = call(candidate, &specimen, &mut settings);
        self.candidate = settings.state;
        Decoded::of(number, &specimen, [stable, candidate])
    }

    /// Has the device's own decoder read a frame, and both derive of the reading; nothing where it cannot be read.
    fn derive(&mut self, number: usize, frame: Frame, candidate: &Formulas) -> Option<Decoded> {
        let Frame { specimen, variables, present, derived, .. } = frame;
        let settings = Settings { variables, state: mem::take(&mut self.present) };
        let mut called = present.decoder.try_uplink(&specimen, &settings);
        let reading = called.result.as_mut().ok();
        let state = reading.and_then(|reading| reading.state.take());
        let Settings { variables, state: before } = settings;
        self.present = state.unwrap_or(before);
        let measurements = called.result.ok()?.measurements;
        let received_at = i64::try_from(specimen.received_at).ok()?;
        let received_at = Timestamp::from_millisecond(received_at).ok()?;
        let observed = Observation { measurements, received_at, variables, before: None };
        let both = self.memories.derive(observed, &derived, candidate)?;
        Some(Decoded::of(number, &specimen, both))
    }
}

impl Decoded {
    fn of(number: usize, specimen: &Specimen, [stable, candidate]: [Observed; 2]) -> Self {
        let compared = Compared::of((specimen.f_port, &specimen.payload), &stable, &candidate);
        Self { number, compared, failures: [stable.failure(), candidate.failure()] }
    }
}

/// Calls a decoder with its state, and keeps the one that it returns.
fn call(decoder: &Decoder, specimen: &Specimen, settings: &mut Settings) -> Observed {
    let mut called = decoder.try_uplink(specimen, settings);
    let reading = called.result.as_mut().ok();
    if let Some(state) = reading.and_then(|reading| reading.state.take()) {
        settings.state = state;
    }
    Observed::of(called)
}

fn count(kinds: &mut BTreeMap<&'static str, u64>, failure: Option<&'static str>) {
    if let Some(kind) = failure {
        *kinds.entry(kind).or_default() += 1;
    }
}
