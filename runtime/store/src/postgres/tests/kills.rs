//! The postmaster is killed with -9 while two nodes write, again and again. Nothing that was acknowledged is lost,
//! nothing is there twice, and no cursor skips an entry.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use champollion_databases::Postgres;

use super::store;
use crate::conformance::block_on;
use crate::postgres::PostgresStore;
use crate::{Batch, Entry, Sequence, Store, StoreError};

const KILLS: u32 = 4;

/// Writers of each node. Two nodes write for the same devices, so that they are in each other's way.
const DEVICES: u32 = 12;

/// The time between two kills.
const LIFE: Duration = Duration::from_millis(900);

/// Counts of all writers.
#[derive(Default)]
struct Tally {
    acknowledged: AtomicU64,
    conflicts: AtomicU64,
    unknown: AtomicU64,
}

/// A frame of a device: its counter by compare-and-set, and its record in the group's log.
fn frame(device: u32, before: Option<&[u8]>, count: u64) -> Batch {
    let mut batch = Batch::new();
    match before {
        None => batch.expect_absent("sessions", device.to_be_bytes()),
        Some(before) => batch.expect_value("sessions", device.to_be_bytes(), before),
    };
    batch.put("sessions", device.to_be_bytes(), count.to_be_bytes());
    batch.append("records/water", format!("{device} {count}"));
    batch
}

/// Counts a device up until told to stop, and returns the highest count that was acknowledged.
async fn count_up(
    store: PostgresStore,
    device: u32,
    tally: Arc<Tally>,
    stop: Arc<AtomicBool>,
) -> (u32, u64) {
    let mut highest = 0;
    while !stop.load(Ordering::Relaxed) {
        let Ok(before) = store.get("sessions", &device.to_be_bytes()).await else { continue };
        let count = before.as_deref().map_or(0, number) + 1;
        match store.commit(frame(device, before.as_deref(), count)).await {
            Ok(_) => {
                tally.acknowledged.fetch_add(1, Ordering::Relaxed);
                highest = count;
            }
            Err(StoreError::Conflict { .. }) => _ = tally.conflicts.fetch_add(1, Ordering::Relaxed),
            Err(StoreError::Unreachable { .. }) => {
                _ = tally.unknown.fetch_add(1, Ordering::Relaxed)
            }
            Err(other) => panic!("{other}"),
        }
    }
    (device, highest)
}

/// Follows the log from its beginning until told to stop, then to its end.
async fn follow(store: PostgresStore, stop: Arc<AtomicBool>) -> Vec<Entry> {
    let mut seen: Vec<Entry> = Vec::new();
    loop {
        let is_last = stop.load(Ordering::Relaxed);
        let cursor = seen.last().map_or(Sequence::BEGINNING, |entry| entry.sequence);
        match store.read("records/water", cursor, 500).await {
            Ok(page) if page.is_empty() && is_last => return seen,
            Ok(page) => seen.extend(page),
            Err(StoreError::Unreachable { .. }) => {}
            Err(other) => panic!("{other}"),
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn number(bytes: &[u8]) -> u64 {
    u64::from_be_bytes(bytes.try_into().unwrap())
}

#[test]
fn of_postgres_nothing_acknowledged_is_lost_when_the_postmaster_is_killed() {
    let mut server = Postgres::start();
    let url = server.url();
    block_on(async {
        let nodes = [store(&url).await, store(&url).await];
        let (tally, stop) = (Arc::<Tally>::default(), Arc::<AtomicBool>::default());
        let ended = Arc::<AtomicBool>::default();
        let follower = tokio::spawn(follow(nodes[0].clone(), Arc::clone(&ended)));
        let mut writers = Vec::new();
        for node in &nodes {
            for device in 0..DEVICES {
                let (tally, stop) = (Arc::clone(&tally), Arc::clone(&stop));
                writers.push(tokio::spawn(count_up(node.clone(), device, tally, stop)));
            }
        }
        for _ in 0..KILLS {
            tokio::time::sleep(LIFE).await;
            server = tokio::task::spawn_blocking(move || {
                server.kill();
                server.come();
                server
            })
            .await
            .unwrap();
        }
        tokio::time::sleep(LIFE).await;
        stop.store(true, Ordering::Relaxed);
        let mut highest: BTreeMap<u32, u64> = BTreeMap::new();
        for writer in writers {
            let (device, count) = writer.await.unwrap();
            let known = highest.entry(device).or_default();
            *known = count.max(*known);
        }
        ended.store(true, Ordering::Relaxed);
        let followed = follower.await.unwrap();
        check(&nodes[1], &followed, &highest).await;
        let count = |number: &AtomicU64| number.load(Ordering::Relaxed);
        assert!(count(&tally.acknowledged) > 200, "{}", count(&tally.acknowledged));
        assert!(count(&tally.conflicts) > 0, "the nodes were never in each other's way");
        assert!(count(&tally.acknowledged) <= followed.len() as u64);
    });
}

/// Each device's records are 1..n, once and in order, beyond what was acknowledged; sequences have no gap.
async fn check(store: &PostgresStore, followed: &[Entry], highest: &BTreeMap<u32, u64>) {
    let scanned = store.read("records/water", Sequence::BEGINNING, usize::MAX).await.unwrap();
    assert_eq!(scanned, followed, "a follower sees what a scan sees at the end");
    let mut counts: BTreeMap<u32, u64> = BTreeMap::new();
    for (entry, sequence) in scanned.iter().zip(1..) {
        assert_eq!(entry.sequence.get(), sequence);
        let text = String::from_utf8(entry.value.clone()).unwrap();
        let (device, count) = text.split_once(' ').unwrap();
        let known = counts.entry(device.parse().unwrap()).or_default();
        *known += 1;
        assert_eq!(count.parse::<u64>().unwrap(), *known, "device {device}");
    }
    for (device, acknowledged) in highest {
        assert!(counts[device] >= *acknowledged, "device {device}");
        let stored = store.get("sessions", &device.to_be_bytes()).await.unwrap().unwrap();
        assert_eq!(number(&stored), counts[device], "counter and record go together");
    }
}
