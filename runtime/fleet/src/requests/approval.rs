//! The approval of a partner: what it may have, and until when.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Declaration, Paragraph};
use crate::names::PartnerId;

/// The approval of a partner as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Approval)]
pub struct Approval {
    /// The moment at which it was granted.
    pub granted_at: Timestamp,
    /// The request that it was granted to; absent where the operator added the partner without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Uuid>,
    /// Whether it was granted without a declaration to a group that was there before it had a partner.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub of_existing_group: bool,
    /// The first day on which it is in force; absent: from the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
    /// The last day on which it is in force; absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// The numbers of objects that were declared, one step after the other; none where nothing was declared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub numbers: Vec<DeclaredNumber>,
    /// The most objects that the partner may have while it is decided about those beyond the declared number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota: Option<u32>,
    /// The moment at which the operator refused more than the declared number; absent where it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub more_refused_at: Option<Timestamp>,
    /// The notice that was given; absent where none was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<Notice>,
}

/// A number of objects from a day on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DeclaredNumber {
    /// The first day of the number.
    pub from: Date,
    /// The number of all objects of the partner from that day on.
    pub number: u32,
}

/// The notice by which an approval ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ApprovalNotice)]
pub struct Notice {
    /// The moment at which it was given.
    pub given_at: Timestamp,
    /// The moment from which on the approval is not in force.
    pub ends_at: Timestamp,
    /// The letter that says so.
    pub letter: Paragraph,
}

/// The state of an approval at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ApprovalState {
    /// Objects are accepted from its partner.
    InForce,
    /// Its first day is still to come.
    NotBegun,
    /// Its last day is over, or its notice.
    Ended,
}

/// The reason why an object of a partner is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ApprovalRefused {
    /// The first day is still to come.
    #[error(
        "the approval of the partner {partner} is in force from {from} on: until then no object of it is accepted"
    )]
    NotBegun {
        /// The partner of the object.
        partner: PartnerId,
        /// The first day of the approval.
        from: Date,
    },
    /// The last day is over, or the notice.
    #[error(
        "the approval of the partner {partner} has ended, so no further object of it is accepted: ask for another one \
         (champollion partners ask-again {partner})"
    )]
    Ended {
        /// The partner of the object.
        partner: PartnerId,
    },
    /// The partner has as many objects as it may have.
    #[error(
        "the partner {partner} has {used} objects, {wanted} more would be beyond the {limit} of its approval: declare \
         more (champollion partners ask-again {partner})"
    )]
    Beyond {
        /// The partner of the object.
        partner: PartnerId,
        /// The objects that it has.
        used: usize,
        /// The objects that would come.
        wanted: usize,
        /// The most that it may have.
        limit: usize,
    },
}

impl Approval {
    /// The approval of a partner that the operator added: nothing was declared, so nothing bounds it.
    #[must_use]
    pub fn of_operator(granted_at: Timestamp) -> Self {
        Self {
            granted_at,
            request: None,
            of_existing_group: false,
            from: None,
            until: None,
            numbers: Vec::new(),
            quota: None,
            more_refused_at: None,
            notice: None,
        }
    }

    /// The approval of a partner that a group became which was there already: nothing was declared, so nothing bounds it.
    #[must_use]
    pub fn of_existing_group(granted_at: Timestamp) -> Self {
        Self { of_existing_group: true, ..Self::of_operator(granted_at) }
    }

    /// The approval of a declaration. Where no quota is named, it is twice the largest number that was declared.
    #[must_use]
    pub fn of_declaration(
        request: Uuid,
        declaration: &Declaration,
        quota: Option<u32>,
        granted_at: Timestamp,
    ) -> Self {
        let numbers = declaration.objects.iter();
        let numbers =
            numbers.map(|stage| DeclaredNumber { from: stage.from, number: stage.number });
        let largest = declaration.largest_number();
        Self {
            request: Some(request),
            from: Some(declaration.period.from),
            until: declaration.period.until,
            numbers: numbers.collect(),
            quota: Some(quota.unwrap_or_else(|| twice(largest)).max(largest)),
            ..Self::of_operator(granted_at)
        }
    }

    /// The state at a moment. Days are those of UTC.
    #[must_use]
    pub fn state(&self, now: Timestamp) -> ApprovalState {
        let today = day_of(now);
        let is_over = self.until.is_some_and(|until| today > until);
        if is_over || self.notice.as_ref().is_some_and(|notice| now >= notice.ends_at) {
            return ApprovalState::Ended;
        }
        match self.from.is_some_and(|from| today < from) {
            true => ApprovalState::NotBegun,
            false => ApprovalState::InForce,
        }
    }

    /// The number of objects that is declared for a moment; nothing where none was declared at all. Before the first
    /// step it is the number of that step.
    #[must_use]
    pub fn declared(&self, now: Timestamp) -> Option<u32> {
        let today = day_of(now);
        let begun = self.numbers.iter().rfind(|step| step.from <= today);
        begun.or(self.numbers.first()).map(|step| step.number)
    }

    /// The most objects that the partner may have at a moment; nothing where there is no bound.
    #[must_use]
    pub fn most(&self, now: Timestamp) -> Option<u32> {
        match self.more_refused_at {
            Some(_) => self.declared(now),
            None => self.quota,
        }
    }

    /// Checks that further objects are accepted at a moment, whatever their number.
    ///
    /// # Errors
    /// [`ApprovalRefused`] where the approval is not in force.
    pub fn check_in_force(
        &self,
        partner: &PartnerId,
        now: Timestamp,
    ) -> Result<(), ApprovalRefused> {
        match (self.state(now), self.from) {
            (ApprovalState::InForce, _) => Ok(()),
            (ApprovalState::NotBegun, Some(from)) => {
                Err(ApprovalRefused::NotBegun { partner: partner.clone(), from })
            }
            _ => Err(ApprovalRefused::Ended { partner: partner.clone() }),
        }
    }

    /// The same approval for more objects: each step has so many at least.
    #[must_use]
    pub fn raised(mut self, number: u32, quota: Option<u32>) -> Self {
        for step in &mut self.numbers {
            step.number = step.number.max(number);
        }
        let before = self.quota.unwrap_or_default();
        self.quota = Some(quota.unwrap_or_else(|| before.max(twice(number))).max(number));
        self.more_refused_at = None;
        self
    }
}

fn twice(number: u32) -> u32 {
    number.saturating_mul(2)
}

fn day_of(moment: Timestamp) -> Date {
    moment.to_zoned(TimeZone::UTC).date()
}
