//! The one thread that writes.
//!
//! Batches wait in a bounded queue. The thread takes those that are there, checks their
//! preconditions in order, applies them as one `sled::Batch`, flushes once, and only then answers.
//! While the disk is busy with one group the next one gathers, so the dearer a flush is, the more
//! batches share it. Callers that were answered together and come again take a moment, for which the next group
//! waits; a caller that comes alone waits for nobody.
//!
//! One thread, and one group at a time, is also what the durability of sled's log rests on (see
//! `sync.rs`).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use sled::Db;
use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::{mpsc, oneshot};

use super::change::Change;
use super::chunk::Packer;
use super::group::{Changes, Group};
use super::journal::{JournalKeeper, JournalRequest};
use super::keys;
use super::live::{self, Live};
use super::sled_error;
use super::status::Status;
use super::sync::Flush;
use super::upkeep::Upkeep;
use super::view::{Veil, View};
use crate::batch::{Batch, Committed};
use crate::error::StoreError;

/// Most batches that share a flush. Applying one takes some 10 µs, during which readers wait; a thousand keep
/// that near 10 ms, and are enough for a flush of 20 ms at 40,000 batches a second.
const MAX_GROUP_BATCHES: usize = 1024;

/// Most bytes that share a flush (a larger batch goes alone): they bound memory, and how long a slow disk
/// keeps everybody waiting.
const MAX_GROUP_BYTES: usize = 4 * 1024 * 1024;

/// A group of so many batches comes of callers that are likely to come again.
const COMPANY: usize = 8;

/// The time that a group waits for such callers at once, of the millisecond or two that a flush takes. Without, they
/// split into two groups that take turns, each with half of them.
const PATIENCE: Duration = Duration::from_micros(50);

/// Times that it waits at most, as long as more of them come.
const PATIENT_TIMES: usize = 4;

/// Batches that may wait before a caller has to: one group gathers while another is written.
pub(crate) const QUEUE_BATCHES: usize = 2 * MAX_GROUP_BATCHES;

type Reply = oneshot::Sender<Result<Committed, StoreError>>;

/// A request to the committer.
pub(crate) enum Request {
    /// Make a batch durable.
    Commit(Batch, Reply),
    /// Tell a backup of what becomes durable, or no more.
    Journal(JournalRequest),
    /// Finish what came before and let go of the folder.
    Close(oneshot::Sender<()>),
}

pub(crate) struct Committer {
    pub(crate) db: Db,
    pub(crate) view: Arc<View>,
    pub(crate) status: Arc<Status>,
    pub(crate) disk: Box<dyn Flush>,
    pub(crate) requests: mpsc::Receiver<Request>,
    pub(crate) upkeep: Upkeep,
    pub(crate) live: Live,
    pub(crate) packer: Packer,
    pub(crate) journal: JournalKeeper,
    /// The number of batches of the group before, where its callers are likely to come again.
    pub(crate) expected: usize,
}

/// Batches on their way into a group.
struct Gathered {
    batches: Vec<(Batch, Reply)>,
    bytes: usize,
}

impl Gathered {
    fn add(&mut self, batch: Batch, reply: Reply) {
        self.bytes += batch.size();
        self.batches.push((batch, reply));
    }

    fn is_full(&self) -> bool {
        self.batches.len() >= MAX_GROUP_BATCHES || self.bytes >= MAX_GROUP_BYTES
    }
}

impl Committer {
    /// Serves until asked to close, or until the store is dropped.
    pub(crate) fn run(mut self) {
        let mut closing = None;
        while closing.is_none() {
            let next = if self.upkeep.is_due() && self.status.failure().is_none() {
                self.requests.try_recv()
            } else {
                self.requests.blocking_recv().ok_or(TryRecvError::Disconnected)
            };
            let batches = match next {
                Ok(Request::Commit(batch, reply)) => self.gather(batch, reply, &mut closing),
                Ok(Request::Journal(request)) => {
                    self.journal.hear(request);
                    continue;
                }
                Ok(Request::Close(reply)) => {
                    closing = Some(reply);
                    continue;
                }
                Err(TryRecvError::Empty) => Vec::new(),
                Err(TryRecvError::Disconnected) => break,
            };
            self.serve(batches);
        }
        self.shut_down(closing);
    }

    /// The batches that are already waiting, or will in a moment, up to the limits of a group.
    fn gather(
        &mut self,
        batch: Batch,
        reply: Reply,
        closing: &mut Option<oneshot::Sender<()>>,
    ) -> Vec<(Batch, Reply)> {
        let mut gathered = Gathered { batches: Vec::with_capacity(self.expected), bytes: 0 };
        gathered.add(batch, reply);
        self.take_waiting(&mut gathered, closing);
        for _ in 0..PATIENT_TIMES {
            let count = gathered.batches.len();
            if count >= self.expected || gathered.is_full() || closing.is_some() {
                break;
            }
            thread::sleep(PATIENCE);
            self.take_waiting(&mut gathered, closing);
            if gathered.batches.len() == count {
                break;
            }
        }
        let count = gathered.batches.len();
        self.expected = if count >= COMPANY { count } else { 0 };
        gathered.batches
    }

