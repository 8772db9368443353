//! Writes index and audit: whatever changes the registry becomes durable in one batch with the line of
//! each, so that neither can be missing.

use std::sync::Arc;

use champollion_store::{Batch, Sequence, Store, StoreError};
use jiff::Timestamp;
use serde::{Serialize, de::DeserializeOwned};
use tokio::sync::{Mutex, MutexGuard};

use super::{
    audit::{AUDIT, AuditEntry},
    chain::{BrokenChain, Head, Link},
    event::{INDEX, IndexEvent},
    history::History,
    tables::{DamagedIndex, LedgerError},
};

/// The table of the heads, by the name of the chain.
const HEADS: &str = "registry.heads";

/// Lines that are read at once.
const PAGE: usize = 1_000;

/// Index and audit. Who writes takes turns: what is checked before a change is still so when it is
/// written.
pub(crate) struct Journal {
    store: Arc<dyn Store>,
    /// A tokio lock: it is held while a change becomes durable.
    heads: Mutex<Heads>,
}

#[derive(Clone)]
struct Heads {
    index: Head,
    audit: Head,
}

/// The turn of whoever changes something.
pub(crate) struct Turn<'journal> {
    store: &'journal dyn Store,
    heads: MutexGuard<'journal, Heads>,
}

/// The name of a chain's log in the store.
fn log(chain: &str) -> String {
    format!("registry.{chain}")
}

impl Journal {
    pub(crate) async fn open(store: Arc<dyn Store>) -> Result<Self, LedgerError> {
        let heads = Mutex::new(Heads::read(&*store).await?);
        Ok(Self { store, heads })
    }

    pub(crate) async fn turn(&self) -> Turn<'_> {
        Turn { store: &*self.store, heads: self.heads.lock().await }
    }

    pub(crate) async fn index_head(&self) -> Head {
        self.heads.lock().await.index.clone()
    }

    /// Adds to the audit what was done elsewhere.
    pub(crate) async fn record(&self, entry: AuditEntry, at: Timestamp) -> Result<(), LedgerError> {
        let mut turn = self.turn().await;
        match turn.commit(Batch::new(), at, None, entry.clone()).await {
            Err(LedgerError::Store(error)) if is_behind(&error) => {
                turn.commit(Batch::new(), at, None, entry).await
            }
            other => other,
        }
    }

    /// Lines of the index after a place, as they are written.
    pub(crate) async fn index(&self, after: u64, limit: usize) -> Result<Vec<Vec<u8>>, StoreError> {
        self.lines(INDEX, after, limit).await
    }

    /// Lines of the audit after a place, as they are written.
    pub(crate) async fn audit(&self, after: u64, limit: usize) -> Result<Vec<Vec<u8>>, StoreError> {
        self.lines(AUDIT, after, limit).await
    }

    async fn lines(
        &self,
        chain: &str,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        let entries = self.store.read(&log(chain), Sequence::new(after), limit.min(PAGE)).await?;
        Ok(entries.into_iter().map(|entry| entry.value).collect())
    }

    /// Reads the whole index; what is wrong with it is told, and what is before that is given.
    pub(crate) async fn history(&self) -> Result<(History, Option<BrokenChain>), StoreError> {
        // With the turn taken nothing is added while it is read.
        let heads = self.heads.lock().await;
        let mut history = History::default();
        let broken = self.walk(INDEX, &heads.index, |line| {
            history.follow(line).map(|_: Link<IndexEvent>| history.head().clone())
        });
        let broken = broken.await?;
        Ok((history, broken))
    }

    /// Reads the whole audit: where it ends, and what is wrong with it.
    pub(crate) async fn audited(&self) -> Result<(Head, Option<BrokenChain>), StoreError> {
        let heads = self.heads.lock().await;
        let mut head = Head::empty(AUDIT);
        let broken = self.walk(AUDIT, &heads.audit, |line| {
            head.follow::<AuditEntry>(AUDIT, line).map(|_| head.clone())
        });
        let broken = broken.await?;
        Ok((head, broken))
    }

    async fn walk(
        &self,
        chain: &'static str,
        end: &Head,
        mut follow: impl FnMut(&[u8]) -> Result<Head, BrokenChain>,
    ) -> Result<Option<BrokenChain>, StoreError> {
        let mut head = Head::empty(chain);
        loop {
            let lines = self.lines(chain, head.sequence, PAGE).await?;
            if lines.is_empty() {
                break;
            }
            for line in lines {
                match follow(&line) {
                    Ok(next) => head = next,
                    Err(broken) => return Ok(Some(broken)),
                }
            }
        }
        let reason = format!("it ends with {}, and should with {}", head.hash, end.hash);
        let place = head.sequence;
        Ok((head != *end).then_some(BrokenChain { chain, place, reason }))
    }
}

impl Heads {
    async fn read(store: &dyn Store) -> Result<Self, LedgerError> {
        Ok(Self { index: read(store, INDEX).await?, audit: read(store, AUDIT).await? })
    }
}

async fn read(store: &dyn Store, chain: &'static str) -> Result<Head, LedgerError> {
    let Some(value) = store.get(HEADS, chain.as_bytes()).await? else {
        return Ok(Head::empty(chain));
    };
    Ok(decode(chain, &value)?)
}

fn decode<T: DeserializeOwned>(key: &str, value: &[u8]) -> Result<T, DamagedIndex> {
    serde_json::from_slice(value)
        .map_err(|error| DamagedIndex { key: key.to_owned(), reason: error.to_string() })
}

impl Turn<'_> {
    /// The place of the next line of the index.
    pub(crate) fn next_index(&self) -> u64 {
        self.heads.index.sequence + 1
    }

    /// Makes a batch durable together with what is said of it.
    pub(crate) async fn commit(
        &mut self,
        mut batch: Batch,
        at: Timestamp,
        event: Option<&IndexEvent>,
        mut entry: AuditEntry,
    ) -> Result<(), LedgerError> {
        let mut heads = self.heads.clone();
        if let Some(event) = event {
            entry.index = Some(self.next_index());
            heads.index = append(&mut batch, INDEX, &self.heads.index, at, event)?;
        }
        heads.audit = append(&mut batch, AUDIT, &self.heads.audit, at, entry)?;
        match self.store.commit(batch).await {
            Ok(_) => {
                *self.heads = heads;
                Ok(())
            }
            Err(error) => {
                if matches!(&error, StoreError::Conflict { table, .. } if table == HEADS) {
                    // A writer went away between its commit and its answer; or somebody else
                    // writes to the same store.
                    *self.heads = Heads::read(self.store).await?;
                }
                Err(error.into())
            }
        }
    }
}

/// Whether a change was refused only because the heads are others than was thought. They are known
/// now, so it can be tried again.
pub(crate) fn is_behind(error: &StoreError) -> bool {
    matches!(error, StoreError::Conflict { table, .. } if table == HEADS)
}

fn append(
    batch: &mut Batch,
    chain: &'static str,
    head: &Head,
    at: Timestamp,
    content: impl Serialize,
) -> Result<Head, DamagedIndex> {
    let unwritable = |error: serde_json::Error| DamagedIndex {
        key: chain.to_owned(),
        reason: error.to_string(),
    };
    let (line, next) = head.next(at, content).map_err(unwritable)?;
    if head.sequence == 0 {
        batch.expect_absent(HEADS, chain);
    } else {
        batch.expect_value(HEADS, chain, serde_json::to_vec(head).map_err(unwritable)?);
    }
    batch.put(HEADS, chain, serde_json::to_vec(&next).map_err(unwritable)?);
    batch.append(log(chain), line);
    Ok(next)
}
