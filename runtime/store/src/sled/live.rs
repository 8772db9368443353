//! The number of bytes of keys and values that are live.
//!
//! sled says how long its file is, and nothing of what in it can be used again. So the bytes of what is
//! kept are counted as they change, and the count is written along with each group.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sled::{Db, IVec};

use super::{keys, sled_error};
use crate::error::StoreError;

/// The file is at most about so many times as large as what it holds: beyond, it is compacted or
/// what is free in it is used (see `compaction.rs`).
const FILE_FACTOR: u64 = 4;

/// The count, shared with whoever asks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Live(Arc<AtomicU64>);

impl Live {
    /// The count as it was left; counted anew where none was kept yet.
    pub(crate) fn open(db: &Db) -> Result<Self, StoreError> {
        let stored = db.get(keys::LIVE_KEY).map_err(sled_error)?;
        let kept = match &stored {
            Some(stored) => <[u8; 8]>::try_from(keys::unwrap(keys::LIVE_KEY, stored)?).ok(),
            None => None,
        };
        let bytes = match kept {
            Some(bytes) => u64::from_be_bytes(bytes),
            None => count(db)?,
        };
        Ok(Self(Arc::new(AtomicU64::new(bytes))))
    }

    /// A group is durable.
    pub(crate) fn set(&self, bytes: u64) {
        self.0.store(bytes, Ordering::Relaxed);
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Returns the bytes that a file of this length holds and that cannot be used again, about.
    pub(crate) fn used_of(&self, file_bytes: u64) -> u64 {
        file_bytes.min(self.bytes().saturating_mul(FILE_FACTOR))
    }
}

fn count(db: &Db) -> Result<u64, StoreError> {
    let mut bytes = 0;
    for pair in db.iter() {
        let (key, stored) = pair.map_err(sled_error)?;
        bytes += size(&key, Some(&stored));
    }
    Ok(bytes)
}

/// The bytes of a key and its stored value; none where there is no value.
pub(crate) fn size(key: &[u8], stored: Option<&IVec>) -> u64 {
    stored.map_or(0, |stored| (key.len() + stored.len()) as u64)
}
