//! Tests of the book of commands.

use std::time::Duration;

use champollion_lns::Priority;
use champollion_store::{SledOptions, SledStore};

use super::*;
use crate::downlinks::{CommandFailure, State, downlink::tests::downlink, queue::Wanted};

async fn ledger(folder: &std::path::Path) -> Ledger {
    let store = SledStore::open(&SledOptions::new(folder.join("store"))).unwrap();
    Ledger::open(Arc::new(store)).await.unwrap()
}

async fn take(ledger: &Ledger, downlinks: impl IntoIterator<Item = Downlink>) {
    for downlink in downlinks {
        let mut batch = Batch::new();
        ledger.put_new(&mut batch, &downlink).unwrap();
        ledger.store.commit(batch).await.unwrap();
        ledger.taken([downlink]);
    }
}

/// Takes the next command, again and again, until none waits.
fn waiting(ledger: &Ledger) -> Vec<u128> {
    let mut all: Vec<Uuid> = Vec::new();
    let (server, mut open) = ("city".parse().unwrap(), ledger.lock());
    let queue: &mut Queue = open.waiting.entry(server).or_default();
    let mut queue = std::mem::take(queue);
    let next = |queue: &mut Queue| {
        let urgent = queue.next(None, Wanted::Urgent);
        urgent.or_else(|| queue.next(None, Wanted::Others))
    };
    while let Some((group, place)) = next(&mut queue) {
        all.push(place.id);
        queue.remove(&open.by_id[&place.id]);
        queue.done(&group, place.dev_eui);
    }
    all.iter().for_each(|id| queue.insert(&open.by_id[id]));
    open.waiting.insert("city".parse().unwrap(), queue);
    all.iter().map(Uuid::as_u128).collect()
}

#[tokio::test]
async fn what_is_urgent_goes_first_and_then_what_came_first() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = ledger(folder.path()).await;
    let with = |id, priority| Downlink { priority, ..downlink(id) };
    let all = [
        with(1, Priority::Low),
        with(2, Priority::Normal),
        with(4, Priority::High),
        with(3, Priority::Normal),
    ];
    take(&ledger, all).await;
    assert_eq!(waiting(&ledger), [4, 2, 3, 1]);
}

#[tokio::test]
async fn what_is_open_is_open_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let first = ledger(folder.path()).await;
    take(&first, [downlink(1), downlink(2), downlink(3)]).await;
    let handed_over = |downlink: &mut Downlink| {
        downlink.handed_over_at = Some(downlink.queued_at);
        downlink.reference = Some("theirs".to_owned());
        Ok::<_, LedgerError>(true)
    };
    first.change(Uuid::from_u128(2), handed_over).await.unwrap();
    let failed = |downlink: &mut Downlink| {
        downlink.fail((CommandFailure::Refused, "why"), downlink.queued_at);
        Ok::<_, LedgerError>(true)
    };
    first.change(Uuid::from_u128(3), failed).await.unwrap();
    first.store.close().await.unwrap();
    drop(first);

    let again = ledger(folder.path()).await;
    assert_eq!(waiting(&again), [1]);
    assert_eq!(again.lock().by_id.len(), 2);
    let group = downlink(1).group;
    assert_eq!(again.counts(&group), Counts { waiting: 1, open: 2 });
    let server = "city".parse().unwrap();
    assert_eq!(again.by_reference(&server, "theirs"), Some(Uuid::from_u128(2)));
    let third = again.get(Uuid::from_u128(3)).await.unwrap().unwrap();
    assert_eq!((third.state, third.problem.as_deref()), (State::Failed, Some("why")));
    let dev_eui = third.dev_eui;
    let listed = |page: Vec<Downlink>| -> Vec<u128> {
        page.iter().map(|downlink| downlink.id.as_u128()).collect()
    };
    let page = |before: Option<u128>, limit, bytes| {
        let before = before.map(Uuid::from_u128);
        again.of_device(dev_eui, before, limit, bytes, &|_| true)
    };
    // One more than was asked for says that there are more.
    assert_eq!(listed(page(None, 1, 9_999).await.unwrap()), [3, 2]);
    assert_eq!(listed(page(Some(2), 2, 9_999).await.unwrap()), [1]);
    assert_eq!(listed(page(None, 9, 1).await.unwrap()), [3, 2]);
}

