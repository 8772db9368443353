//! A power cut: of what was written since the last flush, the disk has kept some sectors and lost
//! others, in any order, and names of new files may be lost too.
//!
//! `kill -9` cannot show this, since the operating system goes on to write what the process handed
//! to it. So at each flush the folder is copied; the disk after a power cut is the copy of one
//! flush with some of the sectors of the next. It is opened and compared with what was acknowledged
//! by then, and now and then the writers go on with it, as a server does once power is back.
//!
//! `CHAMPOLLION_POWER_LIVES` makes the test longer, `CHAMPOLLION_POWER_SEED` makes it another one.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;
use std::io;
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::{FileFlush, Flush, folder};
use crate::conformance::block_on;
use crate::sled::{SledOptions, SledStore, open};
use crate::{Batch, MAX_VALUE_BYTES, Sequence, Store};

/// Sizes that a drive writes whole, and that the operating system hands to it at once.
const UNITS: [usize; 2] = [512, 4096];

/// Small, so that the power is cut during a compaction too.
const COMPACT_FROM_BYTES: u64 = 9 * 1024 * 1024;

/// Times that the writers go on with the remains of a power cut.
const LIVES: u64 = 6;

/// Power cuts that are tried in each life.
const CUTS: usize = 10;

/// Lives end after this, so that a slow disk makes the test smaller and not longer.
const TIME_FOR_LIVES: Duration = Duration::from_secs(15);

/// Of so many flushes one is cut, about.
const FLUSHES_OF_A_CUT: u64 = 3;

/// Tasks that commit at the same time, so that groups have several batches.
const WRITERS: u32 = 8;

/// Commits after which a writer truncates its log: the power is cut while it is trimmed too.
const TRUNCATE_EVERY: u64 = 8;

/// Entries of its log that a writer leaves then.
const LEFT: u64 = 4;

/// Keys of each writer for large values, of which it replaces one with each batch.
const LARGE_KEYS: u64 = 8;

/// All files of a folder, by their paths in it.
type Files = BTreeMap<PathBuf, Vec<u8>>;

/// The last acknowledgement of each writer.
type Acknowledged = Arc<Mutex<BTreeMap<u32, u64>>>;

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

/// Outcomes of power cuts.
#[derive(Default)]
struct Outcomes {
    cuts: usize,
    /// Cuts after which a group was there that was not acknowledged yet.
    kept: usize,
    /// Cuts after which nothing was there but what was acknowledged.
    lost: usize,
    /// The disk after the last cut.
    left: Files,
}

/// Cuts the power while it flushes, now and then.
struct CutDisk {
    real: FileFlush,
    folder: PathBuf,
    /// The disk as it was after the last flush.
    before: Files,
    numbers: Numbers,
    acknowledged: Acknowledged,
    outcomes: Arc<Mutex<Outcomes>>,
}

impl Flush for CutDisk {
    fn flush(&mut self) -> io::Result<()> {
        // Whoever has been told of a batch by now was told after the last flush, if not earlier.
        let acknowledged = self.acknowledged.lock().unwrap().clone();
        self.real.flush()?;
        let now = files(&self.folder);
        if self.numbers.below(FLUSHES_OF_A_CUT) == 0 {
            let left = cut_power(&self.before, &now, &mut self.numbers);
            let found = recovered(&left);
            let mut more = 0;
            for (writer, count) in &acknowledged {
                let found = found.get(writer).copied().unwrap_or_default();
                assert!(found >= *count, "writer {writer} has {found} of {count} batches");
                more += found - count;
            }
            let mut outcomes = self.outcomes.lock().unwrap();
            outcomes.cuts += 1;
            *(if more > 0 { &mut outcomes.kept } else { &mut outcomes.lost }) += 1;
            outcomes.left = left;
        }
        self.before = now;
        Ok(())
    }
}

#[test]
fn a_power_cut_keeps_every_acknowledged_batch_and_tears_none() {
    let wanted = |name: &str| env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let lives = wanted("CHAMPOLLION_POWER_LIVES");
    let seed = wanted("CHAMPOLLION_POWER_SEED").unwrap_or(0x5EED).max(1);
    eprintln!("the seed is {seed}");
    let started = Instant::now();
    let mut numbers = Numbers(seed);
    let mut disk = Files::new();
    let (mut cuts, mut kept, mut lost) = (0, 0, 0);
    for life in 0..lives.unwrap_or(LIVES) {
        if lives.is_none() && started.elapsed() > TIME_FOR_LIVES {
            break;
        }
        let outcomes = live(&disk, Numbers(numbers.below(u64::MAX).max(1)));
        (cuts, kept, lost) = (cuts + outcomes.cuts, kept + outcomes.kept, lost + outcomes.lost);
        eprintln!("life {life}: {cuts} power cuts, {kept} kept a group, {lost} lost it");
        disk = outcomes.left;
    }
    assert!(kept > 0 && lost > 0, "{kept} groups kept, {lost} lost");
}

