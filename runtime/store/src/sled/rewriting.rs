//! Writing a folder anew: a second set of sled's files is made beside the first and takes its place in one step.
//!
//! sled's log keeps what was overwritten until its segment is used again. Where a value must not be found in
//! the files any more, all that is current is copied into new ones, and the old ones are removed. A kill before
//! the exchange leaves the old files and a copy without use, a kill after it the new files and the old ones
//! without use; the next opening removes what is of no use.

use std::path::Path;

use super::exchange::{NEW_FOLDER, SLED_FOLDER, remove_folder, replace, settle};
use super::live::Live;
use super::new_files::{NewFiles, wait_until_let_go};
use super::open::{check_format, lock, open_sled};
use super::sync::SEGMENT_BYTES;
use super::{SledOptions, SledStore, keys, sled_error};
use crate::disk::free_bytes;
use crate::error::StoreError;
use crate::names::TableName;
use crate::port::KeyValue;

/// Bytes that new files take beside what is copied: sled fills a segment before it begins the next.
const SPARE_BYTES: u64 = 4 * SEGMENT_BYTES as u64;

impl SledStore {
    /// Writes all that a folder holds into new files and removes the old ones: values of tables as `rewrite`
    /// makes them, and `added` besides. Logs keep their sequences.
    ///
    /// The new files take the place of the old ones in one step. An error, or a kill, leaves the folder as it
    /// was or as it shall be. Blocks on the disk, which must have room for both.
    pub fn rewrite<E: From<StoreError>>(
        options: &SledOptions,
        added: &[(TableName, KeyValue)],
        rewrite: impl FnMut(&str, &[u8], &mut Vec<u8>) -> Result<(), E>,
    ) -> Result<(), E> {
        let folder = &options.folder;
        let _lock = lock(folder)?;
        settle(folder)?;
        let copied = copy(options, added, rewrite);
        if copied.is_err() {
            // What is left over, the next opening removes.
            drop(remove_folder(&folder.join(NEW_FOLDER)));
            return copied;
        }
        replace(folder)?;
        Ok(())
    }
}

fn copy<E: From<StoreError>>(
    options: &SledOptions,
    added: &[(TableName, KeyValue)],
    mut rewrite: impl FnMut(&str, &[u8], &mut Vec<u8>) -> Result<(), E>,
) -> Result<(), E> {
    let folder = &options.folder;
    let old = open_sled(options, SLED_FOLDER)?;
    check_format(&old, folder)?;
    check_room(folder, &Live::open(&old)?)?;
    let mut new = NewFiles::open(options)?;
    for pair in old.iter() {
        let (key, stored) = pair.map_err(sled_error)?;
        if keys::is_of_backend(&key) {
            continue;
        }
        let mut value = keys::unwrap(&key, &stored)?.to_vec();
        if let Some((table, row)) = keys::row_of_table(&key) {
            rewrite(table, row, &mut value)?;
        }
        new.put(&key, Some(&value))?;
    }
    for (table, KeyValue { key, value }) in added {
        new.put(&keys::table(table.as_str(), key), Some(value))?;
    }
    drop(old);
    wait_until_let_go(folder, SLED_FOLDER)?;
    Ok(new.finish()?)
}

