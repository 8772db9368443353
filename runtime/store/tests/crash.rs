//! `kill -9` of a real process in the middle of writing, many times over.
//!
//! The test runs its own executable again as the *writer*: a child process in which
//! [`writer_of_the_crash_test`] commits batches from several tasks and prints what was acknowledged,
//! after it was. The parent kills it at a random moment, opens the store, and compares.
//!
//! What this shows: acknowledged batches reach the operating system, batches are whole, sequences go
//! on. What it cannot show is that they reach the disk, since the operating system outlives the
//! process; the tests of the backend show that (`a_power_cut_keeps_every_acknowledged_batch…`).

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use champollion_store::{Batch, Sequence, SledOptions, SledStore, Store};
use tokio::task::JoinSet;

/// Set in the child: the folder to write to.
const WRITER_FOLDER: &str = "CHAMPOLLION_STORE_CRASH_FOLDER";

const KILLS: u64 = 24;

/// Kills stop after this, so that a slow disk makes the test smaller and not longer …
const TIME_FOR_KILLS: Duration = Duration::from_secs(15);

/// … but this many must have happened.
const KILLS_AT_LEAST: u64 = 8;

/// The longest time from the first acknowledgement to the kill.
const LONGEST_LIFE_MS: u64 = 200;

/// Tasks that commit at the same time.
const WRITERS: u32 = 8;

/// Commits after which a writer truncates the log: the trimming is interrupted too.
const TRUNCATE_EVERY: u64 = 40;

/// Entries that a batch appends to one log: they lie together, and a truncation divides them.
const TOGETHER: u64 = 3;

/// The beginning of a line of the writer: the test harness prints lines of its own.
const ACKNOWLEDGED: &str = "acknowledged";

/// A batch of the writer: an entry that names the writer and its count, the count under the
/// writer's key, and a copy of the entry in a second log.
fn frame(writer: u32, count: u64) -> Batch {
    let text = format!("{writer} {count} {}", "x".repeat(count as usize % 300));
    let mut batch = Batch::new();
    batch.put("counts", writer.to_be_bytes(), count.to_be_bytes());
    batch.append("log", text.clone()).append(format!("of/{writer}"), text);
    if count.is_multiple_of(TRUNCATE_EVERY) {
        let through = count - TRUNCATE_EVERY / 2;
        batch.truncate(format!("of/{writer}"), Sequence::new(through));
    }
    for part in 0..TOGETHER {
        batch.append(format!("together/{writer}"), format!("{writer} {count} {part}"));
    }
    if count.is_multiple_of(TRUNCATE_EVERY) {
        batch.truncate(format!("together/{writer}"), divided_before(count));
    }
    batch
}

/// The first entry of those that the batch before a count has appended together.
fn divided_before(count: u64) -> Sequence {
    Sequence::new((count * TOGETHER).saturating_sub(2 * TOGETHER - 1))
}

/// Checks that the entries of a writer that lie together are there as far as they are not truncated.
async fn check_together(store: &SledStore, writer: u32, count: u64) {
    let log = format!("together/{writer}");
    let extent = store.extent(&log).await.unwrap();
    assert_eq!(extent.last.get(), count * TOGETHER);
    assert_eq!(extent.truncated, divided_before(count / TRUNCATE_EVERY * TRUNCATE_EVERY));
    let entries = store.read(&log, Sequence::BEGINNING, usize::MAX).await.unwrap();
    assert_eq!(entries.len() as u64, extent.len());
    for (entry, sequence) in entries.into_iter().zip(extent.truncated.get() + 1..) {
        assert_eq!(entry.sequence.get(), sequence);
        let (count, part) = ((sequence - 1) / TOGETHER + 1, (sequence - 1) % TOGETHER);
        assert_eq!(entry.value, format!("{writer} {count} {part}").into_bytes());
    }
}

async fn count_of(store: &SledStore, writer: u32) -> u64 {
    let count = store.get("counts", &writer.to_be_bytes()).await.unwrap();
    count.map_or(0, |bytes| u64::from_be_bytes(bytes.try_into().unwrap()))
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap()
}

/// Not a test by itself: does nothing unless started by the one below.
#[test]
fn writer_of_the_crash_test() {
    let Ok(folder) = env::var(WRITER_FOLDER) else { return };
    let store = Arc::new(SledStore::open(&SledOptions::new(folder)).unwrap());
    runtime().block_on(async {
        let mut tasks = JoinSet::new();
        for writer in 0..WRITERS {
            let store = Arc::clone(&store);
            tasks.spawn(async move {
                let mut count = count_of(&store, writer).await;
                loop {
                    count += 1;
                    let given = store.commit(frame(writer, count)).await.unwrap().appended;
                    let line =
                        format!("{ACKNOWLEDGED} {writer} {count} {} {}\n", given[0], given[1]);
                    // One write for a line, so that a kill tears none but the last.
                    std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
                    std::io::stdout().flush().unwrap();
                }
            });
        }
        // They write until they are killed; one that ends, ends with a panic.
        tasks.join_next().await.unwrap().unwrap();
    });
}

