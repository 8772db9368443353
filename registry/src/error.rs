//! The error of a registry that cannot give what it should have.

use champollion_sandbox::Digest;
use champollion_store::{StoreError, TableError};
use semver::Version;

use crate::{
    channels::Quarantined,
    ledger::{AuditFull, DamagedIndex, LedgerError, ResolveError, is_behind},
    package::DecoderId,
};

/// Why the registry cannot give what it should have.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// There is no such decoder.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A line of the index cannot be read.
    #[error(transparent)]
    DamagedIndex(#[from] DamagedIndex),
    /// The audit has no room for another line, and nothing is changed without one.
    #[error(transparent)]
    AuditFull(#[from] AuditFull),
    /// The file of a version is missing or has another digest.
    #[error("the package {digest} of {id} {version} is {problem} in the store")]
    DamagedPackage {
        /// The name of the decoder.
        id: DecoderId,
        /// The version of the decoder.
        version: Version,
        /// The digest that it must have, in a box so that an error is no larger than others.
        digest: Box<Digest>,
        /// The fault of the package.
        problem: &'static str,
    },
    /// A version is set aside, since its calls kept misbehaving.
    #[error("{0}")]
    Quarantined(Box<Quarantined>),
    /// A version that was published cannot be loaded any more.
    #[error("{id} {version} cannot be loaded: {reason}")]
    Unusable {
        /// The name of the decoder.
        id: DecoderId,
        /// The version of the decoder.
        version: Version,
        /// The reason that was given.
        reason: String,
    },
}

impl RegistryError {
    /// Whether a change was refused only because another writer wrote before it: it can be tried again.
    pub(crate) fn is_behind(&self) -> bool {
        matches!(self, Self::Store(error) if is_behind(error))
    }
}

impl From<TableError> for RegistryError {
    fn from(error: TableError) -> Self {
        LedgerError::from(error).into()
    }
}

impl From<LedgerError> for RegistryError {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Store(error) => Self::Store(error),
            LedgerError::Damaged(error) => Self::DamagedIndex(error),
            LedgerError::AuditFull(error) => Self::AuditFull(error),
        }
    }
}
