//! The objects as they were at the ends of the days that are open, out of those of now and of what has changed since.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    sync::Arc,
};

use champollion_fleet::names::GroupId;
use champollion_frames::DevEui;
use champollion_store::{Store, TableError};
use jiff::{Timestamp, civil::Date};

use super::{
    calendar::Calendar,
    days::{Days, before, between},
    history::{CHANGES, MemberState},
    registered::Registered,
    states::{StateId, States},
};

/// The changes of objects since the ends of the days that are open: some twenty bytes for each object and day on which it
/// changed, however many days are open.
#[derive(Clone, Debug, Default)]
pub struct PastMembers {
    /// The days that are open, but the present one.
    days: Vec<Date>,
    states: States,
    /// In the order of the objects, those of one in the order of time.
    changes: Vec<Change>,
    /// The places of changes by the groups that the objects were in before.
    of_groups: BTreeMap<GroupId, Vec<u32>>,
    /// In the order of the objects.
    visits: Vec<Visit>,
    /// The names of groups that objects moved between, each once: one that is read is a text of its own.
    names: BTreeSet<GroupId>,
}

/// A change of an object, with the state that it had before at the ends of some days.
#[derive(Clone, Debug)]
struct Change {
    dev_eui: DevEui,
    days: Range<u16>,
    before: Option<StateId>,
}

/// A group that an object was in which moved from one to another, and the days on which it was that object: one that is
/// registered anew is another.
#[derive(Clone, Debug)]
struct Visit {
    dev_eui: DevEui,
    group: GroupId,
    days: Range<u16>,
}

/// The objects of groups at the ends of days that are open, and on the present one as they are now.
#[derive(Debug, Default)]
pub struct MembersByDay {
    registered: Registered,
    past: Arc<PastMembers>,
}

/// An object of a group at the end of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberThen<'of> {
    /// The DevEUI of the object.
    pub dev_eui: DevEui,
    /// The part of its registration that figures count by.
    pub state: &'of MemberState,
    /// The first day on which it was heard since it was registered; nothing is known of one that has changed since.
    pub first_heard: Option<Date>,
    /// Whether it has changed since.
    pub has_changed: bool,
    /// The other groups that it was in since the days are open: what was heard there was heard of this object.
    pub elsewhere: Vec<GroupId>,
}

impl PastMembers {
    /// Reads what has changed since the ends of the days that are open.
    ///
    /// # Errors
    /// [`TableError`] where the store does not answer.
    pub async fn read(
        store: &dyn Store,
        days: &Days,
        (calendar, today): (Calendar, Date),
    ) -> Result<Self, TableError> {
        let open: Vec<Date> = between(calendar.first_open(), before(today, 1)).collect();
        let ends = open.iter().map(|day| days.end(*day)).collect();
        let past = Self { days: open, ..Self::default() };
        let mut reading = Reading { past, ends, object: None };
        CHANGES.look_through(store, |dev_eui, at, states| reading.add(dev_eui, at, states)).await?;
        Ok(reading.past)
    }

    /// The place of a day among those that are open; the present one comes after them.
    fn place(&self, day: Date) -> u16 {
        let (Ok(place) | Err(place)) = self.days.binary_search(&day);
        u16::try_from(place).unwrap_or(u16::MAX)
    }

    /// Whether an object was otherwise at the end of a day than it is now.
    fn has_changed(&self, dev_eui: DevEui, day: u16) -> bool {
        let first = self.changes.partition_point(|change| change.dev_eui < dev_eui);
        let mut of_object =
            self.changes[first..].iter().take_while(|change| change.dev_eui == dev_eui);
        of_object.any(|change| change.days.contains(&day))
    }

    /// The objects that were in a group at the end of a day, and are otherwise now.
    fn changed_of<'of>(
        &'of self,
        group: &GroupId,
        day: u16,
    ) -> impl Iterator<Item = (DevEui, &'of MemberState)> + use<'of> {
        let places = self.of_groups.get(group).map_or(&[][..], Vec::as_slice);
        let changes = places.iter().filter_map(move |place| self.changes.get(*place as usize));
        let of_day = changes.filter(move |change| change.days.contains(&day));
        of_day.filter_map(move |change| Some((change.dev_eui, self.states.get(change.before?)?)))
    }

    /// The groups other than one that an object was in which was that group's at the end of a day.
    fn elsewhere(&self, dev_eui: DevEui, group: &GroupId, day: u16) -> Vec<GroupId> {
        let first = self.visits.partition_point(|visit| visit.dev_eui < dev_eui);
        let of_object = self.visits[first..].iter().take_while(|visit| visit.dev_eui == dev_eui);
        let others = of_object.filter(|visit| visit.group != *group && visit.days.contains(&day));
        others.map(|visit| visit.group.clone()).collect()
    }
}

/// A reading of the changes.
struct Reading {
    past: PastMembers,
    ends: Vec<Timestamp>,
    /// The object whose changes are being read.
    object: Option<ReadObject>,
}

