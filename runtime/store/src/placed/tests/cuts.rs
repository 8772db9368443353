//! Batches in two databases that are cut at every place: by the death of the node, and of either database.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use champollion_databases::{Postgres, PostgresSetup};
use tokio::runtime::Runtime;
use uuid::Uuid;

use super::super::deciding::{Decision, Deed, TABLE, name_of};
use super::super::places::Places;
use super::super::settling::settle;
use super::super::split::{Parts, Split};
use super::super::{PlacedStore, RULES};
use super::{Two, batch, options};
use crate::conformance::block_on;
use crate::{Batch, Health, Sequence, Store, StoreError};

/// A batch in both databases, which other nodes are told of.
fn deed(number: usize) -> Batch {
    batch(|batch| {
        let key = format!("{number:08}");
        batch.expect_absent("tokens", key.clone()).put("tokens", key.clone(), "of the territory");
        batch.put("alerts", format!("water/{key}"), "of the group");
        batch.append("records/water", key.clone()).append("changes", key);
    })
}

/// The places of a store, and what names its batches.
fn parts_of(store: &PlacedStore) -> (Arc<Places>, Uuid) {
    (Arc::clone(&store.inner.places), store.inner.territory)
}

/// Deeds as a store has them: the numbers in each of the places that one of them writes.
async fn found(store: &dyn Store) -> [BTreeSet<String>; 2] {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let tokens = store.scan("tokens", b"", None, usize::MAX).await.unwrap();
    let alerts = store.scan("alerts", b"water/", None, usize::MAX).await.unwrap();
    let alerts = alerts.into_iter().map(|row| text(row.key).replace("water/", ""));
    [tokens.into_iter().map(|row| text(row.key)).collect(), alerts.collect()]
}

async fn entries(store: &dyn Store, log: &str) -> Vec<String> {
    let entries = store.read(log, Sequence::BEGINNING, usize::MAX).await.unwrap();
    entries.into_iter().map(|entry| String::from_utf8(entry.value).unwrap()).collect()
}

/// Batches under way in a store: prepared parts, and decisions that are not carried out.
async fn left(store: &PlacedStore) -> usize {
    let mut left = 0;
    for (_, database) in store.databases() {
        left += database.prepared("champollion/", Duration::ZERO).await.unwrap().len();
    }
    let (rows, undone) =
        (store.home().scan(TABLE, b"", None, usize::MAX), Decision::Undo.to_bytes());
    left + rows.await.unwrap().iter().filter(|row| row.value != undone).count()
}

/// Checks that each deed is there whole, once, or not at all, and that nothing is left under way. Returns those there.
async fn check_whole(store: &PlacedStore) -> BTreeSet<String> {
    check_whole_of(store, &["records/water", "changes"]).await
}

