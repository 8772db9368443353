//! Opening the folder: one process at a time, a known format, and everything durable from the start.

use std::fs::{File, TryLockError};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use sled::Db;
use tokio::sync::mpsc;

use super::chunk::Packer;
use super::committer::{Committer, QUEUE_BATCHES};
use super::compaction::Compaction;
use super::exchange::{SLED_FOLDER, settle};
use super::journal::JournalKeeper;
use super::live::Live;

use super::status::Status;
use super::sync::{Flush, SEGMENT_BYTES};
use super::upkeep::Upkeep;
use super::view::View;
use super::{Running, SledOptions, SledStore, keys, sled_error};
use crate::disk::{create_private_file, create_private_folder, sync_folder};
use crate::error::StoreError;

/// The format this version writes, and the newest that it reads. Since 2 the values of secret tables may be
/// sealed: a version before would call them damaged. Since 3 the entries of logs lie in chunks.
pub(crate) const FORMAT: u64 = 3;

/// Says who has the folder open.
const LOCK_FILE: &str = "lock";

/// sled's data file, inside the folder of the store.
pub(super) const DATA_FILE: &str = "sled/db";

/// The time that threads of a store that was closed in this process may keep sled's file open: they end on
/// their own, within milliseconds.
pub(super) const LINGERING: Duration = Duration::from_secs(5);

/// The time that a process that was just forked off this one may hold the lock of a store that was closed: until it
/// executes its program it has a copy of every open file.
const FORKED: Duration = Duration::from_secs(1);

/// The interval at which the store looks whether either has ended.
pub(super) const LINGERING_STEP: Duration = Duration::from_millis(10);

/// Opens a store on a given disk, compacted from a given file size on.
pub(super) fn open(
    options: &SledOptions,
    small_file: u64,
    disk: impl FnOnce(&Path) -> Result<Box<dyn Flush>, StoreError>,
) -> Result<SledStore, StoreError> {
    let folder = &options.folder;
    create_private_folder(folder)?;
    let folder_lock = lock(folder)?;
    settle(folder)?;
    let db = open_sled(options, SLED_FOLDER)?;
    let mut disk = disk(&folder.join(DATA_FILE))?;
    check_format(&db, folder)?;
    mark_format(&db)?;
    db.flush().map_err(sled_error)?;
    disk.flush().map_err(StoreError::io("flush", &folder.join(DATA_FILE)))?;
    sync_names(folder, SLED_FOLDER)?;
    let compaction = Compaction::new(&db, folder.join(DATA_FILE), small_file)?;
    let upkeep = Upkeep::find(&db, compaction)?;

    let live = Live::open(&db)?;

    let view = Arc::new(View::new(db.clone()));
    let status = Arc::new(Status::default());
    let (requests, received) = mpsc::channel(QUEUE_BATCHES);
    let committer = Committer {
        db,
        view: Arc::clone(&view),
        status: Arc::clone(&status),
        disk,
        requests: received,
        upkeep,
        live: live.clone(),
        packer: Packer::new()?,
        journal: JournalKeeper::default(),
        expected: 0,
    };
    let committer = thread::Builder::new()
        .name("store-committer".to_owned())
        .spawn(move || committer.run())
        .map_err(StoreError::io("start the writing thread for", folder))?;
    let running = Mutex::new(Some(Running { committer, _folder_lock: folder_lock }));
    let folder = folder.clone();
    Ok(SledStore { folder, live, view, status, requests, running })
}

/// Keeps others out until the file is dropped; the kernel lets go when the process dies.
pub(super) fn lock(folder: &Path) -> Result<File, StoreError> {
    let not_writable = |source| StoreError::NotWritable { folder: folder.to_owned(), source };
    let file = create_private_file(&folder.join(LOCK_FILE)).map_err(not_writable)?;
    let started = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if started.elapsed() < FORKED => {
                thread::sleep(LINGERING_STEP);
            }
            Err(TryLockError::WouldBlock) => {
                return Err(StoreError::AlreadyOpen { folder: folder.to_owned() });
            }
            Err(TryLockError::Error(source)) => return Err(not_writable(source)),
        }
    }
}

/// Opens the files that sled keeps in a folder within that of the store.
pub(super) fn open_sled(options: &SledOptions, name: &str) -> Result<Db, StoreError> {
    let folder = &options.folder;
    let config = sled::Config::new()
        .path(folder.join(name))
        .cache_capacity(options.cache_bytes)
        .segment_size(SEGMENT_BYTES)
        // See `sync.rs`.
        .flush_every_ms(None);
    let started = Instant::now();
    loop {
        // sled asserts what it believes about its files; a start that panics helps no operator.
        let opened =
            catch_unwind(AssertUnwindSafe(|| config.open())).map_err(|_| StoreError::Corrupt {
                detail: format!("the log in {} cannot be read", folder.join(name).display()),
            })?;
        match opened {
            Ok(db) => return Ok(db),
            // How sled says that the file is locked. We hold our own lock, so it can only be a
            // thread of this process.
            Err(sled::Error::Io(error)) if error.kind() == io::ErrorKind::Other => {
                if started.elapsed() > LINGERING {
                    return Err(StoreError::AlreadyOpen { folder: folder.clone() });
                }
                thread::sleep(LINGERING_STEP);
            }
            Err(sled::Error::Io(source))
                if matches!(
                    source.kind(),
                    io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem
                ) =>
            {
                return Err(StoreError::NotWritable { folder: folder.clone(), source });
            }
            Err(sled::Error::Io(source)) => {
                return Err(StoreError::io("open", &folder.join(name))(source));
            }
            Err(other) => return Err(StoreError::Corrupt { detail: other.to_string() }),
        }
    }
}

/// Refuses a folder that a newer version has written, or that is no store.
pub(super) fn check_format(db: &Db, folder: &Path) -> Result<(), StoreError> {
    let Some(stored) = db.get(keys::FORMAT_KEY).map_err(sled_error)? else {
        if !db.is_empty() {
            return Err(keys::damaged("the format is missing", keys::FORMAT_KEY));
        }
        return Ok(());
    };
    let value = keys::unwrap(keys::FORMAT_KEY, &stored)?;
    let format = <[u8; 8]>::try_from(value)
        .map(u64::from_be_bytes)
        .map_err(|_| keys::damaged("the format", keys::FORMAT_KEY))?;
    if format > FORMAT {
        let folder = folder.to_owned();
        return Err(StoreError::NewerFormat { folder, found: format, supported: FORMAT });
    }
    Ok(())
}

/// Says that older versions cannot read what is written from now on.
pub(super) fn mark_format(db: &Db) -> Result<(), StoreError> {
    let format = keys::wrap(&FORMAT.to_be_bytes());
    if db.get(keys::FORMAT_KEY).map_err(sled_error)?.as_ref() != Some(&format) {
        db.insert(keys::FORMAT_KEY, format).map_err(sled_error)?;
    }
    Ok(())
}

/// Makes the names of the files, and sled's settings, durable.
pub(super) fn sync_names(folder: &Path, name: &str) -> Result<(), StoreError> {
    let sled_folder = folder.join(name);
    let settings = sled_folder.join("conf");
    File::open(&settings)
        .and_then(|file| file.sync_all())
        .map_err(StoreError::io("flush", &settings))?;
    sync_folder(&sled_folder)?;
    sync_folder(folder)
}
