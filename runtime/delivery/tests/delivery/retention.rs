//! Tests of retention: records that nobody fetches go after 48 hours.

use champollion_store::Batch;
use jiff::{SignedDuration, Timestamp};

use crate::support::{Home, cursor, f_cnts, group, hours_later, moment, record};

/// More than are looked at at once.
const MANY: u32 = 1_001;

#[tokio::test]
async fn what_is_older_than_the_retention_goes_and_the_rest_stays() {
    let (home, water) = (Home::new(), group("water"));
    let opened = home.open();
    opened.add(&water, [1, 2], moment()).await;
    opened.add(&water, [3], hours_later(1)).await;
    opened.add(&water, [4], hours_later(47)).await;

    let a_millisecond = SignedDuration::from_millis(1);
    assert_eq!(opened.expire(hours_later(48)).await, 0, "48 hours are not more than 48 hours");
    assert_eq!(opened.all(&water).await, [1, 2, 3, 4]);
    assert_eq!(opened.expire(hours_later(48) + a_millisecond).await, 2);
    assert_eq!(opened.all(&water).await, [3, 4]);
    assert_eq!(opened.expire(hours_later(48) + a_millisecond).await, 0, "it was done already");
    assert_eq!(opened.expire(hours_later(49)).await, 0);
    assert_eq!(opened.expire(hours_later(95) + a_millisecond).await, 2);
    assert!(opened.all(&water).await.is_empty());
}

#[tokio::test]
async fn a_cursor_that_points_to_what_expired_goes_on_with_what_is_there() {
    let (home, water) = (Home::new(), group("water"));
    let opened = home.open();
    opened.add(&water, 1..=3, moment()).await;
    opened.add(&water, 4..=5, hours_later(24)).await;
    assert_eq!(opened.expire(hours_later(49)).await, 3);

    assert_eq!(f_cnts(&opened.pull(&water, cursor(1), 10).await), [4, 5]);
    assert_eq!(opened.acknowledge(&water, 2).await.unwrap(), 0, "they are gone");
    assert_eq!(opened.acknowledge(&water, 4).await.unwrap(), 1, "three of the four are gone");
    assert_eq!(opened.all(&water).await, [5]);
}

#[tokio::test]
async fn more_than_a_page_of_records_expires_at_once() {
    let (home, water) = (Home::new(), group("water"));
    let opened = home.open();
    opened.add(&water, 0..MANY, moment()).await;
    opened.add(&water, MANY..2 * MANY, hours_later(1)).await;
    opened.add(&water, [2 * MANY], hours_later(2)).await;

    assert_eq!(opened.expire(hours_later(50)).await, u64::from(2 * MANY));

    assert_eq!(opened.all(&water).await, [2 * MANY]);
    assert_eq!(opened.expire(hours_later(50)).await, 0);
}

#[tokio::test]
async fn more_than_a_page_of_groups_expires_at_once() {
    let home = Home::new();
    let opened = home.open();
    let groups: Vec<_> = (0..MANY).map(|number| group(&format!("g{number}"))).collect();
    let mut batch = Batch::new();
    for group in &groups {
        opened.mailbox.add(&mut batch, &record(group, 1), moment()).unwrap();
        opened.mailbox.add(&mut batch, &record(group, 2), hours_later(1)).unwrap();
    }
    opened.store.commit(batch).await.unwrap();

    assert_eq!(opened.expire(hours_later(49)).await, u64::from(MANY));

    for group in &groups {
        assert_eq!(opened.all(group).await, [2], "{group}");
    }
}

#[tokio::test]
async fn the_age_of_a_record_survives_reopening() {
    let (home, water) = (Home::new(), group("water"));
    let opened = home.open();
    opened.add(&water, [1], moment()).await;
    opened.add(&water, [2], hours_later(24)).await;
    opened.close().await;

    let opened = home.open();
    assert_eq!(opened.expire(hours_later(49)).await, 1);
    opened.close().await;

    let opened = home.open();
    assert_eq!(opened.all(&water).await, [2]);
}

#[tokio::test]
async fn expiry_without_records_is_nothing() {
    let home = Home::new();
    let opened = home.open();
    assert_eq!(opened.expire(Timestamp::MAX).await, 0);
    // A log that belongs to somebody else is left alone, whatever its name.
    let mut batch = Batch::new();
    batch.append("recordsof", b"x").append("records/Not A Group", b"x");
    opened.store.commit(batch).await.unwrap();
    assert_eq!(opened.expire(Timestamp::MAX).await, 0);
}
