//! Blobs as plain files in a folder.
//!
//! A blob is written to a file of another name in the same folder, flushed, renamed, and then the
//! folder is flushed: after a power cut there is the old file or the new one, whole. What a crash
//! leaves behind starts with a dot, which no blob's name does, and is removed at the next start.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;

use crate::disk::{blocking, create_private_file, create_private_folder, sync_folder};
use crate::error::StoreError;
use crate::port::Blobs;

/// The longest name: a file system takes 255 bytes.
const MAX_BLOB_NAME_BYTES: usize = 200;

/// The beginning of an unfinished file's name. No blob's name starts with a dot.
const UNFINISHED_PREFIX: &str = ".unfinished-";

/// Blobs kept as plain files in a folder that nothing else writes to.
#[derive(Clone, Debug)]
pub struct FileBlobs {
    folder: Arc<Path>,
    /// Gives each unfinished file of this process its own name.
    written: Arc<AtomicU64>,
}

impl FileBlobs {
    /// Opens the folder, creating it where it is missing (not its parents). Blocks on the disk.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let folder = folder.into();
        create_private_folder(&folder)?;
        for file in fs::read_dir(&folder).map_err(StoreError::io("list", &folder))? {
            let path = file.map_err(StoreError::io("list", &folder))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with(UNFINISHED_PREFIX) {
                fs::remove_file(&path).map_err(StoreError::io("remove", &path))?;
            }
        }
        Ok(Self { folder: folder.into(), written: Arc::default() })
    }

    fn path(&self, name: &str) -> Result<PathBuf, StoreError> {
        check_blob_name(name)?;
        Ok(self.folder.join(name))
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
        let number = self.written.fetch_add(1, Ordering::Relaxed);
        let unfinished = self.folder.join(format!("{UNFINISHED_PREFIX}{number}"));
        let written = create_private_file(&unfinished).and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&unfinished, path)
        });
        if let Err(source) = written {
            // A leftover does no harm and is removed at the next start, so its own failure to go
            // away says nothing new.
            let _ = fs::remove_file(&unfinished);
            return Err(StoreError::Io { action: "write", path: path.to_owned(), source });
        }
        sync_folder(&self.folder)
    }
}

#[async_trait]
impl Blobs for FileBlobs {
    async fn put(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let path = self.path(name)?;
        let (blobs, bytes) = (self.clone(), bytes.to_vec());
        blocking(move || blobs.write(&path, &bytes)).await
    }

    async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let path = self.path(name)?;
        blocking(move || match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(StoreError::io("read", &path)(error)),
        })
        .await
    }

    async fn exists(&self, name: &str) -> Result<bool, StoreError> {
        let path = self.path(name)?;
        blocking(move || fs::exists(&path).map_err(StoreError::io("look for", &path))).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        let (folder, prefix) = (Arc::clone(&self.folder), prefix.to_owned());
        blocking(move || {
            let mut names = Vec::new();
            for file in fs::read_dir(&folder).map_err(StoreError::io("list", &folder))? {
                let file = file.map_err(StoreError::io("list", &folder))?;
                // A name that is not UTF-8, or not ours, was not put here by us.
                let Ok(name) = file.file_name().into_string() else { continue };
                if name.starts_with(&prefix) && check_blob_name(&name).is_ok() {
                    names.push(name);
                }
            }
            names.sort_unstable();
            Ok(names)
        })
        .await
    }

    async fn remove(&self, name: &str) -> Result<bool, StoreError> {
        let path = self.path(name)?;
        let folder = Arc::clone(&self.folder);
        blocking(move || match fs::remove_file(&path) {
            Ok(()) => sync_folder(&folder).map(|()| true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(StoreError::io("remove", &path)(error)),
        })
        .await
    }
}

/// Letters, digits and `.-_`, the first one no dot: no path separator, nothing hidden, nothing that
/// means something to a shell.
pub(crate) fn check_blob_name(name: &str) -> Result<(), StoreError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    let reason = if name.is_empty() {
        "it is empty"
    } else if name.len() > MAX_BLOB_NAME_BYTES {
        "it is longer than 200 bytes"
    } else if name.starts_with('.') {
        "it starts with a dot"
    } else if !name.bytes().all(allowed) {
        "only ASCII letters, digits, '.', '-' and '_' may be used"
    } else {
        return Ok(());
    };
    Err(StoreError::InvalidName { kind: "blob", name: name.to_owned(), reason })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::{self, block_on};

    fn blobs() -> (tempfile::TempDir, FileBlobs) {
        let folder = tempfile::tempdir().unwrap();
        let blobs = FileBlobs::open(folder.path().join("blobs")).unwrap();
        (folder, blobs)
    }

    #[test]
    fn blobs_are_put_read_listed_and_removed() {
        let (_folder, blobs) = blobs();
        block_on(conformance::blobs_are_put_read_listed_and_removed(&blobs));
    }

    #[test]
    fn a_blob_is_replaced_in_one_step() {
        let (_folder, blobs) = blobs();
        block_on(conformance::a_blob_is_replaced_in_one_step(Arc::new(blobs)));
    }

    #[test]
    fn a_blob_name_never_leaves_its_folder() {
        let (folder, blobs) = blobs();
        block_on(conformance::a_blob_name_never_leaves_its_place(&blobs));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "only the blobs' own folder");
    }

    #[test]
    fn what_a_crash_left_is_never_seen_and_goes_at_the_next_start() {
        let (folder, blobs) = blobs();
        let leftover = folder.path().join("blobs").join(format!("{UNFINISHED_PREFIX}7"));
        fs::write(&leftover, "half a blo").unwrap();
        block_on(async {
            blobs.put("whole", b"blob").await.unwrap();
            assert_eq!(blobs.list("").await.unwrap(), ["whole"]);
        });
        let blobs = FileBlobs::open(folder.path().join("blobs")).unwrap();
        assert!(!leftover.exists());
        block_on(async {
            assert_eq!(blobs.get("whole").await.unwrap(), Some(b"blob".to_vec()));
        });
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_can_read() {
        use std::os::unix::fs::PermissionsExt;
        let (folder, blobs) = blobs();
        block_on(async { blobs.put("secret", b"key").await.unwrap() });
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        let blobs_folder = folder.path().join("blobs");
        assert_eq!(mode(&blobs_folder), 0o700);
        assert_eq!(mode(&blobs_folder.join("secret")), 0o600);
    }
}
