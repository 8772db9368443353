//! Records are pulled in order, page by page, and go when they are acknowledged.

use champollion_delivery::{
    mailbox::DeliveryError,
    records::{Cursor, CursorError},
};
use champollion_store::Batch;
use serde_json::json;

use crate::support::{Home, cursor, cursors, f_cnts, group, moment, record};

#[tokio::test]
async fn a_record_is_pulled_as_it_was_added() {
    let (home, water) = (Home::new(), group("water"));
    let opened = home.open();
    let record = record(&water, 7);
    let mut batch = Batch::new();
    opened.mailbox.add(&mut batch, &record, moment()).unwrap();
    assert!(opened.all(&water).await.is_empty(), "it is not there before it is durable");
    opened.store.commit(batch).await.unwrap();

    let page = opened.pull(&water, Cursor::default(), 10).await;

    assert_eq!(page.records.len(), 1);
    assert_eq!(page.records[0].record.get(), serde_json::to_string(&record).unwrap());
    assert_eq!(
        serde_json::to_value(&page).unwrap(),
        json!({"records": [{"cursor": "1", "record": record}], "next": "1", "more": false})
    );
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_repeat() {
    let (home, water) = (Home::new(), group("water"));
    let opened = home.open();
    // Two batches: the order is that of commits, and within a batch that of adding.
    opened.add(&water, [30, 10], moment()).await;
    opened.add(&water, [20, 40, 50], moment()).await;

    let first = opened.pull(&water, Cursor::default(), 2).await;
    assert_eq!((f_cnts(&first), cursors(&first)), (vec![30, 10], vec!["1".into(), "2".into()]));
    assert_eq!((first.next, first.more), (cursor(2), true));

    let second = opened.pull(&water, first.next, 2).await;
    assert_eq!((f_cnts(&second), second.next, second.more), (vec![20, 40], cursor(4), true));

    let third = opened.pull(&water, second.next, 2).await;
    assert_eq!((f_cnts(&third), third.next, third.more), (vec![50], cursor(5), false));

    let end = opened.pull(&water, third.next, 2).await;
    assert_eq!((f_cnts(&end), end.next, end.more), (vec![], cursor(5), false));

    opened.add(&water, [60], moment()).await;
    assert_eq!(f_cnts(&opened.pull(&water, end.next, 2).await), [60]);
}

#[tokio::test]
async fn more_is_said_only_where_there_is_more() {
    let (home, water) = (Home::new(), group("water"));
    let opened = home.open();
    opened.add(&water, 0..3, moment()).await;
    for (limit, expected) in [(1, true), (2, true), (3, false), (4, false), (usize::MAX, false)] {
        let page = opened.pull(&water, Cursor::default(), limit).await;
        assert_eq!(page.records.len(), limit.min(3), "{limit}");
        assert_eq!(page.more, expected, "{limit}");
    }
}

#[tokio::test]
async fn a_page_of_nothing_says_whether_there_is_something() {
    let (home, water) = (Home::new(), group("water"));
    let opened = home.open();
    let page = opened.pull(&water, Cursor::default(), 0).await;
    assert_eq!((page.records.len(), page.next, page.more), (0, Cursor::default(), false));
    opened.add(&water, 0..2, moment()).await;
    let page = opened.pull(&water, cursor(1), 0).await;
    assert_eq!((page.records.len(), page.next, page.more), (0, cursor(1), true));
}

#[tokio::test]
async fn a_cursor_beyond_the_end_finds_nothing_and_stays() {
    let (home, water) = (Home::new(), group("water"));
    let opened = home.open();
    opened.add(&water, 0..2, moment()).await;
    for beyond in [3, u64::MAX - 1, u64::MAX] {
        let page = opened.pull(&water, cursor(beyond), 10).await;
        assert_eq!((page.records.len(), page.next, page.more), (0, cursor(beyond), false));
    }
}

#[tokio::test]
async fn what_is_acknowledged_goes_and_what_follows_stays() {
    let (home, water) = (Home::new(), group("water"));
    let opened = home.open();
    opened.add(&water, 0..5, moment()).await;

    assert_eq!(opened.acknowledge(&water, 2).await.unwrap(), 2);

    assert_eq!(opened.all(&water).await, [2, 3, 4]);
    // Who goes on from an old cursor, or from the beginning, gets what there is.
    assert_eq!(f_cnts(&opened.pull(&water, cursor(1), 10).await), [2, 3, 4]);
    assert_eq!(f_cnts(&opened.pull(&water, cursor(3), 10).await), [3, 4]);
}

#[tokio::test]
async fn acknowledging_again_changes_nothing() {
    let (home, water) = (Home::new(), group("water"));
    let opened = home.open();
    opened.add(&water, 0..5, moment()).await;
    assert_eq!(opened.acknowledge(&water, 3).await.unwrap(), 3);
    for (through, removed) in [(3, 0), (1, 0), (0, 0), (4, 1), (4, 0)] {
        assert_eq!(opened.acknowledge(&water, through).await.unwrap(), removed, "{through}");
    }
    assert_eq!(opened.all(&water).await, [4]);
}

#[tokio::test]
async fn what_was_never_given_out_cannot_be_acknowledged() {
    let (home, water) = (Home::new(), group("water"));
    let opened = home.open();
    opened.add(&water, 0..3, moment()).await;
    for beyond in [4, u64::MAX] {
        let error = opened.acknowledge(&water, beyond).await.unwrap_err();
        let DeliveryError::BeyondEnd { given, last } = &error else { panic!("{error:?}") };
        assert_eq!((*given, *last), (cursor(beyond), cursor(3)));
        assert_eq!(
            error.to_string(),
            format!("the cursor {beyond} is beyond the last record of the group, which is 3")
        );
    }
    assert_eq!(opened.all(&water).await, [0, 1, 2], "nothing was removed");

    assert_eq!(opened.acknowledge(&water, 3).await.unwrap(), 3);
    let error = opened.acknowledge(&water, 4).await.unwrap_err();
    assert!(matches!(error, DeliveryError::BeyondEnd { .. }), "{error:?}");
}

#[tokio::test]
async fn a_cursor_means_the_same_after_reopening() {
    let (home, water) = (Home::new(), group("water"));
    let opened = home.open();
    opened.add(&water, 0..4, moment()).await;
    opened.acknowledge(&water, 1).await.unwrap();
    let page = opened.pull(&water, Cursor::default(), 2).await;
    opened.close().await;

    let opened = home.open();
    assert_eq!(opened.all(&water).await, [1, 2, 3]);
    assert_eq!(f_cnts(&opened.pull(&water, page.next, 10).await), [3]);
    assert_eq!(opened.mailbox.acknowledge(&water, page.next).await.unwrap(), 2);
    assert_eq!(opened.acknowledge(&water, 4).await.unwrap(), 1);
    opened.close().await;

    // Though all are gone, the next one gets a place of its own.
    let opened = home.open();
    assert!(opened.all(&water).await.is_empty());
    opened.add(&water, [9], moment()).await;
    let page = opened.pull(&water, cursor(4), 10).await;
    assert_eq!((f_cnts(&page), page.next), (vec![9], cursor(5)));
}

#[test]
fn a_cursor_is_a_text_that_comes_back() {
    for number in [0, 1, u64::MAX] {
        let json = serde_json::to_string(&cursor(number)).unwrap();
        assert_eq!(json, format!("\"{number}\""), "a number would lose digits in JavaScript");
        assert_eq!(serde_json::from_str::<Cursor>(&json).unwrap(), cursor(number));
    }
    for text in ["", "-1", "1.0", "first", "18446744073709551616", " 1"] {
        let error: CursorError = text.parse::<Cursor>().unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("{text:?} is no cursor: take it from `next` or from a record's `cursor`")
        );
    }
}
