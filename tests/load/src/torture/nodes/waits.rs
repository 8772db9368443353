//! The waits of acknowledgements: from the first request with a frame, also one that a node did not answer, to the answer
//! that the frame is durable. Those are told that fall into a time in which the primary was killed and none was there.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use champollion_databases::AfterCrash;

use crate::bench::percentile;

/// An answer to a request that began so soon after the primary was killed may be one that the primary gave before.
const UNDER_WAY: Duration = Duration::from_millis(50);

/// The waits of all senders, and the times without a primary.
#[derive(Default)]
pub(super) struct Waits(Mutex<Known>);

#[derive(Default)]
struct Known {
    /// The beginning and the end of each wait.
    waits: Vec<[Instant; 2]>,
    outages: Vec<Outage>,
}

/// A time without a primary: until a frame is acknowledged that was handed over after the kill.
struct Outage {
    conduct: AfterCrash,
    began: Instant,
    ended: Option<Instant>,
}

impl Waits {
    /// Hears that the primary was killed, and what follows it.
    pub(super) fn lost_primary(&self, conduct: AfterCrash) {
        self.known().outages.push(Outage { conduct, began: Instant::now(), ended: None });
    }

    /// Hears that a frame is acknowledged, when it was handed over for the first time, and when for the last time.
    pub(super) fn acknowledged(&self, first: Instant, last: Instant) {
        let (now, mut known) = (Instant::now(), self.known());
        known.waits.push([first, now]);
        if let Some(outage) = known.outages.last_mut()
            && outage.ended.is_none()
            && last > outage.began + UNDER_WAY
        {
            outage.ended = Some(now);
        }
    }

    /// The waits without a primary, by what followed.
    pub(super) fn report(&self) -> String {
        let known = self.known();
        let promoted = known.told(AfterCrash::Promote);
        let restarted = known.told(AfterCrash::Restart);
        format!(
            "acknowledgements without a primary, until the standby was promoted: {promoted}; until it was started again: \
             {restarted}"
        )
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn told(&self, conduct: AfterCrash) -> String {
        let outages: Vec<[Instant; 2]> = self
            .outages
            .iter()
            .filter(|outage| outage.conduct == conduct)
            .filter_map(|outage| Some([outage.began, outage.ended?]))
            .collect();
        let is_within = |wait: &&[Instant; 2]| {
            outages.iter().any(|[began, ended]| wait[0] < *ended && wait[1] > *began)
        };
        let waits = self.waits.iter().filter(is_within).map(|[first, end]| *end - *first);
        let mut waits: Vec<Duration> = waits.collect();
        waits.sort_unstable();
        let Some(longest) = waits.last() else { return "none".to_owned() };
        format!(
            "{} in {} times, p50 {:.0} ms, p99 {:.0} ms, longest {:.0} ms",
            waits.len(),
            outages.len(),
            percentile(&waits, 50),
            percentile(&waits, 99),
            longest.as_secs_f64() * 1_000.0
        )
    }
}
