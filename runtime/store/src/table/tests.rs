//! Tables in the store that is the default.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use super::{codec::*, *};
use crate::{SledOptions, SledStore, StoreError};

const NAME: TableName = TableName::open("meters");
const METERS: Table<u32, Meter> = Table::new(NAME);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Meter {
    litres: u64,
}

fn litres(litres: u64) -> Meter {
    Meter { litres }
}

fn opened() -> (TempDir, Arc<dyn Store>) {
    let folder = tempfile::tempdir().unwrap();
    let store = SledStore::open(&SledOptions::new(folder.path().join("store"))).unwrap();
    (folder, Arc::new(store))
}

async fn commit(store: &dyn Store, fill: impl FnOnce(&mut Batch)) -> Result<(), StoreError> {
    let mut batch = Batch::new();
    fill(&mut batch);
    store.commit(batch).await.map(drop)
}

async fn put(store: &dyn Store, key: u32, value: Meter) {
    commit(store, |batch| METERS.put(batch, &key, &value).unwrap()).await.unwrap();
}

/// Puts a line that is not what this software writes.
async fn put_bytes(store: &dyn Store, key: &[u8], value: &str) {
    let fill = |batch: &mut Batch| {
        batch.put("meters", key, value);
    };
    commit(store, fill).await.unwrap();
}

#[tokio::test]
async fn a_value_is_read_as_it_was_put_until_it_is_deleted() {
    let (_folder, store) = opened();
    assert_eq!(METERS.get(&*store, &7).await.unwrap(), None);
    put(&*store, 7, litres(250)).await;
    assert_eq!(METERS.get(&*store, &7).await.unwrap(), Some(litres(250)));
    assert_eq!(METERS.raw().get(&*store, &7).await.unwrap(), Some(b"{\"litres\":250}".to_vec()));
    assert_eq!(store.get("meters", b"7").await.unwrap(), Some(b"{\"litres\":250}".to_vec()));
    commit(&*store, |batch| METERS.raw().put_bytes(batch, &7, "{\"litres\":251}")).await.unwrap();
    assert_eq!(METERS.get(&*store, &7).await.unwrap(), Some(litres(251)));
    commit(&*store, |batch| METERS.delete(batch, &7)).await.unwrap();
    assert_eq!(METERS.get(&*store, &7).await.unwrap(), None);
}

#[tokio::test]
async fn pages_give_each_line_once_in_the_order_of_the_keys() {
    const LINES: u32 = 2 * pages::LINES as u32 + 1;
    let (_folder, store) = opened();
    commit(&*store, |batch| {
        for number in (10_000..10_000 + LINES).rev() {
            METERS.put(batch, &number, &litres(number.into())).unwrap();
        }
    })
    .await
    .unwrap();
    let mut pages = METERS.pages(&*store);
    let (mut lengths, mut numbers) = (Vec::new(), Vec::new());
    while let Some(page) = pages.next().await.unwrap() {
        lengths.push(page.len());
        for (number, meter) in page {
            assert_eq!(meter, litres(number.into()));
            numbers.push(number);
        }
    }
    assert_eq!(lengths, [pages::LINES, pages::LINES, 1]);
    assert_eq!(numbers, (10_000..10_000 + LINES).collect::<Vec<_>>());
    assert!(pages.next().await.unwrap().is_none());
    let unread = METERS.pages(&*store).next_unread().await.unwrap().unwrap();
    let read = tokio::spawn(async { unread.read() }).await.unwrap().unwrap();
    assert_eq!(read.last(), Some(&(10_999, litres(10_999))));
}

#[tokio::test]
async fn a_prefix_takes_its_own_lines_alone() {
    const OF_STREETS: Table<(String, u8), u64, Pair, BigEndian> = Table::new(NAME);
    let (_folder, store) = opened();
    let key = |street: &str, number| (street.to_owned(), number);
    commit(&*store, |batch| {
        for (street, number) in [("rue", 1), ("rue", 2), ("rue", 3), ("ruelle", 4), ("quai", 5)] {
            OF_STREETS.put(batch, &key(street, number), &number.into()).unwrap();
        }
    })
    .await
    .unwrap();
    let prefix = Pair::prefix(&"rue");
    let all = OF_STREETS.pages_under(&*store, prefix.clone()).all().await.unwrap();
    assert_eq!(all, [(key("rue", 1), 1), (key("rue", 2), 2), (key("rue", 3), 3)]);
    let after = Some(&key("rue", 1));
    let page = OF_STREETS.page(&*store, &prefix, after, 1).await.unwrap();
    assert_eq!(page, [(key("rue", 2), 2)]);
    assert_eq!(OF_STREETS.pages(&*store).all().await.unwrap().len(), 5);
}

