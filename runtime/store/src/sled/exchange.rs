//! The exchange of sled's files for new ones, in one step that a kill leaves before or after.

use std::fs;
use std::io;
use std::path::Path;

use crate::disk::sync_folder;
use crate::error::StoreError;

/// The folder in which sled keeps its files.
pub(super) const SLED_FOLDER: &str = "sled";

/// The folder of the new files until they take the place of the old ones, and of the old ones after that.
pub(super) const NEW_FOLDER: &str = "sled.new";

/// The folder of the old files where a file system exchanges two names in two steps.
pub(super) const OLD_FOLDER: &str = "sled.old";

/// Makes a folder as it was, or as it shall be, after an exchange that was broken off.
pub(super) fn settle(folder: &Path) -> Result<(), StoreError> {
    let (current, old) = (folder.join(SLED_FOLDER), folder.join(OLD_FOLDER));
    if !current.exists() && old.exists() {
        fs::rename(&old, &current).map_err(StoreError::io("rename", &old))?;
        sync_folder(folder)?;
    }
    remove_folder(&folder.join(NEW_FOLDER))?;
    remove_folder(&old)
}

/// Puts the new files into the place of the old ones, and removes these.
pub(super) fn replace(folder: &Path) -> Result<(), StoreError> {
    let (current, new) = (folder.join(SLED_FOLDER), folder.join(NEW_FOLDER));
    if !exchange(&new, &current).map_err(StoreError::io("exchange", &current))? {
        // In two steps, between which `settle` finds what to do.
        let old = folder.join(OLD_FOLDER);
        fs::rename(&current, &old).map_err(StoreError::io("rename", &current))?;
        sync_folder(folder)?;
        fs::rename(&new, &current).map_err(StoreError::io("rename", &new))?;
    }
    sync_folder(folder)?;
    settle(folder)
}

/// Exchanges two names; false where the file system does not in one step.
#[cfg(target_os = "linux")]
fn exchange(one: &Path, other: &Path) -> io::Result<bool> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    use rustix::io::Errno;
    match renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE) {
        Ok(()) => Ok(true),
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(target_os = "linux"))]
fn exchange(_: &Path, _: &Path) -> io::Result<bool> {
    Ok(false)
}

pub(super) fn remove_folder(folder: &Path) -> Result<(), StoreError> {
    match fs::remove_dir_all(folder) {
        Ok(()) => folder.parent().map_or(Ok(()), sync_folder),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(StoreError::io("remove", folder)(error)),
    }
}
