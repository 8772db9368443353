//! Files and folders that only their owner can read, and waiting for the disk.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::path::Path;

use crate::error::StoreError;

/// Runs what blocks on the disk where it holds up no other task.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        // The runtime is shutting down.
        Err(_) => Err(StoreError::Closed),
    }
}

/// Creates a folder that only its owner can look into; leaves one that exists as it is.
pub(crate) fn create_private_folder(folder: &Path) -> Result<(), StoreError> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(folder) {
        Ok(()) => {
            // The folder itself must survive a power cut too.
            let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty());
            sync_folder(parent.unwrap_or(Path::new(".")))
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        Err(source) => Err(StoreError::NotWritable { folder: folder.to_owned(), source }),
    }
}

/// Creates a file that only its owner can read, replacing a leftover of the same name.
pub(crate) fn create_private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Makes the names in a folder durable: a file that was flushed can still be lost with its name.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    #[cfg(unix)]
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(StoreError::io("flush", folder))?;
    #[cfg(not(unix))]
    let _ = folder; // Windows has no such call; its file systems journal names with the rename.
    Ok(())
}

/// The bytes of all files in a folder and in those below it.
pub(crate) fn file_bytes(folder: &Path) -> Result<u64, StoreError> {
    let mut bytes = 0;
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).map_err(StoreError::io("read", &next))? {
            let entry = entry.map_err(StoreError::io("read", &next))?;
            // A file may go away between the two.
            match entry.metadata() {
                Ok(metadata) if metadata.is_dir() => folders.push(entry.path()),
                Ok(metadata) => bytes += metadata.len(),
                Err(_) => {}
            }
        }
    }
    Ok(bytes)
}

/// The bytes that can still be written to the disk that a folder is on.
#[cfg(unix)]
pub(crate) fn free_bytes(folder: &Path) -> Result<u64, StoreError> {
    let disk = rustix::fs::statvfs(folder)
        .map_err(io::Error::from)
        .map_err(StoreError::io("ask for the free space of", folder))?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// Not told here: nobody is warned, and a full disk is met when it is full.
#[cfg(not(unix))]
pub(crate) fn free_bytes(_: &Path) -> Result<u64, StoreError> {
    Ok(u64::MAX)
}
