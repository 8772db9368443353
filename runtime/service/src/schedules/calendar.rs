//! The moments of a schedule, one after another.

use std::collections::BTreeSet;

use croner::Cron;
use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};

use super::sun::Sun;

/// The moments of a schedule.
#[derive(Clone, Debug)]
pub struct Calendar {
    pub(super) timing: Timing,
    pub(super) zone: TimeZone,
    pub(super) exceptions: BTreeSet<Date>,
}

/// The rule that moments follow.
#[derive(Clone, Debug)]
pub(super) enum Timing {
    Cron(Box<Cron>),
    Sun(Sun),
    Once(Timestamp),
}

impl Calendar {
    /// Returns the time zone whose clocks the schedule follows.
    #[must_use]
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// Returns the first moment after this one.
    #[must_use]
    pub fn next(&self, after: Timestamp) -> Option<Timestamp> {
        match &self.timing {
            Timing::Cron(cron) => self.next_by_cron(cron, after),
            Timing::Sun(sun) => sun.next(after, &self.zone, |date| self.leaves_out(date)),
            Timing::Once(at) => {
                Some(*at).filter(|at| *at > after && !self.leaves_out(self.date(*at)))
            }
        }
    }

    /// The moments after this one.
    pub fn after(&self, after: Timestamp) -> impl Iterator<Item = Timestamp> {
        std::iter::successors(self.next(after), |last| self.next(*last))
    }

    /// Goes on at the end of a day that is left out, so that a moment of each minute costs no search each.
    fn next_by_cron(&self, cron: &Cron, after: Timestamp) -> Option<Timestamp> {
        let mut from = after;
        for _ in 0..=self.exceptions.len() {
            let local = from.to_zoned(self.zone.clone());
            let next = cron.find_next_occurrence(&local, false).ok()?.timestamp();
            let date = self.date(next);
            if !self.leaves_out(date) {
                return Some(next);
            }
            let morrow = date.tomorrow().ok()?.to_zoned(self.zone.clone()).ok()?;
            from = morrow.timestamp().checked_sub(1.second()).ok()?;
        }
        None
    }

    fn leaves_out(&self, date: Date) -> bool {
        self.exceptions.contains(&date)
    }

    fn date(&self, moment: Timestamp) -> Date {
        self.zone.to_datetime(moment).date()
    }
}
