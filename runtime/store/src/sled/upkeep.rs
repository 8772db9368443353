//! Work that changes nothing anyone can read, done in small steps along with the groups.
//!
//! *Trimming*: truncating a log only moves a mark, however many entries it takes away; here the
//! entries are removed, whole chunks of them: the mark hides those of a chunk that it divides. Only entries whose truncation is durable are, else a crash between the two
//! would bring back a log with a gap.
//!
//! *Compaction* is in `compaction.rs`.

use std::collections::BTreeSet;
use std::ops::Bound;

use sled::{Db, IVec};

use super::change::Change;
use super::compaction::Compaction;
use super::{keys, sled_error};
use crate::error::StoreError;
use crate::sequence::Sequence;

/// Chunks that are removed with one group, or single entries of an older store: more than one group appends, so that
/// trimming keeps up with appending, and a small share of a flush.
const TRIM_CHUNKS: usize = 1024;

pub(crate) struct Upkeep {
    /// Logs that may still hold entries that were durably truncated.
    to_trim: BTreeSet<String>,
    compaction: Compaction,
}

impl Upkeep {
    /// Finds what was left over when the store was last open.
    pub(crate) fn find(db: &Db, compaction: Compaction) -> Result<Self, StoreError> {
        let mut to_trim = BTreeSet::new();
        for pair in db.scan_prefix(keys::extents("")) {
            let (key, _) = pair.map_err(sled_error)?;
            let log = keys::log_of_extent(&key)?;
            if !truncated_entries(db, &log, 1)?.is_empty() {
                to_trim.insert(log);
            }
        }
        Ok(Self { to_trim, compaction })
    }

    /// Whether there is work to do, even if no batch is waiting.
    pub(crate) fn is_due(&self) -> bool {
        !self.to_trim.is_empty() || self.compaction.is_under_way()
    }

    /// Hears that a group is durable, how much it wrote, and which logs it truncated.
    pub(crate) fn durable(&mut self, bytes: usize, truncated: Vec<String>) {
        self.to_trim.extend(truncated);
        self.compaction.wrote(bytes);
    }

    /// The changes to write along with the next group. Where a key comes twice, the later counts.
    pub(crate) fn step(&mut self, db: &Db) -> Result<Vec<Change>, StoreError> {
        let mut changes = self.compaction.step(db)?;
        let mut room = TRIM_CHUNKS;
        while let Some(log) = self.to_trim.first()
            && room > 0
        {
            let entries = truncated_entries(db, log, room)?;
            if entries.len() < room {
                self.to_trim.pop_first();
            }
            room -= entries.len();
            changes.extend(entries.into_iter().map(|key| (key, None)));
        }
        Ok(changes)
    }
}

/// The keys all of whose entries a log no longer has, at most `limit`.
fn truncated_entries(db: &Db, log: &str, limit: usize) -> Result<Vec<IVec>, StoreError> {
    let key = keys::extent(log);
    let stored = db.get(&key).map_err(sled_error)?;
    let value = stored.as_deref().map(|stored| keys::unwrap(&key, stored)).transpose()?;
    let extent = keys::decode_extent(&key, value)?;
    let first = Bound::Included(keys::entries_from(log, Sequence::BEGINNING));
    let last = Bound::Excluded(keys::entries_through(log, extent.truncated));
    db.range((first, last)).keys().take(limit).collect::<Result<_, _>>().map_err(sled_error)
}
