//! Lines as they were seen, for changes that are based on them.

use super::wipe;
use crate::{Batch, TableName};

/// A line as it was seen: the very bytes of its value, or that there was none. Writing again what was
/// read may give other bytes, as where a later version of the software adds a field.
#[derive(Clone, PartialEq, Eq)]
pub struct Seen {
    table: TableName,
    key: Vec<u8>,
    value: Option<Vec<u8>>,
}

impl Seen {
    pub(super) fn new(table: TableName, key: Vec<u8>, value: Option<Vec<u8>>) -> Self {
        Self { table, key, value }
    }

    pub(super) fn key(&self) -> &[u8] {
        &self.key
    }

    /// Has the whole batch refused with [`StoreError::Conflict`](crate::StoreError::Conflict) where the
    /// line is not any more as it was seen.
    pub fn expect_unchanged(&self, batch: &mut Batch) {
        let (table, key) = (self.table.as_str(), self.key.clone());
        match &self.value {
            None => batch.expect_absent(table, key),
            Some(value) => batch.expect_value(table, key, value.clone()),
        };
    }
}

impl Drop for Seen {
    fn drop(&mut self) {
        if let Some(value) = &mut self.value {
            wipe(self.table, value);
        }
    }
}
