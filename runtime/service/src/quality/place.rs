//! The place up to which the records of a group are counted, so that each counts once whatever is killed when.

use serde::{Deserialize, Serialize};

/// The place in the log of a group up to which all records are counted, and what is counted beyond it: frames that are
/// durable at the same time are counted in any order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    /// All up to this sequence is counted, or is none that counts, as a correction.
    pub(super) through: u64,
    /// The first and the last sequence of stretches that are counted beyond.
    beyond: Vec<(u64, u64)>,
    /// The last sequence that was counted.
    newest: u64,
}

impl Place {
    /// Returns the place once further sequences are counted. What was durable before the last time is noted by now: a gap
    /// that old is no frame on its way.
    pub(super) fn after(&self, counted: &[u64]) -> Self {
        let through = self.newest.max(self.through);
        let stretches = self.beyond.iter().copied();
        let mut all: Vec<(u64, u64)> =
            stretches.chain(counted.iter().map(|sequence| (*sequence, *sequence))).collect();
        all.retain(|(_, last)| *last > through);
        all.sort_unstable();
        let mut beyond: Vec<(u64, u64)> = Vec::new();
        for (first, last) in all {
            match beyond.last_mut() {
                Some((_, end)) if first <= end.saturating_add(1) => *end = last.max(*end),
                _ => beyond.push((first, last)),
            }
        }
        let newest = counted.iter().copied().max().unwrap_or_default().max(self.newest);
        Self { through, beyond, newest }
    }

    /// Whether a sequence is counted.
    pub(super) fn has(&self, sequence: u64) -> bool {
        let within = |(first, last): &(u64, u64)| (*first..=*last).contains(&sequence);
        sequence <= self.through || self.beyond.iter().any(within)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_that_is_still_on_its_way_is_counted_later_and_once() {
        let first = Place::default().after(&[1, 2, 5, 4]);
        assert_eq!((first.through, first.has(3), first.has(5)), (0, false, true));
        // It comes before the next time, and a correction at 6 never does.
        let second = first.after(&[3, 7]);
        assert_eq!(second.through, 5);
        assert!(second.has(3) && second.has(7) && !second.has(6) && !second.has(8));
        let third = second.after(&[]);
        assert_eq!(third, Place { through: 7, beyond: vec![], newest: 7 });
    }

    #[test]
    fn stretches_are_joined() {
        let place = Place::default().after(&(1..=1_000).collect::<Vec<u64>>());
        assert_eq!(place.beyond, [(1, 1_000)]);
        assert_eq!(place.after(&[1_001, 1_003]).beyond, [(1_001, 1_001), (1_003, 1_003)]);
    }
}
