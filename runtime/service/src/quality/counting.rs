//! The counting of frames on their way: a few hundred nanoseconds for each, and no write.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use champollion_fleet::names::GroupId;
use champollion_frames::DevEui;
use jiff::{Timestamp, civil::Date};
use parking_lot::Mutex;

use super::{
    days::{DaySpan, Days},
    heard::Heard,
    tally::Tally,
};

/// Names of gateways that are remembered, so that each is in memory once. A network has fewer; messages may say anything.
const NAMES: usize = 20_000;

/// The counts of a group that are not written yet.
#[derive(Debug, Default)]
pub(super) struct Fresh {
    /// The sequences of the records in the log of the group.
    pub(super) sequences: Vec<u64>,
    pub(super) tallies: HashMap<(Date, DevEui), Tally>,
}

/// The counting of frames that are not written yet.
pub struct Counting {
    days: Days,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The day of the last frame: the next is nearly always of the same.
    span: Option<DaySpan>,
    names: HashSet<Arc<str>>,
    groups: HashMap<GroupId, Fresh>,
}

impl Counting {
    /// The counting by the days of a territory.
    #[must_use]
    pub fn new(days: Days) -> Self {
        Self { days, state: Mutex::default() }
    }

    /// The days that are counted by.
    #[must_use]
    pub fn days(&self) -> &Days {
        &self.days
    }

    /// Counts a frame that is durable. `sequence` is the place of its record in the log of the group, where there is one:
    /// after a crash, records that were not counted are counted from there.
    pub fn note(&self, group: &GroupId, sequence: Option<u64>, dev_eui: DevEui, heard: &Heard<'_>) {
        let mut state = self.state.lock();
        let state = &mut *state;
        let day = state.day(&self.days, heard.at_ms);
        let gateway = heard.best.map(|best| state.name(&best.gateway_id));
        let tally = Tally::of(heard, gateway);
        let fresh = match state.groups.get_mut(group) {
            Some(fresh) => fresh,
            None => state.groups.entry(group.clone()).or_default(),
        };
        fresh.sequences.extend(sequence);
        fresh.add((day, dev_eui), &tally);
    }

    /// Takes what was counted since the last time.
    pub(super) fn take(&self) -> HashMap<GroupId, Fresh> {
        std::mem::take(&mut self.state.lock().groups)
    }

    /// Gives back what could not be written: it is written the next time.
    pub(super) fn give_back(&self, group: GroupId, taken: Fresh) {
        let mut state = self.state.lock();
        let fresh = state.groups.entry(group).or_default();
        fresh.sequences.extend(taken.sequences);
        taken.tallies.iter().for_each(|(of, tally)| fresh.add(*of, tally));
    }
}

impl Fresh {
    fn add(&mut self, of: (Date, DevEui), tally: &Tally) {
        self.tallies.entry(of).and_modify(|own| own.add(tally)).or_insert_with(|| tally.clone());
    }
}

impl State {
    /// The day of a moment. A network server whose clock is ahead lets no day begin early.
    fn day(&mut self, days: &Days, at_ms: u64) -> Date {
        let at_ms = i64::try_from(at_ms).unwrap_or(i64::MAX);
        if let Some(span) = self.span.filter(|span| span.has(at_ms)) {
            return span.day;
        }
        let now = Timestamp::now();
        let moment = Timestamp::from_millisecond(at_ms).unwrap_or(now).min(now);
        let span = days.span(moment);
        if span.has(at_ms) {
            self.span = Some(span);
        }
        span.day
    }

    fn name(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.names.get(name) {
            return Arc::clone(known);
        }
        if self.names.len() == NAMES {
            self.names.clear();
        }
        let name: Arc<str> = name.into();
        self.names.insert(Arc::clone(&name));
        name
    }
}

#[cfg(test)]
mod tests {
    use jiff::{civil::date, tz::TimeZone};

    use super::*;

    fn heard(at: &str) -> Heard<'static> {
        let at: Timestamp = at.parse().unwrap();
        let at_ms = at.as_millisecond().try_into().unwrap();
        Heard { at_ms, missed: None, redundancy: 0, best: None, spreading_factor: None }
    }

    #[test]
    fn frames_are_counted_by_device_and_day_and_can_be_given_back() {
        let counting = Counting::new(Days::new(TimeZone::get("Europe/Paris").unwrap()));
        let water: GroupId = "water".parse().unwrap();
        let meter = DevEui::from_be_bytes([1; 8]);
        for (sequence, at) in
            [(1, "2026-03-01T22:30:00Z"), (2, "2026-03-01T23:30:00Z"), (3, "2026-03-01T22:00:00Z")]
        {
            counting.note(&water, Some(sequence), meter, &heard(at));
        }
        let mut taken = counting.take();
        assert!(counting.take().is_empty());
        counting.note(&water, None, meter, &heard("2026-03-01T22:45:00Z"));
        counting.give_back(water.clone(), taken.remove(&water).unwrap());
        let all = counting.take().remove(&water).unwrap();
        assert_eq!(all.sequences, [1, 2, 3]);
        assert_eq!(all.tallies[&(date(2026, 3, 1), meter)].frames, 3);
        assert_eq!(all.tallies[&(date(2026, 3, 2), meter)].frames, 1);
    }

    #[test]
    fn a_clock_that_is_ahead_begins_no_day_early() {
        let counting = Counting::new(Days::new(TimeZone::UTC));
        let water: GroupId = "water".parse().unwrap();
        counting.note(&water, None, DevEui::from_be_bytes([1; 8]), &heard("2999-01-01T00:00:00Z"));
        let taken = counting.take().remove(&water).unwrap();
        let (day, _) = taken.tallies.keys().next().unwrap();
        assert!(*day <= counting.days().of(Timestamp::now()));
    }
}
