//! The history of registrations as far as figures count by them: days that are open are figured with the objects as they were
//! at the end of each.

use champollion_fleet::{
    history::History,
    names::{GroupId, SubGroup, UseCase},
    objects::LifeCycle,
};
use champollion_frames::DevEui;
use champollion_store::{Batch, Store, TableError, tables};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub(super) const CHANGES: History<DevEui, MemberState> = History::new(tables::MEMBER_CHANGES);

/// The part of a registration that figures count by.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MemberState {
    /// The group that owns the object.
    pub group: GroupId,
    /// The part of the group that it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_group: Option<SubGroup>,
    /// The purpose of the object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub use_case: Option<UseCase>,
    /// The stage of its life.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub life_cycle: Option<LifeCycle>,
}

/// Puts a change of an object into the batch that makes it; nothing where figures would not count it otherwise.
///
/// # Errors
/// The row cannot be written.
pub fn note_member(
    batch: &mut Batch,
    dev_eui: DevEui,
    states: (Option<MemberState>, Option<MemberState>),
    now: Timestamp,
) -> Result<(), TableError> {
    CHANGES.note(batch, dev_eui, states, now)
}

/// Forgets the changes until a moment: no day that ends before is figured any more.
pub(super) async fn forget_until(store: &dyn Store, moment: Timestamp) -> Result<(), TableError> {
    CHANGES.forget_until(store, moment).await
}
