//! Durable storage: narrow ports and their backends.
//!
//! Acknowledged means durable: when [`Store::commit`] returns, the batch survives `kill -9` and a
//! power cut. A frame is one [`Batch`], in which the frame counter of its device (a key) and its
//! record (an entry of its group's log) become durable together or not at all. The embedded backend
//! commits the batches of many callers with one flush of the disk.
//!
//! The ports speak of bytes alone, and this crate knows none of the others: the types of keys and
//! values belong to the callers. The backends must be called from within a tokio runtime.
//!
//! - [`Store`]: tables and logs; [`SledStore`] keeps them in a folder, `PostgresStore` in a database that many nodes
//!   share (feature `postgres`).
//!   `PlacedStore` spreads groups over several such databases.
//! - [`Blobs`]: named pieces of bytes; [`FileBlobs`] keeps them as plain files, `PostgresBlobs` in the same database.
//! - [`Leases`]: what only one node may do at a time; [`OwnLeases`] where there is one node.
//! - [`back_up`] and [`restore`]: the embedded store, while it is in use.
//! - [`Table`]: a table of a store with the types of its keys and values; [`tables`] lists the names of
//!   all tables and logs.

#![forbid(unsafe_code)]

mod backup;
mod batch;
mod blobs;
mod bugs;
#[cfg(test)]
mod conformance;
mod copy;
mod disk;
mod error;
mod leases;
mod limits;
mod names;
#[cfg(feature = "postgres")]
mod placed;
mod port;
#[cfg(feature = "postgres")]
mod postgres;
mod sequence;
mod sled;
mod table;
pub mod tables;

pub use crate::backup::{
    BackupCount, BackupError, BackupSource, BackupSummary, RestoreSummary, back_up, restore,
};
pub use crate::batch::{Batch, Committed};
pub use crate::blobs::FileBlobs;
pub use crate::copy::{Contents, CopyError, StoreParts, copy};
pub use crate::error::StoreError;
pub use crate::leases::{HeldLease, LEASE_TIME, Lease, Leases, OwnLeases, RENEWAL_PERIOD};
pub use crate::limits::{MAX_BATCH_BYTES, MAX_KEY_BYTES, MAX_NAME_BYTES, MAX_VALUE_BYTES};
pub use crate::names::{LogName, LogPrefix, TableName};
#[cfg(feature = "postgres")]
pub use crate::placed::{
    DatabaseName, DatabaseView, NamedDatabase, NewGroups, PlacedOptions, PlacedStore,
};
pub use crate::port::{Blobs, Disk, Entry, Health, KeyValue, LogExtent, Store, Usage};
#[cfg(feature = "postgres")]
pub use crate::postgres::{PostgresBlobs, PostgresOptions, PostgresStore, Standing};
pub use crate::sequence::Sequence;
pub use crate::sled::{SledOptions, SledStore};
pub use crate::table::{Pages, Seen, Table, TableError, UnreadPage, codec};
