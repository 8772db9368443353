//! Routes that are fetched from: what is removed with whom, what expires undelivered, and what is told
//! of it before.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use champollion_delivery::{
    destinations::{AddressRules, DestinationLimits},
    dispatch::{Backlog, Beginning, Change, Commit, DispatchError, Dispatcher},
    mailbox::{DeliveryError, Mailbox},
    names::RouteKey,
    records::Cursor,
    routes::Route,
};
use champollion_store::Batch;
use jiff::Timestamp;
use serde_json::{Value as Json, json};

use crate::support::{Home, Opened, author, cursor, f_cnts, group, hours_later, moment};

fn destination_limits() -> DestinationLimits {
    DestinationLimits {
        addresses: AddressRules::default(),
        plain_http: false,
        folders: None,
        pauses: (Duration::from_millis(10), Duration::from_secs(1)),
        time_zones: BTreeMap::new(),
    }
}

async fn dispatcher(opened: &Opened) -> Dispatcher {
    let retention = Duration::from_secs(48 * 3_600);
    let mailbox = Arc::new(Mailbox::new(Arc::clone(&opened.store), retention));
    Dispatcher::open(mailbox, Arc::clone(&opened.blobs), destination_limits()).await.unwrap()
}

fn key(name: &str) -> RouteKey {
    RouteKey { group: group("water"), name: name.parse().unwrap() }
}

async fn put(opened: &Opened, dispatcher: &Dispatcher, name: &str, filter: Json) {
    let route = json!({ "filter": filter, "to": { "pull": {} } });
    let route: Route = serde_json::from_value(route).unwrap();
    let change = Change { by: &author(), commit: &opened.store };
    dispatcher.put(&key(name), route, Beginning::Oldest, change).await.unwrap();
}

/// Of each recipient how many wait, how many of them are old, and how many expired.
async fn backlogs(dispatcher: &Dispatcher, now: Timestamp) -> Vec<(String, u64, Vec<u64>, u64)> {
    let all = dispatcher.backlogs(Some(&[group("water")].into()), now).await.unwrap();
    all.into_iter()
        .map(|Backlog { route, waiting, older, expired, .. }| {
            let name = route.map_or("inbox".to_owned(), |name| name.to_string());
            (name, waiting, older.iter().map(|older| older.records).collect(), expired)
        })
        .collect()
}

fn line(name: &str, waiting: u64, older: [u64; 2], expired: u64) -> (String, u64, Vec<u64>, u64) {
    (name.to_owned(), waiting, older.to_vec(), expired)
}

#[tokio::test]
async fn what_waits_for_long_is_told_and_what_expires_is_counted_by_recipient() {
    let (home, water) = (Home::new(), group("water"));
    let opened = home.open();
    let dispatcher = dispatcher(&opened).await;
    put(&opened, &dispatcher, "all", json!({})).await;
    put(&opened, &dispatcher, "none", json!({ "ports": [99] })).await;
    opened.add(&water, 1..=4, moment()).await;
    opened.add(&water, 5..=6, hours_later(30)).await;

    let told = backlogs(&dispatcher, hours_later(31)).await;
    assert_eq!(told, [line("all", 6, [4, 0], 0), line("none", 6, [4, 0], 0)]);
    let told = backlogs(&dispatcher, hours_later(41)).await;
    assert_eq!(told, [line("all", 6, [4, 4], 0), line("none", 6, [4, 4], 0)]);

    dispatcher.acknowledge(&key("all"), cursor(1)).await.unwrap();
    assert_eq!(dispatcher.expire(hours_later(49)).await.unwrap(), 4);
    let told = backlogs(&dispatcher, hours_later(49)).await;
    // The other takes none of them, so it misses none.
    assert_eq!(told, [line("all", 2, [0, 0], 3), line("none", 2, [0, 0], 0)]);

    // All of it is durable.
    drop(dispatcher);
    opened.close().await;
    let opened = home.open();
    let dispatcher = self::dispatcher(&opened).await;
    let told = backlogs(&dispatcher, hours_later(60)).await;
    assert_eq!(told, [line("all", 2, [2, 0], 3), line("none", 2, [2, 0], 0)]);
    let page = dispatcher.pull(&key("all"), Cursor::default(), 10).await.unwrap();
    assert_eq!(f_cnts(&page), [5, 6]);
}

#[tokio::test]
async fn without_routes_the_inbox_is_the_recipient() {
    let (home, water) = (Home::new(), group("water"));
    let opened = home.open();
    let dispatcher = dispatcher(&opened).await;
    opened.add(&water, 1..=3, moment()).await;
    opened.acknowledge(&water, 1).await.unwrap();
    let told = backlogs(&dispatcher, hours_later(25)).await;
    assert_eq!(told, [line("inbox", 2, [2, 0], 0)]);
    dispatcher.expire(hours_later(49)).await.unwrap();
    assert_eq!(backlogs(&dispatcher, hours_later(49)).await, [line("inbox", 0, [0, 0], 2)]);
}

