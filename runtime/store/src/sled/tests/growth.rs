//! The data file does not grow without bound.

use std::sync::Arc;

use super::{FileFlush, folder};
use crate::conformance::block_on;
use crate::sled::sync::SEGMENT_BYTES;
use crate::sled::{SledOptions, open};
use crate::{Batch, Sequence, Store};

/// Batches that are written: many times as many as are kept.
const BATCHES: u32 = 800;

const HOT_VALUE_BYTES: usize = 60 * 1024;

/// Compact from a size that the test reaches.
const COMPACT_FROM_BYTES: u64 = 3 * SEGMENT_BYTES as u64;

/// Keys that hardly ever change, over many pages.
const COLD_KEYS: u32 = 16 * BATCHES;

/// A value that cannot be compressed, so that a log takes as much as a table (xorshift).
fn noise(number: u32) -> Vec<u8> {
    let mut state = u64::from(number) << 1 | 1;
    let mut byte = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    (0..HOT_VALUE_BYTES).map(|_| byte()).collect()
}

/// A log that is read and truncated, a key that changes all the time, and with each batch one
/// change to a page that is not changed again and would keep its segment for ever.
async fn write(small_file: u64) -> u64 {
    let folder = folder();
    let options = SledOptions::new(folder.path());
    let store = open::open(&options, small_file, |data| Ok(Box::new(FileFlush::open(data)?)));
    let store: Arc<dyn Store> = Arc::new(store.unwrap());
    let mut all_cold = Batch::new();
    for key in 0..COLD_KEYS {
        all_cold.put("cold", key.to_be_bytes(), "first");
    }
    store.commit(all_cold).await.unwrap();
    for number in 0..BATCHES {
        let value = noise(number);
        let mut batch = Batch::new();
        batch.put("hot", "k", value.clone()).append("log", value);
        batch.put("cold", (number * 16).to_be_bytes(), "second");
        batch.truncate("log", Sequence::new(u64::from(number)));
        store.commit(batch).await.unwrap();
    }
    let cold = store.scan("cold", b"", None, usize::MAX).await.unwrap();
    assert_eq!(cold.len(), COLD_KEYS as usize);
    let changed = cold.iter().filter(|pair| pair.value == b"second").count();
    assert_eq!(changed, BATCHES as usize);
    assert_eq!(store.read("log", Sequence::BEGINNING, usize::MAX).await.unwrap().len(), 1);
    store.close().await.unwrap();
    folder.path().join(open::DATA_FILE).metadata().unwrap().len()
}

#[test]
fn stragglers_do_not_keep_their_segments() {
    block_on(async {
        let without = write(u64::MAX / 2).await;
        let with = write(COMPACT_FROM_BYTES).await;
        assert!(with * 2 < without, "{with} bytes with compaction, {without} without");
    });
}
