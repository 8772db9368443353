//! Backups of the embedded store, made while it is in use, and stores made of them.
//!
//! sled has no snapshot of a tree that is written to. So a backup has two parts: all keys and values, each as it was
//! when it was read, and a journal of what became durable since the reading began. Played back on top of the first, the
//! second makes the state at the end of the journal, whatever was read when. Nobody who writes waits for it.
//!
//! A backup is a folder: `pairs.zst`, `changes.zst`, a folder for each kind of blobs, and `manifest.json` with the size
//! and the SHA-256 of every file. The master key of the vault is no part of it.

mod error;
mod file_sum;
mod making;
mod manifest;
mod pairs;
mod restoring;

pub use error::BackupError;
pub use making::{BackupCount, BackupSource, BackupSummary, back_up};
pub use restoring::{RestoreSummary, restore};
