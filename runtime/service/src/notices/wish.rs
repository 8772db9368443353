//! Wishes for notices, as requests bring them.

use champollion_fleet::{names::GroupId, requests::Paragraph};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{FollowUp, Notice, NoticeFault, NoticeKind, NoticeScope, NoticeTitle, notice::BYTES};

/// The time by which a begin may be off, since clocks differ.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// A notice that is to be made.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NoticeWish {
    /// The kind of the notice.
    pub kind: NoticeKind,
    /// The title for people.
    pub title: NoticeTitle,
    /// The text for people.
    pub text: Paragraph,
    /// The moment at which it begins; of an incident now, where it is left out.
    #[serde(default)]
    pub begin: Option<Timestamp>,
    /// The moment at which it ends; an incident may have none yet.
    #[serde(default)]
    pub end: Option<Timestamp>,
    /// The objects that it is about; all where it is left out.
    #[serde(default)]
    pub scope: NoticeScope,
    /// Whether the days that it touches are left out of the figures of its objects: where nothing is said those of
    /// planned work are, and those of incidents are not.
    #[serde(default)]
    pub leaves_out: Option<bool>,
}

/// A change of a notice: what is left out stays.
#[derive(Clone, Debug, Default, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NoticeChange {
    /// Another title for people.
    #[serde(default)]
    pub title: Option<NoticeTitle>,
    /// Another text for people.
    #[serde(default)]
    pub text: Option<Paragraph>,
    /// Another moment of the begin.
    #[serde(default)]
    pub begin: Option<Timestamp>,
    /// Another moment of the end.
    #[serde(default)]
    pub end: Option<Timestamp>,
    /// Whether the days that it touches are left out of the figures.
    #[serde(default)]
    pub leaves_out: Option<bool>,
}

/// A later word on a notice, as a request brings it.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NoticeFollowUp {
    /// The text for people.
    pub text: Paragraph,
    /// The end of the notice, where it is known now or has changed.
    #[serde(default)]
    pub end: Option<Timestamp>,
}

impl NoticeWish {
    /// The notice of a wish.
    pub(super) fn notice(
        self,
        now: Timestamp,
        is_known: impl Fn(&GroupId) -> bool,
    ) -> Result<Notice, NoticeFault> {
        let begin = self.begin_from(now)?;
        self.scope.check(is_known)?;
        let by_itself = self.kind == NoticeKind::Planned && !self.scope.is_of_gateways_alone();
        let notice = Notice {
            id: Uuid::now_v7(),
            kind: self.kind,
            title: self.title,
            text: self.text,
            begin,
            end: self.end,
            leaves_out: self.leaves_out.unwrap_or(by_itself),
            scope: self.scope,
            created_at: now,
            changed_at: now,
            revision: 0,
            cancelled_at: None,
            follow_ups: Vec::new(),
        };
        checked(notice)
    }

    fn begin_from(&self, now: Timestamp) -> Result<Timestamp, NoticeFault> {
        match (self.kind, self.begin) {
            (NoticeKind::Planned, None) => Err(NoticeFault::PlannedWithoutBegin),
            (NoticeKind::Planned, Some(begin)) if begin < now - TOLERANCE => {
                Err(NoticeFault::PlannedInThePast(begin))
            }
            (NoticeKind::Incident, Some(begin)) if begin > now + TOLERANCE => {
                Err(NoticeFault::IncidentToCome(begin))
            }
            (_, begin) => Ok(begin.unwrap_or(now)),
        }
    }
}

impl NoticeChange {
    /// The notice as it is after the change.
    pub(super) fn applied(self, notice: &Notice, now: Timestamp) -> Result<Notice, NoticeFault> {
        let says_nothing = self.title.is_none()
            && self.text.is_none()
            && self.begin.is_none()
            && self.end.is_none()
            && self.leaves_out.is_none();
        if says_nothing {
            return Err(NoticeFault::NoChange);
        }
        let later = later(notice, now)?;
        checked(Notice {
            title: self.title.unwrap_or_else(|| notice.title.clone()),
            text: self.text.unwrap_or_else(|| notice.text.clone()),
            begin: self.begin.unwrap_or(notice.begin),
            end: self.end.or(notice.end),
            leaves_out: self.leaves_out.unwrap_or(later.leaves_out),
            ..later
        })
    }
}

impl NoticeFollowUp {
    /// The notice with a later word.
    pub(super) fn added(self, notice: &Notice, now: Timestamp) -> Result<Notice, NoticeFault> {
        let mut later = later(notice, now)?;
        later.end = self.end.or(later.end);
        later.follow_ups.push(FollowUp { at: now, text: self.text });
        checked(later)
    }
}

/// The notice as it is taken back.
pub(super) fn cancelled(notice: &Notice, now: Timestamp) -> Result<Notice, NoticeFault> {
    Ok(Notice { cancelled_at: Some(now), ..later(notice, now)? })
}

/// The next revision of a notice that was not taken back.
fn later(notice: &Notice, now: Timestamp) -> Result<Notice, NoticeFault> {
    if notice.cancelled_at.is_some() {
        return Err(NoticeFault::Cancelled(notice.id));
    }
    let revision = notice.revision.saturating_add(1);
    // A notice of gateways alone that was kept before this was refused is followed up all the same.
    let leaves_out = notice.leaves_out && !notice.scope.is_of_gateways_alone();
    Ok(Notice { changed_at: now, revision, leaves_out, ..notice.clone() })
}

/// A notice whose times and scope go together, and that fits into a row of the store.
fn checked(notice: Notice) -> Result<Notice, NoticeFault> {
    notice.check_times()?;
    if notice.leaves_out && notice.scope.is_of_gateways_alone() {
        return Err(NoticeFault::NothingToLeaveOut);
    }
    let bytes = super::NOTICES.encode(&notice.id, &notice)?.len();
    if bytes > BYTES {
        return Err(NoticeFault::TooLarge(bytes));
    }
    Ok(notice)
}
