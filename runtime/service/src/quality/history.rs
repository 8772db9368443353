//! The history of registrations as far as figures count by them: days that are open are figured with the objects as they were
//! at the end of each.

use std::collections::BTreeMap;

use champollion_fleet::{
    history::History,
    names::{GroupId, SubGroup, UseCase},
    objects::LifeCycle,
};
use champollion_frames::DevEui;
use champollion_store::{Batch, Store, TableError, tables};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use super::{
    calendar::Calendar,
    days::{Days, before, between},
};

const CHANGES: History<DevEui, MemberState> = History::new(tables::MEMBER_CHANGES);

/// The part of a registration that figures count by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

/// The objects that were registered otherwise at the end of a day than they are now; one that was not registered has no state.
pub type ChangedMembers = BTreeMap<DevEui, Option<MemberState>>;

/// The objects that have changed since the ends of the days that are open.
#[derive(Clone, Debug, Default)]
pub struct PastMembers(BTreeMap<Date, ChangedMembers>);

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

impl PastMembers {
    /// Reads what has changed since the ends of the days that are open, but of the present one.
    ///
    /// # Errors
    /// [`TableError`] where the store does not answer.
    pub async fn read(
        store: &dyn Store,
        days: &Days,
        (calendar, today): (Calendar, Date),
    ) -> Result<Self, TableError> {
        let open: Vec<Date> = between(calendar.first_open(), before(today, 1)).collect();
        let ends: Vec<Timestamp> = open.iter().map(|day| days.end(*day)).collect();
        if ends.is_empty() {
            return Ok(Self::default());
        }
        let changed = CHANGES.changed_since(store, &ends).await?;
        Ok(Self(open.into_iter().zip(changed).collect()))
    }

    /// The objects that have changed since the end of a day.
    #[must_use]
    pub fn of(&self, day: Date) -> Option<&ChangedMembers> {
        self.0.get(&day)
    }
}

/// Forgets the changes until a moment: no day that ends before is figured any more.
pub(super) async fn forget_until(store: &dyn Store, moment: Timestamp) -> Result<(), TableError> {
    CHANGES.forget_until(store, moment).await
}

#[cfg(test)]
mod tests {
    use champollion_store::{SledOptions, SledStore};
    use jiff::{civil::date, tz::TimeZone};

    use super::*;

    fn state(group: &str, life_cycle: Option<LifeCycle>) -> MemberState {
        let group = group.parse().unwrap();
        MemberState { group, sub_group: None, use_case: None, life_cycle }
    }

    #[tokio::test]
    async fn objects_are_as_they_were_at_the_end_of_each_open_day() {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open(&SledOptions::new(folder.path().join("store"))).unwrap();
        let days = Days::new(TimeZone::get("Europe/Paris").unwrap());
        let object = |number| DevEui::from_be_bytes([number; 8]);
        let (water, stock) = (state("water", None), state("water", Some(LifeCycle::Stock)));
        let note =
            async |number, at: &str, before: Option<&MemberState>, after: Option<&MemberState>| {
                let mut batch = Batch::new();
                let states = (before.cloned(), after.cloned());
                note_member(&mut batch, object(number), states, at.parse().unwrap()).unwrap();
                store.commit(batch).await.unwrap();
            };
        // One is registered and put in stock, one is removed at the very end of a day, one moves, and one stays.
        note(1, "2026-03-02T22:59:59.999Z", None, Some(&water)).await;
        note(1, "2026-03-03T08:00:00Z", Some(&water), Some(&stock)).await;
        note(2, "2026-03-02T23:00:00Z", Some(&water), None).await;
        note(3, "2026-03-02T09:00:00Z", Some(&water), Some(&state("light", None))).await;
        note(4, "2026-03-02T09:00:00Z", Some(&water), Some(&water)).await;
        let calendar = Calendar {
            since: date(2026, 2, 1),
            closed: Some(date(2026, 2, 28)),
            knows_first_days: true,
        };
        let read =
            async || PastMembers::read(&store, &days, (calendar, date(2026, 3, 3))).await.unwrap();
        let past = read().await;
        let first =
            [(object(1), None), (object(2), Some(water.clone())), (object(3), Some(water.clone()))];
        assert_eq!(past.of(date(2026, 3, 1)), Some(&first.into()));
        let second = [(object(1), Some(water.clone())), (object(2), Some(water.clone()))];
        assert_eq!(past.of(date(2026, 3, 2)), Some(&second.clone().into()));
        assert_eq!(past.of(date(2026, 3, 3)), None, "the present day is as it is now");
        forget_until(&store, days.end(date(2026, 3, 1))).await.unwrap();
        assert_eq!(read().await.0, past.0);
        forget_until(&store, days.end(date(2026, 3, 2))).await.unwrap();
        assert_eq!(read().await.of(date(2026, 3, 2)), Some(&second.into()));
    }
}
