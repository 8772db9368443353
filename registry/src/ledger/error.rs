//! Errors of the ledger: the store fails, or a line is damaged.

use champollion_store::{StoreError, TableError};

use super::space::AuditFull;

/// A line of the index that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the index of the registry is damaged at {key}: {reason}")]
pub struct DamagedIndex {
    /// The key of the line, `vendor/model/version`.
    pub key: String,
    /// The fault of the line.
    pub reason: String,
}

/// The error of a ledger that cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LedgerError {
    /// The store cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A line is not as it was written.
    #[error(transparent)]
    Damaged(#[from] DamagedIndex),
    /// The audit has no room for another line.
    #[error(transparent)]
    AuditFull(#[from] AuditFull),
}

impl From<TableError> for LedgerError {
    fn from(error: TableError) -> Self {
        match error {
            TableError::Store(error) => Self::Store(error),
            TableError::Damaged { key, reason, .. } => Self::Damaged(DamagedIndex { key, reason }),
        }
    }
}
