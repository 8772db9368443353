//! Measurements of how fast batches become durable, and how long a start takes after `kill -9` with many
//! records waiting. `cargo xtask bench store` runs it; it prints a line for each figure.

mod alone;
mod packing;
mod records;

use std::env;
use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::{Duration, Instant};

use champollion_databases::PostgresSetup;
use champollion_store::{
    Batch, PostgresOptions, PostgresStore, Sequence, SledOptions, SledStore, Store,
};
use tokio::task::JoinSet;

use records::{Names, Numbers, Parts};

/// Callers that each wait for their batch before they hand over the next.
const COMMITTERS: usize = 64;

/// Bytes of a record that is appended: of a frame with a reading and its metadata.
const RECORD_BYTES: usize = 1_000;

/// Bytes of a device's state, which is put along with each record.
const STATE_BYTES: usize = 100;

/// Bytes of the records that wait: smaller, so that many of them fit on the disk of a small machine.
const WAITING_BYTES: usize = 700;

/// Groups whose records wait.
const LOGS: u64 = 8;

/// Records that are put into one batch while the store is filled.
const FILL_BATCH: u64 = 500;

/// Batches under way while the store is filled.
const FILLERS: u64 = 4;

/// The word that the filling process prints once the store is full, before it is killed.
const FILLED: &str = "filled";

/// The number of entries that differ.
const DIFFERENT_ENTRIES: usize = 8_192;

/// Number of devices, each with a key.
const DEVICES: u64 = 100_000;

fn main() {
    let arguments: Vec<String> =
        env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["append", seconds] => append(Duration::from_secs(number(seconds))),
        ["alone", seconds] => alone::alone(Duration::from_secs(number(seconds))),
        ["packing"] => packing::packing(),
        ["train", file] => packing::train(Path::new(file)),
        ["append-to-postgres", seconds] => append_to_postgres(Duration::from_secs(number(seconds))),
        ["recover", records] => recover(number(records)),
        ["fill", folder, records] => fill(Path::new(folder), number(records)),
        ["open", folder] => open_again(Path::new(folder)),
        [] => {
            append(Duration::from_secs(10));
            append_to_postgres(Duration::from_secs(10));
            alone::alone(Duration::from_secs(10));
            packing::packing();
            recover(10_000_000);
        }
        _ => panic!(
            "append, append-to-postgres or alone <seconds>, recover <records> and packing can be measured"
        ),
    }
}

fn number(text: &str) -> u64 {
    text.parse().expect("it is a number")
}

/// A count as it stands in the name of a figure.
fn count(records: u64) -> String {
    match records {
        millions if millions.is_multiple_of(1_000_000) => format!("{}m", millions / 1_000_000),
        other => other.to_string(),
    }
}

fn say(line: &str) {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).expect("somebody listens");
}

fn open(folder: &Path) -> Arc<dyn Store> {
    Arc::new(SledStore::open(&SledOptions::new(folder)).expect("the store opens"))
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime")
}

/// Entries that are appended in turn: of each group more than a chunk has, so that none comes twice in one.
static ENTRIES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    Parts::read().entries(DIFFERENT_ENTRIES, &mut Numbers::new(0xBEE), Names::Kept)
});

/// The beginning of an entry, with others behind it where it is too short.
fn record(number: u64, length: usize) -> Vec<u8> {
    let first = number as usize % DIFFERENT_ENTRIES;
    let mut text = Vec::with_capacity(length);
    for entry in ENTRIES.iter().skip(first).chain(ENTRIES.iter()) {
        text.extend(entry.iter().take(length - text.len()));
        if text.len() == length {
            break;
        }
    }
    text
}

/// A frame: its record, and the state of its device.
fn frame(number: u64) -> Batch {
    let mut batch = Batch::new();
    batch.append(format!("records/{}", number % LOGS), record(number, RECORD_BYTES));
    let device = number.wrapping_mul(0x9E37_79B9) % DEVICES;
    batch.put("devices", device.to_be_bytes(), record(number, STATE_BYTES));
    batch
}

fn append(duration: Duration) {
    let folder =
        tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("there is room for a folder");
    let latencies = runtime().block_on(async { append_to(open(folder.path()), duration).await });
    say_appended("store.append", latencies, duration);
}

