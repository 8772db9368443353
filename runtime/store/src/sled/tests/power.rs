//! A power cut: of what was written since the last flush, the disk has kept some sectors and lost
//! others, in no order.
//!
//! `kill -9` cannot show this, since the operating system goes on to write what the process handed
//! to it. So at each flush the data file is copied; the disk after a power cut is the copy of one
//! flush with some of the sectors of the next.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::{FileFlush, Flush, folder};
use crate::conformance::block_on;
use crate::sled::{SledOptions, SledStore, open};
use crate::{Batch, Sequence, Store};

/// What a drive writes whole.
const SECTOR_BYTES: usize = 512;

/// How many batches are written; enough bytes to go through several segments of 8 MiB.
const BATCHES: u64 = 32;

/// Small, so that the power is cut during a compaction too.
const COMPACT_FROM_BYTES: u64 = 9 * 1024 * 1024;

/// How many power cuts are tried in each batch.
const CUTS: u64 = 1;

/// Keeps the data file as it was at the last two flushes.
struct CopyingDisk {
    real: FileFlush,
    data: PathBuf,
    copies: Arc<Mutex<Copies>>,
}

#[derive(Default)]
struct Copies {
    before: Vec<u8>,
    last: Vec<u8>,
}

impl Flush for CopyingDisk {
    fn flush(&mut self) -> io::Result<()> {
        self.real.flush()?;
        let now = fs::read(&self.data)?;
        let mut copies = self.copies.lock().unwrap();
        copies.before = std::mem::replace(&mut copies.last, now);
        Ok(())
    }
}

/// Numbers without a visible order, the same in every run (xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

#[test]
fn a_power_cut_keeps_every_flushed_batch_and_tears_none() {
    let live = folder();
    let copies = Arc::new(Mutex::new(Copies::default()));
    let store = open::open(&SledOptions::new(live.path()), COMPACT_FROM_BYTES, |data| {
        let (real, data) = (FileFlush::open(data)?, data.to_owned());
        Ok(Box::new(CopyingDisk { real, data, copies: Arc::clone(&copies) }))
    })
    .unwrap();
    let mut numbers = Numbers(0x5EED);
    let (mut kept_whole, mut lost_whole) = (0, 0);
    for number in 1..=BATCHES {
        let entries = numbers.below(16);
        let mut batch = Batch::new();
        batch.put("t", "count", number.to_be_bytes());
        for entry in 0..entries {
            let value = vec![number as u8; numbers.below(64 * 1024) as usize];
            batch.append("log", value.clone()).put("t", (number * entry).to_be_bytes(), value);
        }
        // The mark by which the batch is recognized.
        batch.append("marks", number.to_be_bytes());
        block_on(async {
            store.commit(batch).await.unwrap();
        });
        for _ in 0..CUTS {
            let after_cut = {
                let copies = copies.lock().unwrap();
                cut_power(&copies.before, &copies.last, &mut numbers)
            };
            let found = recovered_batches(live.path(), &after_cut);
            if found == number {
                kept_whole += 1;
            } else {
                assert_eq!(found, number - 1, "the power was cut while batch {number} was written");
                lost_whole += 1;
            }
        }
    }
    assert!(kept_whole > 0 && lost_whole > 0, "{kept_whole} kept, {lost_whole} lost");
    assert!(copies.lock().unwrap().last.len() > 2 * crate::sled::sync::SEGMENT_BYTES);
}

/// A disk that has a random share of the sectors in which two copies differ from the later one.
fn cut_power(before: &[u8], last: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    // One cut in eight comes after the last sector; the others keep one sector to seven of eight.
    let kept_in_eight = 1 + numbers.below(8);
    let mut disk = last.to_vec();
    for (index, sector) in disk.chunks_mut(SECTOR_BYTES).enumerate() {
        if numbers.below(8) < kept_in_eight {
            continue;
        }
        let start = index * SECTOR_BYTES;
        sector.fill(0);
        if let Some(old) = before.get(start..) {
            let length = sector.len().min(old.len());
            sector[..length].copy_from_slice(&old[..length]);
        }
    }
    if kept_in_eight < 8 && numbers.below(4) == 0 {
        // The file had grown, but its new length was lost.
        disk.truncate(before.len());
    }
    disk
}

/// Opens the disk as it was found, checks that batches are whole, and counts them.
fn recovered_batches(live: &Path, data: &[u8]) -> u64 {
    let found = folder();
    let sled_folder = found.path().join("sled");
    fs::create_dir_all(sled_folder.join("blobs")).unwrap();
    for file in fs::read_dir(live.join("sled")).unwrap() {
        let file = file.unwrap();
        if file.file_type().unwrap().is_file() && file.file_name() != "db" {
            fs::copy(file.path(), sled_folder.join(file.file_name())).unwrap();
        }
    }
    fs::write(sled_folder.join("db"), data).unwrap();
    let store = SledStore::open(&SledOptions::new(found.path())).unwrap();
    let mut batches = 0;
    block_on(async {
        let marks = store.read("marks", Sequence::BEGINNING, usize::MAX).await.unwrap();
        batches = marks.len() as u64;
        for (mark, number) in marks.iter().zip(1_u64..) {
            assert_eq!((mark.sequence.get(), &*mark.value), (number, &number.to_be_bytes()[..]));
        }
        let count = store.get("t", b"count").await.unwrap();
        assert_eq!(count, (batches > 0).then(|| batches.to_be_bytes().to_vec()));
        let extent = store.extent("log").await.unwrap();
        let entries = store.read("log", Sequence::BEGINNING, usize::MAX).await.unwrap();
        assert_eq!(entries.len() as u64, extent.len());
        for entry in entries {
            assert!(entry.value.iter().all(|byte| u64::from(*byte) <= batches));
        }
    });
    batches
}
