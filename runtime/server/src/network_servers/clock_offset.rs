//! The age of messages when they come: by that a clock that is wrong is found out.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

/// The number of messages that are looked at: the latest.
const LATEST: usize = 10;

/// Fewer messages than this say nothing: one gateway alone may have a wrong clock.
const ENOUGH: usize = 3;

/// Clocks that are set by a network differ by less.
const AHEAD: SignedDuration = SignedDuration::from_secs(30);

/// A message that waited for nothing comes sooner.
const BEHIND: SignedDuration = SignedDuration::from_secs(300);

/// The ages of the latest messages: the time of each when it came, less the time that stands in it.
#[derive(Debug, Default)]
pub(super) struct ClockOffset {
    ages: VecDeque<SignedDuration>,
}

/// A clock that is wrong, by at least so much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WrongClock {
    /// Messages are dated in the future.
    Ahead(SignedDuration),
    /// Messages are old when they come.
    Behind(SignedDuration),
}

impl ClockOffset {
    pub(super) fn add(&mut self, told: Timestamp, now: Timestamp) {
        if self.ages.len() == LATEST {
            self.ages.pop_front();
        }
        self.ages.push_back(now.duration_since(told));
    }

    /// Returns by how much the clock is wrong, where every one of the latest messages says so. What a broker
    /// kept for a while is old and comes among messages that are not.
    pub(super) fn wrong(&self) -> Option<WrongClock> {
        if self.ages.len() < ENOUGH {
            return None;
        }
        let (youngest, oldest) = (self.ages.iter().min()?, self.ages.iter().max()?);
        if *oldest < -AHEAD {
            return Some(WrongClock::Ahead(-*oldest));
        }
        (*youngest > BEHIND).then_some(WrongClock::Behind(*youngest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(ages: &[i64]) -> Option<WrongClock> {
        let now: Timestamp = "2026-11-25T08:00:00Z".parse().unwrap();
        let mut offset = ClockOffset::default();
        for &age in ages {
            offset.add(now - SignedDuration::from_secs(age), now);
        }
        offset.wrong()
    }

    #[test]
    fn a_clock_is_wrong_where_every_message_says_so() {
        assert_eq!(wrong(&[1, 2, 1]), None);
        assert_eq!(wrong(&[-3600, -3601]), None, "two may be of one gateway");
        let hour = SignedDuration::from_secs(3600);
        assert_eq!(wrong(&[-3600, -3601, -3602]), Some(WrongClock::Ahead(hour)));
        assert_eq!(wrong(&[3602, 3601, 3600]), Some(WrongClock::Behind(hour)));
        assert_eq!(wrong(&[3602, 3601, 3600, 2]), None, "a broker had kept the first ones");
        assert_eq!(wrong(&[-3600, -3600, 0]), None);
    }

    #[test]
    fn only_the_latest_count() {
        let mut ages = vec![3600; LATEST];
        assert!(wrong(&ages).is_some());
        ages.push(1);
        assert_eq!(wrong(&ages), None);
        ages = vec![1];
        ages.extend(vec![3600; LATEST]);
        assert!(wrong(&ages).is_some());
    }
}
