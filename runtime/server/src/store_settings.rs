//! Settings of the store: where it is, and how much it may take.

use std::fmt;
use std::fs;
use std::path::PathBuf;

use champollion_store::{PostgresOptions, StoreError};
use serde::Deserialize;

use crate::storage::StorageLimits;

/// Where the store is, and its limits.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct StoreSettings {
    /// Most bytes of the store; 0 is as many as the disk has.
    pub max_bytes: u64,
    /// Bytes of the disk that are left free.
    pub keep_free_bytes: u64,
    /// The address of a database; empty for the data folder.
    pub postgres: String,
    /// A file that holds the password of the database; empty for none.
    pub postgres_password_file: PathBuf,
    /// Whether nothing is made in a database or told to other nodes that the version before does not know.
    pub as_before: bool,
}

impl StoreSettings {
    /// Returns the limits of the disk.
    #[must_use]
    pub const fn limits(&self) -> StorageLimits {
        StorageLimits { max_bytes: self.max_bytes, keep_free_bytes: self.keep_free_bytes }
    }

    /// Returns the database that keeps everything, with its password; `None` where the data folder does.
    pub fn database(&self) -> Result<Option<PostgresOptions>, StoreError> {
        if self.postgres.is_empty() {
            return Ok(None);
        }
        let schema = PostgresOptions::known_schema(self.as_before);
        let options = PostgresOptions::new(&self.postgres).schema(schema);
        let file = &self.postgres_password_file;
        if file.as_os_str().is_empty() {
            return Ok(Some(options));
        }
        let password = fs::read_to_string(file).map_err(|source| StoreError::Io {
            action: "read the password of the database in",
            path: file.clone(),
            source,
        })?;
        Ok(Some(options.password(password.trim_end_matches(['\r', '\n']))))
    }
}

/// The address may hold a password, which no log shall show.
impl fmt::Debug for StoreSettings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("StoreSettings")
            .field("limits", &self.limits())
            .field("is_shared", &!self.postgres.is_empty())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(postgres: &str, file: PathBuf) -> StoreSettings {
        StoreSettings {
            max_bytes: 0,
            keep_free_bytes: 0,
            postgres: postgres.to_owned(),
            postgres_password_file: file,
            as_before: false,
        }
    }

    #[test]
    fn the_password_of_a_database_is_read_from_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("password");
        assert!(settings("", file.clone()).database().unwrap().is_none());
        let url = "postgres://u:in-the-address@db.example/d";
        assert_eq!(settings(url, PathBuf::new()).database().unwrap().unwrap().password, None);
        let missing = settings(url, file.clone());
        assert!(missing.database().err().unwrap().to_string().contains("password"));
        assert!(!format!("{missing:?}").contains("in-the-address"));
        fs::write(&file, "of the file\n").unwrap();
        let options = settings(url, file).database().unwrap().unwrap();
        assert_eq!(options.password.as_deref(), Some("of the file"));
        assert_eq!(options.schema, PostgresOptions::NEWEST_SCHEMA);
        let before = StoreSettings { as_before: true, ..settings(url, PathBuf::new()) };
        let options = before.database().unwrap().unwrap();
        assert_eq!(options.schema, PostgresOptions::NEWEST_SCHEMA - 1);
    }
}
