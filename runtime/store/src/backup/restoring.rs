//! A data folder made of a backup.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use super::error::BackupError;
use super::manifest::{CHANGES, Manifest, PAIRS};
use super::pairs::PairsReader;
use crate::blobs::FileBlobs;
use crate::copy::{Contents, StoreParts, contents};
use crate::disk::{blocking, create_private_folder};
use crate::error::StoreError;
use crate::port::{Blobs, Store};
use crate::sled::{NewFiles, SledOptions, SledStore};

/// The folder of the store within a data folder.
const STORE: &str = "store";

/// A data folder that was made of a backup, and read again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestoreSummary {
    /// The version of the software that made the backup.
    pub version: String,
    /// The moment at which the backup began: all that was acknowledged before is there.
    pub begun_at: String,
    /// The counts of what a restored store holds.
    pub contents: Contents,
}

/// Makes a data folder of a backup. First every file of the backup is compared with its manifest; in the end the folder
/// is read again, while `watch` hears how far that has come. The store in it is there in one step, after all else: an
/// error or a kill leaves none, and the same call begins anew.
pub async fn restore(
    backup: &Path,
    data_dir: &Path,
    mut watch: impl FnMut(&Contents) + Send,
) -> Result<RestoreSummary, BackupError> {
    let manifest = checked(backup).await?;
    create_private_folder(data_dir)?;
    let kinds = open_kinds(&manifest, data_dir).await?;
    for (kind, name) in manifest.blobs() {
        let path = backup.join(kind).join(name);
        let bytes = fs::read(&path).map_err(StoreError::io("read", &path))?;
        if let Some((_, blobs)) = kinds.iter().find(|(other, _)| other == kind) {
            blobs.put(name, &bytes).await?;
        }
    }
    let (folder, options) = (backup.to_owned(), SledOptions::new(data_dir.join(STORE)));
    let filling = options.clone();
    blocking(move || SledStore::create(&filling, |files| fill(files, &folder))).await?;
    let contents = read_again(&options, &mut watch).await?;
    let Manifest { version, begun_at, .. } = manifest;
    let contents = Contents { blobs: kinds_count(&kinds).await?, ..contents };
    Ok(RestoreSummary { version, begun_at, contents })
}

/// The manifest of a backup all of whose files are as they must be.
async fn checked(backup: &Path) -> Result<Manifest, BackupError> {
    let folder = backup.to_owned();
    let checked = blocking(move || {
        let checked = Manifest::read(&folder).and_then(|manifest| {
            manifest.check(&folder)?;
            Ok(manifest)
        });
        Ok(checked)
    });
    checked.await?
}

/// The blobs of each kind that a backup has.
type Kinds = Vec<(String, FileBlobs)>;

/// Opens the places of blobs in a folder that has no store, and no blobs but those that an earlier attempt left.
async fn open_kinds(manifest: &Manifest, data_dir: &Path) -> Result<Kinds, BackupError> {
    let not_empty = |found: String| BackupError::NotEmpty { folder: data_dir.to_owned(), found };
    if SledStore::is_in(&data_dir.join(STORE))? {
        return Err(not_empty("a store".to_owned()));
    }
    let mut kinds = Kinds::new();
    for (kind, _) in manifest.blobs() {
        if kinds.iter().any(|(other, _)| other == kind) {
            continue;
        }
        let blobs = FileBlobs::open(data_dir.join(kind))?;
        for name in blobs.list("").await? {
            if !manifest.blobs().any(|blob| blob == (kind, name.as_str())) {
                return Err(not_empty(format!("{kind}/{name}, which the backup does not have")));
            }
        }
        kinds.push((kind.to_owned(), blobs));
    }
    Ok(kinds)
}

async fn kinds_count(kinds: &Kinds) -> Result<u64, StoreError> {
    let mut count = 0;
    for (_, blobs) in kinds {
        count += blobs.list("").await?.len() as u64;
    }
    Ok(count)
}

/// Puts the pairs into new files, and plays the changes back on top of them.
fn fill(files: &mut NewFiles<'_>, backup: &Path) -> Result<(), StoreError> {
    for name in [PAIRS, CHANGES] {
        let path = backup.join(name);
        let unreadable = |error: io::Error| StoreError::io("read", &path)(error);
        let mut pairs = PairsReader::open(&path).map_err(unreadable)?;
        while let Some((key, value)) = pairs.next().map_err(unreadable)? {
            files.put(&key, value.as_deref())?;
        }
    }
    Ok(())
}

