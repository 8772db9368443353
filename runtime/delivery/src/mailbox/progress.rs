//! Progress of a route through the records of its group.

use champollion_store::Sequence;
use serde::{Deserialize, Serialize};

/// The records of a group that a route is done with: all up to one, and some of those beyond it, since
/// devices are delivered independently of each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    through: u64,
    /// The records that are done beyond `through`: ranges of sequences, both ends included, in order, with
    /// gaps between them.
    beyond: Vec<(u64, u64)>,
}

/// As it is stored: each range as its distance from what is before it and its length, so that many
/// take little room.
#[derive(Serialize, Deserialize)]
struct Stored {
    through: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    beyond: Vec<u64>,
}

impl Progress {
    /// Nothing is done after this place.
    #[must_use]
    pub(crate) fn after(through: Sequence) -> Self {
        Self { through: through.get(), beyond: Vec::new() }
    }

    /// All up to here are done.
    #[must_use]
    pub(crate) fn through(&self) -> Sequence {
        Sequence::new(self.through)
    }

    /// Whether a record is done.
    #[must_use]
    pub(crate) fn is_done(&self, sequence: Sequence) -> bool {
        let sequence = sequence.get();
        sequence <= self.through || {
            let next = self.beyond.partition_point(|&(_, end)| end < sequence);
            self.beyond.get(next).is_some_and(|&(start, _)| start <= sequence)
        }
    }

    /// Returns the number of records after `through`, up to one, that are done.
    #[must_use]
    pub(crate) fn done_beyond(&self, last: Sequence) -> u64 {
        let up_to = |&(start, end): &(u64, u64)| (end.min(last.get()) + 1).saturating_sub(start);
        self.beyond.iter().map(up_to).sum()
    }

    /// Notes that a record is done.
    pub(crate) fn done(&mut self, sequence: Sequence) {
        let sequence = sequence.get();
        if self.is_done(Sequence::new(sequence)) {
            return;
        }
        let next = self.beyond.partition_point(|&(_, end)| end < sequence);
        let joins_next = self.beyond.get(next).is_some_and(|&(start, _)| start == sequence + 1);
        let joins_last = next > 0 && self.beyond[next - 1].1 + 1 == sequence;
        match (joins_last, joins_next) {
            (true, true) => {
                self.beyond[next - 1].1 = self.beyond[next].1;
                self.beyond.remove(next);
            }
            (true, false) => self.beyond[next - 1].1 = sequence,
            (false, true) => self.beyond[next].0 = sequence,
            (false, false) => self.beyond.insert(next, (sequence, sequence)),
        }
        self.settle();
    }

    /// Notes that all up to here are done.
    pub(crate) fn done_through(&mut self, through: Sequence) {
        self.through = self.through.max(through.get());
        self.settle();
    }

    /// Takes up into `through` what follows it without a gap.
    fn settle(&mut self) {
        let mut settled = 0;
        for &(start, end) in &self.beyond {
            if start > self.through + 1 {
                break;
            }
            self.through = self.through.max(end);
            settled += 1;
        }
        self.beyond.drain(..settled);
    }
}

impl Serialize for Progress {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut last = self.through;
        let mut beyond = Vec::with_capacity(self.beyond.len() * 2);
        for &(start, end) in &self.beyond {
            beyond.extend([start - last, end - start]);
            last = end;
        }
        Stored { through: self.through, beyond }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Progress {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Stored { through, beyond } = Stored::deserialize(deserializer)?;
        let mut progress = Self { through, beyond: Vec::with_capacity(beyond.len() / 2) };
        let mut last = through;
        for pair in beyond.chunks(2) {
            let &[distance, length] = pair else {
                return Err(serde::de::Error::custom("a range has a distance and a length"));
            };
            let range = last.checked_add(distance).filter(|&start| start > last);
            let range = range.and_then(|start| Some((start, start.checked_add(length)?)));
            let (start, end) =
                range.ok_or_else(|| serde::de::Error::custom("a range is out of order"))?;
            progress.beyond.push((start, end));
            last = end;
        }
        progress.settle();
        Ok(progress)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_a_set_of_what_is_done(
            start in 0_u64..5,
            steps in prop::collection::vec((1_u64..60, any::<bool>()), 0..200),
        ) {
            let mut progress = Progress::after(Sequence::new(start));
            let mut model: BTreeSet<u64> = (0..=start).collect();
            for (sequence, all_through) in steps {
                if all_through && sequence % 7 == 0 {
                    progress.done_through(Sequence::new(sequence));
                    model.extend(0..=sequence);
                } else {
                    progress.done(Sequence::new(sequence));
                    model.insert(sequence);
                }
                let first_gap = (0..).find(|n| !model.contains(n)).unwrap();
                prop_assert_eq!(progress.through().get(), first_gap - 1);
                for n in 0..70 {
                    prop_assert_eq!(progress.is_done(Sequence::new(n)), model.contains(&n));
                }
                for last in [0, 20, 70] {
                    let beyond = model.range(first_gap..=last.max(first_gap)).filter(|&&n| n <= last);
                    let expected = beyond.count() as u64;
                    prop_assert_eq!(progress.done_beyond(Sequence::new(last)), expected);
                }
                let stored = serde_json::to_string(&progress).unwrap();
                prop_assert_eq!(serde_json::from_str::<Progress>(&stored).unwrap(), progress.clone());
            }
        }
    }

    #[test]
    fn what_is_not_written_by_it_is_refused() {
        for stored in ["{\"through\":1,\"beyond\":[2]}", "{\"through\":1,\"beyond\":[0,1]}", "{}"] {
            assert!(serde_json::from_str::<Progress>(stored).is_err(), "{stored}");
        }
    }
}