#[tokio::test]
async fn what_is_removed_is_what_all_routes_have() {
    let (home, water) = (Home::new(), group("water"));
    let opened = home.open();
    let dispatcher = dispatcher(&opened).await;
    opened.add(&water, 1..=2, moment()).await;
    put(&opened, &dispatcher, "a", json!({})).await;
    put(&opened, &dispatcher, "b", json!({})).await;
    opened.add(&water, 3..=5, moment()).await;
    dispatcher.acknowledge(&key("a"), cursor(4)).await.unwrap();
    assert_eq!(opened.all(&water).await, [1, 2, 3, 4, 5]);
    dispatcher.acknowledge(&key("b"), cursor(3)).await.unwrap();
    assert_eq!(opened.all(&water).await, [4, 5]);
    dispatcher.remove(&key("b"), Change { by: &author(), commit: &opened.store }).await.unwrap();
    // Its own place counts until the other goes on.
    dispatcher.acknowledge(&key("a"), cursor(5)).await.unwrap();
    assert!(opened.all(&water).await.is_empty());
    dispatcher.remove(&key("a"), Change { by: &author(), commit: &opened.store }).await.unwrap();
    let gone = dispatcher.pull(&key("a"), Cursor::default(), 1).await;
    assert!(matches!(gone, Err(DispatchError::Unknown(_))));
    opened.add(&water, [6], moment()).await;
    assert_eq!(opened.all(&water).await, [6]);
    assert_eq!(opened.acknowledge(&water, 6).await.unwrap(), 1);
}

#[tokio::test]
async fn a_group_has_only_so_many_routes() {
    let home = Home::new();
    let opened = home.open();
    let dispatcher = dispatcher(&opened).await;
    for number in 0..100 {
        put(&opened, &dispatcher, &format!("r{number}"), json!({})).await;
    }
    let route: Route = serde_json::from_value(json!({ "to": { "pull": {} } })).unwrap();
    let change = Change { by: &author(), commit: &opened.store };
    let one_more = dispatcher.put(&key("more"), route.clone(), Beginning::Now, change).await;
    assert!(matches!(one_more, Err(DispatchError::TooMany { limit: 100, .. })));
    // One that is there can be changed.
    dispatcher.put(&key("r7"), route, Beginning::Now, change).await.unwrap();
}

#[tokio::test]
async fn routes_are_stored_as_they_always_were() {
    let home = Home::new();
    let opened = home.open();
    let dispatcher = dispatcher(&opened).await;
    let route: Route = serde_json::from_value(json!({ "to": { "pull": {} } })).unwrap();
    let stored = serde_json::to_vec(&route).unwrap();
    let change = Change { by: &author(), commit: &opened.store };
    dispatcher.put(&key("all"), route, Beginning::Oldest, change).await.unwrap();
    assert_eq!(opened.store.get("routes", b"water/all").await.unwrap(), Some(stored));
    let standing = opened.store.get("route-standings", b"water/all").await.unwrap();
    let written = br#"{"progress":{"through":0},"delivered":0,"expired":0}"#;
    assert_eq!(standing, Some(written.to_vec()));
    let authors = opened.store.get("route-authors", b"water/all").await.unwrap();
    let written = br#"{"madeBy":{"token":"t-1","name":"the test","at":"2026-03-01T08:00:00Z"}}"#;
    assert_eq!(authors, Some(written.to_vec()));
    dispatcher.remove(&key("all"), change).await.unwrap();
    assert_eq!(opened.store.get("route-authors", b"water/all").await.unwrap(), None);
    assert_eq!(opened.store.get("routes", b"water/all").await.unwrap(), None);
    assert_eq!(opened.store.get("route-standings", b"water/all").await.unwrap(), None);
}

#[tokio::test]
async fn a_damaged_line_is_told_with_its_table_and_its_key() {
    for (table, line, said) in [
        ("routes", "water", "the table routes is damaged at water: \"\" names no route"),
        ("routes", "water/all", "the table routes is damaged at water/all: "),
        ("route-standings", "water/daily", "the table route-standings is damaged at water/daily: "),
    ] {
        let home = Home::new();
        let opened = home.open();
        put(&opened, &dispatcher(&opened).await, "daily", json!({})).await;
        let mut batch = Batch::new();
        batch.put(table, line, "{");
        opened.store.commit(batch).await.unwrap();
        let mailbox = Arc::new(Mailbox::new(Arc::clone(&opened.store), Duration::from_secs(1)));
        let again =
            Dispatcher::open(mailbox, Arc::clone(&opened.blobs), destination_limits()).await;
        let error = again.map(drop).unwrap_err().to_string();
        assert!(error.starts_with(said), "{error}");
    }
}

/// A commit that fails, as where the line of the audit is not taken.
struct Refused;

#[async_trait::async_trait]
impl Commit for Refused {
    async fn commit(&self, _: Batch) -> Result<(), DeliveryError> {
        Err(DeliveryError::NotAudited { reason: "the audit is full".to_owned() })
    }
}

#[tokio::test]
async fn a_change_that_is_not_committed_changes_nothing() {
    let home = Home::new();
    let opened = home.open();
    let dispatcher = dispatcher(&opened).await;
    put(&opened, &dispatcher, "all", json!({})).await;
    let route: Route =
        serde_json::from_value(json!({ "description": "other", "to": { "pull": {} } })).unwrap();
    let refused = Change { by: &author(), commit: &Refused };
    for name in ["all", "new"] {
        let put = dispatcher.put(&key(name), route.clone(), Beginning::Oldest, refused).await;
        assert!(put.is_err());
    }
    assert!(dispatcher.pause(&key("all"), true, refused).await.is_err());
    assert!(dispatcher.remove(&key("all"), refused).await.is_err());
    let shown = dispatcher.list(None, None, 10).await.unwrap();
    let [only] = &*shown else { panic!("{shown:?}") };
    assert_eq!((&*only.route.description, only.route.paused), ("", false));
    assert_eq!(only.authors.made_by, Some(author()));
    assert_eq!(only.authors.changed_by, None);
}
