//! The vault of keys.

use champollion_fleet::vault::{RotationError, VaultError};
use champollion_registry::RegistryError;

use super::super::Problem;

impl From<RotationError<RegistryError>> for Problem {
    fn from(error: RotationError<RegistryError>) -> Self {
        match error {
            RotationError::Elsewhere(_) => {
                Self::conflict("master-key-elsewhere", error.to_string())
            }
            RotationError::Vault(error) => error.into(),
            RotationError::NotCommitted(error) => error.into(),
        }
    }
}

impl From<VaultError> for Problem {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Lost { .. }
            | VaultError::Missing { .. }
            | VaultError::Unusable { .. }
            | VaultError::Wrong { .. }
            | VaultError::ReadableByOthers { .. }
            | VaultError::Unreadable { .. }
            | VaultError::NotWritable { .. } => {
                tracing::error!(%error, "the master key cannot be rotated");
                Self::conflict("master-key-unusable", error.to_string())
            }
            VaultError::Store(error) => RegistryError::from(error).into(),
            error => Self::internal(&error),
        }
    }
}
