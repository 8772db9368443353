//! The embedded backend: one folder, no server, on `sled`.
//!
//! `keys.rs` says how tables and logs lie in sled's tree, `chunk.rs` how entries of logs do, `committer.rs` how
//! batches become durable, `sync.rs` why what it does is enough, `view.rs` how readers see the durable state
//! alone, `reading.rs` how logs are read, `upkeep.rs` and `compaction.rs` how space is given back, `rewriting.rs` and
//! `new_files.rs` how all files are written anew, and `all_pairs.rs` and `journal.rs` how a store in use is backed up.

mod all_pairs;
mod change;
mod chunk;
mod committer;
mod compaction;
mod exchange;
mod group;
mod journal;
mod keys;
mod live;
mod new_files;
mod open;
mod reading;
mod rewriting;
mod status;
mod sync;
#[cfg(test)]
mod tests;
mod upkeep;
mod view;

pub(crate) use journal::{JournalReader, Told};
pub(crate) use new_files::NewFiles;
pub(crate) use open::FORMAT;

use std::fmt;
use std::fs::File;
use std::ops::Bound;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;

use async_trait::async_trait;
use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot};

use crate::batch::{Batch, Committed};
use crate::disk::{self, blocking};
use crate::error::StoreError;
use crate::limits;
use crate::port::{Entry, Health, KeyValue, LogExtent, Store, Usage};
use crate::sequence::Sequence;

use committer::Request;
use live::Live;
use status::Status;
use view::View;

/// The default of [`SledOptions::cache_bytes`]: the states of 10^5 devices and the records of a busy
/// hour, on a machine that also runs decoders.
const DEFAULT_CACHE_BYTES: u64 = 256 * 1024 * 1024;

/// Where and how an embedded store is opened.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SledOptions {
    /// The folder, which is created where it is missing (not its parents) and belongs to one
    /// process at a time.
    pub folder: PathBuf,
    /// Bytes of pages that are kept in memory.
    pub cache_bytes: u64,
}

impl SledOptions {
    /// The defaults, for a store in this folder.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), cache_bytes: DEFAULT_CACHE_BYTES }
    }

    /// Sets [`cache_bytes`](Self::cache_bytes), the bytes of pages in memory.
    #[must_use]
    pub fn cache_bytes(mut self, cache_bytes: u64) -> Self {
        self.cache_bytes = cache_bytes;
        self
    }
}

/// A store in a folder of this machine.
pub struct SledStore {
    folder: PathBuf,
    live: Live,
    view: Arc<View>,
    status: Arc<Status>,
    requests: mpsc::Sender<Request>,
    /// Taken when the committer has been waited for.
    running: Mutex<Option<Running>>,
}

/// The parts that end when the store is closed.
struct Running {
    committer: JoinHandle<()>,
    /// Held until the committer has ended.
    _folder_lock: File,
}

impl SledStore {
    /// Opens a store. Blocks on the disk, longest after a crash, while the log is read again.
    pub fn open(options: &SledOptions) -> Result<Self, StoreError> {
        open::open(options, compaction::SMALL_FILE_BYTES, |data| {
            Ok(Box::new(sync::FileFlush::open(data)?))
        })
    }
}

impl fmt::Debug for SledStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SledStore").field("health", &self.health()).finish_non_exhaustive()
    }
}

#[async_trait]
impl Store for SledStore {
    async fn commit(&self, batch: Batch) -> Result<Committed, StoreError> {
        batch.validate()?;
        let (reply, answer) = oneshot::channel();
        let request = Request::Commit(batch, reply);
        self.requests.send(request).await.map_err(|_| self.status.refusal())?;
        answer.await.unwrap_or_else(|_| Err(self.status.refusal()))
    }

    async fn get(&self, table: &str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        limits::check_table(table)?;
        limits::check_key(key)?;
        // On the caller's thread: at most a few pages are read, most often from memory, and handing
        // over to another thread would cost more.
        self.view.get(&keys::table(table, key))
    }

