//! When what sled wrote is really on the disk.
//!
//! What was read in sled 0.34.7, and what follows:
//!
//! - `pagecache/iobuf.rs`, `write_to_log`: a buffer is written to the file `db` and flushed with
//!   `sync_file_range`. That waits for the data to reach the drive, but neither empties the drive's
//!   cache nor writes the file's metadata (length, extents). `Tree::flush` waits for exactly this,
//!   for everything reserved so far. So after it the file must be flushed again, by
//!   [`FileFlush::flush`], before anything is acknowledged.
//! - `flusher.rs`: sled's background thread logs a failing fsync and carries on. Linux reports a
//!   write-back error once to each open file, so we flush through a file of our own, opened before
//!   the first write, and see the error whoever met it first.
//! - `pagecache/mod.rs` (`pin_log`, `seal_batch`) and `pagecache/iterator.rs`: a batch starts with a
//!   manifest that names its last position; recovery stops before a batch whose end it cannot
//!   reach, so `apply_batch` is atomic over a crash. It relies on segment headers, each of which
//!   records a position up to which everything "is stable", where sled means `sync_file_range`. If
//!   such a header reached the disk before what it vouches for, recovery would skip a hole instead
//!   of stopping at it, and could reuse a segment whose pages have no durable copy elsewhere.
//! - Therefore: one writer, which begins to apply a group only when the group before it is durable,
//!   and no background flusher (`flush_every_ms(None)`), which would roll segments and move pages in
//!   between. Then whatever a header vouches for was flushed before the header was made. Without
//!   the flusher nothing cleans segments, so the backend does (`sled/compaction.rs`).
//! - `pagecache/blob_io.rs`: a page or change larger than a quarter of a segment goes to a file of
//!   its own under `blobs/`, which nobody flushes, and whose absence recovery forgives. The limits
//!   on keys and values below keep every page smaller than that, so no such file exists.
//! - `pagecache/snapshot.rs`: opening writes a snapshot, flushed and renamed; the folder is flushed
//!   by us after opening.

use std::fs::File;
use std::io;
use std::path::Path;

use crate::error::StoreError;
use crate::limits::{MAX_KEY_BYTES, MAX_NAME_BYTES, MAX_VALUE_BYTES};

/// The size of a segment of sled's log, in bytes. Its buffer is of this size too, so more costs
/// memory; less would send large pages to files of their own (checked right below).
pub(crate) const SEGMENT_BYTES: usize = 8 * 1024 * 1024;

/// A leaf is split at the visit after it came to hold more than 16 items, and takes over up to three
/// of a neighbour that it is merged with (`node.rs`, `should_split`, `should_merge`): 20, and a few
/// more for good measure.
const ITEMS_PER_LEAF: usize = 24;

/// The largest page that sled keeps in its log: a quarter of a segment less its headers
/// (`pagecache/logger.rs`, `reserve_inner`), here with a kilobyte to spare.
const LARGEST_PAGE_IN_LOG: usize = SEGMENT_BYTES / 4 - 1024;

/// Encoding adds to a key its kind, the end of the name and a sequence, to a value its generation,
/// and to both their lengths.
const ENCODING_BYTES: usize = 64;

const _: () = assert!(
    ITEMS_PER_LEAF * (MAX_VALUE_BYTES + MAX_KEY_BYTES + MAX_NAME_BYTES + ENCODING_BYTES)
        < LARGEST_PAGE_IN_LOG
);

/// Waits until what was written is on the disk. A port of its own so that tests can hold the disk
/// up, and break it.
pub(crate) trait Flush: Send {
    /// Returns when everything written before the call survives a power cut.
    fn flush(&mut self) -> io::Result<()>;
}

/// Flushes sled's data file through a file of our own.
pub(crate) struct FileFlush {
    data: File,
}

impl FileFlush {
    pub(crate) fn open(data: &Path) -> Result<Self, StoreError> {
        Ok(Self { data: File::open(data).map_err(StoreError::io("open", data))? })
    }
}

impl Flush for FileFlush {
    fn flush(&mut self) -> io::Result<()> {
        // `fdatasync`: the data, the metadata needed to find it (length, extents), and the drive's
        // cache; not the time of the last change, which nobody needs.
        self.data.sync_data()
    }
}
