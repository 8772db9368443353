//! No group sees another's records.

use champollion_delivery::{mailbox::DeliveryError, records::Cursor};
use champollion_store::Batch;

use crate::support::{Home, group, hours_later, moment, record};

/// Names that begin alike, as a careless prefix would find them.
const ALIKE: [&str; 4] = ["water", "water-2", "water2", "wate"];

#[tokio::test]
async fn each_group_has_its_own_records_and_places() {
    let home = Home::new();
    let opened = home.open();
    // One batch for all of them, as frames of many devices are committed together.
    let mut batch = Batch::new();
    for round in 0..3 {
        for (f_cnt, name) in (round * 10..).zip(ALIKE) {
            opened.mailbox.add(&mut batch, &record(&group(name), f_cnt), moment()).unwrap();
        }
    }
    opened.store.commit(batch).await.unwrap();

    for (f_cnt, name) in (0..).zip(ALIKE) {
        let group = group(name);
        assert_eq!(opened.all(&group).await, [f_cnt, f_cnt + 10, f_cnt + 20], "{name}");
        let page = opened.pull(&group, Cursor::default(), 10).await;
        assert_eq!(page.next.to_string(), "3", "{name} counts for itself");
        for pulled in page.records {
            assert!(pulled.record.get().contains(&format!("\"group\":\"{name}\"")), "{name}");
        }
    }
}

#[tokio::test]
async fn acknowledging_touches_one_group_alone() {
    let home = Home::new();
    let opened = home.open();
    for name in ALIKE {
        opened.add(&group(name), 0..3, moment()).await;
    }

    assert_eq!(opened.acknowledge(&group("water"), 2).await.unwrap(), 2);

    assert_eq!(opened.all(&group("water")).await, [2]);
    for name in &ALIKE[1..] {
        assert_eq!(opened.all(&group(name)).await, [0, 1, 2], "{name}");
    }
}

#[tokio::test]
async fn expiry_touches_every_group_by_its_own_records() {
    let home = Home::new();
    let opened = home.open();
    opened.add(&group("water"), 0..2, moment()).await;
    opened.add(&group("water-2"), 0..2, hours_later(2)).await;
    opened.add(&group("wate"), 0..2, moment()).await;

    assert_eq!(opened.expire(hours_later(49)).await, 4);

    assert!(opened.all(&group("water")).await.is_empty());
    assert_eq!(opened.all(&group("water-2")).await, [0, 1]);
    assert!(opened.all(&group("wate")).await.is_empty());
}

#[tokio::test]
async fn a_group_without_records_is_empty_and_no_error() {
    let home = Home::new();
    let opened = home.open();
    opened.add(&group("water-2"), 0..3, moment()).await;
    let water = group("water");

    let page = opened.pull(&water, Cursor::default(), 10).await;
    assert_eq!((page.records.len(), page.next, page.more), (0, Cursor::default(), false));
    assert_eq!(opened.acknowledge(&water, 0).await.unwrap(), 0);
    let error = opened.acknowledge(&water, 1).await.unwrap_err();
    assert!(matches!(error, DeliveryError::BeyondEnd { .. }), "{error:?}");
}

#[tokio::test]
async fn places_and_counts_are_stored_as_they_always_were() {
    let home = Home::new();
    let (opened, water) = (home.open(), group("water"));
    opened.add(&water, 0..3, moment()).await;
    opened.acknowledge(&water, 2).await.unwrap();
    assert_eq!(opened.expire(hours_later(49)).await, 1);
    let log = opened.store.logs("records/", None, 9).await.unwrap();
    assert_eq!(log, ["records/water"]);
    let acknowledged = opened.store.get("inboxes", b"water").await.unwrap();
    assert_eq!(acknowledged, Some(vec![0, 0, 0, 0, 0, 0, 0, 2]));
    let expired = opened.store.get("inboxes-expired", b"water").await.unwrap();
    assert_eq!(expired, Some(vec![0, 0, 0, 0, 0, 0, 0, 1]));
}

#[tokio::test]
async fn a_damaged_place_is_told_with_its_table_and_its_group() {
    let home = Home::new();
    let (opened, water) = (home.open(), group("water"));
    let mut batch = Batch::new();
    batch.put("inboxes", "water", "2");
    opened.store.commit(batch).await.unwrap();
    let error = opened.mailbox.pull(&water, Cursor::default(), 10).await.unwrap_err();
    let said = "the table inboxes is damaged at water: the value has 1 bytes instead of 8";
    assert_eq!(error.to_string(), said);
}
