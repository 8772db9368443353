//! The clock of the store, by which nodes judge whether others are alive and whether a request between them is fresh:
//! the clocks of their machines need not agree. It is that of the database, by which leases last too.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use champollion_store::{Leases, StoreError};
use jiff::{SignedDuration, Timestamp};

/// The difference of clocks beyond which an operator is warned: moments of records and of the log are that far off.
const WARNED_BEYOND: SignedDuration = SignedDuration::from_secs(1);

/// The longest time of an answer that is compared. The moment in it may be half of that away from the middle, which is
/// no more than is warned of: a slow database, or a pause of this node, is no wrong clock.
const COMPARED_WITHIN: Duration = Duration::from_secs(2);

/// The clock of the store, as this node reads it.
pub(super) struct StoreClock {
    leases: Arc<dyn Leases>,
    /// Microseconds by which this node's clock was ahead when it was compared last.
    ahead_micros: AtomicI64,
    was_far: AtomicBool,
}

impl StoreClock {
    pub(super) fn new(leases: Arc<dyn Leases>) -> Self {
        Self { leases, ahead_micros: AtomicI64::new(0), was_far: AtomicBool::new(false) }
    }

    /// Asks for the moment, and compares this node's clock with it.
    pub(super) async fn read(&self) -> Result<Timestamp, StoreError> {
        let asked = Instant::now();
        let told = self.leases.clock().await?;
        // A pause after this is part of the time that the answer took.
        let own = Timestamp::now();
        Ok(self.compare(told.try_into().unwrap_or_default(), asked.elapsed(), own))
    }

    /// Notes how far this node's clock is ahead of a moment that was told in an answer which took some time, where that
    /// says something. Gives the moment by the store's clock.
    fn compare(&self, told: Timestamp, took: Duration, own: Timestamp) -> Timestamp {
        // The moment was taken between question and answer: about in the middle.
        let way = SignedDuration::try_from(took).unwrap_or_default() / 2;
        let now = told.checked_add(way).unwrap_or(told);
        if took <= COMPARED_WITHIN {
            self.note(own.duration_since(now));
        }
        now
    }

    fn note(&self, ahead: SignedDuration) {
        let micros = i64::try_from(ahead.as_micros()).unwrap_or(i64::MAX);
        self.ahead_micros.store(micros, Ordering::Relaxed);
        metrics::gauge!("champollion_node_clock_ahead_seconds").set(ahead.as_secs_f64());
        self.warn(ahead);
    }

    /// Warns once where the clocks are far from each other, and once more where they are so again.
    fn warn(&self, ahead: SignedDuration) {
        let is_far = ahead.abs() > WARNED_BEYOND;
        let was_far = self.was_far.swap(is_far, Ordering::Relaxed);
        if is_far && !was_far {
            let seconds = ahead.as_secs_f64();
            tracing::warn!(
                ahead_seconds = seconds,
                "the clock of this machine is not that of the database: have both follow a time server"
            );
        }
    }

    /// The time by which this node's clock is ahead of the store's.
    pub(super) fn ahead(&self) -> SignedDuration {
        SignedDuration::from_micros(self.ahead_micros.load(Ordering::Relaxed))
    }

    /// The moment by the store's clock, without asking it.
    pub(super) fn now(&self) -> Timestamp {
        let own = Timestamp::now();
        own.checked_sub(self.ahead()).unwrap_or(own)
    }

    /// Words for an operator where the clocks are far from each other.
    pub(super) fn detail(&self) -> Option<String> {
        let ahead = self.ahead();
        let direction = if ahead.is_negative() { "behind" } else { "ahead of" };
        let seconds = ahead.abs().as_secs_f64();
        (ahead.abs() > WARNED_BEYOND).then(|| {
            format!("the clock of this node is {seconds:.1} s {direction} that of the database\n")
        })
    }
}

#[cfg(test)]
mod tests {
    use champollion_store::OwnLeases;

    use super::*;

    #[tokio::test]
    async fn the_store_of_one_process_has_the_clock_of_its_machine() {
        let clock = StoreClock::new(Arc::new(OwnLeases));
        clock.read().await.unwrap();
        assert!(clock.ahead().abs() < SignedDuration::from_secs(1), "{:?}", clock.ahead());
        assert_eq!(clock.detail(), None);
    }

    #[test]
    fn a_clock_that_is_far_from_the_stores_is_corrected_and_told() {
        let clock = StoreClock::new(Arc::new(OwnLeases));
        let told = Timestamp::from_second(1_796_000_000).unwrap();
        let own = told + SignedDuration::from_secs(31);
        let now = clock.compare(told, Duration::from_secs(2), own);
        assert_eq!(now, told + SignedDuration::from_secs(1), "an answer is half of its time old");
        assert_eq!(clock.ahead(), SignedDuration::from_secs(30));
        assert!(clock.now() < Timestamp::now() - SignedDuration::from_secs(29));
        let detail = clock.detail().unwrap();
        assert!(detail.contains("30.0 s ahead of"), "{detail}");
        clock.compare(told, Duration::ZERO, told - SignedDuration::from_secs(3));
        assert!(clock.detail().unwrap().contains("3.0 s behind"));
    }

    #[test]
    fn an_answer_that_took_long_says_nothing_of_this_nodes_clock() {
        let clock = StoreClock::new(Arc::new(OwnLeases));
        let told = Timestamp::from_second(1_796_000_000).unwrap();
        clock.compare(told, Duration::from_secs(20), told + SignedDuration::from_secs(20));
        assert_eq!((clock.ahead(), clock.detail()), (SignedDuration::ZERO, None));
    }
}
