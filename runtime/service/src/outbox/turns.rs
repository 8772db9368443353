//! Turns of lanes: the message that a lane begins with in a round, and the time that it has.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use uuid::Uuid;

use super::Lane;

/// The time that a lane has in a round: all others wait for it.
const BUDGET: Duration = Duration::from_secs(10);

/// Attempts after which a message lets others of its lane pass. Until then a lane keeps its order, whatever is away.
const PATIENCE: u32 = 5;

/// The turns of lanes. They are in memory alone: after a restart each lane begins with its oldest message.
#[derive(Debug, Default)]
pub struct Turns {
    held_up: HashMap<Lane, HeldUp>,
    /// The time that lanes have spent in this round.
    spent: HashMap<Lane, Duration>,
}

/// A lane that begins behind a message which held it up, or took the last of its time.
#[derive(Debug)]
struct HeldUp {
    behind: Uuid,
    /// Whether the lane is tried in this round.
    is_due: bool,
}

impl Turns {
    /// Begins a round, in which lanes that pause are not tried even where their pause ends meanwhile: the messages behind
    /// the one that held them up may be over.
    pub fn begin(&mut self, is_pausing: impl Fn(&Lane) -> bool) {
        self.spent.clear();
        for (lane, held_up) in &mut self.held_up {
            held_up.is_due = !is_pausing(lane);
        }
    }

    /// Ends a round: lanes that came to their ends begin with their oldest messages again.
    pub fn end(&mut self) {
        self.held_up.retain(|_, held_up| !held_up.is_due);
    }

    /// Returns the messages that are tried in this round.
    #[must_use]
    pub fn of(&self, lane: &Lane, mut ids: Vec<Uuid>) -> Vec<Uuid> {
        if let Some(HeldUp { behind, is_due }) = self.held_up.get(lane) {
            ids.retain(|id| *is_due && id > behind);
        }
        ids
    }

    /// Notes that a message holds its lane up after so many attempts.
    pub fn failed(&mut self, lane: &Lane, id: Uuid, attempts: u32) {
        if attempts >= PATIENCE {
            self.begin_behind(lane, id);
        }
    }

    /// Notes that a message lets the lane go on. Where no time is left the next round begins behind it: many that are
    /// refused would otherwise keep those at the end from ever being tried.
    pub fn passed(&mut self, lane: &Lane, id: Uuid) {
        if !self.has_time(lane) {
            self.begin_behind(lane, id);
        }
    }

    fn begin_behind(&mut self, lane: &Lane, id: Uuid) {
        self.held_up.insert(lane.clone(), HeldUp { behind: id, is_due: false });
    }

    /// Notes the time that an attempt has taken.
    pub fn spent(&mut self, lane: &Lane, begun: Instant, now: Instant) {
        *self.spent.entry(lane.clone()).or_default() += now.saturating_duration_since(begun);
    }

    /// Whether the lane has time left in this round.
    #[must_use]
    pub fn has_time(&self, lane: &Lane) -> bool {
        self.spent.get(lane).is_none_or(|spent| *spent < BUDGET)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lane(secret: &str) -> Lane {
        let group = "water".parse().unwrap();
        Lane::Webhook(group, "https://partner.example/".to_owned(), secret.to_owned())
    }

    #[test]
    fn a_message_that_is_never_taken_lets_all_others_pass() {
        let (mut turns, lane, other) = (Turns::default(), lane("a"), lane("b"));
        let ids: Vec<Uuid> = (1..=3).map(Uuid::from_u128).collect();
        turns.begin(|_| false);
        // A recipient that is away for a moment is given all in their order.
        turns.failed(&lane, ids[0], PATIENCE - 1);
        turns.end();
        assert_eq!(turns.of(&lane, ids.clone()), ids);
        turns.failed(&lane, ids[0], PATIENCE);
        turns.end();
        turns.begin(|_| true);
        assert!(turns.of(&lane, ids.clone()).is_empty());
        assert_eq!(turns.of(&other, ids.clone()), ids);
        turns.end();
        turns.begin(|_| false);
        assert_eq!(turns.of(&lane, ids.clone()), ids[1..]);
        turns.end();
        turns.begin(|_| false);
        assert_eq!(turns.of(&lane, ids.clone()), ids, "it is tried again at last");
    }

    #[test]
    fn a_lane_has_a_bounded_time_in_each_round() {
        let (mut turns, slow, other, begun) =
            (Turns::default(), lane("a"), lane("b"), Instant::now());
        turns.spent(&slow, begun, begun + BUDGET / 2);
        assert!(turns.has_time(&slow));
        turns.spent(&slow, begun, begun + BUDGET / 2);
        assert!(!turns.has_time(&slow) && turns.has_time(&other));
        let ids: Vec<Uuid> = (1..=3).map(Uuid::from_u128).collect();
        turns.passed(&slow, ids[1]);
        turns.end();
        turns.begin(|_| false);
        assert!(turns.has_time(&slow));
        assert_eq!(turns.of(&slow, ids.clone()), ids[2..], "it goes on where its time was over");
        turns.passed(&slow, ids[2]);
        turns.end();
        assert_eq!(turns.of(&slow, ids.clone()), ids);
    }
}
