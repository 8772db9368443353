//! A group of batches that become durable together: the changes they add up to.

use std::collections::hash_map::Entry as MapEntry;
use std::collections::{BTreeMap, HashMap};

use sled::{Db, IVec};

use super::change::Change;
use super::chunk::{self, Packer};
use super::keys::{self, Span};
use super::view::Veil;
use super::{live, sled_error};
use crate::batch::{Batch, Committed, Condition, Operation};
use crate::error::StoreError;
use crate::port::LogExtent;
use crate::sequence::Sequence;

/// Changes on top of the database, not applied to it yet.
pub(crate) struct Group<'db> {
    db: &'db Db,
    /// The rows that were looked at or are changed, by their keys.
    rows: HashMap<Vec<u8>, Row>,
    /// The logs that are changed, by their names.
    logs: BTreeMap<String, LogChange>,
}

/// A row, or the extent of a log, and what becomes of it.
struct Row {
    /// The stored form that is durable.
    durable: Option<IVec>,
    /// The stored form that takes its place; the inner `None` removes the row.
    new: Option<Option<IVec>>,
}

/// Changes of a log.
#[derive(Default)]
struct LogChange {
    extent: LogExtent,
    appended: Vec<Vec<u8>>,
    truncates: bool,
}

/// The sum of the changes of a group.
pub(crate) struct Changes {
    /// The changes to apply.
    pub(crate) changed: Vec<Change>,
    /// The state that readers are to see until the group is durable.
    pub(crate) veil: Veil,
    /// The logs whose truncated entries can be removed after that.
    pub(crate) truncated: Vec<String>,
    /// Bytes of keys and values that the group adds, or takes away.
    pub(crate) added_bytes: i64,
}

impl<'db> Group<'db> {
    pub(crate) fn new(db: &'db Db) -> Self {
        Self { db, rows: HashMap::new(), logs: BTreeMap::new() }
    }

    /// Adds a batch on top of those before it, or refuses it with the inner error and leaves the
    /// group as it was. The outer error means that the database cannot be read.
    pub(crate) fn add(
        &mut self,
        batch: Batch,
    ) -> Result<Result<Committed, StoreError>, StoreError> {
        for condition in batch.conditions {
            if !self.holds(&condition)? {
                let Condition { table, key, .. } = condition;
                return Ok(Err(StoreError::Conflict { table, key }));
            }
        }
        let mut committed = Committed::default();
        for operation in batch.operations {
            match operation {
                Operation::Put { table, key, value } => {
                    let stored = Some(keys::wrap(&value));
                    self.row_mut(keys::table(&table, &key))?.new = Some(stored);
                }
                Operation::Delete { table, key } => {
                    self.row_mut(keys::table(&table, &key))?.new = Some(None);
                }
                Operation::Append { log, value } => {
                    committed.appended.push(self.log_mut(log)?.append(value));
                }
                Operation::Truncate { log, through } => self.log_mut(log)?.truncate(through),
                Operation::Skip { log, through } => self.log_mut(log)?.skip(through),
            }
        }
        Ok(Ok(committed))
    }

    pub(crate) fn finish(mut self, packer: &mut Packer) -> Result<Changes, StoreError> {
        let mut changes = Changes {
            changed: Vec::new(),
            veil: Veil::new(),
            truncated: Vec::new(),
            added_bytes: 0,
        };
        for (log, change) in std::mem::take(&mut self.logs) {
            // Asking to truncate a log that never was does not bring it into being.
            if change.extent != LogExtent::default() {
                let stored = keys::wrap(&keys::encode_extent(change.extent));
                self.row_mut(keys::extent(&log))?.new = Some(Some(stored));
            }
            changes.append(&log, &change, packer);
            if change.truncates {
                changes.truncated.push(log);
            }
        }
        for (key, Row { durable, new }) in self.rows {
            if let Some(new) = new {
                changes.change(key, durable, new);
            }
        }
        Ok(changes)
    }

    /// Whether a row is as a batch expects it, after the batches so far.
    fn holds(&mut self, condition: &Condition) -> Result<bool, StoreError> {
        let key = keys::table(&condition.table, &condition.key);
        let row = self.row_mut(key.clone())?;
        let stored = row.new.as_ref().unwrap_or(&row.durable);
        let value = stored.as_ref().map(|stored| keys::unwrap(&key, stored)).transpose()?;
        Ok(value == condition.value.as_deref())
    }

    fn row_mut(&mut self, key: Vec<u8>) -> Result<&mut Row, StoreError> {
        Ok(match self.rows.entry(key) {
            MapEntry::Occupied(row) => row.into_mut(),
            MapEntry::Vacant(place) => {
                let durable = self.db.get(place.key()).map_err(sled_error)?;
                place.insert(Row { durable, new: None })
            }
        })
    }

    fn log_mut(&mut self, log: String) -> Result<&mut LogChange, StoreError> {
        if !self.logs.contains_key(&log) {
            let key = keys::extent(&log);
            let stored = self.row_mut(key.clone())?.durable.as_ref();
            let value = stored.map(|stored| keys::unwrap(&key, stored)).transpose()?;
            let extent = keys::decode_extent(&key, value)?;
            self.logs.insert(log.clone(), LogChange { extent, ..LogChange::default() });
        }
        Ok(self.logs.entry(log).or_default())
    }
}

impl LogChange {
    fn append(&mut self, value: Vec<u8>) -> Sequence {
        // One a nanosecond would last for 500 years.
        self.extent.last = Sequence::new(self.extent.last.get() + 1);
        self.appended.push(value);
        self.extent.last
    }

    fn truncate(&mut self, through: Sequence) {
        let through = through.min(self.extent.last);
        if through > self.extent.truncated {
            self.extent.truncated = through;
            self.truncates = true;
        }
    }

    /// Has the log go on after a sequence; entries that were appended before go with all that it has.
    fn skip(&mut self, through: Sequence) {
        if through > self.extent.last {
            self.extent = LogExtent { truncated: through, last: through };
            self.appended.clear();
            self.truncates = true;
        }
    }
}

impl Changes {
    /// Adds what was appended to a log. Readers need no veil before it: they read up to the end that the log's
    /// extent says.
    fn append(&mut self, log: &str, change: &LogChange, packer: &mut Packer) {
        let mut before = change.extent.last.get() - change.appended.len() as u64;
        for entries in chunk::divide(&change.appended) {
            let last = before + entries.len() as u64;
            let span = Span { first: Sequence::new(before + 1), last: Sequence::new(last) };
            let (key, stored) = (keys::chunk(log, span), packer.pack(entries));
            self.added_bytes += live::size(&key, Some(&stored)) as i64;
            self.changed.push((IVec::from(key), Some(stored)));
            before = last;
        }
    }

    /// Changes a row, and has readers see the durable one meanwhile.
    fn change(&mut self, key: Vec<u8>, durable: Option<IVec>, new: Option<IVec>) {
        // A batch has at most a few megabytes.
        self.added_bytes += live::size(&key, new.as_ref()) as i64;
        self.added_bytes -= live::size(&key, durable.as_ref()) as i64;
        self.changed.push((IVec::from(key.as_slice()), new));
        self.veil.insert(key, durable);
    }
}