    fn take_waiting(&mut self, gathered: &mut Gathered, closing: &mut Option<oneshot::Sender<()>>) {
        while !gathered.is_full() && closing.is_none() {
            match self.requests.try_recv() {
                Ok(Request::Commit(batch, reply)) => gathered.add(batch, reply),
                Ok(Request::Journal(request)) => self.journal.hear(request),
                Ok(Request::Close(reply)) => *closing = Some(reply),
                Err(_) => break,
            }
        }
    }

    /// Makes a group durable and answers its callers; or fails, once and for all.
    fn serve(&mut self, batches: Vec<(Batch, Reply)>) {
        let (batches, replies): (Vec<_>, Vec<_>) = batches.into_iter().unzip();
        if self.status.failure().is_none() {
            self.status.set_busy(true);
            // sled asserts what it believes about its files; a panic is a failure like another.
            let outcome = catch_unwind(AssertUnwindSafe(|| self.write(batches)))
                .unwrap_or_else(|panic| Err(panicked(panic.as_ref())));
            self.status.set_busy(false);
            match outcome {
                Ok(answers) => {
                    for (reply, answer) in replies.into_iter().zip(answers) {
                        // The caller may have stopped waiting; its batch is durable all the same.
                        let _ = reply.send(answer);
                    }
                    return;
                }
                Err(error) => self.status.fail(&error),
            }
        }
        for reply in replies {
            let _ = reply.send(Err(self.status.refusal()));
        }
    }

    /// Writes a group and a little upkeep, and waits until it is durable. An error leaves the veil
    /// in place: readers keep seeing the state before.
    fn write(
        &mut self,
        batches: Vec<Batch>,
    ) -> Result<Vec<Result<Committed, StoreError>>, StoreError> {
        let mut group = Group::new(&self.db);
        let answers =
            batches.into_iter().map(|batch| group.add(batch)).collect::<Result<Vec<_>, _>>()?;
        let Changes { changed, veil, truncated, added_bytes } = group.finish(&mut self.packer)?;
        let upkeep = self.upkeep.step(&self.db)?;
        if veil.is_empty() && upkeep.is_empty() {
            return Ok(answers);
        }
        let journaled = self.journal.is_kept().then(|| changed.clone());
        let mut all = sled::Batch::default();
        changed.into_iter().for_each(|change| put(&mut all, change));
        let mut bytes = self.live.bytes().saturating_add_signed(added_bytes);
        for (key, value) in upkeep {
            // Upkeep changes nothing that is read, so where a batch changes the same key, that is
            // all there is to do.
            if !veil.contains_key(key.as_ref()) {
                if value.is_none() {
                    let removed = self.db.get(&key).map_err(sled_error)?;
                    bytes = bytes.saturating_sub(live::size(&key, removed.as_ref()));
                }
                put(&mut all, (key, value));
            }
        }
        // Last, since compaction may just have written the old count anew.
        all.insert(keys::LIVE_KEY, keys::wrap(&bytes.to_be_bytes()));
        self.view.set_veil(veil);
        self.db.apply_batch(all).map_err(sled_error)?;
        let written = self.db.flush().map_err(sled_error)?;
        self.disk.flush().map_err(|error| StoreError::Failed { reason: error.to_string() })?;
        self.view.set_veil(Veil::new());
        if let Some(changes) = journaled {
            self.journal.tell(changes);
        }
        self.live.set(bytes);
        self.upkeep.durable(written, truncated);
        Ok(answers)
    }

    fn shut_down(mut self, closing: Option<oneshot::Sender<()>>) {
        self.requests.close();
        self.status.close();
        while let Ok(request) = self.requests.try_recv() {
            match request {
                Request::Commit(_, reply) => {
                    let _ = reply.send(Err(self.status.refusal()));
                }
                // Its backup hears that nobody answers.
                Request::Journal(_) => {}
                Request::Close(reply) => {
                    let _ = reply.send(());
                }
            }
        }
        let Self { db, view, .. } = self;
        // Everything is durable already. sled flushes once more as it goes, and panics if that
        // fails; by then nothing depends on it.
        if catch_unwind(AssertUnwindSafe(move || {
            view.close();
            drop(db);
        }))
        .is_err()
        {
            tracing::warn!("the data file could not be flushed while closing");
        }
        if let Some(reply) = closing {
            let _ = reply.send(());
        }
    }
}

/// Adds a change to a batch.
fn put(batch: &mut sled::Batch, (key, value): Change) {
    match value {
        Some(value) => batch.insert(key, value),
        None => batch.remove(key),
    }
}

fn panicked(panic: &(dyn std::any::Any + Send)) -> StoreError {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    StoreError::Failed { reason: format!("the storage engine panicked: {text}") }
}
