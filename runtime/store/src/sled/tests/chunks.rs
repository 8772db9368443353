//! Tests of entries in chunks, and of folders in which they lie one by one.

use std::path::Path;

use super::folder;
use crate::conformance::{Place, block_on};
use crate::sled::SledOptions;
use crate::sled::exchange::SLED_FOLDER;
use crate::sled::open::open_sled;
use crate::{Batch, Sequence, Store};

/// Bytes of a record with a reading and its metadata.
const RECORD_BYTES: usize = 700;

fn database(store: &Path) -> sled::Db {
    open_sled(&SledOptions::new(store), SLED_FOLDER).unwrap()
}

/// The keys of the entries of a log, as they lie in a folder that is closed.
pub(super) fn keys_of_entries(store: &Path, log: &str) -> Vec<Vec<u8>> {
    let prefix = [&[3], log.as_bytes(), &[0]].concat();
    let db = database(store);
    db.scan_prefix(prefix).keys().map(|key| key.unwrap().to_vec()).collect()
}

/// A folder as versions of format 2 left it: a row, and a log whose entries 3 to 6 can be read. Its entry 2 was
/// truncated and is still to be removed.
fn write_older_folder(store: &Path) {
    std::fs::create_dir(store).unwrap();
    let db = database(store);
    let stored = |value: &[u8]| [&[0], value].concat();
    db.insert(b"\0f", stored(&2_u64.to_be_bytes())).unwrap();
    db.insert(b"\x01t\0k", stored(b"a row")).unwrap();
    let extent = [2_u64.to_be_bytes(), 6_u64.to_be_bytes()].concat();
    db.insert(b"\x02log\0", stored(&extent)).unwrap();
    for sequence in 2..=6_u64 {
        let key = [b"\x03log\0", sequence.to_be_bytes().as_slice()].concat();
        db.insert(key, stored(format!("entry {sequence}").as_bytes())).unwrap();
    }
    db.flush().unwrap();
}

async fn sequences(store: &dyn Store, after: u64, limit: usize) -> Vec<u64> {
    let entries = store.read("log", Sequence::new(after), limit).await.unwrap();
    let read = entries.into_iter().map(|entry| {
        assert_eq!(entry.value, format!("entry {}", entry.sequence).into_bytes());
        entry.sequence.get()
    });
    read.collect()
}

async fn append(store: &dyn Store, numbers: impl Iterator<Item = u64>) {
    let mut batch = Batch::new();
    for number in numbers {
        batch.append("log", format!("entry {number}"));
    }
    store.commit(batch).await.unwrap();
}

async fn truncate(store: &dyn Store, through: u64) {
    let mut batch = Batch::new();
    batch.truncate("log", Sequence::new(through));
    store.commit(batch).await.unwrap();
}

#[test]
fn an_older_folder_is_read_as_it_is_and_goes_on_in_chunks() {
    block_on(async {
        let folder = folder();
        let path = folder.path().join("store");
        write_older_folder(&path);
        let store = folder.open().await;
        assert_eq!(store.get("t", b"k").await.unwrap().as_deref(), Some(&b"a row"[..]));
        assert_eq!(sequences(&*store, 0, 99).await, [3, 4, 5, 6]);
        append(&*store, 7..=9).await;
        append(&*store, 10..=12).await;
        for after in 2..12 {
            for limit in 1..=10 {
                let expected: Vec<u64> = (after + 1..=12).take(limit).collect();
                assert_eq!(sequences(&*store, after, limit).await, expected);
            }
        }
        // Among the entries that lie one by one, within a chunk, and at the end of one.
        for through in [4, 8, 9] {
            truncate(&*store, through).await;
            let expected: Vec<u64> = (through + 1..=12).collect();
            assert_eq!(sequences(&*store, 0, 99).await, expected);
        }
        store.close().await.unwrap();
        drop(store);
        let store = folder.open().await;
        assert_eq!(sequences(&*store, 0, 99).await, [10, 11, 12]);
        // What is truncated is removed along with other changes.
        let mut other = Batch::new();
        other.append("other", "x");
        store.commit(other).await.unwrap();
        store.close().await.unwrap();
        drop(store);
        let keys = keys_of_entries(&path, "log");
        assert_eq!(
            keys,
            [[b"\x03log\0".as_slice(), &12_u64.to_be_bytes(), &10_u64.to_be_bytes()].concat()]
        );
        let format = database(&path).get(b"\0f").unwrap().unwrap();
        assert_eq!(format[1..], 3_u64.to_be_bytes(), "an older version would misread the chunk");
    });
}

#[test]
fn entries_of_one_commit_share_values_of_64_kib_at_most() {
    block_on(async {
        let folder = folder();
        let store = folder.open().await;
        // 93 records and their lengths make 64 KiB.
        for count in [1, 93, 94] {
            let mut batch = Batch::new();
            for _ in 0..count {
                batch.append("log", vec![1; RECORD_BYTES]);
            }
            store.commit(batch).await.unwrap();
        }
        assert_eq!(store.read("log", Sequence::BEGINNING, 999).await.unwrap().len(), 188);
        store.close().await.unwrap();
        drop(store);
        let spans = keys_of_entries(&folder.path().join("store"), "log").into_iter().map(|key| {
            let (numbers, _) = key[5..].as_chunks();
            numbers.iter().map(|number| u64::from_be_bytes(*number)).collect::<Vec<u64>>()
        });
        assert_eq!(spans.collect::<Vec<_>>(), [[1, 1], [94, 2], [187, 95], [188, 188]]);
    });
}

#[test]
fn a_damaged_chunk_is_told_with_its_key() {
    block_on(async {
        let folder = folder();
        let store = folder.open().await;
        append(&*store, 1..=3).await;
        store.close().await.unwrap();
        drop(store);
        let path = folder.path().join("store");
        let key = keys_of_entries(&path, "log").remove(0);
        let db = database(&path);
        db.insert(key, vec![0, 1, 2, 3]).unwrap();
        db.flush().unwrap();
        drop(db);
        let store = folder.open().await;
        let error = store.read("log", Sequence::BEGINNING, 9).await.unwrap_err().to_string();
        assert!(error.contains("a chunk") && error.contains("log"), "{error}");
        store.close().await.unwrap();
    });
}
