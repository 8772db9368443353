//! Properties of batches: order, preconditions, concurrency, the end.

use std::sync::Arc;

use super::{Place, batch, commit, read_all};
use crate::{Batch, Entry, Health, Sequence, Store, StoreError};

pub(crate) async fn a_batch_is_applied_in_order(place: &impl Place) {
    let store = place.open().await;
    let committed = commit(&store, |batch| {
        batch.put("t", "k", "first").delete("t", "k").put("t", "k", "last");
        batch.put("t", "gone", "x").delete("t", "gone");
        batch.append("log", "a").append("log", "b").truncate("log", Sequence::new(u64::MAX));
        batch.append("log", "c");
    })
    .await;
    assert_eq!(committed.appended, [1, 2, 3].map(Sequence::new));
    assert_eq!(store.get("t", b"k").await.unwrap(), Some(b"last".to_vec()));
    assert_eq!(store.get("t", b"gone").await.unwrap(), None);
    assert_eq!(read_all(&store, "log").await, [(3, b"c".to_vec())]);
    let nothing = store.commit(Batch::new()).await.unwrap();
    assert!(nothing.appended.is_empty());
}

pub(crate) async fn a_conflict_refuses_the_whole_batch_and_no_other(place: &impl Place) {
    let store = place.open().await;
    commit(&store, |batch| {
        batch.expect_absent("names", "taken").put("names", "taken", "1");
    })
    .await;
    let refused = batch(|batch| {
        batch.put("t", "k", "v").append("log", "x").expect_absent("names", "taken");
    });
    let fine = batch(|batch| {
        batch.append("log", "fine").expect_value("names", "taken", "1");
    });
    // Handed over together, so that they share a group where a backend makes groups.
    let (refused, fine) = tokio::join!(store.commit(refused), store.commit(fine));
    match refused {
        Err(StoreError::Conflict { table, key }) => {
            assert_eq!((table.as_str(), key.as_slice()), ("names", b"taken".as_slice()));
        }
        other => panic!("a conflict was expected, not {other:?}"),
    }
    assert_eq!(fine.unwrap().appended, [Sequence::new(1)]);
    assert_eq!(store.get("t", b"k").await.unwrap(), None);
    assert_eq!(read_all(&store, "log").await, [(1, b"fine".to_vec())]);
    for wrong in ["0", ""] {
        let stale = batch(|batch| _ = batch.expect_value("names", "taken", wrong));
        assert!(matches!(store.commit(stale).await, Err(StoreError::Conflict { .. })));
    }
    let absent = batch(|batch| _ = batch.expect_value("names", "free", ""));
    assert!(matches!(store.commit(absent).await, Err(StoreError::Conflict { .. })));
    assert_eq!(store.health(), Health::Ready);
}

pub(crate) async fn a_name_is_taken_once_by_many_rivals(place: &impl Place) {
    let store = place.open().await;
    let rivals: Vec<_> = (0..32_u8)
        .map(|rival| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let mut claim = Batch::new();
                claim.expect_absent("names", "n").put("names", "n", [rival]).append("log", [rival]);
                store.commit(claim).await.is_ok().then_some(rival)
            })
        })
        .collect();
    let mut winners = Vec::new();
    for rival in rivals {
        winners.extend(rival.await.unwrap());
    }
    assert_eq!(winners.len(), 1);
    assert_eq!(store.get("names", b"n").await.unwrap(), Some(winners.clone()));
    assert_eq!(read_all(&store, "log").await, [(1, winners)]);
}