#[tokio::test]
async fn commands_end_in_the_order_of_their_ends() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = ledger(folder.path()).await;
    let at = |seconds| downlink(1).queued_at + Duration::from_secs(seconds);
    let ending = |id, seconds| Downlink { expires_at: at(seconds), ..downlink(id) };
    take(&ledger, [ending(1, 30), ending(2, 10), ending(3, 20)]).await;
    let ended = |seconds| -> Vec<u128> {
        ledger.ended(at(seconds)).iter().map(|downlink| downlink.id.as_u128()).collect()
    };
    assert_eq!((ended(9), ended(20)), (vec![], vec![2, 3]));
    ledger.close(Uuid::from_u128(2)).await.unwrap();
    assert_eq!(ended(60), [3, 1]);
}

#[tokio::test]
async fn what_was_not_told_is_looked_at_after_the_device_was_heard() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = ledger(folder.path()).await;
    take(&ledger, [downlink(1), downlink(2)]).await;
    let untold = |downlink: &mut Downlink| {
        downlink.lose_sight((CommandFailure::Untold, "nothing was told"));
        Ok::<_, LedgerError>(true)
    };
    ledger.change(Uuid::from_u128(1), untold).await.unwrap();
    let one = downlink(1);
    let now = Instant::now();
    let look = now + Duration::from_secs(20);
    ledger.device_heard(&one.network_server, one.dev_eui, look);
    assert!(ledger.looks(now).is_empty());
    let looked: Vec<u128> =
        ledger.looks(look).iter().map(|downlink| downlink.id.as_u128()).collect();
    assert_eq!(looked, [1]);
    assert!(ledger.looks(look).is_empty(), "twice");

    // Offered again after that: the device was not heard since.
    ledger.device_heard(&one.network_server, one.dev_eui, look);
    let offered = |downlink: &mut Downlink| {
        downlink.offered_at = Some(Timestamp::now() + Duration::from_secs(1));
        Ok::<_, LedgerError>(true)
    };
    ledger.change(Uuid::from_u128(1), offered).await.unwrap();
    assert!(ledger.looks(look).is_empty());
}

#[tokio::test]
async fn lines_are_stored_as_they_always_were() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = ledger(folder.path()).await;
    take(&ledger, [downlink(1)]).await;
    let (id, dev_eui) = (Uuid::from_u128(1).to_string(), downlink(1).dev_eui);
    assert_eq!(id, "00000000-0000-0000-0000-000000000001");
    let (store, id) = (&ledger.store, id.as_bytes());
    let stored = store.get("downlinks", id).await.unwrap();
    assert_eq!(stored, Some(serde_json::to_vec(&downlink(1)).unwrap()));
    assert_eq!(store.get("downlinks-open", id).await.unwrap(), Some(Vec::new()));
    let key = format!("{dev_eui}/fffffffffffffffffffffffffffffffe");
    let stored = store.get("downlinks-of-device", key.as_bytes()).await.unwrap();
    assert_eq!(stored, Some(id.to_vec()));
}

#[tokio::test]
async fn only_what_is_at_its_end_is_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = ledger(folder.path()).await;
    take(&ledger, [downlink(1), downlink(2)]).await;
    let failed = |downlink: &mut Downlink| {
        downlink.fail((CommandFailure::Refused, "why"), downlink.queued_at);
        Ok::<_, LedgerError>(true)
    };
    ledger.change(Uuid::from_u128(2), failed).await.unwrap();
    let (queued_at, dev_eui) = (downlink(1).queued_at, downlink(1).dev_eui);
    assert_eq!(ledger.forget_before(queued_at).await.unwrap(), 0);
    assert_eq!(ledger.forget_before(Timestamp::MAX).await.unwrap(), 1);
    let left = ledger.of_device(dev_eui, None, 9, 9_999, &|_| true).await.unwrap();
    assert_eq!(left.len(), 1);
    assert!(ledger.get(Uuid::from_u128(2)).await.unwrap().is_none());
}
