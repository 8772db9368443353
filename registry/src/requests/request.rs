//! A request for a decoder as it is kept, with its state and its clock.

use std::fmt;

use champollion_fleet::{
    names::PartnerId,
    objects::FieldText,
    requests::{Paragraph, Side, WaitsFor},
};
use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{candidate::Candidate, trial::Trial, wish::Wish};

/// A request of a partner for a decoder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DecoderRequest {
    /// The id. Ids of later requests are greater.
    pub id: Uuid,
    /// The partner that asks, and is the sponsor.
    pub partner: PartnerId,
    /// The device, its document and its payloads.
    pub wish: Wish,
    /// The state in a word.
    pub state: RequestState,
    /// The moment until which the decoder is to be stable. The clock stands while it waits for the partner.
    pub due_at: Timestamp,
    /// The moment since which it waits for the partner; absent while it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing_since: Option<Timestamp>,
    /// Whether the operator has asked a question that the partner has not answered.
    #[serde(default)]
    pub is_questioned: bool,
    /// The estimate; absent as long as there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimate: Option<Estimate>,
    /// The candidate that was published for it; absent as long as there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidate: Option<Candidate>,
    /// The last trial of the candidate on the payloads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trial: Option<Trial>,
    /// The steps that were taken, the first of which asked.
    pub steps: Vec<StepTaken>,
}

/// The state of a request for a decoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = DecoderRequestState)]
pub enum RequestState {
    /// A partner has asked, and nobody has estimated yet.
    Asked,
    /// The operator has told the price and the day.
    Estimated,
    /// The partner has ordered, and a developer is at work.
    Ordered,
    /// A candidate is published, and runs beside on the sponsor's devices.
    Candidate,
    /// The sponsor has accepted the candidate.
    Accepted,
    /// The decoder is stable, and there for all.
    Stable,
    /// The request was declined or withdrawn.
    Declined,
}

/// The estimate of the operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = DecoderEstimate)]
pub struct Estimate {
    /// The price, in words.
    pub price: FieldText,
    /// The day by which the decoder is to be stable; the one of before where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Date>,
    /// More about the work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Paragraph>,
}

/// A step of a request that was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DecoderRequestStep)]
pub struct StepTaken {
    /// The act in a word.
    pub act: Act,
    /// The side that took the step.
    pub side: Side,
    /// The moment of the step.
    pub at: Timestamp,
    /// The name of the one who took the step, where it is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The words that came with the step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Paragraph>,
}

/// An act that carries a request on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = DecoderRequestAct)]
pub enum Act {
    /// The partner asked for the decoder.
    Ask,
    /// The operator told price and day.
    Estimate,
    /// The partner ordered the decoder.
    Order,
    /// The operator asked a question.
    Question,
    /// The partner answered the question.
    Answer,
    /// The partner gave other payloads.
    Payloads,
    /// A candidate was published for it.
    Candidate,
    /// The sponsor accepted the candidate.
    Accept,
    /// The sponsor sent the candidate back.
    SendBack,
    /// The version became stable.
    Stable,
    /// The operator declined the request.
    Decline,
    /// The partner withdrew the request.
    Withdraw,
}

/// The one who takes a step, the moment, and the words that come with it.
#[derive(Clone, Debug)]
pub struct Taking {
    /// The name of the one who takes the step.
    pub by: String,
    /// The moment of the step.
    pub at: Timestamp,
    /// The words that come with the step.
    pub text: Option<Paragraph>,
}

impl Act {
    /// The word of the act.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ask => "ask",
            Self::Estimate => "estimate",
            Self::Order => "order",
            Self::Question => "question",
            Self::Answer => "answer",
            Self::Payloads => "payloads",
            Self::Candidate => "candidate",
            Self::Accept => "accept",
            Self::SendBack => "send-back",
            Self::Stable => "stable",
            Self::Decline => "decline",
            Self::Withdraw => "withdraw",
        }
    }

    /// The side that takes the step.
    #[must_use]
    pub fn side(self) -> Side {
        match self {
            Self::Estimate | Self::Question | Self::Candidate | Self::Stable | Self::Decline => {
                Side::Operator
            }
            _ => Side::Partner,
        }
    }
}