pub(crate) async fn compare_and_set_counts_every_increment(place: &impl Place) {
    const TASKS: u32 = 4;
    const INCREMENTS: u32 = 10;
    let store = place.open().await;
    commit(&store, |batch| {
        batch.put("t", "n", 0_u32.to_be_bytes());
    })
    .await;
    let tasks: Vec<_> = (0..TASKS)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let mut done = 0;
                while done < INCREMENTS {
                    let found = store.get("t", b"n").await.unwrap().unwrap();
                    let next = u32::from_be_bytes(found.as_slice().try_into().unwrap()) + 1;
                    let mut increment = Batch::new();
                    increment.expect_value("t", "n", found).put("t", "n", next.to_be_bytes());
                    match store.commit(increment).await {
                        Ok(_) => done += 1,
                        Err(StoreError::Conflict { .. }) => {}
                        Err(other) => panic!("{other}"),
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let total = (TASKS * INCREMENTS).to_be_bytes().to_vec();
    assert_eq!(store.get("t", b"n").await.unwrap(), Some(total));
}

pub(crate) async fn concurrent_appends_are_read_without_gap_or_reorder(place: &impl Place) {
    const WRITERS: u64 = 24;
    const APPENDS: u64 = 30;
    let store = place.open().await;
    let reader = tokio::spawn(read_until(Arc::clone(&store), WRITERS * APPENDS));
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let mut given = Vec::new();
                for number in 0..APPENDS {
                    let value = format!("{writer} {number}").into_bytes();
                    let mut frame = Batch::new();
                    frame.put("counters", writer.to_be_bytes(), number.to_be_bytes());
                    frame.append("log", value.clone());
                    let sequence = store.commit(frame).await.unwrap().appended[0];
                    // What is acknowledged can be read at once.
                    let after = Sequence::new(sequence.get() - 1);
                    let entry = store.read("log", after, 1).await.unwrap().remove(0);
                    assert_eq!(entry, Entry { sequence, value: value.clone() });
                    let counter = store.get("counters", &writer.to_be_bytes()).await.unwrap();
                    assert_eq!(counter, Some(number.to_be_bytes().to_vec()));
                    given.push(entry);
                }
                assert!(given.is_sorted_by_key(|entry| entry.sequence));
                given
            })
        })
        .collect();
    let mut given = Vec::new();
    for writer in writers {
        given.extend(writer.await.unwrap());
    }
    given.sort_by_key(|entry| entry.sequence);
    assert_eq!(given, reader.await.unwrap());
}

/// Polls a log from its beginning until it has seen `count` entries, and checks that each follows
/// the one before.
async fn read_until(store: Arc<dyn Store>, count: u64) -> Vec<Entry> {
    let mut seen: Vec<Entry> = Vec::new();
    while (seen.len() as u64) < count {
        let cursor = seen.last().map_or(Sequence::BEGINNING, |entry| entry.sequence);
        for entry in store.read("log", cursor, 50).await.unwrap() {
            let before = seen.last().map_or(0, |entry| entry.sequence.get());
            assert_eq!(entry.sequence.get(), before + 1);
            seen.push(entry);
        }
        tokio::task::yield_now().await;
    }
    seen
}

pub(crate) async fn a_closed_store_refuses_everything(place: &impl Place) {
    let store = place.open().await;
    assert_eq!(store.health(), Health::Ready);
    let late = {
        let store = Arc::clone(&store);
        let frame = batch(|batch| _ = batch.append("log", "handed over before"));
        tokio::spawn(async move { store.commit(frame).await })
    };
    store.close().await.unwrap();
    store.close().await.unwrap();
    assert_eq!(store.health(), Health::Closed);
    let closed = |error: StoreError| matches!(error, StoreError::Closed);
    let frame = batch(|batch| _ = batch.append("log", "x"));
    assert!(closed(store.commit(frame).await.unwrap_err()));
    assert!(closed(store.get("t", b"k").await.unwrap_err()));
    assert!(closed(store.scan("t", b"", None, 1).await.unwrap_err()));
    assert!(closed(store.read("log", Sequence::BEGINNING, 1).await.unwrap_err()));
    assert!(closed(store.logs("", None, 1).await.unwrap_err()));
    // Accepted and kept, or refused and not kept: never in between.
    let accepted = late.await.unwrap().is_ok();
    drop(store);
    let store = place.open().await;
    assert_eq!(read_all(&store, "log").await.len(), usize::from(accepted));
}
