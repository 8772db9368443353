//! Alerts that are kept: for how long, and how many of a group.

use champollion_fleet::names::GroupId;

use super::*;
use crate::alerts::Trimmed;

#[tokio::test]
async fn alerts_of_a_clock_that_is_years_behind_are_kept_as_long_as_others() {
    let room = Room::open();
    let book = AlertBook::new(Arc::clone(&room.store));
    let group: GroupId = "water".parse().unwrap();
    let rule = rule();
    room.see(&rule, 0, 6.0).await;
    room.see(&rule, 1, 4.0).await;
    let row = room.store.scan("alerts", b"", None, 10).await.unwrap().remove(0);
    let mut alert: serde_json::Value = serde_json::from_slice(&row.value).unwrap();
    alert["endedAt"] = "2001-01-01T00:00:00Z".into();
    alert["raisedAt"] = "2001-01-01T00:00:00Z".into();
    let mut batch = Batch::new();
    batch.put("alerts", row.key, alert.to_string().into_bytes());
    room.store.commit(batch).await.unwrap();
    let kept = async || book.page(&group, None, 10, |_| true).await.unwrap().len();
    book.tidy(Timestamp::now(), |_| usize::MAX).await.unwrap();
    assert_eq!(kept().await, 1);
    let in_401_days = Timestamp::now() + jiff::SignedDuration::from_hours(401 * 24);
    book.tidy(in_401_days, |_| usize::MAX).await.unwrap();
    assert_eq!(kept().await, 0);
}

#[tokio::test]
async fn a_group_keeps_so_many_alerts_and_all_that_are_open() {
    let (room, rule) = (Room::open(), rule());
    let (book, group) =
        (AlertBook::new(Arc::clone(&room.store)), "water".parse::<GroupId>().unwrap());
    for turn in 0..10 {
        room.see(&rule, 2 * turn, 6.0).await;
        room.see(&rule, 2 * turn + 1, 4.0).await;
    }
    room.see(&rule, 20, 6.0).await;
    assert_eq!(room.alerts().await.len(), 11);
    let busy = |_: &GroupId, count| count >= 11;
    assert!(room.judge.take_busy(|_, count| count >= 12).is_empty());
    assert_eq!(room.judge.raised(&group), 11);
    assert_eq!(book.counts().await.unwrap(), [(group.clone(), 11)].into());
    assert_eq!(room.judge.take_busy(busy), std::slice::from_ref(&group));
    assert_eq!(room.judge.raised(&group), 0);
    assert!(room.judge.take_busy(busy).is_empty(), "they are counted anew");
    let latest: Vec<Alert> = room.alerts().await.into_iter().take(3).collect();
    assert_eq!(book.trim(&group, 3).await.unwrap(), Trimmed { removed: 8, kept: 3 });
    assert_eq!(room.alerts().await, latest, "the latest are kept");
    // Whatever the quota is, an alert that is raised ends once, and is told.
    assert_eq!(book.tidy(at(21), |_| 0).await.unwrap(), 2);
    let open = room.alerts().await;
    assert!(open.len() == 1 && open[0].is_open());
    let before = room.messages().await;
    room.see(&rule, 22, 4.0).await;
    assert_eq!(
        (room.alerts().await[0].ended_at, room.messages().await),
        (Some(at(22)), before + 3)
    );
    assert_eq!(book.trim(&"light".parse().unwrap(), 0).await.unwrap(), Trimmed::default());
    assert_eq!(book.trim(&group, 0).await.unwrap(), Trimmed { removed: 1, kept: 0 });
}
