//! Tests of the embedded backend.

mod chunks;
mod growth;
mod power;

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use super::compaction::SMALL_FILE_BYTES;
use super::exchange::SLED_FOLDER;
use super::sync::{FileFlush, Flush};
use super::{SledOptions, SledStore, keys, open};
use crate::conformance::{Place, block_on};
use crate::{Batch, Health, Sequence, Store, StoreError};

impl Place for TempDir {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(SledStore::open(&SledOptions::new(self.path().join("store"))).unwrap())
    }
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

crate::conformance::conformance_suite!(folder());

fn batch(value: &str) -> Batch {
    let mut batch = Batch::new();
    batch.put("t", "k", value).append("log", value);
    batch
}

/// A disk that answers when, and as, the test says.
struct HeldDisk {
    asked: Sender<()>,
    answer: Receiver<io::Result<()>>,
}

impl Flush for HeldDisk {
    fn flush(&mut self) -> io::Result<()> {
        self.asked.send(()).map_err(io::Error::other)?;
        self.answer.recv().map_err(io::Error::other)?
    }
}

fn open_held(folder: &Path) -> (Arc<SledStore>, Receiver<()>, Sender<io::Result<()>>) {
    let (asked, was_asked) = channel();
    let (to_answer, answer) = channel();
    to_answer.send(Ok(())).unwrap(); // Opening flushes too.
    let disk = Box::new(HeldDisk { asked, answer });
    let store = open::open(&SledOptions::new(folder), SMALL_FILE_BYTES, move |_| Ok(disk)).unwrap();
    wait_for(&was_asked);
    (Arc::new(store), was_asked, to_answer)
}

/// Waits until the disk is asked to flush.
fn wait_for(asked: &Receiver<()>) {
    asked.recv_timeout(Duration::from_secs(10)).expect("the disk was never asked to flush");
}

#[test]
fn nothing_is_acknowledged_or_read_before_the_disk_has_it() {
    block_on(async {
        let folder = folder();
        let (store, was_asked, answer) = open_held(&folder.path().join("store"));
        let first = tokio::spawn({
            let store = Arc::clone(&store);
            async move { store.commit(batch("1")).await }
        });
        wait_for(&was_asked);
        // Applied and handed to the operating system by now, but not on the disk.
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(!first.is_finished());
        assert_eq!(store.get("t", b"k").await.unwrap(), None);
        assert!(store.scan("t", b"", None, 9).await.unwrap().is_empty());
        assert!(store.read("log", Sequence::BEGINNING, 9).await.unwrap().is_empty());
        assert!(store.extent("log").await.unwrap().is_empty());
        assert!(store.logs("", None, 9).await.unwrap().is_empty());
        answer.send(Ok(())).unwrap();
        first.await.unwrap().unwrap();
        assert_eq!(store.get("t", b"k").await.unwrap(), Some(b"1".to_vec()));
        assert_eq!(store.read("log", Sequence::BEGINNING, 9).await.unwrap().len(), 1);

        // What is replaced, removed or truncated stays until then.
        let second = tokio::spawn({
            let store = Arc::clone(&store);
            async move {
                let mut batch = Batch::new();
                batch.delete("t", "k").truncate("log", Sequence::new(1)).append("log", "2");
                store.commit(batch).await
            }
        });
        wait_for(&was_asked);
        assert_eq!(store.get("t", b"k").await.unwrap(), Some(b"1".to_vec()));
        let entries = store.read("log", Sequence::BEGINNING, 9).await.unwrap();
        assert_eq!(entries[0].sequence, Sequence::new(1));
        assert_eq!(entries.len(), 1);
        // One answer for the group, one for the trimming that follows.
        answer.send(Ok(())).unwrap();
        answer.send(Ok(())).unwrap();
        second.await.unwrap().unwrap();
        assert_eq!(store.get("t", b"k").await.unwrap(), None);
        let entries = store.read("log", Sequence::BEGINNING, 9).await.unwrap();
        assert_eq!(entries[0].sequence, Sequence::new(2));
        store.close().await.unwrap();
    });
}

#[test]
fn many_batches_share_one_flush() {
    block_on(async {
        let folder = folder();
        let (store, was_asked, answer) = open_held(&folder.path().join("store"));
        let commit = |_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.commit(batch("x")).await })
        };
        let first = commit(0);
        wait_for(&was_asked);
        let others: Vec<_> = (1..100).map(commit).collect();
        tokio::time::sleep(Duration::from_millis(100)).await;
        answer.send(Ok(())).unwrap();
        first.await.unwrap().unwrap();
        wait_for(&was_asked);
        answer.send(Ok(())).unwrap();
        for other in others {
            other.await.unwrap().unwrap();
        }
        assert!(was_asked.try_recv().is_err(), "a third flush was asked for");
    });
}

