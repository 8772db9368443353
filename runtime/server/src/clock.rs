//! Whether the clock can be trusted to remove something for good.
//!
//! A clock that jumps forward makes everything old at once, and when it is put right again it is too late
//! for what was removed. So the clock is compared with one that only counts: after a jump, of either
//! kind, nothing is removed for its age until the clock has been steady for a while.

use std::time::{Duration, Instant};

use jiff::Timestamp;

/// The difference that the two may have from one look to the next: clocks are put right by seconds.
const TOLERANCE: Duration = Duration::from_secs(60);

/// The time that the clock must have been steady after a jump: time for an operator, or for NTP.
const STEADY: Duration = Duration::from_secs(3_600);

/// A watch on the clock, which sees jumps.
#[derive(Debug, Default)]
pub(crate) struct ClockWatch {
    last: Option<(Instant, Timestamp)>,
    /// Since when it is steady, where it has ever jumped.
    jumped: Option<Instant>,
}

impl ClockWatch {
    /// Looks at the clock; says whether it can be trusted.
    pub(crate) fn look(&mut self, counted: Instant, now: Timestamp) -> bool {
        if let Some((last_counted, last)) = self.last.replace((counted, now)) {
            let counted_seconds = (counted - last_counted).as_secs_f64();
            let jump = now.duration_since(last).as_secs_f64() - counted_seconds;
            if jump.abs() > TOLERANCE.as_secs_f64() {
                tracing::warn!(
                    seconds = jump,
                    "the clock has jumped: nothing is removed for its age for an hour"
                );
                self.jumped = Some(counted);
            }
        }
        self.jumped.is_none_or(|jumped| counted - jumped >= STEADY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_jump_the_clock_is_trusted_once_it_was_steady() {
        let (begin, noon) = (Instant::now(), Timestamp::UNIX_EPOCH);
        let minutes = |count: u64| Duration::from_secs(60 * count);
        let day = minutes(24 * 60);
        let mut watch = ClockWatch::default();
        assert!(watch.look(begin, noon));
        assert!(watch.look(begin + minutes(1), noon + minutes(1)));
        // A few seconds are put right all the time.
        assert!(watch.look(begin + minutes(2), noon + minutes(2) + Duration::from_secs(5)));
        // A day forward, and back again after a while.
        assert!(!watch.look(begin + minutes(3), noon + day + minutes(3)));
        assert!(!watch.look(begin + minutes(50), noon + day + minutes(50)));
        assert!(!watch.look(begin + minutes(51), noon + minutes(51)));
        assert!(!watch.look(begin + minutes(110), noon + minutes(110)));
        assert!(watch.look(begin + minutes(111), noon + minutes(111)));
        // A day back is a jump as well.
        assert!(!watch.look(begin + day, noon));
    }
}
