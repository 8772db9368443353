//! A batch: changes that become durable together, or not at all.

use crate::error::StoreError;
use crate::limits;
use crate::sequence::Sequence;

/// Changes that become durable together or not at all.
///
/// Preconditions are checked against the store as it is before any operation of the batch;
/// operations then happen in the order in which they were added.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    pub(crate) conditions: Vec<Condition>,
    pub(crate) operations: Vec<Operation>,
    /// The keys of devices, each with the group that it is of.
    pub(crate) owners: Vec<(Vec<u8>, String)>,
}

/// A condition that must hold for a batch to be applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Condition {
    pub(crate) table: String,
    pub(crate) key: Vec<u8>,
    /// `None`: the key must be absent.
    pub(crate) value: Option<Vec<u8>>,
}

/// One change of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Put { table: String, key: Vec<u8>, value: Vec<u8> },
    Delete { table: String, key: Vec<u8> },
    Append { log: String, value: Vec<u8> },
    Truncate { log: String, through: Sequence },
    Skip { log: String, through: Sequence },
}

impl Batch {
    /// A batch that changes nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the value of a key.
    pub fn put(
        &mut self,
        table: impl Into<String>,
        key: impl Into<Vec<u8>>,
        value: impl Into<Vec<u8>>,
    ) -> &mut Self {
        let (table, key, value) = (table.into(), key.into(), value.into());
        self.operations.push(Operation::Put { table, key, value });
        self
    }

    /// Removes a key; removing an absent key changes nothing.
    pub fn delete(&mut self, table: impl Into<String>, key: impl Into<Vec<u8>>) -> &mut Self {
        self.operations.push(Operation::Delete { table: table.into(), key: key.into() });
        self
    }

    /// Adds an entry at the end of a log. Its sequence is in [`Committed`].
    pub fn append(&mut self, log: impl Into<String>, value: impl Into<Vec<u8>>) -> &mut Self {
        self.operations.push(Operation::Append { log: log.into(), value: value.into() });
        self
    }

    /// Removes all entries of a log up to and including `through`. Repeating it changes nothing;
    /// going beyond the end removes what is there and leaves the numbering alone.
    pub fn truncate(&mut self, log: impl Into<String>, through: Sequence) -> &mut Self {
        self.operations.push(Operation::Truncate { log: log.into(), through });
        self
    }

    /// Has a log go on after a sequence that it has not reached yet, with all entries up to it truncated: a copy of a
    /// log gives out the sequences that cursors of the original know. Changes nothing in a log that is beyond.
    pub fn skip(&mut self, log: impl Into<String>, through: Sequence) -> &mut Self {
        self.operations.push(Operation::Skip { log: log.into(), through });
        self
    }

    /// Says of which group a device is that the batch registers. A store of several databases keeps the rows of the
    /// device with those of its group; any other makes nothing of it.
    pub fn belongs(&mut self, device: impl Into<Vec<u8>>, group: impl Into<String>) -> &mut Self {
        self.owners.push((device.into(), group.into()));
        self
    }

    /// Refuses the whole batch with [`StoreError::Conflict`] when the key has a value: a name is
    /// taken once, a version is published once.
    pub fn expect_absent(
        &mut self,
        table: impl Into<String>,
        key: impl Into<Vec<u8>>,
    ) -> &mut Self {
        self.conditions.push(Condition { table: table.into(), key: key.into(), value: None });
        self
    }

    /// Refuses the whole batch with [`StoreError::Conflict`] when the key has another value, or
    /// none: what was read is still so when the change is applied.
    pub fn expect_value(
        &mut self,
        table: impl Into<String>,
        key: impl Into<Vec<u8>>,
        value: impl Into<Vec<u8>>,
    ) -> &mut Self {
        let value = Some(value.into());
        self.conditions.push(Condition { table: table.into(), key: key.into(), value });
        self
    }

    /// Writes all values of tables in another way, those that are expected as well as those that are put: for a
    /// store that keeps them so.
    pub fn rewrite_values<E>(
        &mut self,
        mut rewrite: impl FnMut(&str, &[u8], &mut Vec<u8>) -> Result<(), E>,
    ) -> Result<(), E> {
        for Condition { table, key, value } in &mut self.conditions {
            if let Some(value) = value {
                rewrite(table, key, value)?;
            }
        }
        for operation in &mut self.operations {
            if let Operation::Put { table, key, value } = operation {
                rewrite(table, key, value)?;
            }
        }
        Ok(())
    }

    /// Returns the rows that the batch sets or removes, each as its table and its key, in the order of the operations.
    pub fn changed_rows(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.operations.iter().filter_map(|operation| match operation {
            Operation::Put { table, key, .. } | Operation::Delete { table, key } => {
                Some((table.as_str(), key.as_slice()))
            }
            Operation::Append { .. } | Operation::Truncate { .. } | Operation::Skip { .. } => None,
        })
    }

    /// The number of entries that the batch appends to logs.
    #[must_use]
    pub fn entries(&self) -> usize {
        let is_entry = |operation: &&Operation| matches!(operation, Operation::Append { .. });
        self.operations.iter().filter(is_entry).count()
    }

    /// Whether the batch changes nothing (it may still have preconditions).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty()
    }

    /// The bytes that names, keys and values take: what a group of batches is bounded by.
    pub(crate) fn size(&self) -> usize {
        self.operations.iter().map(Operation::size).sum()
    }

    /// Checks names and sizes, so that no backend meets a batch it cannot keep.
    pub(crate) fn validate(&self) -> Result<(), StoreError> {
        for condition in &self.conditions {
            limits::check_table(&condition.table)?;
            limits::check_key(&condition.key)?;
        }
        for operation in &self.operations {
            match operation {
                Operation::Put { table, key, value } => {
                    limits::check_table(table)?;
                    limits::check_key(key)?;
                    limits::check_value(value)?;
                }
                Operation::Delete { table, key } => {
                    limits::check_table(table)?;
                    limits::check_key(key)?;
                }
                Operation::Append { log, value } => {
                    limits::check_log(log)?;
                    limits::check_value(value)?;
                }
                Operation::Truncate { log, .. } | Operation::Skip { log, .. } => {
                    limits::check_log(log)?;
                }
            }
        }
        limits::check_batch(self.size())
    }
}

impl Operation {
    fn size(&self) -> usize {
        match self {
            Self::Put { table, key, value } => table.len() + key.len() + value.len(),
            Self::Delete { table, key } => table.len() + key.len(),
            Self::Append { log, value } => log.len() + value.len(),
            Self::Truncate { log, .. } | Self::Skip { log, .. } => log.len(),
        }
    }
}

/// The receipt of a batch that is durable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Committed {
    /// The sequence given to each [`Batch::append`], in the order they were added.
    pub appended: Vec<Sequence>,
}
