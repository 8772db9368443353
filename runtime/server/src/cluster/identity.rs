//! The identity of a node: kept in its data folder, so that a node which was killed and is started again has its leases
//! at once, and need not wait until they are over.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read, Seek, Write},
    path::{Path, PathBuf},
};

use uuid::Uuid;

/// The file of the identity within the data folder.
const FILE: &str = "node.id";

/// The identity of a node, which no other process has meanwhile.
pub(super) struct Identity {
    pub(super) id: Uuid,
    /// Locked for as long as the node runs.
    _file: File,
}

/// The reason why a node has no identity.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// Another process has the same data folder.
    #[error("{} is in use: give each node a data folder of its own", .0.display())]
    InUse(PathBuf),
    /// The file cannot be read or written.
    #[error("{} cannot be read and written", .file.display())]
    Io {
        /// The file of the identity.
        file: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
}

/// Whether a data folder is, or was, a node's.
pub(crate) fn is_folder_of_node(folder: &Path) -> bool {
    folder.join(FILE).is_file()
}

impl Identity {
    /// The identity in a data folder; a new one where there is none.
    pub(super) fn open(folder: &Path) -> Result<Self, IdentityError> {
        let path = folder.join(FILE);
        let failed = |source| IdentityError::Io { file: path.clone(), source };
        let mut options = OpenOptions::new();
        let mut file = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(IdentityError::InUse(path)),
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        let id = read_or_make(&mut file).map_err(failed)?;
        Ok(Self { id, _file: file })
    }
}

fn read_or_make(file: &mut File) -> io::Result<Uuid> {
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    // What a crash has left half written names nobody.
    if let Ok(id) = text.trim().parse() {
        return Ok(id);
    }
    let id = Uuid::now_v7();
    file.rewind()?;
    file.set_len(0)?;
    writeln!(file, "{id}")?;
    file.sync_all()?;
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_the_same_after_a_restart_and_one_process_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let first = Identity::open(folder.path()).unwrap();
        let rival = Identity::open(folder.path()).map(drop);
        assert!(matches!(rival, Err(IdentityError::InUse(_))));
        let id = first.id;
        drop(first);
        assert_eq!(Identity::open(folder.path()).unwrap().id, id);
        std::fs::write(folder.path().join(FILE), "half").unwrap();
        assert_ne!(Identity::open(folder.path()).unwrap().id, id);
    }
}
