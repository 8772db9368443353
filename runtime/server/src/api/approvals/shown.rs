//! Requests as they are shown: whole to the operator, and without what is its own to partners.

use champollion_fleet::{
    grants::Place,
    names::PartnerId,
    requests::{Check, Decision, Matter, Paragraph, Remark, Request, RequestState, Side, WaitsFor},
};
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use crate::auth::Reach;

/// The sides from which a request is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::api) enum Sight {
    /// The operator sees all of it.
    Operator,
    /// Partners see neither checks nor names of the operator's people.
    Partner,
}

/// A request as it is shown.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RequestOfPartner)]
pub(in crate::api) struct Shown {
    /// The id of the request.
    id: Uuid,
    /// The name of who asks, for people.
    name: String,
    /// The partner that asks, or that the decision made; absent as long as there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    partner: Option<PartnerId>,
    /// The subject of the request.
    matter: Matter,
    /// The state in a word.
    state: RequestState,
    /// The side that has to take the next step.
    waits_for: WaitsFor,
    /// The moment at which it was asked.
    asked_at: Timestamp,
    /// The name of the sender; shown to the operator alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    asked_by: Option<String>,
    /// The moment until which it is to be decided; the clock stands while it waits for the partner.
    due_at: Timestamp,
    /// Whether it should have been decided by now.
    overdue: bool,
    /// The checks of the operator, counted from 1; shown to the operator alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    checks: Option<Vec<Check>>,
    /// The remarks of both sides, the oldest first.
    remarks: Vec<ShownRemark>,
    /// The decision; absent as long as there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    decision: Option<ShownDecision>,
}

/// A remark of one of the sides.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ShownRemark)]
struct ShownRemark {
    /// The side that made the remark.
    side: Side,
    /// The moment at which it was made.
    at: Timestamp,
    /// The name of the one who made it; of the operator's people shown to the operator alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    /// The words of the remark.
    text: Paragraph,
}

/// A decision as it is shown.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ShownDecision)]
struct ShownDecision {
    /// Whether the request is accepted.
    accepted: bool,
    /// The moment at which it was decided.
    at: Timestamp,
    /// The name of the one who decided; shown to the operator alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    /// The letter that says so.
    letter: Paragraph,
}

impl Sight {
    /// The sight that a sender has of a request; none of those of others.
    pub(super) fn of(reach: &Reach, request: &Request) -> Option<Self> {
        if reach.is_everything() {
            return Some(Self::Operator);
        }
        let partner = Place::Partner(request.partner.clone()?);
        reach.covers(&partner).then_some(Self::Partner)
    }

    fn shows<T>(self, value: T) -> Option<T> {
        (self == Self::Operator).then_some(value)
    }
}

impl Shown {
    pub(super) fn new(request: Request, sight: Sight) -> Self {
        let (state, waits_for) = (request.state(), request.waits_for());
        let overdue = request.is_overdue(Timestamp::now());
        let Request { id, name, partner, matter, asked_at, asked_by, due_at, .. } = request;
        let remark = |Remark { side, at, by, text }| {
            let by = if side == Side::Partner { Some(by) } else { sight.shows(by) };
            ShownRemark { side, at, by, text }
        };
        let decision = |Decision { accepted, at, by, letter, .. }| ShownDecision {
            accepted,
            at,
            by: sight.shows(by),
            letter,
        };
        Self {
            id,
            name,
            partner,
            matter,
            state,
            waits_for,
            asked_at,
            asked_by: sight.shows(asked_by),
            due_at,
            overdue,
            checks: sight.shows(request.checks),
            remarks: request.remarks.into_iter().map(remark).collect(),
            decision: request.decision.map(decision),
        }
    }

    /// The place in the list, to go on after.
    pub(super) fn place(&self) -> String {
        self.id.to_string()
    }
}
