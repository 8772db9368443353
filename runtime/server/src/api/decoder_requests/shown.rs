//! Requests for decoders as they are shown: whole to those who work on them, and to partners without the names of these.

use champollion_fleet::{
    grants::Place,
    names::PartnerId,
    requests::{Side, WaitsFor},
};
use champollion_registry::{
    Registry,
    channels::Tally,
    requests::{Candidate, DecoderRequest, Estimate, RequestState, StepTaken, Trial, Wish},
};
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use crate::api::authorized::Authorized;

/// The roles of those who see every request: they decide, work, or look over it.
const ALL_SEEING: [&str; 3] = ["admin", "auditor", "publisher"];

/// The sides from which a request for a decoder is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::api) enum Sight {
    /// The operator sees all of it.
    Operator,
    /// Partners see no names of the operator's people.
    Partner,
}

/// A request for a decoder as it is shown.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DecoderRequest)]
pub(in crate::api) struct Shown {
    /// The id of the request.
    id: Uuid,
    /// The partner that asks, and is the sponsor.
    partner: PartnerId,
    /// The state in a word.
    state: RequestState,
    /// The side that has to take the next step.
    waits_for: WaitsFor,
    /// The moment at which it was asked.
    asked_at: Timestamp,
    /// The moment until which the decoder is to be stable; the clock stands while it waits for the partner.
    due_at: Timestamp,
    /// Whether the decoder should have been stable by now.
    overdue: bool,
    /// The device, its document and its payloads.
    wish: Wish,
    /// The estimate; absent as long as there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    estimate: Option<Estimate>,
    /// The candidate that was published for it; absent as long as there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    candidate: Option<Candidate>,
    /// The last trial of the candidate on the payloads.
    #[serde(skip_serializing_if = "Option::is_none")]
    trial: Option<Trial>,
    /// The count of what the candidate made of frames of the sponsor's devices that ask for the decoder; absent while no
    /// candidate runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    shadow: Option<Tally>,
    /// The steps that were taken, the first of which asked.
    steps: Vec<StepTaken>,
}

impl Sight {
    /// The sight that a sender has of a request; none of those of others.
    pub(super) fn of<D>(authorized: &Authorized<D>, request: &DecoderRequest) -> Option<Self> {
        let standings = &authorized.principal.standings;
        if standings.iter().any(|standing| ALL_SEEING.contains(&standing.role)) {
            return Some(Self::Operator);
        }
        let partner = Place::Partner(request.partner.clone());
        authorized.reach.covers(&partner).then_some(Self::Partner)
    }
}

impl Shown {
    pub(super) fn new(request: DecoderRequest, sight: Sight, registry: &Registry) -> Self {
        let (waits_for, asked_at) = (request.waits_for(), request.asked_at());
        let overdue = request.is_overdue(Timestamp::now());
        let shadow = registry.tally_of_request(request.id);
        let DecoderRequest {
            id,
            partner,
            wish,
            state,
            due_at,
            estimate,
            candidate,
            trial,
            steps,
            ..
        } = request;
        let steps = steps.into_iter().map(|step| sight.shown(step)).collect();
        Self {
            id,
            partner,
            state,
            waits_for,
            asked_at,
            due_at,
            overdue,
            wish,
            estimate,
            candidate,
            trial,
            shadow,
            steps,
        }
    }

    /// The place in the list, to go on after.
    pub(super) fn place(&self) -> String {
        self.id.to_string()
    }
}

impl Sight {
    fn shown(self, step: StepTaken) -> StepTaken {
        let is_shown = self == Self::Operator || step.side == Side::Partner;
        StepTaken { by: step.by.filter(|_| is_shown), ..step }
    }
}
