//! Sweeps: what was raised by rules that watch a device no more ends without a word, and nothing else does.

use super::*;

impl Room {
    /// The states as a sweep sees them.
    async fn seen(&self) -> (Subject, StoredStates) {
        let mut page = self.judge.book.subjects().all().await.unwrap();
        assert_eq!(page.len(), 1);
        page.remove(0)
    }

    /// Ends what was seen; says whether that is all of it.
    async fn drop_seen(&self, (subject, states): &(Subject, StoredStates)) -> bool {
        let mut batch = Batch::new();
        let is_all = self.judge.drop_seen((subject, states), at(9), &mut batch).await.unwrap();
        if !batch.is_empty() {
            self.store.commit(batch).await.unwrap();
        }
        is_all
    }
}

#[tokio::test]
async fn what_a_removed_rule_has_raised_does_not_hang() {
    let (room, rule) = (Room::open(), rule());
    room.see(&rule, 1, 6.0).await;
    let seen = room.seen().await;
    assert!(room.drop_seen(&seen).await);
    let alerts = room.alerts().await;
    assert!(alerts[0].dropped && alerts[0].ended_at == Some(at(9)));
    // The rule is another one from now on, and begins anew.
    room.see(&rule, 10, 6.0).await;
    assert_eq!(room.alerts().await.len(), 2);
}

#[tokio::test]
async fn what_was_judged_since_it_was_seen_is_not_dropped() {
    let (room, rule) = (Room::open(), rule());
    room.see(&rule, 1, 6.0).await;
    let seen = room.seen().await;
    // The device was watched after all: another node has judged a frame of it, which the rule breaks still.
    assert_eq!(room.take(&room.other(), &rule, 2, 7.0).await, Some(true));
    assert!(!room.drop_seen(&seen).await);
    assert!(room.alerts().await[0].is_open());
    // Nor is the next alert of the same rule.
    let ends = room.other();
    assert_eq!(room.take(&ends, &rule, 3, 1.0).await, Some(true));
    assert_eq!(room.take(&ends, &rule, 4, 8.0).await, Some(true));
    assert!(!room.drop_seen(&seen).await);
    let alerts = room.alerts().await;
    assert!(alerts.len() == 2 && alerts[0].is_open() && !alerts[1].dropped);
    // What stays as it was seen is dropped, and other rules of the device stay.
    let mut other = rule.clone();
    other.1.id = Uuid::now_v7();
    room.see(&other, 5, 9.0).await;
    let seen = room.seen().await;
    let seen = (seen.0, seen.1.that(|id| id == rule.1.id));
    assert!(room.drop_seen(&seen).await);
    let alerts = room.alerts().await;
    assert_eq!(alerts.iter().filter(|alert| alert.is_open()).count(), 1);
    assert_eq!(alerts.iter().filter(|alert| alert.dropped).count(), 1);
    assert!(room.drop_seen(&seen).await, "once more it changes nothing");
}

#[tokio::test]
async fn a_row_goes_with_the_last_rule_that_it_is_of() {
    let (room, rule) = (Room::open(), rule());
    room.see(&rule, 1, 6.0).await;
    assert_eq!(room.states().await, 1);
    let seen = room.seen().await;
    assert!(room.drop_seen(&seen).await);
    assert_eq!(room.states().await, 0);
}
