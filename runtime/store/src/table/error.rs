//! Errors of tables.

use thiserror::Error;

use crate::{StoreError, TableName};

/// An error of a table.
#[derive(Debug, Error)]
#[non_exhaustive]
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
        /// What is wrong with its key or its value.
        reason: String,
    },
}

impl TableError {
    /// For `map_err` on what a codec says of a line.
    pub(super) fn damaged(table: TableName, key: &[u8]) -> impl FnOnce(String) -> Self {
        move |reason| Self::Damaged { table, key: key.escape_ascii().to_string(), reason }
    }
}
