//! Pauses that grow: who does not answer is asked ever less often.

use std::time::Duration;

/// The next pause, from the first one to the longest.
#[derive(Clone, Debug)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    failures: u32,
}

impl Backoff {
    /// Pauses from the first to the longest.
    #[must_use]
    pub fn new((first, longest): (Duration, Duration)) -> Self {
        Self { first, longest, failures: 0 }
    }

    /// Whether nothing has failed.
    #[must_use]
    pub fn is_calm(&self) -> bool {
        self.failures == 0
    }

    /// Something failed: how long to wait. Twice as long each time, and of that a random part from
    /// half to all, so that those who were interrupted together do not come back together.
    pub fn pause(&mut self) -> Duration {
        let doubled = self.first.saturating_mul(1 << self.failures.min(16)).min(self.longest);
        self.failures = self.failures.saturating_add(1);
        doubled.mul_f64(0.5 + 0.5 * random_part())
    }
}

/// From 0 to 1.
fn random_part() -> f64 {
    // Without randomness all wait as long as they may.
    getrandom::u32().map_or(1.0, |random| f64::from(random) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_the_longest() {
        let seconds = Duration::from_secs;
        let mut backoff = Backoff::new((seconds(1), seconds(60)));
        assert!(backoff.is_calm());
        for longest in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
            let pause = backoff.pause();
            assert!((seconds(longest) / 2..=seconds(longest)).contains(&pause), "{pause:?}");
            assert!(!backoff.is_calm());
        }
        for _ in 0..100 {
            assert!(backoff.pause() <= seconds(60));
        }
    }
}
