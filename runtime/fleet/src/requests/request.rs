//! A request as it is kept, with its clock.

use std::collections::BTreeSet;

use jiff::{Timestamp, ToSpan, tz::TimeZone};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Declaration, Paragraph};
use crate::{
    names::{GroupId, PartnerId},
    objects::FieldText,
    people::{Email, PersonName},
};

/// A request of a partner, or of who is to be one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// The id. Ids of later requests are greater.
    pub id: Uuid,
    /// The subject of the request.
    pub matter: Matter,
    /// The name of who asks, for people.
    pub name: String,
    /// The partner that asks; absent of one that is to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner: Option<PartnerId>,
    /// The moment at which it was asked.
    pub asked_at: Timestamp,
    /// The name of the sender.
    pub asked_by: String,
    /// The hash of the secret by which a partner to be looks at it; absent where people of a partner do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_hash: Option<String>,
    /// The moment until which it is to be decided. The clock stands while it waits for the partner.
    pub due_at: Timestamp,
    /// The moment since which it waits for the partner; absent while it waits for the operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub questioned_at: Option<Timestamp>,
    /// The checks of the operator.
    #[serde(default)]
    pub checks: Vec<Check>,
    /// The remarks of both sides, the oldest first.
    #[serde(default)]
    pub remarks: Vec<Remark>,
    /// The decision; absent as long as there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
}

/// The subject of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "about", rename_all = "kebab-case")]
#[schema(as = RequestMatter)]
pub enum Matter {
    /// The approval of a partner.
    Approval {
        /// The declaration under the six headings.
        declaration: Box<Declaration>,
        /// The person who is to be the first owner; absent where the partner exists.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        applicant: Option<Applicant>,
        /// The groups that are wished for; the operator may name others.
        #[serde(default)]
        groups: BTreeSet<GroupId>,
    },
    /// More objects than were declared, which are there already and go on.
    MoreObjects {
        /// The number that was declared.
        declared: u32,
        /// The number that there are.
        number: u32,
    },
}

/// The person who asks for a partner to be, and is to be its first owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Applicant {
    /// The name of the person.
    pub name: PersonName,
    /// The first name of the person.
    pub first_name: PersonName,
    /// The personal e-mail address.
    pub email: Email,
}

/// A check of the operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OperatorCheck)]
pub struct Check {
    /// The question of the check.
    pub question: String,
    /// The result; absent as long as there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<CheckResult>,
}

/// The result of a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OperatorCheckResult)]
pub struct CheckResult {
    /// Whether the request passes the check.
    pub passed: bool,
    /// The moment at which it was found.
    pub at: Timestamp,
    /// The name of the one who found it.
    pub by: String,
    /// A note on what was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<FieldText>,
}

/// The sides of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = RequestSide)]
pub enum Side {
    /// The operator of the territory.
    Operator,
    /// The partner, or who is to be one.
    Partner,
}

/// A remark of one of the sides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RequestRemark)]
pub struct Remark {
    /// The side that makes the remark.
    pub side: Side,
    /// The moment at which it was made.
    pub at: Timestamp,
    /// The name of the one who made it.
    pub by: String,
    /// The words of the remark.
    pub text: Paragraph,
}

/// The decision about a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RequestDecision)]
pub struct Decision {
    /// Whether the request is accepted.
    pub accepted: bool,
    /// The moment at which it was decided.
    pub at: Timestamp,
    /// The name of the one who decided.
    pub by: String,
    /// The letter that says so.
    pub letter: Paragraph,
    /// The partner that it made, or that it is about; absent where a partner to be is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner: Option<PartnerId>,
}

/// The state of a request in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RequestState {
    /// The request waits for a decision.
    Waiting,
    /// The operator has accepted it.
    Accepted,
    /// The operator has refused it.
    Refused,
}

/// The side that has to take the next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = RequestWaitsFor)]
pub enum WaitsFor {
    /// The operator checks, and decides.
    Operator,
    /// The partner answers a question.
    Partner,
    /// The request is decided.
    Nobody,
}

impl Request {
    /// The state in a word.
    #[must_use]
    pub fn state(&self) -> RequestState {
        match &self.decision {
            None => RequestState::Waiting,
            Some(Decision { accepted: true, .. }) => RequestState::Accepted,
            Some(_) => RequestState::Refused,
        }
    }

    /// The side that has to take the next step.
    #[must_use]
    pub fn waits_for(&self) -> WaitsFor {
        match (&self.decision, self.questioned_at) {
            (Some(_), _) => WaitsFor::Nobody,
            (None, Some(_)) => WaitsFor::Partner,
            (None, None) => WaitsFor::Operator,
        }
    }

    /// Whether it should have been decided before a moment. While it waits for the partner its clock stands.
    #[must_use]
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.waits_for() == WaitsFor::Operator && now > self.due_at
    }

    /// The checks that are open or not passed, for people.
    #[must_use]
    pub fn checks_left(&self) -> Vec<&str> {
        let is_left = |check: &&Check| !check.result.as_ref().is_some_and(|result| result.passed);
        self.checks.iter().filter(is_left).map(|check| check.question.as_str()).collect()
    }

    /// Has the request wait for the partner from a moment on; its clock stands.
    pub(super) fn stand(&mut self, now: Timestamp) {
        self.questioned_at.get_or_insert(now);
    }

    /// Has the request wait for the operator again: its clock goes on, later by the time that it stood.
    pub(super) fn go_on(&mut self, now: Timestamp) {
        let Some(since) = self.questioned_at.take() else { return };
        let stood = now.duration_since(since);
        if stood.is_positive() {
            self.due_at = self.due_at.saturating_add(stood).unwrap_or(self.due_at);
        }
    }
}

/// The end of the clock of a request: a month of the calendar later.
pub(super) fn month_after(asked_at: Timestamp) -> Timestamp {
    let later = asked_at.to_zoned(TimeZone::UTC).checked_add(1.month());
    later.map_or(asked_at, |later| later.timestamp())
}
