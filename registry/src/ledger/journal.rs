//! Writes index and audit: whatever changes the registry becomes durable in one batch with the line of
//! each, so that neither can be missing.

use std::sync::Arc;

use champollion_store::{Batch, LogName, Seen, Sequence, Store, StoreError, Table, tables};
use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::{Mutex, MutexGuard};

use super::{
    audit::{AUDIT, AuditEntry},
    chain::{BrokenChain, Head, Link},
    error::{DamagedIndex, LedgerError},
    event::{INDEX, IndexEvent},
    history::History,
};

/// The table of the heads, by the name of the chain.
const HEADS: Table<String, Head> = Table::new(tables::REGISTRY_HEADS);

/// The chain of what was published and what became of it.
const INDEX_CHAIN: Chain = Chain { name: INDEX, log: tables::REGISTRY_INDEX };

/// The chain of all acts and their authors.
const AUDIT_CHAIN: Chain = Chain { name: AUDIT, log: tables::REGISTRY_AUDIT };

/// Lines that are read at once.
const PAGE: usize = 1_000;

/// Index and audit. Who writes takes turns: what is checked before a change is still so when it is
/// written.
pub(crate) struct Journal {
    store: Arc<dyn Store>,
    /// A tokio lock: it is held while a change becomes durable.
    heads: Mutex<Heads>,
}

/// A chain and the log that keeps its lines.
#[derive(Clone, Copy)]
struct Chain {
    name: &'static str,
    log: LogName,
}

#[derive(Clone)]
struct Heads {
    index: StoredHead,
    audit: StoredHead,
}

/// A head, and the line of the table as it was when it was read or written.
#[derive(Clone)]
struct StoredHead {
    head: Head,
    seen: Seen,
}

/// The turn of whoever changes something.
pub(crate) struct Turn<'journal> {
    store: &'journal dyn Store,
    heads: MutexGuard<'journal, Heads>,
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
        self.heads.lock().await.index.head.clone()
    }

    /// Adds to the audit what was done elsewhere.
    pub(crate) async fn record(&self, entry: AuditEntry, at: Timestamp) -> Result<(), LedgerError> {
        self.record_with(Batch::new(), entry, at).await
    }

    /// Makes a change elsewhere durable together with its line of the audit.
    pub(crate) async fn record_with(
        &self,
        change: Batch,
        entry: AuditEntry,
        at: Timestamp,
    ) -> Result<(), LedgerError> {
        let mut turn = self.turn().await;
        match turn.commit(change.clone(), at, None, entry.clone()).await {
            Err(LedgerError::Store(error)) if is_behind(&error) => {
                turn.commit(change, at, None, entry).await
            }
            other => other,
        }
    }

    /// Lines of the index after a place, as they are written.
    pub(crate) async fn index(&self, after: u64, limit: usize) -> Result<Vec<Vec<u8>>, StoreError> {
        self.lines(INDEX_CHAIN, after, limit).await
    }

    /// Lines of the audit after a place, as they are written.
    pub(crate) async fn audit(&self, after: u64, limit: usize) -> Result<Vec<Vec<u8>>, StoreError> {
        self.lines(AUDIT_CHAIN, after, limit).await
    }

    async fn lines(
        &self,
        chain: Chain,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        let (log, after) = (chain.log.as_str(), Sequence::new(after));
        let entries = self.store.read(log, after, limit.min(PAGE)).await?;
        Ok(entries.into_iter().map(|entry| entry.value).collect())
    }

    /// Reads the whole index; what is wrong with it is told, and what is before that is given.
    pub(crate) async fn history(&self) -> Result<(History, Option<BrokenChain>), StoreError> {
        // With the turn taken nothing is added while it is read.
        let heads = self.heads.lock().await;
        let mut history = History::default();
        let broken = self.walk(INDEX_CHAIN, &heads.index.head, |line| {
            history.follow(line).map(|_: Link<IndexEvent>| history.head().clone())
        });
        let broken = broken.await?;
        Ok((history, broken))
    }

    /// Reads the whole audit: where it ends, and what is wrong with it.
    pub(crate) async fn audited(&self) -> Result<(Head, Option<BrokenChain>), StoreError> {
        let heads = self.heads.lock().await;
        let mut head = Head::empty(AUDIT);
        let broken = self.walk(AUDIT_CHAIN, &heads.audit.head, |line| {
            head.follow::<AuditEntry>(AUDIT, line).map(|_| head.clone())
        });
        let broken = broken.await?;
        Ok((head, broken))
    }

    async fn walk(
        &self,
        chain: Chain,
        end: &Head,
        mut follow: impl FnMut(&[u8]) -> Result<Head, BrokenChain>,
    ) -> Result<Option<BrokenChain>, StoreError> {
        let mut head = Head::empty(chain.name);
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
        let (chain, place) = (chain.name, head.sequence);
        Ok((head != *end).then_some(BrokenChain { chain, place, reason }))
    }
}

impl Heads {
    async fn read(store: &dyn Store) -> Result<Self, LedgerError> {
        Ok(Self {
            index: StoredHead::read(store, INDEX_CHAIN).await?,
            audit: StoredHead::read(store, AUDIT_CHAIN).await?,
        })
    }
}

impl StoredHead {
    async fn read(store: &dyn Store, chain: Chain) -> Result<Self, LedgerError> {
        let (head, seen) = HEADS.get_seen(store, &chain.name.to_owned()).await?;
        Ok(Self { head: head.unwrap_or_else(|| Head::empty(chain.name)), seen })
    }

    /// Adds the next line to a batch, which is refused where the chain does not end here any more.
    /// Returns the head as it is once the batch is committed.
    fn append(
        &self,
        batch: &mut Batch,
        chain: Chain,
        at: Timestamp,
        content: impl Serialize,
    ) -> Result<Self, LedgerError> {
        let (line, head) = self.head.next(at, content).map_err(|error| DamagedIndex {
            key: chain.name.to_owned(),
            reason: error.to_string(),
        })?;
        let seen = HEADS.replace(batch, &self.seen, &head)?;
        batch.append(chain.log.as_str(), line);
        Ok(Self { head, seen })
    }
}

impl Turn<'_> {
    /// The place of the next line of the index.
    pub(crate) fn next_index(&self) -> u64 {
        self.heads.index.head.sequence + 1
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
            heads.index = self.heads.index.append(&mut batch, INDEX_CHAIN, at, event)?;
        }
        heads.audit = self.heads.audit.append(&mut batch, AUDIT_CHAIN, at, entry)?;
        match self.store.commit(batch).await {
            Ok(_) => {
                *self.heads = heads;
                Ok(())
            }
            Err(error) => {
                if is_behind(&error) {
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
    matches!(error, StoreError::Conflict { table, .. } if table == HEADS.name().as_str())
}