/// The object whose changes are being read, which come in the order of time.
struct ReadObject {
    dev_eui: DevEui,
    /// The days at whose ends its state is known.
    known: u16,
    /// The first day of the present registration.
    from: u16,
    /// The place of the first group that was visited under it.
    visits: usize,
}

impl Reading {
    fn add(
        &mut self,
        dev_eui: DevEui,
        at: Timestamp,
        (before, after): (Option<MemberState>, Option<MemberState>),
    ) {
        let Self { past, ends, object } = self;
        // The days that were over at that moment.
        let over = ends.partition_point(|end| *end <= at);
        let over = u16::try_from(over).unwrap_or(u16::MAX);
        let begun = |visits| ReadObject { dev_eui, known: 0, from: 0, visits };
        let mut own = object
            .take()
            .filter(|object| object.dev_eui == dev_eui)
            .unwrap_or_else(|| begun(past.visits.len()));
        match (&before, after) {
            (Some(before), Some(after)) if before.group != after.group => {
                past.visit(&own, &before.group);
                past.visit(&own, &after.group);
            }
            (_, None) => {
                past.visits[own.visits..].iter_mut().for_each(|visit| visit.days.end = over);
                own.visits = past.visits.len();
            }
            (None, Some(_)) => own.from = over,
            (Some(_), Some(_)) => {}
        }
        if over > own.known {
            past.change(dev_eui, own.known..over, before);
            own.known = over;
        }
        *object = Some(own);
    }
}

impl PastMembers {
    fn change(&mut self, dev_eui: DevEui, days: Range<u16>, before: Option<MemberState>) {
        if let Some(state) = &before {
            // The rows of all that changes are more bytes than so many places.
            let place = u32::try_from(self.changes.len()).unwrap_or(u32::MAX);
            self.of_groups.entry(state.group.clone()).or_default().push(place);
        }
        let before = before.map(|state| self.states.keep(state));
        self.changes.push(Change { dev_eui, days, before });
    }

    fn visit(&mut self, of: &ReadObject, group: &GroupId) {
        if self.visits[of.visits..].iter().all(|visit| visit.group != *group) {
            let group = self.name(group);
            self.visits.push(Visit { dev_eui: of.dev_eui, group, days: of.from..u16::MAX });
        }
    }

    fn name(&mut self, group: &GroupId) -> GroupId {
        if let Some(known) = self.names.get(group) {
            return known.clone();
        }
        self.names.insert(group.clone());
        group.clone()
    }
}

impl MembersByDay {
    /// The objects out of those of now and of the past. What is of now has been gone through before the past was read,
    /// or nothing has changed between: so each change of now is one of the past.
    #[must_use]
    pub fn new(registered: Registered, past: Arc<PastMembers>) -> Self {
        Self { registered, past }
    }

    /// The groups that have objects, or had some at the end of a day.
    #[must_use]
    pub fn groups(&self) -> BTreeSet<GroupId> {
        self.registered.groups().chain(self.past.of_groups.keys()).cloned().collect()
    }

    /// The objects of a group at the end of a day.
    pub fn of<'of>(
        &'of self,
        group: &'of GroupId,
        day: Date,
    ) -> impl Iterator<Item = MemberThen<'of>> {
        let (past, day) = (&*self.past, self.past.place(day));
        let then = move |dev_eui, state, first_heard, has_changed| {
            let elsewhere = past.elsewhere(dev_eui, group, day);
            MemberThen { dev_eui, state, first_heard, has_changed, elsewhere }
        };
        let unchanged = self.registered.of_group(group);
        let unchanged = unchanged.filter(move |(dev_eui, ..)| !past.has_changed(*dev_eui, day));
        let unchanged =
            unchanged.map(move |(dev_eui, state, first)| then(dev_eui, state, first, false));
        let changed = past.changed_of(group, day);
        unchanged.chain(changed.map(move |(dev_eui, state)| then(dev_eui, state, None, true)))
    }
}

#[cfg(test)]
mod tests {
    use champollion_fleet::objects::LifeCycle;
    use champollion_store::{Batch, SledOptions, SledStore};
    use jiff::{civil::date, tz::TimeZone};

    use super::*;
    use crate::quality::history::{forget_until, note_member};

    fn state(group: &str, life_cycle: Option<LifeCycle>) -> MemberState {
        let group = group.parse().unwrap();
        MemberState { group, sub_group: None, use_case: None, life_cycle }
    }

    fn object(number: u8) -> DevEui {
        DevEui::from_be_bytes([number; 8])
    }

    /// A store with changes, and what is registered after them.
    struct House {
        _folder: tempfile::TempDir,
        store: SledStore,
        now: BTreeMap<DevEui, MemberState>,
    }

    impl House {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let store = SledStore::open(&SledOptions::new(folder.path().join("store"))).unwrap();
            Self { _folder: folder, store, now: BTreeMap::new() }
        }

        /// An object that was registered long ago.
        fn old(&mut self, number: u8, state: &MemberState) {
            self.now.insert(object(number), state.clone());
        }

