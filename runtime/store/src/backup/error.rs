//! Errors of backups, and the operator's remedies.

use std::path::PathBuf;

use thiserror::Error;

use crate::copy::CopyError;
use crate::error::StoreError;

/// The reason why a backup was not made, or not restored.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BackupError {
    /// The store, or a file of the backup, cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keys of the store cannot be copied as they are.
    #[error(transparent)]
    Copy(CopyError),
    /// The backup would take the place of something else.
    #[error("{} is there already: give the backup another name", .folder.display())]
    Exists {
        /// The folder that the backup was to be.
        folder: PathBuf,
    },
    /// The disk of the backup has too little room.
    #[error(
        "the disk of {} has {free} bytes free, and the backup needs {needed}: make room on it, or back up to another disk",
        .folder.display()
    )]
    NoRoom {
        /// The folder of the backup.
        folder: PathBuf,
        /// The bytes that the backup needs, about.
        needed: u64,
        /// The bytes of the disk that are free.
        free: u64,
    },
    /// The journal ended before the backup did.
    #[error(
        "the backup could not keep up with the changes of the store: its disk is too slow, or the store was closed \
         meanwhile. Nothing of it is kept; back up again, on a faster disk or in a quieter hour"
    )]
    FellBehind,
    /// The folder has no manifest that can be read.
    #[error("{} is no whole backup: {reason}", .folder.display())]
    NoBackup {
        /// The folder that was to be restored.
        folder: PathBuf,
        /// The fault of the folder.
        reason: String,
    },
    /// The backup was made by a newer version of this software.
    #[error(
        "the backup was made by version {version}, in a format that this version does not know: install that \
         version again, or a later one"
    )]
    Newer {
        /// The version that made the backup.
        version: String,
    },
    /// A file of the backup is not the one that was written.
    #[error(
        "the file {file} of the backup is damaged: {reason}. Nothing of it is used; take an earlier backup, or another \
         copy of this one"
    )]
    Damaged {
        /// The name of the file within the backup.
        file: String,
        /// The difference from the manifest.
        reason: &'static str,
    },
    /// The data folder has something already.
    #[error("{} is not empty: it has {found}. Name an empty folder, or one that is not there", .folder.display())]
    NotEmpty {
        /// The folder that was to be made.
        folder: PathBuf,
        /// Something that the folder has.
        found: String,
    },
}

impl From<CopyError> for BackupError {
    fn from(error: CopyError) -> Self {
        match error {
            CopyError::Store(error) => Self::Store(error),
            error => Self::Copy(error),
        }
    }
}
