//! A circuit breaker: a recipient that fails again and again is left alone, and then asked once.

use std::time::{Duration, Instant};

use super::backoff::Backoff;

/// So many failures in a row, of whichever records, mean that it is the recipient and not a record.
const FAILURES: u32 = 5;

/// Whether something may be handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Permit {
    /// As much as there is.
    All,
    /// One parcel, to see whether the recipient takes it.
    One,
    /// Nothing before this moment.
    NotBefore(Instant),
    /// Nothing until the one parcel has landed.
    NotYet,
}

/// Counts failures of one recipient.
pub(crate) struct Breaker {
    pauses: (Duration, Duration),
    failures: u32,
    state: State,
    backoff: Backoff,
}

enum State {
    Closed,
    Open(Instant),
    Trying,
}

impl Breaker {
    pub(crate) fn new(pauses: (Duration, Duration)) -> Self {
        Self { pauses, failures: 0, state: State::Closed, backoff: Backoff::new(pauses) }
    }

    pub(crate) fn permit(&self, now: Instant) -> Permit {
        match self.state {
            State::Closed => Permit::All,
            State::Open(until) if until > now => Permit::NotBefore(until),
            State::Open(_) => Permit::One,
            State::Trying => Permit::NotYet,
        }
    }

    /// Failures in a row.
    pub(crate) fn failures(&self) -> u32 {
        self.failures
    }

    /// Until when the recipient is left alone.
    pub(crate) fn open_until(&self, now: Instant) -> Option<Instant> {
        match self.permit(now) {
            Permit::NotBefore(until) => Some(until),
            _ => None,
        }
    }

    /// A parcel is on its way.
    pub(crate) fn sent(&mut self) {
        if matches!(self.state, State::Open(_)) {
            self.state = State::Trying;
        }
    }

    /// The recipient has taken a parcel; says whether it had been left alone.
    pub(crate) fn succeeded(&mut self) -> bool {
        let was_closed = matches!(self.state, State::Closed);
        *self = Self::new(self.pauses);
        !was_closed
    }

    /// The recipient did not take a parcel, and may have said for how long it wants to be left alone.
    pub(crate) fn failed(&mut self, now: Instant, asked_for: Option<Duration>) {
        self.failures = self.failures.saturating_add(1);
        let own = match self.state {
            // Those that were on their way already say nothing new.
            State::Open(_) => None,
            State::Trying => Some(self.backoff.pause()),
            State::Closed => (self.failures >= FAILURES).then(|| self.backoff.pause()),
        };
        let Some(pause) = own.max(asked_for) else { return };
        let until = now + pause;
        match self.state {
            State::Open(longer) if longer >= until => {}
            _ => self.state = State::Open(until),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAUSES: (Duration, Duration) = (Duration::from_secs(8), Duration::from_secs(60));

    #[test]
    fn who_fails_again_and_again_is_left_alone_and_then_asked_once() {
        let (mut breaker, now) = (Breaker::new(PAUSES), Instant::now());
        for _ in 1..FAILURES {
            breaker.failed(now, None);
            assert_eq!(breaker.permit(now), Permit::All);
        }
        breaker.failed(now, None);
        let Permit::NotBefore(until) = breaker.permit(now) else { panic!("it is not open") };
        assert!((Duration::from_secs(4)..=Duration::from_secs(8)).contains(&(until - now)));
        assert_eq!(breaker.permit(until), Permit::One);
        breaker.sent();
        assert_eq!(breaker.permit(until), Permit::NotYet);
        breaker.failed(until, None);
        let Permit::NotBefore(later) = breaker.permit(until) else { panic!("it is not open") };
        breaker.sent();
        assert!(later - until >= Duration::from_secs(8), "the pause grows");
        assert!(breaker.succeeded());
        assert_eq!(breaker.permit(until), Permit::All);
        assert!(!breaker.succeeded());
    }

    #[test]
    fn a_success_between_two_failures_forgets_the_first() {
        let (mut breaker, now) = (Breaker::new(PAUSES), Instant::now());
        for _ in 0..3 * FAILURES {
            breaker.failed(now, None);
            breaker.succeeded();
        }
        assert_eq!(breaker.permit(now), Permit::All);
    }

    #[test]
    fn who_asks_for_time_is_given_it() {
        let (mut breaker, now) = (Breaker::new(PAUSES), Instant::now());
        breaker.failed(now, Some(Duration::from_secs(120)));
        assert_eq!(breaker.permit(now), Permit::NotBefore(now + Duration::from_secs(120)));
        breaker.failed(now, Some(Duration::from_secs(1)));
        assert_eq!(breaker.open_until(now), Some(now + Duration::from_secs(120)));
    }
}
