//! Errors of tables, as one type for all rooms.

use thiserror::Error;

use crate::{StoreError, TableName};

/// An error of a table.
#[derive(Debug, Error)]
pub enum TableError {
    /// The store did not do what it was asked.
    #[error(transparent)]
    Store(#[from] StoreError),

    /// A line is not what this software writes, or cannot be written.
    #[error("the table {table} is damaged at {key}: {reason}")]
    Damaged {
        /// The table of the line.
        table: TableName,
        /// The key of the line, what is not ASCII in it escaped.
        key: String,
        /// The fault of the key or the value.
        reason: String,
    },
}

impl TableError {
    /// Makes an error of what a codec says of a line, for `map_err`.
    pub(super) fn damaged(table: TableName, key: &[u8]) -> impl FnOnce(String) -> Self {
        move |reason| Self::Damaged { table, key: key.escape_ascii().to_string(), reason }
    }
}