#[test]
fn a_disk_that_fails_once_is_not_trusted_again() {
    block_on(async {
        let folder = folder();
        let path = folder.path().join("store");
        let (store, was_asked, answer) = open_held(&path);
        answer.send(Ok(())).unwrap();
        store.commit(batch("kept")).await.unwrap();
        wait_for(&was_asked);
        answer.send(Err(io::ErrorKind::StorageFull.into())).unwrap();
        let failed = store.commit(batch("lost")).await.unwrap_err();
        assert!(matches!(failed, StoreError::Failed { .. }), "{failed}");
        // The disk would work again; nobody asks it.
        answer.send(Ok(())).unwrap();
        let refused = store.commit(batch("refused")).await.unwrap_err();
        assert!(refused.to_string().contains("restart"), "{refused}");
        assert!(matches!(store.health(), Health::Failed(_)));
        // Readers see what is durable.
        assert_eq!(store.get("t", b"k").await.unwrap(), Some(b"kept".to_vec()));
        assert_eq!(store.read("log", Sequence::BEGINNING, 9).await.unwrap().len(), 1);
        store.close().await.unwrap();
        drop(store);
        let store = SledStore::open(&SledOptions::new(&path)).unwrap();
        assert_eq!(store.health(), Health::Ready);
        assert!(!store.read("log", Sequence::BEGINNING, 9).await.unwrap().is_empty());
    });
}

#[test]
fn a_folder_is_opened_once_at_a_time() {
    let folder = folder();
    let options = SledOptions::new(folder.path().join("store"));
    let first = SledStore::open(&options).unwrap();
    let second = SledStore::open(&options).unwrap_err();
    assert!(matches!(second, StoreError::AlreadyOpen { .. }), "{second}");
    drop(first);
    SledStore::open(&options).unwrap();
}

#[test]
fn a_lock_that_another_holds_for_a_moment_is_waited_for() {
    let folder = folder();
    let options = SledOptions::new(folder.path());
    let held = open::lock(folder.path()).unwrap();
    let holding = thread::spawn(move || {
        thread::sleep(Duration::from_millis(50));
        drop(held);
    });
    SledStore::open(&options).unwrap();
    holding.join().unwrap();
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let folder = folder();
    let path = folder.path().join("no parent").join("store");
    let error = SledStore::open(&SledOptions::new(&path)).unwrap_err();
    assert!(matches!(error, StoreError::NotWritable { .. }), "{error}");
    assert!(error.to_string().contains("no parent"), "{error}");
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let error = SledStore::open(&SledOptions::new(&file)).unwrap_err();
    assert!(matches!(error, StoreError::NotWritable { .. }), "{error}");
}

#[test]
fn a_newer_format_is_left_alone() {
    let folder = folder();
    let options = SledOptions::new(folder.path());
    let store = SledStore::open(&options).unwrap();
    drop(store);
    let db = open::open_sled(&options, SLED_FOLDER).unwrap();
    db.insert(keys::FORMAT_KEY, keys::wrap(&4_u64.to_be_bytes())).unwrap();
    db.flush().unwrap();
    drop(db);
    let error = SledStore::open(&options).unwrap_err();
    assert!(matches!(error, StoreError::NewerFormat { found: 4, supported: 3, .. }), "{error}");
}

#[cfg(unix)]
#[test]
fn nobody_else_can_look_into_the_folder() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    let path = folder.path().join("store");
    let _store = SledStore::open(&SledOptions::new(&path)).unwrap();
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn truncated_entries_are_removed_from_the_disk_and_large_ones_stay_in_the_log() {
    block_on(async {
        let folder = folder();
        let store = folder.open().await;
        // The largest entries, and then smaller ones of which each has a chunk of its own: more than are trimmed at
        // once.
        for (batches, entries, bytes) in [(4, 60, crate::MAX_VALUE_BYTES), (12, 100, 40_000)] {
            for _ in 0..batches {
                let mut batch = Batch::new();
                for _ in 0..entries {
                    batch.append("log", vec![1; bytes]);
                }
                store.commit(batch).await.unwrap();
            }
        }
        let mut many = Batch::new();
        for _ in 0..100 {
            many.append("log", "x");
        }
        store.commit(many).await.unwrap();
        let mut truncate = Batch::new();
        truncate.truncate("log", Sequence::new(1_500));
        store.commit(truncate).await.unwrap();
        store.close().await.unwrap();
        drop(store);
        // The rest of the trimming happens in the background, here after opening again, as soon as there is time.
        let path = folder.path().join("store");
        for _ in 0..20 {
            let store = folder.open().await;
            tokio::time::sleep(Duration::from_millis(500)).await;
            assert_eq!(store.read("log", Sequence::BEGINNING, 99).await.unwrap().len(), 40);
            store.close().await.unwrap();
            drop(store);
            if chunks::keys_of_entries(&path, "log").len() == 1 {
                break;
            }
        }
        assert_eq!(chunks::keys_of_entries(&path, "log").len(), 1, "the chunk that is divided");
        let sled_folder = path.join("sled");
        let blobs = sled_folder.join("blobs").read_dir().unwrap().count();
        assert_eq!(blobs, 0, "a page went to a file that nobody flushes");
    });
}
