//! The books of the days: what is counted becomes durable, days are closed, and figures are read.

mod closing;
mod loading;
mod rows;
#[cfg(test)]
mod tests;
mod writing;

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use champollion_fleet::names::GroupId;
use champollion_frames::DevEui;
use champollion_store::{Store, TableError};
use jiff::{Timestamp, civil::Date};
use parking_lot::Mutex;

use super::{
    calendar::Calendar,
    counting::Counting,
    days::{before, between},
    figures::{Part, figures_of_day},
    first_heard::FirstHeard,
    member::Member,
    place::Place,
    tables::CLOSED,
    tally::Tally,
};

pub(super) use rows::day_of_group;
pub use writing::Flushed;

/// Days that stay open, the present one included: network servers hand over late what they kept while the way was cut.
pub const OPEN_DAYS: i64 = 3;

/// The days before one that count for its 14 days.
const DAYS_BEFORE: i64 = 13;

/// Rows of days that are read at once.
const AT_ONCE: usize = 400;

/// The books of all groups.
pub struct Books {
    store: Arc<dyn Store>,
    counting: Arc<Counting>,
    first_heard: Arc<FirstHeard>,
    /// Held while something is written: one thing at a time.
    turn: tokio::sync::Mutex<()>,
    kept: Mutex<Kept>,
}

/// The part of the books that is in memory.
struct Kept {
    calendar: Calendar,
    /// The tallies of days that are open.
    days: HashMap<GroupId, BTreeMap<Date, HashMap<DevEui, Tally>>>,
    /// The last closed day on which a device was heard, of the last 14.
    heard_on: HashMap<DevEui, Date>,
    places: HashMap<GroupId, Place>,
    /// The number of the next entry of the journal.
    next_number: u64,
    /// The numbers of the entries that are in the journal.
    journal: Vec<u64>,
    /// The days whose rows are older than their tallies in memory.
    touched: HashSet<(GroupId, Date)>,
}

impl Kept {
    fn add(
        &mut self,
        group: &GroupId,
        day: Date,
        tallies: impl IntoIterator<Item = (DevEui, Tally)>,
    ) {
        let days = self.days.entry(group.clone()).or_default();
        let own = days.entry(day).or_default();
        for (dev_eui, tally) in tallies {
            own.entry(dev_eui).and_modify(|own| own.add(&tally)).or_insert(tally);
        }
    }

    /// The figures of an open day of a group. What was heard of an object in another group on the day counts in the one
    /// that it is in at its end.
    fn figures(&self, group: &GroupId, day: Date, members: &[Member]) -> Vec<Part> {
        let days = self.days.get(group);
        let tallies = days.and_then(|days| days.get(&day));
        let first = before(day, DAYS_BEFORE);
        let open: Vec<_> = days.into_iter().flat_map(|days| days.range(first..day)).collect();
        let tally_of = |member: &Member| {
            let own = tallies.and_then(|tallies| tallies.get(&member.dev_eui));
            let others = self.days_of(&member.elsewhere);
            let others = others.filter_map(|days| days.get(&day)?.get(&member.dev_eui));
            let mut all = own.into_iter().chain(others);
            let first = Cow::Borrowed(all.next()?);
            Some(all.fold(first, |mut sum, tally| {
                sum.to_mut().add(tally);
                sum
            }))
        };
        let was_heard_before = |member: &Member| {
            let dev_eui = member.dev_eui;
            let closed = self.heard_on.get(&dev_eui).is_some_and(|heard| *heard >= first);
            let elsewhere = self.days_of(&member.elsewhere).flat_map(|days| days.range(first..day));
            let mut open = open.iter().copied().chain(elsewhere);
            closed || open.any(|(_, tallies)| tallies.contains_key(&dev_eui))
        };
        figures_of_day(members, tally_of, was_heard_before)
    }

    /// The tallies of the open days of some groups.
    fn days_of<'of, 'group>(
        &'of self,
        groups: impl IntoIterator<Item = &'group GroupId>,
    ) -> impl Iterator<Item = &'of BTreeMap<Date, HashMap<DevEui, Tally>>> {
        groups.into_iter().filter_map(move |group| self.days.get(group))
    }
}

impl Books {
    /// The calendar of the days that are counted.
    #[must_use]
    pub fn calendar(&self) -> Calendar {
        self.kept.lock().calendar
    }

