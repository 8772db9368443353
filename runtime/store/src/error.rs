//! Errors of a store, and the operator's remedies.
//!
//! A caller tells three situations apart. *Its own batch* was refused ([`StoreError::Conflict`],
//! [`StoreError::InvalidName`], [`StoreError::TooLarge`], [`StoreError::OtherDatabase`]): other batches are not
//! disturbed and the store goes on. *The store* stopped ([`StoreError::Failed`], [`StoreError::SetBack`],
//! [`StoreError::Closed`]): nothing will be accepted until the process is restarted. A database is *away* or full for a
//! while ([`StoreError::Unreachable`], [`StoreError::Full`]): the same later. *The folder* or *the database* cannot be
//! opened (the others): the process should not start.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// An error of a store or of its blobs.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A precondition of the batch did not hold; nothing of the batch was applied.
    #[error(
        "table {table:?}, key \"{}\": the stored value is not the one this change was based on",
        .key.escape_ascii()
    )]
    Conflict {
        /// The table of the precondition.
        table: String,
        /// The key of the precondition.
        key: Vec<u8>,
    },

    /// The name of a table, a log or a blob cannot be used.
    #[error("{kind} name {name:?} is not allowed: {reason}")]
    InvalidName {
        /// The kind of the name: "table", "log" or "blob".
        kind: &'static str,
        /// The name that is refused.
        name: String,
        /// The rule it breaks.
        reason: &'static str,
    },

    /// Something is larger than the store keeps in one piece.
    #[error("{what} of {size} bytes is too large: the limit is {limit} bytes")]
    TooLarge {
        /// The thing that is too large: "key", "value" or "batch".
        what: &'static str,
        /// Its size in bytes.
        size: usize,
        /// The largest size accepted, in bytes.
        limit: usize,
    },

    /// Writing to the disk failed once. What was not acknowledged until then may be lost, and a
    /// later success of the same disk would prove nothing: the kernel may already have dropped the
    /// pages that it could not write.
    #[error(
        "the store stopped accepting changes: {reason}. Look at free space and at the health of \
         the disk, then restart: everything acknowledged before is kept"
    )]
    Failed {
        /// The reason of the first failure.
        reason: String,
    },

    /// The store was closed; the process is shutting down.
    #[error("the store is closed")]
    Closed,

    /// Another process, or another part of this one, has the folder open.
    #[error(
        "{} is already open: stop the other process that uses it, or give this one its own folder",
        .folder.display()
    )]
    AlreadyOpen {
        /// The folder of the store.
        folder: PathBuf,
    },

    /// The folder cannot be created or written to.
    #[error("{} is not writable: give the service's user write access to it", .folder.display())]
    NotWritable {
        /// The folder of the store.
        folder: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },

    /// The folder was written by a newer version of this software.
    #[error(
        "{} is in format {found}; this version reads formats up to {supported}: install the newer \
         version again",
        .folder.display()
    )]
    NewerFormat {
        /// The folder of the store.
        folder: PathBuf,
        /// The format found in it.
        found: u64,
        /// The newest format this version can read.
        supported: u64,
    },

    /// The disk has no room for a second copy of what the folder holds.
    #[error(
        "{} cannot be written anew: that takes {needed} bytes beside it, and the disk has {free} free: make \
         room on it",
        .folder.display()
    )]
    NoRoom {
        /// The folder of the store.
        folder: PathBuf,
        /// The bytes that the copy takes, about.
        needed: u64,
        /// The bytes of the disk that are free.
        free: u64,
    },

    /// The bytes on the disk are not such as this software writes.
    #[error("stored data is damaged: {detail}. Restore the folder from a backup")]
    Corrupt {
        /// The fault and its place.
        detail: String,
    },

    /// The database does not answer, or takes no changes now. Whether a batch that was under way is durable is not
    /// known: sent again, it meets its own conditions.
    #[error(
        "the database {server} cannot be reached: {reason}. Nothing is acknowledged until it answers: look at the \
         database and at the network between"
    )]
    Unreachable {
        /// The hosts and the database.
        server: String,
        /// The reason, in words of the system or the database.
        reason: String,
    },

    /// The database has no room on its disk. Nothing of the batch was applied; the store goes on when there is room.
    #[error("the database {server} has no room: {reason}. Make room on its disk")]
    Full {
        /// The hosts and the database.
        server: String,
        /// The words of the database.
        reason: String,
    },

    /// The database refuses a statement. Nothing of the batch was applied.
    #[error(
        "the database {server} refuses: {reason}. Look at the rights of the user and at the database's log"
    )]
    Refused {
        /// The hosts and the database.
        server: String,
        /// The words of the database.
        reason: String,
    },

    /// The database has lost what it had acknowledged to this process. Nothing of the batch was applied, and nothing
    /// will be: what this process has in memory is later than what the database has.
    #[error(
        "the database {server} was set back: changes are gone that it had acknowledged to this process, as where an older \
         backup takes its place, or a standby that did not have them. Start the process again: it goes on from what the \
         database has"
    )]
    SetBack {
        /// The hosts and the database.
        server: String,
    },

    /// The tables of the database were made by a newer version of this software.
    #[error(
        "the database {server} has schema {found}, which a version must know up to {least} to work with; this one knows \
         schemas up to {supported}: install the newer version again"
    )]
    NewerSchema {
        /// The hosts and the database.
        server: String,
        /// The schema found in it.
        found: i32,
        /// The schema that a version must know at least to work with it.
        least: i32,
        /// The newest schema that this version knows.
        supported: i32,
    },

    /// The address of a database cannot be used.
    #[error("the address of the database cannot be used: {reason}")]
    BadAddress {
        /// The fault of the address.
        reason: String,
    },

    /// A database is not the one that the settings say it is.
    #[error("the database {server} cannot be used as {name:?}: {reason}")]
    WrongDatabase {
        /// The hosts and the database.
        server: String,
        /// The name of the database in the settings.
        name: String,
        /// The fault, and what to do about it.
        reason: String,
    },

    /// Something lies in a database that the settings do not name.
    #[error("{held} lies in the database {name:?}, which the settings do not name: name it again")]
    UnknownDatabase {
        /// The name of the database.
        name: String,
        /// A thing that lies there.
        held: String,
    },

    /// A device cannot be registered in a group of another database. Nothing of the batch was applied.
    #[error(
        "the device {device} lies in the database {held:?}, where it was registered first, and the group {group} lies \
         in {wanted:?}: a device does not move between databases. Register it in a group of {held:?}"
    )]
    OtherDatabase {
        /// The device that is registered.
        device: String,
        /// The database that has the rows of the device.
        held: String,
        /// The group that it was to come to.
        group: String,
        /// The database of the group.
        wanted: String,
    },

    /// Any other failure of the operating system.
    #[error("cannot {action} {}", .path.display())]
    Io {
        /// The action that was attempted, as a verb: "read", "remove" …
        action: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
}

impl StoreError {
    /// Whether the store answers nothing for now, as a database that is away, or as one that was closed since the process
    /// ends: the same may be asked later, or elsewhere.
    #[must_use]
    pub const fn is_away(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Closed)
    }

    /// For `map_err` on an operation of the file system.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }
}

/// An error with what caused it, on one line.
pub(crate) fn in_one_line(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
