//! The interface of all places.

use async_trait::async_trait;

use super::error::PlaceError;

/// The ending of a file's name while the file is not whole.
const UNFINISHED: &str = ".part";

/// Where files are put. Each call takes as long as it takes: whoever calls bounds it.
#[async_trait]
pub(crate) trait Place: Send + Sync {
    /// Puts a file there, whole or not at all. One of the same name is replaced.
    async fn put(&self, name: &str, bytes: &[u8]) -> Result<(), PlaceError>;

    /// Takes a file away that was put there.
    async fn remove(&self, name: &str) -> Result<(), PlaceError>;
}

/// Returns the name of a file while the file is not whole.
pub(super) fn unfinished(name: &str) -> String {
    format!("{name}{UNFINISHED}")
}

/// A name in a folder of a server; in the one that one is in after the login where none is said.
#[cfg(any(feature = "sftp", feature = "ftps"))]
pub(super) fn in_folder(folder: &str, name: &str) -> String {
    match folder {
        "" => name.to_owned(),
        _ if folder.ends_with('/') => format!("{folder}{name}"),
        _ => format!("{folder}/{name}"),
    }
}
