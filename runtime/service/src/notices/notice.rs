//! A notice as it is kept.

use std::ops::Range;

use champollion_fleet::requests::Paragraph;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{NoticeFault, NoticeScope, NoticeTitle};

/// Most bytes of a notice with its follow-ups: it is a row of the store.
pub(super) const BYTES: usize = 60 << 10;

/// Longest notice in days: what lasts longer is no disturbance any more.
pub(super) const DAYS: i64 = 366;

/// The kinds of notices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NoticeKind {
    /// Work that is told before it begins.
    Planned,
    /// A disturbance that is told while it lasts.
    Incident,
}

/// The states that a notice goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NoticeState {
    /// The notice has not begun.
    Planned,
    /// The notice has begun, and is not over.
    InForce,
    /// The end of the notice is past.
    Over,
    /// The notice was taken back.
    Cancelled,
}

/// A later word on a notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FollowUp {
    /// The moment at which it was written.
    pub at: Timestamp,
    /// The text for people.
    pub text: Paragraph,
}

/// A notice of the operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Notice {
    /// The id of the notice.
    pub id: Uuid,
    /// The kind of the notice.
    pub kind: NoticeKind,
    /// The title for people.
    pub title: NoticeTitle,
    /// The text for people.
    pub text: Paragraph,
    /// The moment at which it begins.
    pub begin: Timestamp,
    /// The moment at which it ends; absent of an incident that lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<Timestamp>,
    /// The objects that it is about.
    pub scope: NoticeScope,
    /// Whether the days that it touches are left out of the figures of its objects.
    pub leaves_out: bool,
    /// The moment at which it was made.
    pub created_at: Timestamp,
    /// The moment at which it was changed last.
    pub changed_at: Timestamp,
    /// The changes since it was made.
    pub revision: u32,
    /// The moment at which it was taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancelled_at: Option<Timestamp>,
    /// Later words on it, the oldest first.
    #[serde(default)]
    pub follow_ups: Vec<FollowUp>,
}

impl Notice {
    /// Returns the state of the notice at a moment.
    #[must_use]
    pub fn state(&self, now: Timestamp) -> NoticeState {
        match self.cancelled_at {
            Some(_) => NoticeState::Cancelled,
            None if now < self.begin => NoticeState::Planned,
            None if self.end.is_some_and(|end| end <= now) => NoticeState::Over,
            None => NoticeState::InForce,
        }
    }

    /// Whether the notice is in force at some moment of a time: up to its end, or to the moment at which it was taken
    /// back.
    #[must_use]
    pub fn touches(&self, time: &Range<Timestamp>) -> bool {
        let ends = [self.end, self.cancelled_at].into_iter().flatten();
        let end = ends.min();
        self.begin < time.end && end.is_none_or(|end| time.start < end && self.begin < end)
    }

    /// Checks that begin and end go together.
    pub(super) fn check_times(&self) -> Result<(), NoticeFault> {
        let begin = self.begin;
        let Some(end) = self.end else {
            return match self.kind {
                NoticeKind::Planned => Err(NoticeFault::PlannedWithoutEnd),
                NoticeKind::Incident => Ok(()),
            };
        };
        if end <= begin {
            return Err(NoticeFault::EndBeforeBegin { begin, end });
        }
        if end.duration_since(begin) > SignedDuration::from_hours(24 * DAYS) {
            return Err(NoticeFault::TooLong { begin, end });
        }
        Ok(())
    }
}