/// Opens what a power cut has left, writes, and has the power cut meanwhile.
fn live(disk: &Files, numbers: Numbers) -> Outcomes {
    let folder = folder();
    write(folder.path(), disk);
    let acknowledged = Acknowledged::default();
    let outcomes = Arc::new(Mutex::new(Outcomes::default()));
    let store = open::open(&SledOptions::new(folder.path()), COMPACT_FROM_BYTES, |data| {
        Ok(Box::new(CutDisk {
            real: FileFlush::open(data)?,
            folder: folder.path().to_owned(),
            before: disk.clone(),
            numbers,
            acknowledged: Arc::clone(&acknowledged),
            outcomes: Arc::clone(&outcomes),
        }))
    })
    .unwrap();
    let store = Arc::new(store);
    block_on(async {
        let enough = Arc::new(AtomicBool::new(false));
        let mut tasks = JoinSet::new();
        for writer in 0..WRITERS {
            let (store, enough) = (Arc::clone(&store), Arc::clone(&enough));
            let acknowledged = Arc::clone(&acknowledged);
            tasks.spawn(async move {
                let mut count = count_of(&store, writer).await;
                while !enough.load(Ordering::Relaxed) {
                    count += 1;
                    store.commit(batch(writer, count)).await.unwrap();
                    acknowledged.lock().unwrap().insert(writer, count);
                }
            });
        }
        while outcomes.lock().unwrap().cuts < CUTS && !tasks.is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
            if tasks.try_join_next().is_some_and(|ended| ended.is_err()) {
                break; // A cut has shown what must not be; the log says what.
            }
        }
        enough.store(true, Ordering::Relaxed);
        tasks.join_all().await;
        store.close().await.unwrap();
    });
    mem::take(&mut *outcomes.lock().unwrap())
}

/// The batch of a count: the count itself, an entry in a log of all, entries in a log of its own,
/// and a large value in the place of an earlier one.
fn batch(writer: u32, count: u64) -> Batch {
    let own = format!("of/{writer}");
    let mut batch = Batch::new();
    batch.put("counts", writer.to_be_bytes(), count.to_be_bytes());
    batch.append("all", format!("{writer} {count}"));
    let mut numbers = Numbers(count << 8 | u64::from(writer) | 1);
    for _ in 0..2 {
        let length = numbers.below(8 * 1024) as usize;
        batch.append(own.clone(), large(writer, count, length));
    }
    let key = format!("{writer}/{}", count % LARGE_KEYS);
    let length = numbers.below(MAX_VALUE_BYTES as u64) as usize;
    batch.put("large", key, large(writer, count, length));
    batch.delete("large", format!("{writer}/{}", (count + 1) % LARGE_KEYS));
    if count.is_multiple_of(TRUNCATE_EVERY) {
        batch.truncate(own, Sequence::new((2 * count).saturating_sub(LEFT)));
    }
    batch
}

fn large(writer: u32, count: u64, length: usize) -> Vec<u8> {
    let mut value = format!("{writer} {count} ").into_bytes();
    value.resize(value.len() + length, count as u8);
    value
}

async fn count_of(store: &SledStore, writer: u32) -> u64 {
    let count = store.get("counts", &writer.to_be_bytes()).await.unwrap();
    count.map_or(0, |bytes| u64::from_be_bytes(bytes.try_into().unwrap()))
}

/// Opens the disk as it was found, checks that every batch is whole or absent, and gives the counts
/// of the writers.
fn recovered(disk: &Files) -> BTreeMap<u32, u64> {
    let found = folder();
    write(found.path(), disk);
    let store = SledStore::open(&SledOptions::new(found.path())).unwrap();
    let mut counts = BTreeMap::new();
    block_on(async {
        let mut batches = BTreeSet::new();
        for entry in store.read("all", Sequence::BEGINNING, usize::MAX).await.unwrap() {
            assert!(batches.insert(String::from_utf8(entry.value).unwrap()), "one came twice");
        }
        let all = store.extent("all").await.unwrap();
        assert_eq!(all.len(), batches.len() as u64);
        let mut total = 0;
        for writer in 0..WRITERS {
            let count = count_of(&store, writer).await;
            for number in 1..=count {
                assert!(batches.contains(&format!("{writer} {number}")), "{writer} lacks {number}");
            }
            check_own_log(&store, writer, count).await;
            check_large(&store, writer, count).await;
            counts.insert(writer, count);
            total += count;
        }
        assert_eq!(all.len(), total, "there are entries of batches that are absent");
        store.close().await.unwrap();
    });
    counts
}

