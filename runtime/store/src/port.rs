//! The ports: what the rest of the house may ask of a store.

use async_trait::async_trait;

use crate::batch::{Batch, Committed};
use crate::error::StoreError;
use crate::sequence::Sequence;

/// An entry of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it is: the cursor to read on after it.
    pub sequence: Sequence,
    /// The bytes that were appended.
    pub value: Vec<u8>,
}

/// A key of a table and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyValue {
    /// The whole key, the prefix included.
    pub key: Vec<u8>,
    /// The value of the key.
    pub value: Vec<u8>,
}

/// Where a log starts and ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogExtent {
    /// Entries up to and including this one were truncated.
    pub truncated: Sequence,
    /// The last sequence ever given out, whether its entry is still there or not.
    pub last: Sequence,
}

impl LogExtent {
    /// Returns the number of entries that can be read.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.last.get().saturating_sub(self.truncated.get())
    }

    /// Whether there is no entry to read.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The space that a store takes of its disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Bytes that what it keeps takes, about. What it can use again is not among them: this goes down
    /// when something is deleted, also where the files stay as large as they were.
    pub used_bytes: u64,
    /// Bytes of its files.
    pub file_bytes: u64,
    /// Bytes of the disk that are free.
    pub free_bytes: u64,
}

/// A disk, or a database, that a store lies on.
#[derive(Debug)]
pub struct Disk {
    /// The name, where the store lies on several.
    pub name: Option<String>,
    /// The space that the store takes of it; the error where that cannot be asked now.
    pub usage: Result<Usage, StoreError>,
}

/// Whether a store can take changes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Health {
    /// The store takes batches.
    Ready,
    /// The disk has not finished a write for far longer than usual, or the database does not answer: stop sending
    /// work here.
    Stalled,
    /// A write to a disk failed; nothing is accepted until a restart. The text is for the operator.
    Failed(String),
    /// The store was closed.
    Closed,
}

/// Tables of keys and values, and logs of entries, changed by atomic batches.
///
/// What is promised by every backend:
/// - [`commit`](Self::commit) returns when the batch survives the end of the process and a power
///   cut. A caller that stops waiting does not take its batch back.
/// - Nothing can be read before it is durable, and a batch is seen whole or not at all by any one
///   read.
/// - A reader that goes on from the last [`Entry::sequence`] it saw misses no entry.
/// - Batches are applied one after another, so a precondition decides between two rivals.
#[async_trait]
pub trait Store: Send + Sync {
    /// Applies a batch and returns when it is durable. Waits while the store is busy.
    async fn commit(&self, batch: Batch) -> Result<Committed, StoreError>;

    /// The value of a key.
    async fn get(&self, table: &str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// The keys of a table that start with `prefix` and come after `after`, in byte order, at most
    /// `limit`.
    async fn scan(
        &self,
        table: &str,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<KeyValue>, StoreError>;

    /// The entries of a log after a cursor, in order, at most `limit`. A log that nobody appended
    /// to is empty.
    async fn read(
        &self,
        log: &str,
        after: Sequence,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError>;

    /// Where a log starts and ends.
    async fn extent(&self, log: &str) -> Result<LogExtent, StoreError>;

    /// The names of the logs that start with `prefix` and come after `after`, in byte order, at
    /// most `limit`. A log is known from its first entry on, for ever.
    async fn logs(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<String>, StoreError>;

    /// Whether changes can be taken now. Never waits.
    fn health(&self) -> Health;

    /// Whether changes of a group can be taken now, or, without one, those of what is the territory's. Never waits. It
    /// differs from the health of all only where groups lie in several databases.
    fn health_of(&self, _group: Option<&str>) -> Health {
        self.health()
    }

    /// Returns the space that the store takes of its disk.
    async fn usage(&self) -> Result<Usage, StoreError>;

    /// Returns the space of each disk that the store lies on, that of what is the territory's first. There are several only
    /// where groups lie in several databases: one that is full, or away, says nothing of the others.
    async fn disks(&self) -> Vec<Disk> {
        vec![Disk { name: None, usage: self.usage().await }]
    }

    /// The place among [`disks`](Self::disks) of the one that a group lies on; the first also of a group that is not known.
    /// Never waits.
    fn disk_of(&self, _group: Option<&str>) -> usize {
        0
    }

    /// Finishes what was handed over, then refuses everything with [`StoreError::Closed`].
    /// Closing twice is fine.
    async fn close(&self) -> Result<(), StoreError>;
}

/// Named pieces of bytes, each read and written whole: packages, keys, files to send.
///
/// A blob that a batch refers to is put before the batch is committed and removed after.
#[async_trait]
pub trait Blobs: Send + Sync {
    /// Stores a blob and returns when it is durable. Replaces one of the same name in one step: a
    /// reader sees the old bytes or the new ones.
    async fn put(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError>;

    /// The bytes of a blob.
    async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// Whether there is a blob of this name.
    async fn exists(&self, name: &str) -> Result<bool, StoreError>;

    /// The names that start with `prefix`, in byte order.
    async fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError>;

    /// Removes a blob durably; says whether it was there.
    async fn remove(&self, name: &str) -> Result<bool, StoreError>;
}