/// The acknowledgements of the writers, over all their lives.
#[derive(Default)]
struct Acknowledgements {
    /// Sequence in the log → writer and count.
    log: BTreeMap<u64, (u32, u64)>,
    /// The highest count of each writer.
    counts: BTreeMap<u32, u64>,
}

/// Starts a writer, kills it a while after its first acknowledgement, and takes down what it said.
fn live_and_die(folder: &Path, life: Duration, told: &mut Acknowledgements) {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "writer_of_the_crash_test", "--nocapture", "--test-threads=1"])
        .env(WRITER_FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let (first, was_first) = std::sync::mpsc::channel();
    let listener = std::thread::spawn(move || {
        let mut lines = Vec::new();
        for line in output.split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line).into_owned();
            // The harness's own words may come first, before it or on the same line.
            if let Some(at) = line.find(ACKNOWLEDGED) {
                lines.push(line[at + ACKNOWLEDGED.len()..].to_owned());
                // Only the first one is waited for.
                let _ = first.send(());
            }
        }
        lines
    });
    let started = was_first.recv_timeout(Duration::from_secs(20)).is_ok();
    std::thread::sleep(life);
    child.kill().unwrap();
    child.wait().unwrap();
    let lines = listener.join().unwrap();
    assert!(started, "the writer never got going");
    for line in lines {
        let numbers: Vec<u64> =
            line.split_whitespace().filter_map(|number| number.parse().ok()).collect();
        // The last line may be torn.
        let [writer, count, sequence, own] = numbers[..] else { continue };
        assert_eq!(own, count, "the sequences of a writer's own log go on");
        let before = told.log.insert(sequence, (writer as u32, count));
        assert_eq!(before, None, "sequence {sequence} was given out twice");
        told.counts.insert(writer as u32, count);
    }
}

/// Opens the store that a killed writer left, and compares it with what was acknowledged.
async fn check(folder: &Path, told: &Acknowledgements) -> u64 {
    let store = SledStore::open(&SledOptions::new(folder)).unwrap();
    let entries = store.read("log", Sequence::BEGINNING, usize::MAX).await.unwrap();
    let mut last_counts = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for (entry, sequence) in entries.iter().zip(1..) {
        assert_eq!(entry.sequence.get(), sequence, "the log has no gap");
        let text = String::from_utf8(entry.value.clone()).unwrap();
        let mut words = text.split(' ');
        let mut number = || words.next().unwrap().parse::<u64>().unwrap();
        let (writer, count) = (number() as u32, number());
        if let Some(acknowledged) = told.log.get(&sequence) {
            assert_eq!((writer, count), *acknowledged);
        }
        assert!(seen.insert((writer, count)), "{writer} {count} is there twice");
        let before = last_counts.insert(writer, count).unwrap_or(0);
        assert_eq!(count, before + 1, "the counts of a writer have no gap");
    }
    let last = entries.len() as u64;
    assert!(told.log.keys().all(|sequence| *sequence <= last), "acknowledged, but not there");
    for writer in 0..WRITERS {
        // Key and log agree: a batch is there as a whole.
        let count = count_of(&store, writer).await;
        assert_eq!(count, last_counts.get(&writer).copied().unwrap_or(0));
        assert!(count >= told.counts.get(&writer).copied().unwrap_or(0));
        // At most the one batch that was under way is more than what was told.
        let own = format!("of/{writer}");
        let extent = store.extent(&own).await.unwrap();
        assert_eq!(extent.last.get(), count);
        let truncations = count / TRUNCATE_EVERY * TRUNCATE_EVERY;
        assert_eq!(extent.truncated.get(), truncations.saturating_sub(TRUNCATE_EVERY / 2));
        let entries = store.read(&own, Sequence::BEGINNING, usize::MAX).await.unwrap();
        assert_eq!(entries.len() as u64, extent.len());
        assert_eq!(entries.first().map(|entry| entry.sequence.get()), {
            (count > 0).then_some(extent.truncated.get() + 1)
        });
        check_together(&store, writer, count).await;
    }
    store.close().await.unwrap();
    last
}

#[test]
fn everything_acknowledged_survives_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = runtime();
    let mut told = Acknowledgements::default();
    let started = Instant::now();
    let mut kills = 0;
    let mut last = 0;
    while kills < KILLS && started.elapsed() < TIME_FOR_KILLS {
        let clock = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos();
        let life = Duration::from_millis(u64::from(clock / 1000) % LONGEST_LIFE_MS);
        live_and_die(folder.path(), life, &mut told);
        let now = runtime.block_on(check(folder.path(), &told));
        assert!(now > last, "the log goes on");
        (kills, last) = (kills + 1, now);
    }
    assert!(kills >= KILLS_AT_LEAST, "only {kills} kills in {:?}", started.elapsed());
    assert!(told.log.len() as u64 >= kills, "hardly anything was acknowledged");
}
