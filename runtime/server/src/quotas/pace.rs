//! A pace: so many of something in a minute, group by group.

use std::{
    collections::{HashMap, VecDeque},
    time::{Duration, Instant},
};

use champollion_delivery::names::GroupId;
use parking_lot::Mutex;

/// The time within which steps are counted.
const MINUTE: Duration = Duration::from_secs(60);

/// The steps of each group in the last minute.
#[derive(Default)]
pub(crate) struct Pace(Mutex<HashMap<GroupId, VecDeque<Instant>>>);

impl Pace {
    /// Takes a step at a moment, where the group has taken fewer than `limit` in the minute before.
    ///
    /// # Errors
    /// It has not: the time until it may.
    pub(crate) fn step(&self, group: &GroupId, limit: usize, now: Instant) -> Result<(), Duration> {
        let mut all = self.0.lock();
        all.retain(|_, steps| steps.back().is_some_and(|last| now.duration_since(*last) < MINUTE));
        let steps = all.entry(group.clone()).or_default();
        while steps.front().is_some_and(|first| now.duration_since(*first) >= MINUTE) {
            steps.pop_front();
        }
        if steps.len() < limit {
            steps.push_back(now);
            return Ok(());
        }
        let first = steps.front().map_or(MINUTE, |first| MINUTE - now.duration_since(*first));
        Err(first)
    }

    /// Returns the number of steps of a group in the minute before a moment.
    pub(crate) fn count(&self, group: &GroupId, now: Instant) -> usize {
        let all = self.0.lock();
        let Some(steps) = all.get(group) else { return 0 };
        steps.iter().filter(|step| now.duration_since(**step) < MINUTE).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_has_so_many_steps_in_any_minute() {
        let (pace, begin) = (Pace::default(), Instant::now());
        let (water, street): (GroupId, GroupId) =
            ("water".parse().unwrap(), "street".parse().unwrap());
        let at = |seconds| begin + Duration::from_secs(seconds);
        assert!(pace.step(&water, 2, at(0)).is_ok());
        assert!(pace.step(&water, 2, at(30)).is_ok());
        assert_eq!(pace.step(&water, 2, at(40)), Err(Duration::from_secs(20)));
        assert!(pace.step(&street, 2, at(40)).is_ok());
        assert_eq!(pace.count(&water, at(40)), 2);
        assert!(pace.step(&water, 2, at(60)).is_ok());
        assert_eq!(pace.step(&water, 2, at(61)), Err(Duration::from_secs(29)));
        assert_eq!(pace.step(&water, 0, at(300)), Err(MINUTE));
    }
}
