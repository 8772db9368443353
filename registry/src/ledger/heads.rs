//! The ends of index and audit: where each node goes on.

use champollion_store::{Batch, LogName, Seen, Store, StoreError, Table, tables};
use jiff::Timestamp;
use serde::Serialize;

use super::{
    audit::AUDIT,
    chain::Head,
    counted::Counted,
    error::{DamagedIndex, LedgerError},
    event::INDEX,
};

/// The table of the heads, by the name of the chain.
const HEADS: Table<String, Head> = Table::new(tables::REGISTRY_HEADS);

/// The chain of what was published and what became of it.
pub(super) const INDEX_CHAIN: Chain = Chain { name: INDEX, log: tables::REGISTRY_INDEX };

/// The chain of all acts and their authors.
pub(super) const AUDIT_CHAIN: Chain = Chain { name: AUDIT, log: tables::REGISTRY_AUDIT };

/// A chain and the log that keeps its lines.
#[derive(Clone, Copy)]
pub(super) struct Chain {
    pub(super) name: &'static str,
    pub(super) log: LogName,
}

/// The ends of both chains, as they were read or written last.
#[derive(Clone)]
pub(super) struct Heads {
    pub(super) index: StoredHead,
    pub(super) audit: StoredHead,
    /// The lines of the audit up to that head, and perhaps some that others wrote since.
    pub(super) counted: Counted,
}

/// A head, and the line of the table as it was when it was read or written.
#[derive(Clone)]
pub(super) struct StoredHead {
    pub(super) head: Head,
    seen: Seen,
}

impl Heads {
    pub(super) async fn read(store: &dyn Store, counted: Counted) -> Result<Self, LedgerError> {
        Ok(Self {
            index: StoredHead::read(store, INDEX_CHAIN).await?,
            audit: StoredHead::read(store, AUDIT_CHAIN).await?,
            // Last, so that no line up to the head is left out.
            counted: counted.read_on(store, AUDIT_CHAIN.log).await?,
        })
    }
}

impl StoredHead {
    pub(super) async fn read(store: &dyn Store, chain: Chain) -> Result<Self, LedgerError> {
        let (head, seen) = HEADS.get_seen(store, &chain.name.to_owned()).await?;
        Ok(Self { head: head.unwrap_or_else(|| Head::empty(chain.name)), seen })
    }

    /// Adds the next line to a batch, which is refused where the chain does not end here any more.
    /// Returns the head as it is once the batch is committed.
    pub(super) fn append(
        &self,
        batch: &mut Batch,
        chain: Chain,
        at: Timestamp,
        content: impl Serialize,
    ) -> Result<(Self, usize), LedgerError> {
        let (line, head) = self.head.next(at, content).map_err(|error| DamagedIndex {
            key: chain.name.to_owned(),
            reason: error.to_string(),
        })?;
        let seen = HEADS.replace(batch, &self.seen, &head)?;
        let bytes = line.len();
        batch.append(chain.log.as_str(), line);
        Ok((Self { head, seen }, bytes))
    }
}

/// Whether a change was refused only because the heads are others than was thought. They are known
/// now, so it can be tried again.
pub(crate) fn is_behind(error: &StoreError) -> bool {
    matches!(error, StoreError::Conflict { table, .. } if table == HEADS.name().as_str())
}