        /// Changes an object at a moment of March.
        async fn change(&mut self, number: u8, at: &str, after: Option<&MemberState>) {
            let before = self.now.remove(&object(number));
            self.now.extend(after.map(|after| (object(number), after.clone())));
            let at = format!("2026-03-{at}Z").parse().unwrap();
            let mut batch = Batch::new();
            note_member(&mut batch, object(number), (before, after.cloned()), at).unwrap();
            self.store.commit(batch).await.unwrap();
        }

        /// The objects of the days of March, of which those since the first are open, and the third is the present one.
        async fn by_day(&self) -> MembersByDay {
            let since = date(2026, 2, 1);
            let calendar =
                Calendar { since, closed: Some(date(2026, 2, 28)), knows_first_days: true };
            let days = Days::new(TimeZone::get("Europe/Paris").unwrap());
            let today = date(2026, 3, 3);
            let past = PastMembers::read(&self.store, &days, (calendar, today)).await.unwrap();
            let now = self.now.iter().map(|(dev_eui, state)| (*dev_eui, state.clone(), None));
            MembersByDay::new(Registered::of(now), Arc::new(past))
        }
    }

    /// The objects of a group at the end of a day of March, and where else each was: `1 stock`, `2 <light`.
    fn shown(by_day: &MembersByDay, group: &str, day: i8) -> String {
        let group = group.parse().unwrap();
        let shown = |member: MemberThen<'_>| {
            let number = member.dev_eui.to_be_bytes()[0];
            let elsewhere = member.elsewhere.iter().map(|group| format!(" <{group}"));
            let stock = member.state.life_cycle.map(|_| " stock").unwrap_or_default();
            let star = if member.has_changed { "*" } else { "" };
            format!("{number}{star}{stock}{}", elsewhere.collect::<String>())
        };
        let mut all: Vec<String> = by_day.of(&group, date(2026, 3, day)).map(shown).collect();
        all.sort();
        all.join(", ")
    }

    #[tokio::test]
    async fn objects_are_as_they_were_at_the_end_of_each_open_day() {
        let mut house = House::new();
        let (water, stock) = (state("water", None), state("water", Some(LifeCycle::Stock)));
        // One is registered and put in stock, one is removed at the very end of a day, one moves, and one stays.
        for number in [2, 3, 4] {
            house.old(number, &water);
        }
        house.change(1, "02T22:59:59.999", Some(&water)).await;
        house.change(1, "03T08:00:00", Some(&stock)).await;
        house.change(2, "02T23:00:00", None).await;
        house.change(3, "02T09:00:00", Some(&state("light", None))).await;
        house.change(4, "02T09:00:00", Some(&water)).await;
        let by_day = house.by_day().await;
        let of_water = [1, 2, 3].map(|day| shown(&by_day, "water", day));
        assert_eq!(of_water, ["2*, 3* <light, 4", "1*, 2*, 4", "1 stock, 4"]);
        let of_light = [1, 2, 3].map(|day| shown(&by_day, "light", day));
        assert_eq!(of_light, ["", "3 <water", "3 <water"]);
        let groups: Vec<String> = by_day.groups().iter().map(ToString::to_string).collect();
        assert_eq!(groups, ["light", "water"]);
        // What ends before a day that is open says nothing of it.
        let days = Days::new(TimeZone::get("Europe/Paris").unwrap());
        forget_until(&house.store, days.begin(date(2026, 3, 3))).await.unwrap();
        assert_eq!(shown(&house.by_day().await, "water", 2), of_water[1]);
    }

    #[tokio::test]
    async fn an_object_is_followed_through_all_groups_of_one_registration() {
        let mut house = House::new();
        let [water, light, heat] = ["water", "light", "heat"].map(|group| state(group, None));
        house.old(1, &water);
        house.change(1, "01T09:00:00", Some(&light)).await;
        house.change(1, "02T09:00:00", Some(&heat)).await;
        house.change(1, "02T10:00:00", Some(&light)).await;
        // The second is removed in one group, and is another one where it is registered anew.
        house.old(2, &water);
        house.change(2, "01T09:00:00", Some(&light)).await;
        house.change(2, "02T09:00:00", None).await;
        house.change(2, "02T10:00:00", Some(&heat)).await;
        house.change(2, "03T09:00:00", Some(&water)).await;
        let by_day = house.by_day().await;
        let of = |group| [1, 2, 3].map(|day| shown(&by_day, group, day));
        assert_eq!(of("light"), ["1* <water <heat, 2* <water", "1 <water <heat", "1 <water <heat"]);
        assert_eq!(of("heat"), ["", "2* <water", ""]);
        assert_eq!(of("water"), ["", "", "2 <heat"]);
    }

    /// The changes of an import of a million objects are in memory while figures are made.
    #[test]
    fn a_change_takes_few_bytes() {
        assert!(size_of::<Change>() <= 16 && size_of::<Visit>() <= 24);
    }
}