/// The same into a PostgreSQL on this machine, which shares its cores and its disk.
fn append_to_postgres(duration: Duration) {
    let server = PostgresSetup::default().waits_for_disk().start();
    let latencies = runtime().block_on(async {
        let options = PostgresOptions::new(server.url());
        let store = PostgresStore::open(&options).await.expect("the database opens");
        append_to(Arc::new(store), duration).await
    });
    say_appended("store.postgres.append", latencies, duration);
}

async fn append_to(store: Arc<dyn Store>, duration: Duration) -> Vec<Duration> {
    let end = Instant::now() + duration;
    let mut tasks = JoinSet::new();
    for committer in 0..COMMITTERS as u64 {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            let mut latencies = Vec::new();
            let mut number = committer;
            while Instant::now() < end {
                let batch = frame(number);
                let begun = Instant::now();
                store.commit(batch).await.expect("it is committed");
                latencies.push(begun.elapsed());
                number += COMMITTERS as u64;
            }
            latencies
        });
    }
    let latencies: Vec<Vec<Duration>> = tasks.join_all().await;
    store.close().await.expect("the store closes");
    latencies.concat()
}

fn say_appended(name: &str, mut latencies: Vec<Duration>, duration: Duration) {
    latencies.sort_unstable();
    let rate = latencies.len() as f64 / duration.as_secs_f64();
    say(&format!("BENCH {name} {rate:.0} records/s"));
    for percent in [50, 99] {
        let latency = latencies[latencies.len() * percent / 100];
        say(&format!("BENCH {name}.p{percent} {:.2} ms", latency.as_secs_f64() * 1e3));
    }
}

fn recover(records: u64) {
    let folder =
        tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("there is room for a folder");
    let path = folder.path().to_str().expect("the path is text");
    let this = env::current_exe().expect("this program is a file");
    let begun = Instant::now();
    let mut writer = Command::new(&this)
        .args(["fill", path, &records.to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .expect("it can be started");
    let mut said = String::new();
    let stdout = writer.stdout.take().expect("it has a standard output");
    BufReader::new(stdout).read_line(&mut said).expect("it says when it is done");
    writer.kill().expect("it can be killed");
    writer.wait().expect("it was killed");
    assert_eq!(said.trim(), FILLED, "the store was not filled");
    let rate = records as f64 / begun.elapsed().as_secs_f64();
    let name = format!("store.recover.{}", count(records));
    say(&format!("BENCH {name}.fill {rate:.0} records/s"));
    say(&format!("BENCH {name}.disk {:.2} GB", bytes_of(folder.path()) as f64 / 1e9));
    let mut reader = Command::new(&this).args(["open", path]).spawn().expect("it can be started");
    assert!(reader.wait().expect("it ends").success(), "the store cannot be opened again");
}

fn fill(folder: &Path, records: u64) {
    runtime().block_on(async {
        let store = open(folder);
        let mut tasks = JoinSet::new();
        for filler in 0..FILLERS {
            let store = Arc::clone(&store);
            tasks.spawn(async move {
                let mut first = filler * FILL_BATCH;
                while first < records {
                    let mut batch = Batch::new();
                    for number in first..(first + FILL_BATCH).min(records) {
                        let log = format!("records/{}", number % LOGS);
                        batch.append(log, record(number, WAITING_BYTES));
                    }
                    store.commit(batch).await.expect("it is committed");
                    first += FILLERS * FILL_BATCH;
                }
            });
        }
        tasks.join_all().await;
        say(FILLED);
        loop {
            thread::park();
        }
    });
}

fn open_again(folder: &Path) {
    runtime().block_on(async {
        let begun = Instant::now();
        let store = open(folder);
        let mut waiting = 0;
        for log in store.logs("", None, usize::MAX).await.expect("logs are listed") {
            let first = store.read(&log, Sequence::BEGINNING, 1).await.expect("it is read");
            assert_eq!(first.len(), 1, "{log} has lost its first record");
            waiting += store.extent(&log).await.expect("it has an extent").len();
        }
        let name = format!("store.recover.{}", count(waiting));
        say(&format!("BENCH {name} {:.2} s", begun.elapsed().as_secs_f64()));
        if let Some(megabytes) = peak_memory() {
            say(&format!("BENCH {name}.memory {megabytes} MB"));
        }
    });
}

/// The most memory that this process ever had at once, where the system tells.
fn peak_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches("kB").trim().parse::<u64>().ok().map(|kilobytes| kilobytes / 1024)
}

fn bytes_of(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let sizes = entries.map(|entry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => bytes_of(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    });
    sizes.sum()
}