/// The same where only these logs have nothing but entries of deeds.
async fn check_whole_of(store: &PlacedStore, logs: &[&str]) -> BTreeSet<String> {
    let (places, territory) = parts_of(store);
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let settled = settle(&places, territory, Duration::ZERO).await;
        if settled.as_ref().is_ok_and(|finished| *finished == 0) && left(store).await == 0 {
            break;
        }
        assert!(Instant::now() < deadline, "{settled:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let [tokens, alerts] = found(store).await;
    assert_eq!(tokens, alerts, "one part without the other");
    for log in logs {
        let told = entries(store, log).await;
        assert_eq!(told.len(), tokens.len(), "{log}: each once");
        assert_eq!(told.into_iter().collect::<BTreeSet<_>>(), tokens, "{log}");
    }
    tokens
}

#[test]
fn of_placed_what_was_prepared_and_never_decided_is_undone_and_cannot_be_decided_later() {
    let two = Two::new();
    block_on(async {
        let store = two.store("east").await;
        store.commit(deed(1)).await.unwrap();
        let (places, territory) = parts_of(&store);
        let split = Split::of(&deed(2), &places, &RULES).await.unwrap();
        let Parts::Several { mut parts, .. } = split.parts else { panic!("it lies in both") };
        let (id, east) = (Uuid::now_v7(), places.store(1));
        let name = name_of(territory, id);
        east.prepare(parts.remove(&1).unwrap().batch, &name).await.unwrap();
        assert_eq!(entries(&store, "records/water").await.len(), 1, "nobody sees it");
        assert_eq!(settle(&places, territory, Duration::from_secs(60)).await.unwrap(), 0);
        assert_eq!(settle(&places, territory, Duration::ZERO).await.unwrap(), 1);

        let mut late = parts.remove(&0).unwrap().batch;
        let (commit, key) = (Decision::Commit { databases: vec![], told: vec![] }, *id.as_bytes());
        late.expect_absent(TABLE, key).put(TABLE, key, commit.to_bytes());
        let refused = store.home().commit(late).await.unwrap_err();
        assert!(matches!(refused, StoreError::Conflict { .. }), "{refused}");
        assert_eq!(check_whole(&store).await.len(), 1);
        store.commit(deed(2)).await.unwrap();
        assert_eq!(check_whole(&store).await.len(), 2);
    });
}

#[test]
fn of_placed_what_was_decided_is_finished_and_told_once_by_whoever_comes() {
    let two = Two::new();
    block_on(async {
        let store = two.store("east").await;
        store.commit(deed(1)).await.unwrap();
        let (places, territory) = parts_of(&store);
        let id = Uuid::now_v7();
        let split = Split::of(&deed(2), &places, &RULES).await.unwrap();
        let Parts::Several { mut parts, told, entries: count } = split.parts else { panic!() };
        let east = parts.remove(&1).unwrap().batch;
        places.store(1).prepare(east, &name_of(territory, id)).await.unwrap();
        let decision = Decision::Commit {
            databases: vec!["east".to_owned()],
            told: told.iter().map(|told| told.log.clone()).collect(),
        };
        let deed = Deed { places: &places, territory };
        let mut committed = crate::Committed { appended: vec![Sequence::BEGINNING; count] };
        let home = parts.remove(&0).unwrap();
        deed.decide(home, (id, &decision, &told), &mut committed).await.unwrap();
        assert_eq!(entries(&store, "changes").await.len(), 1, "nobody is told of what is not seen");
        drop(store);

        // Two nodes that come, and finish at the same time.
        let (one, other) = (two.store("east").await, two.store("east").await);
        let (first, second) = (parts_of(&one), parts_of(&other));
        let (first, second) = tokio::join!(
            settle(&first.0, first.1, Duration::ZERO),
            settle(&second.0, second.1, Duration::ZERO),
        );
        assert!(first.unwrap() + second.unwrap() >= 1);
        assert_eq!(check_whole(&one).await.len(), 2);
    });
}

/// Commits deeds of some numbers, several at a time; returns those that were acknowledged.
async fn commit_all(store: PlacedStore, numbers: std::ops::Range<usize>) -> Vec<String> {
    let mut tasks = Vec::new();
    for part in numbers.collect::<Vec<_>>().chunks(25) {
        let (store, part) = (store.clone(), part.to_vec());
        tasks.push(tokio::spawn(async move {
            let mut acknowledged = Vec::new();
            for number in part {
                match store.commit(deed(number)).await {
                    Ok(_) => acknowledged.push(format!("{number:08}")),
                    Err(StoreError::Unreachable { .. } | StoreError::Closed) => {}
                    Err(other) => panic!("{other}"),
                }
            }
            acknowledged
        }));
    }
    let mut all = Vec::new();
    for task in tasks {
        all.extend(task.await.unwrap());
    }
    all
}

#[test]
fn of_placed_a_batch_is_whole_or_nowhere_however_its_node_dies() {
    let two = Two::new();
    let mut there = 0;
    for round in 0..6_usize {
        let runtime = Runtime::new().unwrap();
        let store = runtime.block_on(two.store("east"));
        let first = round * 1_000;
        runtime.spawn(commit_all(store, first..first + 200));
        std::thread::sleep(Duration::from_millis(60 + 37 * round as u64));
        // All tasks of the node end wherever they are.
        runtime.shutdown_background();
        // The servers still do what they had been sent.
        std::thread::sleep(Duration::from_millis(300));
        block_on(async {
            let store = two.store("east").await;
            let whole = check_whole(&store).await;
            assert!(whole.len() >= there, "what was there stays");
            there = whole.len();
            store.close().await.unwrap();
        });
    }
    assert!(there > 0, "the load had begun");
}

/// Two servers of a test's own, which it can kill.
fn two_servers() -> [Postgres; 2] {
    [(); 2].map(|()| PostgresSetup::default().set("max_prepared_transactions=100").start())
}

/// Kills one of two servers while deeds are done, and starts it again.
fn kill(which: usize) {
    let mut servers = two_servers();
    let [home, east] = [0, 1].map(|at| servers[at].url());
    let options = options(&[("home", &home), ("east", &east)], "east");
    let runtime = Runtime::new().unwrap();
    let (store, load) = runtime.block_on(async {
        let store = PlacedStore::open(&options).await.unwrap();
        let load = tokio::spawn(commit_all(store.clone(), 0..400));
        (store, load)
    });
    for _ in 0..2 {
        std::thread::sleep(Duration::from_millis(300));
        servers[which].kill();
        std::thread::sleep(Duration::from_millis(300));
        servers[which].come();
    }
    runtime.block_on(async {
        let acknowledged = load.await.unwrap();
        let whole = check_whole(&store).await;
        assert!(
            acknowledged.iter().all(|number| whole.contains(number)),
            "all that was acknowledged"
        );
        assert!(!acknowledged.is_empty());
        // The store goes on.
        store.commit(deed(9_999)).await.unwrap();
        assert_eq!(check_whole(&store).await.len(), whole.len() + 1);
    });
}

#[test]
fn of_placed_a_batch_is_whole_or_nowhere_when_the_home_database_is_killed() {
    kill(0);
}

#[test]
fn of_placed_a_batch_is_whole_or_nowhere_when_a_further_database_is_killed() {
    kill(1);
}

#[test]
fn of_placed_a_database_that_is_away_refuses_what_is_of_its_groups_and_nothing_else() {
    let mut servers = two_servers();
    let [home, east] = [0, 1].map(|at| servers[at].url());
    block_on(async {
        let options = options(&[("home", &home), ("east", &east)], "home");
        let store = PlacedStore::open(&options).await.unwrap();
        store.place_group("water", &"east".parse().unwrap()).await.unwrap();
        let record = |group: &str| {
            let log = format!("records/{group}");
            batch(|batch| _ = batch.append(log, "record"))
        };
        let health = || [Some("water"), Some("light"), None].map(|group| store.health_of(group));
        for group in ["water", "light"] {
            store.commit(record(group)).await.unwrap();
        }
        assert_eq!(health(), [Health::Ready, Health::Ready, Health::Ready]);

        servers[1].kill();
        let refused = store.commit(record("water")).await.unwrap_err();
        assert!(matches!(refused, StoreError::Unreachable { .. }), "{refused}");
        assert_eq!(health(), [Health::Stalled, Health::Ready, Health::Ready]);
        assert_eq!(store.health(), Health::Stalled);
        store.commit(record("light")).await.unwrap();
        // Nothing waits for a turn that is for both.
        let began = Instant::now();
        let refused = store.commit(deed(1)).await.unwrap_err();
        assert!(matches!(refused, StoreError::Unreachable { .. }), "{refused}");
        assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());

        servers[1].come();
        let deadline = Instant::now() + Duration::from_secs(60);
        while store.health() != Health::Ready {
            assert!(Instant::now() < deadline, "it is heard again");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        store.commit(record("water")).await.unwrap();
        store.commit(deed(1)).await.unwrap();
        assert_eq!(check_whole_of(&store, &["changes"]).await.len(), 1);
    });
}