fn check_room(folder: &Path, live: &Live) -> Result<(), StoreError> {
    let needed = live.bytes().saturating_mul(2).saturating_add(SPARE_BYTES);
    let free = free_bytes(folder)?;
    if free < needed {
        return Err(StoreError::NoRoom { folder: folder.to_owned(), needed, free });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::Arc;

    use tempfile::TempDir;

    use super::*;
    use crate::conformance::block_on;
    use crate::sled::exchange::OLD_FOLDER;
    use crate::sled::new_files::LOG_FILE;
    use crate::{Batch, Sequence, Store};

    const SECRET: &[u8] = b"00112233445566778899aabbccddeeff";

    fn options(folder: &TempDir) -> SledOptions {
        SledOptions::new(folder.path().join("store"))
    }

    fn open(folder: &TempDir) -> Arc<dyn Store> {
        Arc::new(SledStore::open(&options(folder)).unwrap())
    }

    /// A folder in which a secret stands, one was overwritten, and a log was truncated.
    async fn written() -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder);
        for value in [SECRET, b"public"] {
            let mut batch = Batch::new();
            batch.put("t", "changed", value).put("t", "kept", SECRET).put("u", "other", "u");
            batch.append("log", "entry");
            store.commit(batch).await.unwrap();
        }
        let mut batch = Batch::new();
        batch.truncate("log", Sequence::new(1)).truncate("gone", Sequence::new(0));
        store.commit(batch).await.unwrap();
        store.close().await.unwrap();
        folder
    }

    fn rewrite(folder: &TempDir) -> Result<(), StoreError> {
        let added = KeyValue { key: b"new".to_vec(), value: b"added".to_vec() };
        let added = [(TableName::open("v"), added)];
        SledStore::rewrite(&options(folder), &added, |table, key, value| {
            if table == "t" {
                assert!(key == b"changed" || key == b"kept");
                value.reverse();
            }
            Ok(())
        })
    }

    fn files_hold(folder: &Path, wanted: &[u8]) -> bool {
        fs::read_dir(folder).unwrap().any(|entry| {
            let path = entry.unwrap().path();
            if path.is_dir() {
                return files_hold(&path, wanted);
            }
            fs::read(&path).unwrap().windows(wanted.len()).any(|found| found == wanted)
        })
    }

    async fn is_as_it_was(folder: &TempDir) {
        let store = open(folder);
        assert_eq!(store.get("t", b"kept").await.unwrap().as_deref(), Some(SECRET));
        assert_eq!(store.get("v", b"new").await.unwrap(), None);
        store.close().await.unwrap();
        leaves_nothing(folder);
    }

    fn leaves_nothing(folder: &TempDir) {
        for name in [NEW_FOLDER, OLD_FOLDER] {
            assert!(!folder.path().join("store").join(name).exists(), "{name}");
        }
    }

    #[test]
    fn all_is_there_again_and_nothing_of_the_old_files_is() {
        block_on(async {
            let folder = written().await;
            assert!(files_hold(folder.path(), SECRET), "the test finds what it looks for");
            rewrite(&folder).unwrap();
            assert!(!files_hold(folder.path(), SECRET));
            leaves_nothing(&folder);

            let reversed: Vec<u8> = SECRET.iter().rev().copied().collect();
            let store = open(&folder);
            assert_eq!(store.get("t", b"kept").await.unwrap(), Some(reversed));
            assert_eq!(store.get("t", b"changed").await.unwrap().as_deref(), Some(&b"cilbup"[..]));
            assert_eq!(store.get("u", b"other").await.unwrap().as_deref(), Some(&b"u"[..]));
            assert_eq!(store.get("v", b"new").await.unwrap().as_deref(), Some(&b"added"[..]));
            let entries = store.read("log", Sequence::BEGINNING, 9).await.unwrap();
            assert_eq!(entries.len(), 1);
            assert_eq!(entries[0].sequence, Sequence::new(2));
            let mut batch = Batch::new();
            batch.append("log", "next");
            let committed = store.commit(batch).await.unwrap();
            assert_eq!(committed.appended, [Sequence::new(3)]);
            store.close().await.unwrap();
        });
    }

    #[test]
    fn an_error_in_the_middle_leaves_the_folder_as_it_was() {
        block_on(async {
            let folder = written().await;
            let mut values = 0;
            let error = SledStore::rewrite(&options(&folder), &[], |_, _, value| {
                values += 1;
                value.clear();
                if values == 2 { Err(StoreError::Closed) } else { Ok(()) }
            });
            assert!(matches!(error, Err(StoreError::Closed)), "{error:?}");
            is_as_it_was(&folder).await;
        });
    }

    #[test]
    fn a_kill_before_the_exchange_leaves_the_folder_as_it_was() {
        block_on(async {
            let folder = written().await;
            let rewritten = |_: &str, _: &[u8], _: &mut Vec<u8>| Ok::<(), StoreError>(());
            copy(&options(&folder), &[], rewritten).unwrap();
            assert!(folder.path().join("store").join(NEW_FOLDER).is_dir());
            is_as_it_was(&folder).await;
            // So it is where only the beginning of the copy was made.
            fs::create_dir(folder.path().join("store").join(NEW_FOLDER)).unwrap();
            fs::write(folder.path().join("store").join(NEW_FOLDER).join(LOG_FILE), "x").unwrap();
            is_as_it_was(&folder).await;
        });
    }

    #[test]
    fn a_kill_between_two_renames_leaves_the_folder_as_it_was() {
        block_on(async {
            let folder = written().await;
            let store = folder.path().join("store");
            copy(&options(&folder), &[], |_, _, _| Ok::<(), StoreError>(())).unwrap();
            fs::rename(store.join(SLED_FOLDER), store.join(OLD_FOLDER)).unwrap();
            is_as_it_was(&folder).await;
        });
    }

    #[test]
    fn a_kill_after_the_exchange_leaves_the_folder_as_it_shall_be() {
        block_on(async {
            let folder = written().await;
            let store = folder.path().join("store");
            copy(&options(&folder), &[], |_, _, value: &mut Vec<u8>| {
                value.clear();
                Ok::<(), StoreError>(())
            })
            .unwrap();
            fs::rename(store.join(SLED_FOLDER), store.join(OLD_FOLDER)).unwrap();
            fs::rename(store.join(NEW_FOLDER), store.join(SLED_FOLDER)).unwrap();
            let again = open(&folder);
            assert_eq!(again.get("t", b"kept").await.unwrap(), Some(Vec::new()));
            again.close().await.unwrap();
            leaves_nothing(&folder);
        });
    }

    #[test]
    fn a_folder_that_is_open_is_not_rewritten() {
        block_on(async {
            let folder = written().await;
            let store = open(&folder);
            let error = rewrite(&folder).unwrap_err();
            assert!(matches!(error, StoreError::AlreadyOpen { .. }), "{error}");
            store.close().await.unwrap();
            is_as_it_was(&folder).await;
        });
    }
}
