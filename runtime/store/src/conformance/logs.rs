//! Properties of logs, which every backend must have.

use super::{Place, commit, read_all, reopen};
use crate::{LogExtent, Sequence};

pub(crate) async fn sequences_start_at_one_and_grow(place: &impl Place) {
    let store = place.open().await;
    assert_eq!(store.extent("log").await.unwrap(), LogExtent::default());
    assert!(read_all(&store, "log").await.is_empty());
    let first = commit(&store, |batch| {
        batch.append("log", "a").append("other", "x").append("log", "b");
    })
    .await;
    assert_eq!(first.appended, [1, 1, 2].map(Sequence::new));
    let store = reopen(store, place).await;
    let second = commit(&store, |batch| {
        batch.append("log", "c");
    })
    .await;
    assert_eq!(second.appended, [Sequence::new(3)]);
    let expected = [(1, b"a".to_vec()), (2, b"b".to_vec()), (3, b"c".to_vec())];
    assert_eq!(read_all(&store, "log").await, expected);
    let extent = store.extent("log").await.unwrap();
    assert_eq!((extent.truncated.get(), extent.last.get(), extent.len()), (0, 3, 3));
}

pub(crate) async fn a_reader_goes_on_from_its_cursor(place: &impl Place) {
    let store = place.open().await;
    // More than 256, so that an encoding that mixes up the order of bytes is found out.
    let numbers = 1..=600_u64;
    commit(&store, |batch| {
        for number in numbers.clone() {
            batch.append("log", number.to_string());
        }
    })
    .await;
    let mut cursor = Sequence::BEGINNING;
    let mut seen = Vec::new();
    loop {
        let page = store.read("log", cursor, 11).await.unwrap();
        let Some(last) = page.last() else { break };
        assert!(page.len() <= 11);
        cursor = last.sequence;
        seen.extend(page.into_iter().map(|entry| {
            assert_eq!(entry.value, entry.sequence.to_string().into_bytes());
            entry.sequence.get()
        }));
    }
    assert!(seen.into_iter().eq(numbers));
    assert!(store.read("log", Sequence::new(u64::MAX), 1).await.unwrap().is_empty());
    assert!(store.read("log", Sequence::BEGINNING, 0).await.unwrap().is_empty());
}

pub(crate) async fn logs_do_not_see_each_other(place: &impl Place) {
    let store = place.open().await;
    commit(&store, |batch| {
        batch.append("a", "1").append("a/b", "2").append("a/b", "3").append("b", "4");
        batch.truncate("a", Sequence::new(9));
        batch.put("a", "key", "a table is no log");
    })
    .await;
    assert!(read_all(&store, "a").await.is_empty());
    assert_eq!(read_all(&store, "a/b").await, [(1, b"2".to_vec()), (2, b"3".to_vec())]);
    assert_eq!(read_all(&store, "b").await, [(1, b"4".to_vec())]);
}

pub(crate) async fn logs_are_listed_in_order(place: &impl Place) {
    let store = place.open().await;
    let names = ["group/é", "group/a", "group", "group/10", "group/1", "other"];
    commit(&store, |batch| {
        for name in names {
            batch.append(name, "x");
        }
        batch.truncate("group/1", Sequence::new(1));
    })
    .await;
    let all = store.logs("", None, usize::MAX).await.unwrap();
    assert_eq!(all, ["group", "group/1", "group/10", "group/a", "group/é", "other"]);
    let groups = store.logs("group/", None, usize::MAX).await.unwrap();
    assert_eq!(groups, ["group/1", "group/10", "group/a", "group/é"]);
    let page = store.logs("group/", Some("group/1"), 2).await.unwrap();
    assert_eq!(page, ["group/10", "group/a"]);
    assert!(store.logs("group/", Some("group/é"), 2).await.unwrap().is_empty());
}

pub(crate) async fn truncation_removes_through_its_sequence(place: &impl Place) {
    let store = place.open().await;
    commit(&store, |batch| {
        for value in ["a", "b", "c", "d"] {
            batch.append("log", value);
        }
    })
    .await;
    let rest = [(3, b"c".to_vec()), (4, b"d".to_vec())];
    for through in [2, 2, 1, 0] {
        commit(&store, |batch| {
            batch.truncate("log", Sequence::new(through));
        })
        .await;
        assert_eq!(read_all(&store, "log").await, rest);
    }
    let extent = store.extent("log").await.unwrap();
    assert_eq!((extent.truncated.get(), extent.last.get(), extent.len()), (2, 4, 2));
    let store = reopen(store, place).await;
    assert_eq!(read_all(&store, "log").await, rest);
    let after = store.read("log", Sequence::new(3), 9).await.unwrap();
    assert_eq!(after.len(), 1);
}

pub(crate) async fn sequences_are_not_given_out_again_after_truncation(place: &impl Place) {
    let mut store = place.open().await;
    for round in 1..=3 {
        let committed = commit(&store, |batch| {
            batch.append("log", "x");
        })
        .await;
        assert_eq!(committed.appended, [Sequence::new(round)]);
        commit(&store, |batch| {
            batch.truncate("log", Sequence::new(u64::MAX));
        })
        .await;
        assert!(read_all(&store, "log").await.is_empty());
        store = reopen(store, place).await;
        let extent = store.extent("log").await.unwrap();
        assert!(extent.is_empty());
        assert_eq!(extent.last, Sequence::new(round));
    }
}

pub(crate) async fn truncating_a_log_that_never_was_does_nothing(place: &impl Place) {
    let store = place.open().await;
    commit(&store, |batch| {
        batch.truncate("log", Sequence::new(5));
    })
    .await;
    assert!(store.logs("", None, usize::MAX).await.unwrap().is_empty());
    let committed = commit(&store, |batch| {
        batch.append("log", "x");
    })
    .await;
    assert_eq!(committed.appended, [Sequence::new(1)]);
    assert_eq!(read_all(&store, "log").await.len(), 1);
}

pub(crate) async fn a_large_truncation_is_complete_at_once_and_over_reopening(place: &impl Place) {
    let store = place.open().await;
    for _ in 0..10 {
        commit(&store, |batch| {
            for _ in 0..500 {
                batch.append("log", "an entry");
            }
        })
        .await;
    }
    commit(&store, |batch| {
        batch.truncate("log", Sequence::new(4_998));
    })
    .await;
    assert_eq!(read_all(&store, "log").await.len(), 2);
    let store = reopen(store, place).await;
    assert_eq!(read_all(&store, "log").await.len(), 2);
    let first = store.read("log", Sequence::BEGINNING, 1).await.unwrap();
    assert_eq!(first[0].sequence, Sequence::new(4_999));
}

pub(crate) async fn a_log_goes_on_after_what_it_skips(place: &impl Place) {
    let store = place.open().await;
    let committed = commit(&store, |batch| {
        batch.append("log", "a").skip("log", Sequence::new(700)).append("log", "b");
        batch.skip("log", Sequence::new(5)).append("log", "c").skip("new", Sequence::new(9));
    })
    .await;
    assert_eq!(committed.appended, [1, 701, 702].map(Sequence::new));
    let store = reopen(store, place).await;
    assert_eq!(read_all(&store, "log").await, [(701, b"b".to_vec()), (702, b"c".to_vec())]);
    let extent = store.extent("log").await.unwrap();
    assert_eq!((extent.truncated.get(), extent.last.get()), (700, 702));
    assert_eq!(store.logs("", None, 9).await.unwrap(), ["log", "new"]);
    let next = commit(&store, |batch| {
        batch.append("new", "x");
    })
    .await;
    assert_eq!(next.appended, [Sequence::new(10)]);
}