    /// The groups of which anything was counted.
    #[must_use]
    pub fn groups(&self) -> Vec<GroupId> {
        self.kept.lock().places.keys().cloned().collect()
    }

    /// Returns the figures of the days of a group, both ends included. `members` gives the objects of the group on a day that
    /// is still open.
    ///
    /// # Errors
    /// [`TableError`] where the store does not answer.
    pub async fn figures(
        &self,
        group: &GroupId,
        (first, last): (Date, Date),
        members: impl Fn(Date) -> Vec<Member>,
    ) -> Result<Vec<(Date, Vec<Part>)>, TableError> {
        let calendar = self.calendar();
        let first = first.max(calendar.since);
        let mut figures = self.closed_figures(group, (first, last)).await?;
        for day in between(calendar.first_open().max(first), last) {
            let members = members(day);
            figures.push((day, self.kept.lock().figures(group, day, &members)));
        }
        Ok(figures)
    }

    async fn closed_figures(
        &self,
        group: &GroupId,
        (first, last): (Date, Date),
    ) -> Result<Vec<(Date, Vec<Part>)>, TableError> {
        let mut figures = Vec::new();
        let (prefix, mut after) = (format!("{group}/"), before(first, 1));
        let last = self.calendar().closed.map_or(before(first, 1), |closed| closed.min(last));
        loop {
            let key = (group.clone(), after);
            let rows = CLOSED.page(&*self.store, prefix.as_bytes(), Some(&key), AT_ONCE).await?;
            let count = rows.len();
            for ((_, day), parts) in rows {
                if day > last {
                    return Ok(figures);
                }
                after = day;
                figures.push((day, parts));
            }
            if count < AT_ONCE {
                return Ok(figures);
            }
        }
    }

    /// The first day on which each object was heard.
    #[must_use]
    pub fn first_heard(&self) -> &FirstHeard {
        &self.first_heard
    }

    /// Whether an object was heard in some groups until the end of an open day, however often it was registered: by its
    /// tallies of the open days, and of the 14 days before these.
    #[must_use]
    pub fn was_heard_until<'of>(
        &self,
        groups: impl IntoIterator<Item = &'of GroupId>,
        dev_eui: DevEui,
        day: Date,
    ) -> bool {
        let kept = self.kept.lock();
        let mut open = kept.days_of(groups).flat_map(|days| days.range(..=day));
        kept.heard_on.contains_key(&dev_eui)
            || open.any(|(_, tallies)| tallies.contains_key(&dev_eui))
    }

    /// Returns when devices were last heard on the days that are open, in milliseconds since the epoch: of those that were
    /// heard at or after a moment, and at or before another.
    #[must_use]
    pub fn last_heard(&self, (first, last): (Timestamp, Timestamp)) -> HashMap<DevEui, u64> {
        let kept = self.kept.lock();
        let tallies = kept.days.values().flat_map(BTreeMap::values).flatten();
        let mut heard = HashMap::new();
        for (dev_eui, tally) in tallies {
            if (first.as_second()..=last.as_second()).contains(&i64::from(tally.last_at)) {
                let at = heard.entry(*dev_eui).or_default();
                *at = tally.last_at_ms().max(*at);
            }
        }
        heard
    }

    /// Looks at the tallies of open days of a group, the latest first, until `look` has found what it looks for.
    pub fn find_open<T>(
        &self,
        group: &GroupId,
        mut look: impl FnMut(Date, &HashMap<DevEui, Tally>) -> Option<T>,
    ) -> Option<T> {
        let kept = self.kept.lock();
        let mut days = kept.days.get(group)?.iter().rev();
        days.find_map(|(day, tallies)| look(*day, tallies))
    }

    /// Looks at each tally of an open day of a group.
    pub(super) fn look_open(
        &self,
        group: &GroupId,
        day: Date,
        mut look: impl FnMut(DevEui, &Tally),
    ) {
        let kept = self.kept.lock();
        let tallies = kept.days.get(group).and_then(|days| days.get(&day));
        tallies.into_iter().flatten().for_each(|(dev_eui, tally)| look(*dev_eui, tally));
    }

    /// The place up to which the records of a group are counted.
    pub(super) fn place(&self, group: &GroupId) -> Place {
        self.kept.lock().places.get(group).cloned().unwrap_or_default()
    }

    /// The store that the books are in.
    pub(super) fn store(&self) -> &dyn Store {
        &*self.store
    }
}