impl RequestState {
    /// The word of the state.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Estimated => "estimated",
            Self::Ordered => "ordered",
            Self::Candidate => "candidate",
            Self::Accepted => "accepted",
            Self::Stable => "stable",
            Self::Declined => "declined",
        }
    }

    /// Whether nothing comes after it.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Self::Stable | Self::Declined)
    }
}

impl fmt::Display for RequestState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl DecoderRequest {
    /// A new request. Without a day in its wish the promise is three months.
    pub(super) fn new(partner: PartnerId, wish: Wish, taking: Taking) -> Self {
        let due_at = wish.by.map_or_else(|| months_after(taking.at), |by| end_of(by, taking.at));
        let mut request = Self {
            id: Uuid::now_v7(),
            partner,
            wish,
            state: RequestState::Asked,
            due_at,
            standing_since: None,
            is_questioned: false,
            estimate: None,
            candidate: None,
            trial: None,
            steps: Vec::new(),
        };
        request.note(Act::Ask, taking);
        request
    }

    /// The moment at which it was asked.
    #[must_use]
    pub fn asked_at(&self) -> Timestamp {
        self.steps.first().map_or(self.due_at, |step| step.at)
    }

    /// The side that has to take the next step.
    #[must_use]
    pub fn waits_for(&self) -> WaitsFor {
        match self.state {
            RequestState::Stable | RequestState::Declined => WaitsFor::Nobody,
            RequestState::Estimated | RequestState::Candidate => WaitsFor::Partner,
            _ if self.is_questioned => WaitsFor::Partner,
            _ => WaitsFor::Operator,
        }
    }

    /// Whether the decoder should have been stable before a moment. While it waits for the partner its clock stands.
    #[must_use]
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.waits_for() == WaitsFor::Operator && now > self.due_at
    }

    /// The candidate that runs beside on the sponsor's devices; none where it does not any more.
    #[must_use]
    pub fn candidate_on_trial(&self) -> Option<&Candidate> {
        let is_tried = matches!(self.state, RequestState::Candidate | RequestState::Accepted);
        self.candidate.as_ref().filter(|_| is_tried)
    }

    /// Puts the day into the clock that an estimate names.
    pub(super) fn promise(&mut self, by: Option<Date>, now: Timestamp) {
        if let Some(by) = by {
            self.due_at = end_of(by, now);
        }
    }

    /// Notes a step, and has the clock stand or go on as the side says that has the next one.
    pub(super) fn note(&mut self, act: Act, taking: Taking) {
        let Taking { by, at, text } = taking;
        self.steps.push(StepTaken { act, side: act.side(), at, by: Some(by), text });
        match (self.waits_for() == WaitsFor::Partner, self.standing_since) {
            (true, None) => self.standing_since = Some(at),
            (false, Some(since)) => {
                self.standing_since = None;
                self.delay(since, at);
            }
            _ => {}
        }
    }

    /// Moves the end of the clock by the time that it stood.
    fn delay(&mut self, since: Timestamp, until: Timestamp) {
        let stood = until.duration_since(since);
        if stood.is_positive() {
            self.due_at = self.due_at.saturating_add(stood).unwrap_or(self.due_at);
        }
    }
}

/// The promise to partners: three months of the calendar.
fn months_after(asked_at: Timestamp) -> Timestamp {
    let later = asked_at.to_zoned(TimeZone::UTC).checked_add(3.months());
    later.map_or(asked_at, |later| later.timestamp())
}

/// The end of a day, in UTC.
fn end_of(day: Date, otherwise: Timestamp) -> Timestamp {
    let next = day.tomorrow().and_then(|next| next.to_zoned(TimeZone::UTC));
    next.map_or(otherwise, |next| next.timestamp())
}