#[tokio::test]
async fn a_damaged_value_is_the_one_error_however_it_is_read() {
    let (_folder, store) = opened();
    put(&*store, 1, litres(1)).await;
    put_bytes(&*store, b"2", "{\"litres\":").await;
    let said = "the table meters is damaged at 2: EOF while parsing a value at line 1 column 10";
    assert_eq!(METERS.get(&*store, &2).await.unwrap_err().to_string(), said);
    let seen = METERS.get_seen(&*store, &2).await.map(drop);
    assert_eq!(seen.unwrap_err().to_string(), said);
    assert_eq!(METERS.page(&*store, b"", None, 9).await.unwrap_err().to_string(), said);
    let error = METERS.pages(&*store).all().await.unwrap_err();
    assert!(matches!(error, TableError::Damaged { table: NAME, .. }), "{error:?}");
    assert_eq!(error.to_string(), said);
    assert_eq!(METERS.raw().pages(&*store).all().await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_damaged_key_is_the_same_error() {
    for (key, said) in [
        (b"x".as_slice(), "the table meters is damaged at x: invalid digit found in string"),
        (b"007", "the table meters is damaged at 007: the key is written 7 here"),
        (
            b"\xFF7",
            "the table meters is damaged at \\xff7: invalid utf-8 sequence of 1 bytes from index 0",
        ),
    ] {
        let (_folder, store) = opened();
        put_bytes(&*store, key, "{\"litres\":1}").await;
        assert_eq!(METERS.pages(&*store).next().await.unwrap_err().to_string(), said);
    }
}

#[test]
fn a_value_that_makes_no_sense_is_called_damaged_by_its_reader() {
    let error = METERS.damaged(&7, "a meter has no soul");
    assert_eq!(error.to_string(), "the table meters is damaged at 7: a meter has no soul");
}

#[tokio::test]
async fn an_error_of_the_store_stays_what_it_is() {
    let (_folder, store) = opened();
    store.close().await.unwrap();
    let error = METERS.get(&*store, &7).await.unwrap_err();
    assert!(matches!(error, TableError::Store(StoreError::Closed)), "{error:?}");
    assert_eq!(error.to_string(), "the store is closed");
}

#[tokio::test]
async fn a_change_is_refused_when_its_line_was_changed_meanwhile() {
    let (_folder, store) = opened();
    // As another version of the software has written it.
    put_bytes(&*store, b"7", "{ \"litres\": 1, \"colour\": \"blue\" }").await;
    let (meter, seen) = METERS.get_seen(&*store, &7).await.unwrap();
    assert_eq!(meter, Some(litres(1)));

    let mut first = Batch::new();
    let after_first = METERS.replace(&mut first, &seen, &litres(2)).unwrap();
    store.commit(first).await.unwrap();
    assert!(METERS.get_seen(&*store, &7).await.unwrap() == (Some(litres(2)), after_first.clone()));

    let mut rival = Batch::new();
    METERS.replace(&mut rival, &seen, &litres(3)).unwrap();
    let refused = store.commit(rival).await;
    assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
    let refused = commit(&*store, |batch| seen.expect_unchanged(batch)).await;
    assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
    assert_eq!(METERS.get(&*store, &7).await.unwrap(), Some(litres(2)));

    let mut next = Batch::new();
    METERS.replace(&mut next, &after_first, &litres(3)).unwrap();
    store.commit(next).await.unwrap();
    assert_eq!(METERS.get(&*store, &7).await.unwrap(), Some(litres(3)));
}

#[tokio::test]
async fn a_line_that_was_absent_is_made_once() {
    let (_folder, store) = opened();
    let (meter, absent) = METERS.get_seen(&*store, &7).await.unwrap();
    assert_eq!(meter, None);
    commit(&*store, |batch| METERS.insert(batch, &7, &litres(1)).unwrap()).await.unwrap();
    for fill in [
        |batch: &mut Batch, _: &Seen| METERS.insert(batch, &7, &litres(2)).unwrap(),
        |batch: &mut Batch, absent: &Seen| {
            METERS.replace(batch, absent, &litres(2)).unwrap();
        },
    ] {
        let refused = commit(&*store, |batch| fill(batch, &absent)).await;
        assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
    }
    assert_eq!(METERS.get(&*store, &7).await.unwrap(), Some(litres(1)));
}

#[test]
fn the_rows_that_a_batch_changes_are_told_with_their_keys() {
    let mut batch = Batch::new();
    METERS.put(&mut batch, &7, &litres(1)).unwrap();
    METERS.delete(&mut batch, &8);
    batch.append("events", "x").expect_absent("other", "9");
    let rows: Vec<(&str, u32)> =
        batch.changed_rows().map(|(table, key)| (table, METERS.key_of(key).unwrap())).collect();
    assert_eq!(rows, [("meters", 7), ("meters", 8)]);
    assert!(matches!(METERS.key_of(b"seven"), Err(TableError::Damaged { .. })));
}
