//! New files of sled, filled in bulk beside those of the folder, or where it has none yet.

use std::fs::{self, File};
use std::path::Path;
use std::thread;
use std::time::Instant;

use sled::Db;

use super::exchange::{NEW_FOLDER, SLED_FOLDER, settle};
use super::open::{LINGERING, LINGERING_STEP, lock, mark_format, open_sled, sync_names};
use super::{SledOptions, SledStore, keys, live, sled_error};
use crate::disk::{create_private_folder, sync_folder};
use crate::error::StoreError;

/// The file that sled keeps its log in, within its folder.
pub(super) const LOG_FILE: &str = "db";

/// Most changes of a batch; a batch of sled is held in memory.
const BATCH_CHANGES: usize = 1_000;

/// Most bytes of a batch, about.
const BATCH_BYTES: u64 = 1024 * 1024;

/// Files that are being filled.
pub(crate) struct NewFiles<'options> {
    options: &'options SledOptions,
    db: Db,
    batch: sled::Batch,
    changes: usize,
    bytes: u64,
}

impl SledStore {
    /// Whether a folder holds a store, also where the exchange of its files was broken off.
    pub(crate) fn is_in(folder: &Path) -> Result<bool, StoreError> {
        if !folder.is_dir() {
            return Ok(false);
        }
        let _lock = lock(folder)?;
        settle(folder)?;
        Ok(folder.join(SLED_FOLDER).exists())
    }

    /// Makes a store in a folder that has none, of what `fill` puts into it. It is there in one step: an error, or a
    /// kill, leaves none. Blocks on the disk.
    pub(crate) fn create<E: From<StoreError>>(
        options: &SledOptions,
        fill: impl FnOnce(&mut NewFiles<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let folder = &options.folder;
        create_private_folder(folder)?;
        let _lock = lock(folder)?;
        settle(folder)?;
        let mut files = NewFiles::open(options)?;
        fill(&mut files)?;
        files.finish()?;
        let (new, current) = (folder.join(NEW_FOLDER), folder.join(SLED_FOLDER));
        fs::rename(&new, &current).map_err(StoreError::io("rename", &new))?;
        Ok(sync_folder(folder)?)
    }
}

impl<'options> NewFiles<'options> {
    pub(super) fn open(options: &'options SledOptions) -> Result<Self, StoreError> {
        let db = open_sled(options, NEW_FOLDER)?;
        mark_format(&db)?;
        Ok(Self { options, db, batch: sled::Batch::default(), changes: 0, bytes: 0 })
    }

    /// Puts a value in the place of the one before; without a value, removes the key.
    pub(crate) fn put(&mut self, key: &[u8], value: Option<&[u8]>) -> Result<(), StoreError> {
        let stored = value.map(keys::wrap);
        self.changes += 1;
        self.bytes += live::size(key, stored.as_ref());
        match stored {
            Some(stored) => self.batch.insert(key, stored),
            None => self.batch.remove(key),
        }
        if self.changes < BATCH_CHANGES && self.bytes < BATCH_BYTES {
            return Ok(());
        }
        self.apply()
    }

    fn apply(&mut self) -> Result<(), StoreError> {
        (self.changes, self.bytes) = (0, 0);
        self.db.apply_batch(std::mem::take(&mut self.batch)).map_err(sled_error)?;
        self.db.flush().map_err(sled_error)?;
        Ok(())
    }

    /// Makes all of it durable, and closes the files.
    pub(super) fn finish(mut self) -> Result<(), StoreError> {
        self.apply()?;
        let Self { options: SledOptions { folder, .. }, db, .. } = self;
        drop(db);
        wait_until_let_go(folder, NEW_FOLDER)?;
        let log = folder.join(NEW_FOLDER).join(LOG_FILE);
        File::open(&log).and_then(|log| log.sync_all()).map_err(StoreError::io("flush", &log))?;
        sync_names(folder, NEW_FOLDER)
    }
}

/// Waits for threads of sled that still have the files of a folder: they name files by their paths, which
/// are those of other files after the exchange.
pub(super) fn wait_until_let_go(folder: &Path, name: &str) -> Result<(), StoreError> {
    let log = folder.join(name).join(LOG_FILE);
    let started = Instant::now();
    loop {
        let file = File::open(&log).map_err(StoreError::io("open", &log))?;
        if file.try_lock().is_ok() {
            return Ok(());
        }
        if started.elapsed() > LINGERING {
            return Err(StoreError::AlreadyOpen { folder: folder.to_owned() });
        }
        thread::sleep(LINGERING_STEP);
    }
}