    async fn scan(
        &self,
        table: &str,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<KeyValue>, StoreError> {
        limits::check_table(table)?;
        let name_length = keys::table_prefix_length(table);
        let (start, end) =
            page(keys::table(table, prefix), after.map(|key| keys::table(table, key)));
        let view = Arc::clone(&self.view);
        blocking(move || {
            let pairs = view.range(start, end, limit)?;
            let to_key_value = |(key, stored): view::Pair| {
                let value = keys::unwrap(&key, &stored)?.to_vec();
                let key = key.get(name_length..).unwrap_or_default().to_vec();
                Ok(KeyValue { key, value })
            };
            pairs.into_iter().map(to_key_value).collect()
        })
        .await
    }

    async fn read(
        &self,
        log: &str,
        after: Sequence,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        limits::check_log(log)?;
        let (view, log) = (Arc::clone(&self.view), log.to_owned());
        blocking(move || reading::read(&view, &log, after, limit)).await
    }

    async fn extent(&self, log: &str) -> Result<LogExtent, StoreError> {
        limits::check_log(log)?;
        let key = keys::extent(log);
        keys::decode_extent(&key, self.view.get(&key)?.as_deref())
    }

    async fn logs(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<String>, StoreError> {
        let (start, end) = page(keys::extents(prefix), after.map(keys::extent));
        let view = Arc::clone(&self.view);
        blocking(move || {
            let pairs = view.range(start, end, limit)?;
            pairs.iter().map(|(key, _)| keys::log_of_extent(key)).collect()
        })
        .await
    }

    fn health(&self) -> Health {
        self.status.health()
    }

    async fn usage(&self) -> Result<Usage, StoreError> {
        let (folder, live) = (self.folder.clone(), self.live.clone());
        blocking(move || {
            let file_bytes = disk::file_bytes(&folder)?;
            let free_bytes = disk::free_bytes(&folder)?;
            Ok(Usage { used_bytes: live.used_of(file_bytes), file_bytes, free_bytes })
        })
        .await
    }

    async fn close(&self) -> Result<(), StoreError> {
        let (reply, closed) = oneshot::channel();
        if self.requests.send(Request::Close(reply)).await.is_ok() {
            // No answer means that the committer ended on its own, which is as good.
            let _ = closed.await;
        }
        let running = self.running.lock().take();
        blocking(move || {
            if let Some(running) = running {
                running.wait();
            }
            Ok(())
        })
        .await
    }
}

impl Drop for SledStore {
    /// Waits for the committer, so that the folder can be opened again afterwards.
    fn drop(&mut self) {
        // The sender in `self` lives on until after this; a sender of nothing takes its place.
        let (nobody, _) = mpsc::channel(1);
        drop(std::mem::replace(&mut self.requests, nobody));
        let running = self.running.get_mut().take();
        if let Some(running) = running {
            running.wait();
        }
    }
}

impl Running {
    fn wait(self) {
        if self.committer.join().is_err() {
            tracing::error!("the committer ended with a panic");
        }
    }
}

/// The keys that start with `prefix` and come after `after`.
fn page(prefix: Vec<u8>, after: Option<Vec<u8>>) -> (Bound<Vec<u8>>, Bound<Vec<u8>>) {
    let end = keys::end_of_prefix(&prefix).map_or(Bound::Unbounded, Bound::Excluded);
    let start = match after {
        Some(after) if after >= prefix => Bound::Excluded(after),
        _ => Bound::Included(prefix),
    };
    (start, end)
}

/// An error of sled while the store is in use.
fn sled_error(error: sled::Error) -> StoreError {
    match error {
        sled::Error::Io(source) => {
            StoreError::Io { action: "read or write", path: PathBuf::from(open::DATA_FILE), source }
        }
        other => StoreError::Corrupt { detail: other.to_string() },
    }
}
