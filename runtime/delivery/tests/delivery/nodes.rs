//! Several nodes on one store: one hands over, and another takes over from it.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use champollion_delivery::{
    destinations::{AddressRules, DestinationLimits},
    dispatch::{Beginning, Change, Dispatcher},
    mailbox::Mailbox,
    names::RouteKey,
    records::Cursor,
    routes::Route,
};
use serde_json::json;

use crate::support::{Home, Opened, author, cursor, f_cnts, group, moment};

/// A node on an open store, which does not hand over yet.
async fn beside(opened: &Opened) -> (Arc<Mailbox>, Dispatcher) {
    let retention = Duration::from_secs(48 * 3_600);
    let mailbox = Arc::new(Mailbox::new(Arc::clone(&opened.store), retention));
    let limits = DestinationLimits {
        addresses: AddressRules::default(),
        plain_http: false,
        folders: None,
        pauses: (Duration::from_millis(10), Duration::from_secs(1)),
        time_zones: BTreeMap::new(),
    };
    let blobs = Arc::clone(&opened.blobs);
    let dispatcher = Dispatcher::open_beside(Arc::clone(&mailbox), blobs, limits).await.unwrap();
    (mailbox, dispatcher)
}

#[tokio::test]
async fn routes_are_taken_over_as_they_stand_and_their_records_are_not_handed_over_again() {
    let (home, water) = (Home::new(), group("water"));
    let opened = home.open();
    let ((_, first), (_, second)) = (beside(&opened).await, beside(&opened).await);
    let key = RouteKey { group: group("water"), name: "all".parse().unwrap() };
    let route: Route = serde_json::from_value(json!({ "to": { "pull": {} } })).unwrap();
    let change = Change { by: &author(), commit: &opened.store };
    first.put(&key, route, Beginning::Oldest, change).await.unwrap();
    opened.add(&water, 1..=3, moment()).await;
    first.acknowledge(&key, cursor(2)).await.unwrap();
    assert_eq!(second.count(&water), 0, "it was opened before");
    second.take_over().await.unwrap();
    let page = second.pull(&key, Cursor::default(), 10).await.unwrap();
    assert_eq!(f_cnts(&page), [3]);
}

#[tokio::test]
async fn only_the_node_that_takes_over_removes_files_of_nobody() {
    let home = Home::new();
    let opened = home.open();
    opened.blobs.put("water_daily_1", b"not put yet").await.unwrap();
    let (_, dispatcher) = beside(&opened).await;
    assert_eq!(opened.blobs.list("").await.unwrap(), ["water_daily_1"], "another one makes it");
    dispatcher.take_over().await.unwrap();
    assert!(opened.blobs.list("").await.unwrap().is_empty());
}

#[tokio::test]
async fn records_that_another_node_adds_wake_who_waits_for_them() {
    let (home, water) = (Home::new(), group("water"));
    let opened = home.open();
    let (mailbox, _) = beside(&opened).await;
    let mut waiting = mailbox.arrivals(&water);
    let mut seen = HashMap::new();
    mailbox.look_for_arrivals(&mut seen).await.unwrap();
    waiting.mark_unchanged();
    mailbox.look_for_arrivals(&mut seen).await.unwrap();
    assert!(!waiting.has_changed().unwrap(), "nothing has come");
    opened.add(&water, 1..=1, moment()).await;
    mailbox.look_for_arrivals(&mut seen).await.unwrap();
    assert!(waiting.has_changed().unwrap());
}
