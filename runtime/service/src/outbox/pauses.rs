//! Pauses of lanes and of refused messages: after a failure longer and longer ones, and after a mail a short one, in
//! which others gather.

use std::{
    collections::HashMap,
    hash::Hash,
    time::{Duration, Instant},
};

use super::Lane;

/// The pauses of lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PauseTimes {
    /// The pause after the first failure; each further one doubles it.
    pub first: Duration,
    /// The longest pause of a lane.
    pub longest: Duration,
    /// The pause after a mail, in which further ones to the same address gather for a digest.
    pub gathering: Duration,
}

/// The lanes, or the messages, that pause. They are in memory alone: after a restart each is tried at once.
#[derive(Debug)]
pub struct Pauses<Of = Lane> {
    times: PauseTimes,
    all: HashMap<Of, Pause>,
}

/// The pause of one.
#[derive(Clone, Copy, Debug)]
struct Pause {
    failures: u32,
    ends_at: Instant,
}

impl<Of: Clone + Eq + Hash> Pauses<Of> {
    /// Makes pauses of these lengths.
    #[must_use]
    pub fn new(times: PauseTimes) -> Self {
        Self { times, all: HashMap::new() }
    }

    /// Whether a lane or a message waits.
    #[must_use]
    pub fn is_pausing(&self, one: &Of, now: Instant) -> bool {
        self.all.get(one).is_some_and(|pause| pause.ends_at > now)
    }

    /// Notes that a message was not taken, and gives the pause.
    pub fn failed(&mut self, one: &Of, asked: Option<Duration>, now: Instant) -> Duration {
        let failures = self.all.get(one).map_or(0, |pause| pause.failures);
        let doubled = self.times.first.saturating_mul(2_u32.saturating_pow(failures));
        let pause = asked.unwrap_or_default().max(doubled).min(self.times.longest);
        let next = Pause { failures: failures.saturating_add(1), ends_at: now + pause };
        self.all.insert(one.clone(), next);
        pause
    }

    /// Forgets what pauses no more for so long that nothing was left to be sent.
    pub fn forget_old(&mut self, now: Instant) {
        let longest = self.times.longest;
        self.all.retain(|_, pause| pause.ends_at + longest > now);
    }
}

impl Pauses {
    /// Notes that a message of the lane was taken. Only people are spared many messages: systems get each at once.
    pub fn sent(&mut self, lane: &Lane, now: Instant) {
        match lane {
            Lane::Mail(..) => {
                let ends_at = now + self.times.gathering;
                self.all.insert(lane.clone(), Pause { failures: 0, ends_at });
            }
            Lane::MailServer | Lane::Webhook(..) | Lane::Mqtt(_) => drop(self.all.remove(lane)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbox::Language;

    fn pauses() -> Pauses {
        Pauses::new(PauseTimes {
            first: Duration::from_secs(5),
            longest: Duration::from_secs(600),
            gathering: Duration::from_secs(60),
        })
    }

    #[test]
    fn a_lane_that_fails_pauses_longer_and_longer_up_to_a_bound() {
        let (mut pauses, now) = (pauses(), Instant::now());
        let webhook = |url: &str| {
            Lane::Webhook("water".parse().unwrap(), url.to_owned(), "whsec_AAAA".to_owned())
        };
        let (lane, other) = (webhook("a"), webhook("b"));
        let seconds: Vec<u64> = (0..9).map(|_| pauses.failed(&lane, None, now).as_secs()).collect();
        assert_eq!(seconds, [5, 10, 20, 40, 80, 160, 320, 600, 600]);
        assert!(pauses.is_pausing(&lane, now) && !pauses.is_pausing(&other, now));
        pauses.sent(&lane, now);
        assert!(!pauses.is_pausing(&lane, now));
        assert_eq!(pauses.failed(&lane, Some(Duration::from_secs(90)), now).as_secs(), 90);
        // A day of failures does not overflow.
        let last = (0..100_000).map(|_| pauses.failed(&lane, None, now)).last();
        assert_eq!(last, Some(Duration::from_secs(600)));
    }

    #[test]
    fn mails_to_an_address_gather_after_one_was_sent() {
        let (mut pauses, now) = (pauses(), Instant::now());
        let lane = Lane::Mail(None, "ada@city.example".parse().unwrap(), Language::En);
        assert!(!pauses.is_pausing(&lane, now));
        pauses.sent(&lane, now);
        assert!(pauses.is_pausing(&lane, now + Duration::from_secs(59)));
        assert!(!pauses.is_pausing(&lane, now + Duration::from_secs(60)));
        pauses.forget_old(now + Duration::from_secs(661));
        assert!(pauses.all.is_empty());
    }
}
