//! Giving segments of sled's log back.
//!
//! sled reuses a segment when nothing in it is current any more. A key that is never written again
//! would therefore keep its segment for ever, all 8 MiB of it. sled has a cleaner that moves such
//! stragglers, but it belongs to the background flusher, which must be off (see `sync.rs`).
//!
//! So from time to time all values are written anew: slice by slice along with the groups, as
//! changes like any other and as durable. sled writes a page whole at its tenth change (its
//! `PAGE_CONSOLIDATION_THRESHOLD`), and a leaf has four to sixteen items, so each slice is written
//! in three rounds.

use std::fs;
use std::ops::Bound;
use std::path::PathBuf;

use sled::{Db, IVec};

use super::change::Change;
use super::{keys, sled_error};
use crate::error::StoreError;

/// Times that each value is written: three times the four items of the smallest leaf make more than the ten
/// changes after which sled writes a page whole.
const ROUNDS: u8 = 3;

/// Most values of a slice; fewer than a group has, so that callers hardly notice.
const SLICE_VALUES: usize = 256;

/// Most bytes of a slice, about; see [`SLICE_VALUES`].
const SLICE_BYTES: usize = 1024 * 1024;

/// A pass is worth it when the file is this many times larger than what it holds …
const FILE_FACTOR: u64 = 4;

/// … and this many times more than that was written since the last pass, of which the pass itself
/// writes some three: it adds less than half to what is written anyway.
const WRITTEN_FACTOR: u64 = 8;

/// Below this, in bytes, a file is left alone: a disk has room for it.
pub(crate) const SMALL_FILE_BYTES: u64 = 1024 * 1024 * 1024;

pub(crate) struct Compaction {
    data: PathBuf,
    small_file: u64,
    /// The bytes of all keys and values at the last pass.
    live: u64,
    /// The bytes written since the last pass.
    written: u64,
    pass: Option<Pass>,
}

/// A pass under way.
#[derive(Default)]
struct Pass {
    /// The last key of the slice before.
    after: Vec<u8>,
    /// The last key of this slice, once it is known.
    through: Option<Vec<u8>>,
    /// Whether this slice is the last: it reaches to the end. A pass does not wait for what is
    /// appended at the end meanwhile, or it would never be done.
    is_last: bool,
    /// Rounds of this slice that were done.
    rounds: u8,
    /// The bytes of the slices so far.
    live: u64,
}

impl Compaction {
    pub(crate) fn new(db: &Db, data: PathBuf, small_file: u64) -> Result<Self, StoreError> {
        let stored = db.get(keys::COMPACTED_KEY).map_err(sled_error)?;
        let value = stored.as_deref().map(|stored| keys::unwrap(keys::COMPACTED_KEY, stored));
        let live = value.transpose()?.and_then(|value| <[u8; 8]>::try_from(value).ok());
        let mut compaction = Self {
            data,
            small_file,
            live: live.map_or(0, u64::from_be_bytes),
            written: 0,
            pass: None,
        };
        // How much of the file was written since the last pass is not known: perhaps all of it.
        compaction.written = compaction.file_bytes();
        Ok(compaction)
    }

    /// The size of the data file. One that cannot be asked is not compacted; writing to it will say
    /// what is wrong.
    fn file_bytes(&self) -> u64 {
        fs::metadata(&self.data).map_or(0, |metadata| metadata.len())
    }

    /// Hears how much a group wrote; may begin a pass.
    pub(crate) fn wrote(&mut self, bytes: usize) {
        self.written += bytes as u64;
        let enough = |factor: u64| self.small_file + factor * self.live;
        if self.pass.is_none()
            && self.written > enough(WRITTEN_FACTOR)
            && self.file_bytes() > enough(FILE_FACTOR)
        {
            tracing::info!(file = %self.data.display(), "compacting the store");
            self.written = 0;
            self.pass = Some(Pass::default());
        }
    }

    pub(crate) fn is_under_way(&self) -> bool {
        self.pass.is_some()
    }

    /// One round of one slice.
    pub(crate) fn step(&mut self, db: &Db) -> Result<Vec<Change>, StoreError> {
        let Some(pass) = &mut self.pass else { return Ok(Vec::new()) };
        let end = pass.through.clone().map_or(Bound::Unbounded, Bound::Included);
        let mut slice = Vec::new();
        let mut bytes = 0;
        let mut is_last = true;
        for pair in db.range((Bound::Excluded(pass.after.clone()), end)) {
            if slice.len() >= SLICE_VALUES || bytes >= SLICE_BYTES {
                is_last = false;
                break;
            }
            let (key, stored) = pair.map_err(sled_error)?;
            bytes += key.len() + stored.len();
            slice.push((key, Some(keys::flip(&stored))));
        }
        if pass.rounds == 0 {
            pass.through = slice.last().map(|(key, _)| key.to_vec());
            pass.is_last = is_last;
            pass.live += bytes as u64;
        }
        pass.rounds += 1;
        if pass.rounds == ROUNDS {
            pass.rounds = 0;
            match pass.through.take() {
                Some(through) if !pass.is_last => pass.after = through,
                _ => {
                    self.live = pass.live;
                    self.pass = None;
                    let live = keys::wrap(&self.live.to_be_bytes());
                    slice.push((IVec::from(keys::COMPACTED_KEY), Some(live)));
                }
            }
        }
        Ok(slice)
    }
}