/// Opens the restored store, and reads all of it. A log must have each entry that its extent says.
async fn read_again(
    options: &SledOptions,
    watch: &mut (impl FnMut(&Contents) + Send),
) -> Result<Contents, StoreError> {
    let opening = options.clone();
    let store = Arc::new(blocking(move || SledStore::open(&opening)).await?);
    let parts = StoreParts { store: Arc::clone(&store) as Arc<dyn Store>, blobs: Vec::new() };
    let contents = contents(&parts, watch).await?;
    let mut expected = 0;
    for log in store.logs("", None, usize::MAX).await? {
        expected += store.extent(&log).await?.len();
    }
    store.close().await?;
    if contents.entries != expected {
        let detail = format!("{} of {expected} entries of logs are there", contents.entries);
        return Err(StoreError::Corrupt { detail });
    }
    Ok(contents)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::backup::{BackupSource, back_up};
    use crate::conformance::block_on;
    use crate::{Batch, Sequence};

    /// A backup of a small store.
    async fn backup(folders: &Path) -> PathBuf {
        let data = folders.join("data");
        fs::create_dir(&data).unwrap();
        let store = Arc::new(SledStore::open(&SledOptions::new(data.join("store"))).unwrap());
        let blobs: Arc<dyn Blobs> = Arc::new(FileBlobs::open(data.join("packages")).unwrap());
        blobs.put("sha256-a", b"a package").await.unwrap();
        let mut batch = Batch::new();
        batch.put("sessions", "d", "1").append("records/a", "one").append("records/a", "two");
        batch.truncate("records/a", Sequence::new(1));
        store.commit(batch).await.unwrap();
        let from = BackupSource { store, blobs: vec![("packages", blobs)] };
        let to = folders.join("backup");
        back_up(&from, &to, "2026-01-01T00:00:00Z", |_| {}).await.unwrap();
        to
    }

    #[test]
    fn a_restored_folder_holds_what_was_backed_up_and_is_not_written_over() {
        let folders = tempfile::tempdir().unwrap();
        block_on(async {
            let backup = backup(folders.path()).await;
            let to = folders.path().join("restored");
            let restored = restore(&backup, &to, |_| {}).await.unwrap();
            let Contents { rows, entries, blobs, .. } = restored.contents;
            assert_eq!((rows, entries, blobs), (1, 1, 1));
            assert_eq!(restored.begun_at, "2026-01-01T00:00:00Z");
            let again = restore(&backup, &to, |_| {}).await.unwrap_err();
            assert!(matches!(&again, BackupError::NotEmpty { found, .. } if found == "a store"));
        });
    }

    #[test]
    fn what_a_broken_off_restoring_left_is_no_hindrance_and_anything_else_is() {
        let folders = tempfile::tempdir().unwrap();
        block_on(async {
            let backup = backup(folders.path()).await;
            let to = folders.path().join("restored");
            fs::create_dir_all(to.join("packages")).unwrap();
            fs::create_dir_all(to.join("store/sled.new")).unwrap();
            fs::write(to.join("packages/sha256-a"), "half").unwrap();
            fs::write(to.join("store/sled.new/db"), "half").unwrap();
            restore(&backup, &to, |_| {}).await.unwrap();
            let package = fs::read(to.join("packages/sha256-a")).unwrap();
            assert_eq!(package, b"a package");

            let other = folders.path().join("other");
            fs::create_dir_all(other.join("packages")).unwrap();
            fs::write(other.join("packages/sha256-b"), "another").unwrap();
            let refused = restore(&backup, &other, |_| {}).await.unwrap_err().to_string();
            assert!(refused.contains("packages/sha256-b"), "{refused}");
        });
    }

    #[test]
    fn a_damaged_file_is_named_and_nothing_is_made() {
        let folders = tempfile::tempdir().unwrap();
        block_on(async {
            let backup = backup(folders.path()).await;
            let to = folders.path().join("restored");
            for file in ["pairs.zst", "changes.zst", "packages/sha256-a", "manifest.json"] {
                let path = backup.join(file);
                let whole = fs::read(&path).unwrap();
                let mut bent = whole.clone();
                bent[whole.len() / 2] ^= 1;
                for damage in [bent, whole[..whole.len() - 1].to_vec()] {
                    fs::write(&path, damage).unwrap();
                    let said = restore(&backup, &to, |_| {}).await.unwrap_err().to_string();
                    assert!(said.contains(&format!("the file {file} of the backup")), "{said}");
                }
                fs::remove_file(&path).unwrap();
                let said = restore(&backup, &to, |_| {}).await.unwrap_err().to_string();
                assert!(said.contains(file), "{said}");
                fs::write(&path, whole).unwrap();
            }
            assert!(!to.exists());
            restore(&backup, &to, |_| {}).await.unwrap();
        });
    }
}
