//! A group of batches that become durable together: the changes they add up to.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as MapEntry;

use sled::{Db, IVec};

use super::view::Veil;
use super::{keys, live, sled_error};
use crate::batch::{Batch, Committed, Operation};
use crate::error::StoreError;
use crate::port::{LogExtent, Sequence};

/// Changes on top of the database, not applied to it yet.
pub(crate) struct Group<'db> {
    db: &'db Db,
    /// The new value of each key, without its generation; `None` removes the key.
    writes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    /// The old, durable values of the same keys.
    veil: Veil,
    /// The extents of the logs that are changed.
    extents: BTreeMap<String, LogExtent>,
    /// The logs from which entries were truncated.
    truncated: Vec<String>,
}

/// The sum of the changes of a group.
pub(crate) struct Changes {
    /// The batch to apply.
    pub(crate) batch: sled::Batch,
    /// The state that readers are to see until the group is durable.
    pub(crate) veil: Veil,
    /// The logs whose truncated entries can be removed after that.
    pub(crate) truncated: Vec<String>,
    /// Bytes of keys and values that the group adds, or takes away.
    pub(crate) added_bytes: i64,
}

impl<'db> Group<'db> {
    pub(crate) fn new(db: &'db Db) -> Self {
        Self {
            db,
            writes: BTreeMap::new(),
            veil: Veil::new(),
            extents: BTreeMap::new(),
            truncated: Vec::new(),
        }
    }

    /// Adds a batch on top of those before it, or refuses it with the inner error and leaves the
    /// group as it was. The outer error means that the database cannot be read.
    pub(crate) fn add(
        &mut self,
        batch: Batch,
    ) -> Result<Result<Committed, StoreError>, StoreError> {
        for condition in batch.conditions {
            let found = self.value(&keys::table(&condition.table, &condition.key))?;
            if found != condition.value {
                let (table, key) = (condition.table, condition.key);
                return Ok(Err(StoreError::Conflict { table, key }));
            }
        }
        let mut committed = Committed::default();
        for operation in batch.operations {
            match operation {
                Operation::Put { table, key, value } => {
                    self.write(keys::table(&table, &key), Some(value))?;
                }
                Operation::Delete { table, key } => {
                    self.write(keys::table(&table, &key), None)?;
                }
                Operation::Append { log, value } => {
                    let extent = self.extent_mut(&log)?;
                    // One a nanosecond would last for 500 years.
                    let sequence = Sequence::new(extent.last.get() + 1);
                    extent.last = sequence;
                    self.write_new(keys::entry(&log, sequence), value);
                    committed.appended.push(sequence);
                }
                Operation::Truncate { log, through } => {
                    let extent = self.extent_mut(&log)?;
                    let through = through.min(extent.last);
                    if through > extent.truncated {
                        extent.truncated = through;
                        self.truncated.push(log);
                    }
                }
                Operation::Skip { log, through } => {
                    let extent = self.extent_mut(&log)?;
                    if through > extent.last {
                        *extent = LogExtent { truncated: through, last: through };
                        self.truncated.push(log);
                    }
                }
            }
        }
        Ok(Ok(committed))
    }

    pub(crate) fn finish(mut self) -> Result<Changes, StoreError> {
        for (log, extent) in std::mem::take(&mut self.extents) {
            // Asking to truncate a log that never was does not bring it into being.
            if extent != LogExtent::default() {
                self.write(keys::extent(&log), Some(keys::encode_extent(extent).to_vec()))?;
            }
        }
        let mut batch = sled::Batch::default();
        let mut added_bytes = 0_i64;
        for (key, value) in self.writes {
            let stored = value.map(|value| keys::wrap(&value));
            let before = self.veil.get(&key).and_then(Option::as_ref);
            // A batch has at most a few megabytes.
            added_bytes += live::size(&key, stored.as_ref()) as i64;
            added_bytes -= live::size(&key, before) as i64;
            match stored {
                Some(stored) => batch.insert(key, stored),
                None => batch.remove(key),
            }
        }
        Ok(Changes { batch, veil: self.veil, truncated: self.truncated, added_bytes })
    }

    fn stored(&self, key: &[u8]) -> Result<Option<IVec>, StoreError> {
        self.db.get(key).map_err(sled_error)
    }

    /// The value of a key as the batches so far leave it.
    fn value(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        if let Some(written) = self.writes.get(key) {
            return Ok(written.clone());
        }
        let stored = self.stored(key)?;
        stored.map(|stored| keys::unwrap(key, &stored).map(<[u8]>::to_vec)).transpose()
    }

    fn write(&mut self, key: Vec<u8>, value: Option<Vec<u8>>) -> Result<(), StoreError> {
        if !self.veil.contains_key(&key) {
            let durable = self.stored(&key)?;
            self.veil.insert(key.clone(), durable);
        }
        self.writes.insert(key, value);
        Ok(())
    }

    /// As [`write`](Self::write), for a key that never had a value.
    fn write_new(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.veil.insert(key.clone(), None);
        self.writes.insert(key, Some(value));
    }

    fn extent_mut(&mut self, log: &str) -> Result<&mut LogExtent, StoreError> {
        if !self.extents.contains_key(log) {
            let key = keys::extent(log);
            let extent = keys::decode_extent(&key, self.value(&key)?.as_deref())?;
            self.extents.insert(log.to_owned(), extent);
        }
        match self.extents.entry(log.to_owned()) {
            MapEntry::Occupied(entry) => Ok(entry.into_mut()),
            MapEntry::Vacant(entry) => Ok(entry.insert(LogExtent::default())),
        }
    }
}
