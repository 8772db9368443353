//! The bytes of the audit's lines that are in the store, whichever node wrote them.
//!
//! Lines have places without gaps, and whoever writes one is refused where the chain does not end as it knows. So a node
//! that reads on from the last line that it has counted has counted all of them whenever a line of its own is taken.

use champollion_store::{LogName, Sequence, Store, StoreError};

/// Lines that are read at once.
const PAGE: usize = 1_000;

/// The lines of a log from its first one that is there to the last one that was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counted {
    /// Lines up to this place have left the log.
    truncated: Sequence,
    /// The place of the last line.
    through: Sequence,
    bytes: u64,
}

impl Counted {
    /// Counts what was written since. Where lines have left the log meanwhile, all are counted anew.
    pub(super) async fn read_on(self, store: &dyn Store, log: LogName) -> Result<Self, StoreError> {
        let truncated = store.extent(log.as_str()).await?.truncated;
        let mut counted = if truncated == self.truncated {
            self
        } else {
            Self { truncated, through: truncated, bytes: 0 }
        };
        loop {
            let entries = store.read(log.as_str(), counted.through, PAGE).await?;
            let Some(last) = entries.last() else { return Ok(counted) };
            counted.through = last.sequence;
            counted.bytes += entries.iter().map(|entry| entry.value.len() as u64).sum::<u64>();
        }
    }

    /// Counts a line that was written behind all that were counted.
    pub(super) fn add(&mut self, sequence: u64, bytes: usize) {
        (self.through, self.bytes) = (Sequence::new(sequence), self.bytes + bytes as u64);
    }

    /// Counts lines no more that have left the log.
    pub(super) fn leave(&mut self, through: u64, bytes: u64) {
        (self.truncated, self.bytes) = (Sequence::new(through), self.bytes.saturating_sub(bytes));
    }

    /// The bytes of the lines that are there.
    pub(super) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The place up to which lines have left the log.
    pub(super) const fn truncated(&self) -> u64 {
        self.truncated.get()
    }
}
