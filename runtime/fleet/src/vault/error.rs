//! Errors of the vault: each says what is wrong with which key, where, and the remedy. None shows a key.

use std::io;
use std::path::PathBuf;

use champollion_store::{StoreError, TableError};

use super::key_name::KeyName;
use super::key_place::KeyPlace;

/// The reason why a text is no master key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnusableKey {
    /// There are more or fewer digits.
    #[error("it has {0} characters, and a master key has 64 hexadecimal digits")]
    Length(usize),
    /// Something else than a hexadecimal digit stands there.
    #[error("character {0} is no hexadecimal digit, and a master key has 64 of them")]
    Digit(usize),
}

/// An error of the vault. The store is as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// The store is sealed, and its master key is not where it should be.
    #[error(
        "the master key is lost: the store is sealed with the master key {needed}, and {place} has none: \
         put it back from the place where you keep its copy. Nothing was changed"
    )]
    Lost {
        /// The place where it should be.
        place: KeyPlace,
        /// The name of the master key that the store is sealed with.
        needed: KeyName,
    },

    /// No master key is given, and the server makes none in such a place.
    #[error(
        "{place} has no master key: give it one of 64 hexadecimal digits, as `openssl rand -hex 32` makes them"
    )]
    Missing {
        /// The place where it should be.
        place: KeyPlace,
    },

    /// A text is no master key.
    #[error("line {line} of {place} is no master key: {reason}")]
    Unusable {
        /// The place of the text.
        place: KeyPlace,
        /// The line, the first is 1.
        line: usize,
        /// The fault of the line.
        reason: UnusableKey,
    },

    /// The master key is another than that of the store.
    #[error(
        "the master key is wrong: the store is sealed with the master key {needed}, and {place} has {found}: \
         put the right one there. Nothing was changed"
    )]
    Wrong {
        /// The place of the key.
        place: KeyPlace,
        /// The names of the keys that are there.
        found: String,
        /// The name of the master key that the store is sealed with.
        needed: KeyName,
    },

    /// Other users of the machine can read the master key.
    #[error(
        "{} can be read by other users (mode {mode:o}): make it private with `chmod 600 {}`, and where others may \
         have read it, rotate the key",
        .path.display(),
        .path.display()
    )]
    ReadableByOthers {
        /// The file of the master key.
        path: PathBuf,
        /// The permissions of the file.
        mode: u32,
    },

    /// The master key cannot be read.
    #[error("{place} cannot be read: {reason}")]
    Unreadable {
        /// The place of the key.
        place: KeyPlace,
        /// The fault, as the system tells it.
        reason: String,
    },

    /// The file of the master key cannot be written.
    #[error(
        "the master key cannot be written to {}: give the service's user write access to its folder, or set \
         [vault] key-file or key-from",
        .path.display()
    )]
    NotWritable {
        /// The file of the master key.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },

    /// The data folder has no name that a file beside it could have.
    #[error("no file can be named after the data folder {}: name one with [vault] key-file", .0.display())]
    NamelessFolder(PathBuf),

    /// A data key is wrapped by the right master key and is none, or belongs to another table.
    #[error("the data key of the table {table} is damaged: restore the folder from a backup")]
    DamagedDataKey {
        /// The table whose values it seals.
        table: String,
    },

    /// A value that is to be sealed is longer than any value may be.
    #[error("a value of the table {table} is too long to be sealed")]
    TooLong {
        /// The table of the value.
        table: String,
    },

    /// The system gives no randomness for a key.
    #[error("the system gives no randomness for a key: {0}")]
    Randomness(#[from] getrandom::Error),

    /// The store cannot be opened, read or changed.
    #[error(transparent)]
    Store(#[from] StoreError),

    /// The table of the vault cannot be read.
    #[error(transparent)]
    Table(#[from] TableError),
}