async fn check_own_log(store: &SledStore, writer: u32, count: u64) {
    let own = format!("of/{writer}");
    let extent = store.extent(&own).await.unwrap();
    assert_eq!(extent.last.get(), 2 * count);
    let truncated_at = count - count % TRUNCATE_EVERY;
    assert_eq!(extent.truncated.get(), (2 * truncated_at).saturating_sub(LEFT));
    let entries = store.read(&own, Sequence::BEGINNING, usize::MAX).await.unwrap();
    assert_eq!(entries.len() as u64, extent.len());
    for (entry, sequence) in entries.iter().zip(extent.truncated.get() + 1..) {
        assert_eq!(entry.sequence.get(), sequence);
        check_value(&entry.value, writer, sequence.div_ceil(2));
    }
}

async fn check_large(store: &SledStore, writer: u32, count: u64) {
    let prefix = format!("{writer}/");
    let pairs = store.scan("large", prefix.as_bytes(), None, usize::MAX).await.unwrap();
    // Each batch sets one of the keys, and removes the next, which the next batch sets.
    assert_eq!(pairs.len() as u64, count.min(LARGE_KEYS - 1));
    for number in (count + 2).saturating_sub(LARGE_KEYS).max(1)..=count {
        let key = format!("{writer}/{}", number % LARGE_KEYS).into_bytes();
        let pair = pairs.iter().find(|pair| pair.key == key).unwrap();
        check_value(&pair.value, writer, number);
    }
}

fn check_value(value: &[u8], writer: u32, count: u64) {
    let head = large(writer, count, 0);
    assert!(value.starts_with(&head), "this is no value of {writer} {count}");
    assert!(value[head.len()..].iter().all(|byte| *byte == count as u8));
}

/// A disk that has some of what changed between two flushes: any units of a file, the lengths and
/// the names that were before or those that are now.
fn cut_power(before: &Files, now: &Files, numbers: &mut Numbers) -> Files {
    let unit = UNITS[numbers.below(2) as usize];
    // One cut in eight comes after the last unit.
    let kept_in_eight = 1 + numbers.below(8);
    let paths: BTreeSet<&PathBuf> = before.keys().chain(now.keys()).collect();
    let mut disk = Files::new();
    for path in paths {
        let left = match (before.get(path), now.get(path)) {
            (Some(old), Some(new)) => Some(mix(old, new, unit, kept_in_eight, numbers)),
            // Names of files are durable when the folder was flushed, which may not have been.
            (Some(only), None) | (None, Some(only)) => {
                (numbers.below(2) == 0).then(|| only.clone())
            }
            (None, None) => None,
        };
        disk.extend(left.map(|left| (path.clone(), left)));
    }
    disk
}

fn mix(old: &[u8], new: &[u8], unit: usize, kept_in_eight: u64, numbers: &mut Numbers) -> Vec<u8> {
    // Drives write in any order: here by chance, from the front, or from the back.
    let order = numbers.below(3);
    let changed: Vec<usize> = (0..new.len().div_ceil(unit))
        .filter(|index| part(old, index * unit, unit) != part(new, index * unit, unit))
        .collect();
    let kept = changed.len() as u64 * kept_in_eight / 8;
    let mut left = new.to_vec();
    for (position, index) in (0_u64..).zip(&changed) {
        let keeps = kept_in_eight == 8
            || match order {
                0 => numbers.below(8) < kept_in_eight,
                1 => position < kept,
                _ => position >= changed.len() as u64 - kept,
            };
        if !keeps {
            let start = index * unit;
            let end = left.len().min(start + unit);
            left[start..end].fill(0);
            let old = part(old, start, end - start);
            left[start..start + old.len()].copy_from_slice(old);
        }
    }
    if kept_in_eight < 8 && numbers.below(4) == 0 {
        // The file had grown, but its new length was lost.
        left.truncate(old.len());
    }
    left
}

fn part(file: &[u8], start: usize, length: usize) -> &[u8] {
    file.get(start..file.len().min(start + length)).unwrap_or_default()
}

fn files(folder: &Path) -> Files {
    let mut all = Files::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                all.insert(path.strip_prefix(folder).unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    all
}

fn write(folder: &Path, files: &Files) {
    for (path, bytes) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}
