use champollion_store::{SledOptions, SledStore, StoreError};
use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::{
    alerts::{
        Acknowledgement, AlertCommands, Commanded, Definition, Measured, NotCommanded, RouteName,
        RuleBook, RuleKey, Verdict, words::tests::Few,
    },
    outbox::Outbox,
};

mod dropping;
mod keeping;
mod lagging;

struct Room {
    _folder: TempDir,
    store: Arc<dyn Store>,
    judge: Judge,
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

fn place() -> Place {
    let mut place = Place::of_route("water".parse().unwrap(), "none".parse().unwrap());
    place.route = None;
    place.device = Some("70B3D5499A000001".parse().unwrap());
    place.name = "x".repeat(20_000);
    place
}

fn rule() -> NamedRule {
    rule_with(json!({ "limit": 5 }))
}

/// A rule on values that are too high, with what is said of the limit.
fn rule_with(mut above: serde_json::Value) -> NamedRule {
    above["quantity"] = json!("air.co2");
    let definition: Definition = serde_json::from_value(json!({
        "when": { "above": above },
        "tell": {
            "mail": ["ada@city.example", "joe@city.example"],
            "webhook": { "url": "https://city.example/hook", "secret": "whsec_AAAA" },
        },
    }))
    .unwrap();
    ("co2".parse().unwrap(), Rule::instead(None, definition, at(0)))
}

/// The batch of a frame, and the states after it.
async fn judged(
    judge: &Judge,
    rule: &NamedRule,
    seconds: i64,
    value: f64,
) -> (Batch, JudgedStates) {
    let value = Value::Number(value);
    let measured = Measured { quantity: "air.co2", channel: 0, value, at: at(seconds) };
    let frame =
        Frame { received_at: at(seconds), measurements: vec![measured], is_decoded: Some(true) };
    let (mut batch, seen) = (Batch::new(), (&frame, at(seconds)));
    let states = judge.frame(&[rule], (&place(), false), seen, &mut batch).await.unwrap();
    (batch, states.unwrap())
}

fn judge_of(store: &Arc<dyn Store>) -> Judge {
    Judge::new(Arc::clone(store), (String::new(), LocalTime::default()), Arc::new(Few))
}

impl Room {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open(&SledOptions::new(folder.path().join("store"))).unwrap();
        let store: Arc<dyn Store> = Arc::new(store);
        let judge = judge_of(&store);
        Self { _folder: folder, store, judge }
    }

    /// The same store as another node has it, or this one after a start.
    fn other(&self) -> Judge {
        judge_of(&self.store)
    }

    async fn batch(&self, rule: &NamedRule, seconds: i64, value: f64) -> Batch {
        judged(&self.judge, rule, seconds, value).await.0
    }

    /// Has the judge take a frame, once more where the row has changed meanwhile.
    async fn see(&self, rule: &NamedRule, seconds: i64, value: f64) {
        if self.take(&self.judge, rule, seconds, value).await.is_none() {
            assert!(self.take(&self.judge, rule, seconds, value).await.is_some());
        }
    }

    /// Has a judge take a frame, as ingest does: says whether anything was written; nothing where it was refused.
    async fn take(
        &self,
        judge: &Judge,
        rule: &NamedRule,
        seconds: i64,
        value: f64,
    ) -> Option<bool> {
        let (batch, states) = judged(judge, rule, seconds, value).await;
        let is_written = !batch.is_empty();
        match self.store.commit(batch).await {
            Ok(_) => judge.keep(states),
            Err(StoreError::Conflict { .. }) => return None,
            Err(error) => panic!("{error}"),
        }
        Some(is_written)
    }

    async fn states(&self) -> usize {
        self.store.scan("alert-states", b"", None, 10).await.unwrap().len()
    }

    async fn alerts(&self) -> Vec<Alert> {
        let book = AlertBook::new(Arc::clone(&self.store));
        book.page(&"water".parse().unwrap(), None, 100, |_| true).await.unwrap()
    }

    async fn messages(&self) -> usize {
        Outbox::new(Arc::clone(&self.store)).waiting().all().await.unwrap().len()
    }
}

#[tokio::test]
async fn an_alert_is_raised_once_and_ends_once_with_what_is_told() {
    let (room, rule) = (Room::open(), rule());
    for (seconds, value) in [(0, 4.0), (1, 6.0), (2, 7.0)] {
        room.see(&rule, seconds, value).await;
    }
    assert_eq!(room.alerts().await.len(), 1);
    assert_eq!(room.messages().await, 3, "two mails and a request");
    // A frame whose batch is lost leaves nothing behind, and is judged again.
    drop(room.batch(&rule, 3, 1.0).await);
    assert!(room.alerts().await[0].is_open());
    room.see(&rule, 3, 1.0).await;
    room.see(&rule, 4, 1.0).await;
    let alerts = room.alerts().await;
    assert_eq!((alerts[0].since, alerts[0].ended_at), (at(1), Some(at(3))));
    assert_eq!(room.messages().await, 6);
    room.see(&rule, 5, 9.0).await;
    let alerts = room.alerts().await;
    assert!(alerts.len() == 2 && alerts[0].is_open(), "the latest is first");
}

#[tokio::test]
async fn of_two_that_judge_the_same_frame_one_is_refused() {
    let (room, rule) = (Room::open(), rule());
    let (first, second) = (room.batch(&rule, 1, 6.0).await, room.batch(&rule, 1, 6.0).await);
    room.store.commit(first).await.unwrap();
    let refused = room.store.commit(second).await;
    assert!(matches!(refused, Err(StoreError::Conflict { .. })));
    assert_eq!((room.alerts().await.len(), room.messages().await), (1, 3));
}

#[tokio::test]
async fn an_alert_is_acknowledged_by_one_person() {
    let (room, rule) = (Room::open(), rule());
    room.see(&rule, 1, 6.0).await;
    let (id, group) = (room.alerts().await[0].id, "water".parse().unwrap());
    let book = AlertBook::new(Arc::clone(&room.store));
    let acknowledge = async |by: &str| {
        let note = String::new();
        let acknowledgement = Acknowledgement { by: by.to_owned(), at: at(2), note };
        let mut batch = Batch::new();
        book.acknowledge(&mut batch, (&group, id), acknowledgement).await?;
        Ok::<_, AlertsError>(room.store.commit(batch).await.unwrap())
    };
    acknowledge("Ada").await.unwrap();
    let said = acknowledge("Joe").await.unwrap_err().to_string();
    assert!(said.contains("Ada"), "{said}");
    let other = "light".parse().unwrap();
    assert!(matches!(book.alert(&other, id).await, Err(AlertsError::UnknownAlert(..))));
    // An alert goes on and ends whoever looks after it.
    room.see(&rule, 3, 1.0).await;
    assert!(!room.alerts().await[0].is_open());
}

/// A rule on a minute of silence, which commands.
fn silence() -> NamedRule {
    let definition: Definition = serde_json::from_value(json!({
        "when": { "silent": { "seconds": 60 } },
        "command": { "command": { "valve": "closed" }, "expiresInSeconds": 60 },
    }))
    .unwrap();
    ("silence".parse().unwrap(), Rule::instead(None, definition, at(0)))
}

impl Room {
    /// Judges a silence after a last frame; says whether an alert is raised.
    async fn silent(&self, rule: &NamedRule, heard: i64, now: i64) -> bool {
        let allowed = jiff::SignedDuration::from_secs(60);
        let unheard = Unheard { heard: at(heard), allowed, now: at(now) };
        let mut batch = Batch::new();
        let is_raised = self.judge.silent(rule, &place(), unheard, &mut batch).await.unwrap();
        if !batch.is_empty() {
            self.store.commit(batch).await.unwrap();
        }
        is_raised
    }
}

#[tokio::test]
async fn a_silence_is_raised_by_the_clock_and_ended_by_a_frame() {
    let (room, rule) = (Room::open(), silence());
    assert!(room.silent(&rule, 0, 61).await);
    assert!(room.silent(&rule, 0, 66).await);
    assert!(room.alerts().await.len() == 1 && room.alerts().await[0].is_open());
    room.see(&rule, 70, 0.0).await;
    assert!(!room.alerts().await[0].is_open());
}

#[tokio::test]
async fn a_silence_that_is_seen_late_is_raised_now_with_its_command() {
    let (room, rule) = (Room::open(), silence());
    assert!(room.silent(&rule, 0, 7_200).await);
    let alert = room.alerts().await.remove(0);
    assert_eq!((alert.since, alert.raised_at), (at(60), at(7_200)));
    let commands = AlertCommands::new(Arc::clone(&room.store));
    let waiting = commands.waiting().all().await.unwrap();
    assert_eq!(waiting[0].1.expires_at, at(7_260));
}

#[tokio::test]
async fn a_frame_that_the_observer_does_not_know_of_is_no_silence() {
    let (room, rule) = (Room::open(), silence());
    room.see(&rule, 50, 0.0).await;
    assert!(!room.silent(&rule, 0, 61).await, "another node has taken a frame");
    assert!(room.alerts().await.is_empty());
    // The time counts from that frame, whether the observer learns of it or not.
    assert!(room.silent(&rule, 0, 111).await);
    assert_eq!(room.alerts().await[0].since, at(110));
    // A frame that was received in time and judged too late ends it as well.
    room.see(&rule, 109, 0.0).await;
    assert!(!room.alerts().await[0].is_open());
}

#[tokio::test]
async fn a_route_is_judged_after_the_clock_was_put_back() {
    let room = Room::open();
    let definition: Definition =
        serde_json::from_value(json!({ "when": { "route": { "seconds": 10 } } })).unwrap();
    let rule = ("dark".parse().unwrap(), Rule::instead(None, definition, at(0)));
    let route: RouteName = "city".parse().unwrap();
    let place = Place::of_route("water".parse().unwrap(), route);
    let see = async |seconds: i64, verdict: Verdict| {
        let sight = Sight { at: at(seconds), value: None, verdict };
        let mut batch = Batch::new();
        let is_raised = room.judge.see(&rule, (&place, false), sight, &mut batch).await.unwrap();
        room.store.commit(batch).await.unwrap();
        is_raised
    };
    // The clock is a day ahead, and is put back then.
    assert!(!see(86_400, Verdict::Broken).await);
    assert!(!see(0, Verdict::Broken).await);
    assert!(see(10, Verdict::Broken).await);
    assert!(see(86_410, Verdict::Broken).await);
    assert!(!see(20, Verdict::Normal).await);
    assert!(!room.alerts().await[0].is_open());
}

#[tokio::test]
async fn rules_are_kept_and_bounded_in_number() {
    let room = Room::open();
    let book = RuleBook::new(Arc::clone(&room.store));
    let key = |number: usize| -> RuleKey { format!("water/rule-{number}").parse().unwrap() };
    let most = 60;
    let wish = |number: usize| {
        let mut definition = rule().1.definition;
        definition.scope.device = Some(format!("70B3D5499A00{number:04X}").parse().unwrap());
        (key(number), definition)
    };
    for (key, definition) in (0..most).map(wish) {
        let mut batch = Batch::new();
        book.put(&mut batch, (&key, definition), most, at(0)).await.unwrap();
        room.store.commit(batch).await.unwrap();
    }
    let (next, definition) = wish(99);
    let put = book.put(&mut Batch::new(), (&next, definition), most, at(0)).await;
    assert!(matches!(put, Err(AlertsError::TooManyRules { used: 60, limit: 60, .. })));
    let (first, definition) = wish(0);
    assert!(book.put(&mut Batch::new(), (&first, definition), most, at(0)).await.is_ok());
    // A rule that watches all devices would be one more of each of them.
    let all = (&key(0), rule().1.definition);
    let put = book.put(&mut Batch::new(), all, most, at(0)).await;
    assert!(matches!(put, Err(AlertsError::TooManyWatching(59))));
    let routes: Definition =
        serde_json::from_value(json!({ "when": { "route": { "seconds": 60 } } })).unwrap();
    assert!(book.put(&mut Batch::new(), (&key(0), routes), most, at(0)).await.is_ok());
    let removed = book.remove(&mut Batch::new(), &key(99)).await;
    assert!(matches!(removed, Err(AlertsError::UnknownRule(_))));
    assert_eq!(book.all().await.unwrap().len(), most);
}

#[tokio::test]
async fn of_two_rules_at_once_that_are_one_too_many_one_is_refused() {
    let room = Room::open();
    let book = RuleBook::new(Arc::clone(&room.store));
    let put = async |name: &str, limit| {
        let (key, mut batch) = (name.parse().unwrap(), Batch::new());
        let put = book.put(&mut batch, (&key, rule().1.definition), limit, at(0)).await;
        put.map(|_| batch)
    };
    for number in 1..crate::alerts::MOST_WATCHING {
        let batch = put(&format!("water/rule-{number}"), 500).await.unwrap();
        room.store.commit(batch).await.unwrap();
    }
    for limit in [crate::alerts::MOST_WATCHING, 500] {
        let (first, second) = (put("water/first", limit), put("water/second", limit));
        let (first, second, other) =
            (first.await.unwrap(), second.await.unwrap(), put("light/first", limit).await.unwrap());
        room.store.commit(first).await.unwrap();
        let refused = room.store.commit(second).await;
        assert!(matches!(refused, Err(StoreError::Conflict { .. })));
        room.store.commit(other).await.unwrap();
        let refused = put("water/second", limit).await.unwrap_err();
        let (used, of) = (crate::alerts::MOST_WATCHING, crate::alerts::MOST_WATCHING);
        match refused {
            AlertsError::TooManyRules { used: told, limit: most, .. } => {
                assert_eq!((told, most), (used, of));
            }
            AlertsError::TooManyWatching(told) => assert_eq!((told, limit), (used, 500)),
            error => panic!("{error}"),
        }
        // What is replaced is not one more.
        room.store.commit(put("water/first", limit).await.unwrap()).await.unwrap();
        for name in ["water/first", "light/first"] {
            let mut batch = Batch::new();
            book.remove(&mut batch, &name.parse().unwrap()).await.unwrap();
            room.store.commit(batch).await.unwrap();
        }
    }
}

#[tokio::test]
async fn an_alert_commands_once_and_says_what_came_of_it() {
    let (room, (name, mut rule)) = (Room::open(), rule());
    let command = json!({ "command": { "valve": "closed" }, "expiresInSeconds": 60 });
    rule.definition.command = Some(serde_json::from_value(command).unwrap());
    let rule = (name, rule);
    for (seconds, value) in [(0, 6.0), (1, 7.0), (2, 6.5)] {
        room.see(&rule, seconds, value).await;
    }
    let commands = AlertCommands::new(Arc::clone(&room.store));
    let waiting = commands.waiting().all().await.unwrap();
    let [(id, command)] = &waiting[..] else { panic!("{waiting:?}") };
    assert_eq!((Some(command.device), command.expires_at), (place().device, at(60)));
    assert_eq!(room.alerts().await[0].commanded, None, "it waits");
    let sent = Uuid::from_u128(7);
    commands.end(*id, command, Ok(sent)).await.unwrap();
    let twice = NotCommanded { code: "not-kept".to_owned(), problem: "twice".to_owned() };
    commands.end(*id, command, Err(twice)).await.unwrap();
    assert!(commands.waiting().all().await.unwrap().is_empty());
    let commanded =
        Commanded { device: command.device, command: Some(sent), problem: None, code: None };
    assert_eq!(room.alerts().await[0].commanded, Some(commanded));
}

#[tokio::test]
async fn open_alerts_are_listed_without_those_that_are_over_also_of_a_release_before() {
    let room = Room::open();
    let book = AlertBook::new(Arc::clone(&room.store));
    let group: champollion_fleet::names::GroupId = "water".parse().unwrap();
    let open = async || {
        let found = book.open_page(&group, None, 10, |_| true).await.unwrap();
        found.into_iter().map(|alert| alert.id).collect::<Vec<_>>()
    };
    let rule = rule();
    room.see(&rule, 0, 6.0).await;
    assert_eq!(open().await.len(), 1);
    room.see(&rule, 1, 4.0).await;
    assert!(open().await.is_empty());
    room.see(&rule, 2, 6.0).await;
    let listed = open().await;
    assert_eq!(listed.len(), 1);
    assert!(book.open_page(&group, Some(listed[0]), 10, |_| true).await.unwrap().is_empty());
    assert_eq!(book.page(&group, None, 10, |_| true).await.unwrap().len(), 2);
    // A release before kept no list.
    let rows = room.store.scan("open-alerts", b"", None, 10).await.unwrap();
    let mut batch = Batch::new();
    for row in rows {
        batch.delete("open-alerts", row.key);
    }
    room.store.commit(batch).await.unwrap();
    assert!(open().await.is_empty());
    book.tidy(at(3), |_| usize::MAX).await.unwrap();
    assert_eq!(open().await, listed);
    // Nor did it take out what it ended.
    let rows = async || room.store.scan("open-alerts", b"", None, 10).await.unwrap();
    let before = rows().await;
    room.see(&rule, 4, 4.0).await;
    assert!(rows().await.is_empty());
    let mut batch = Batch::new();
    for row in before {
        batch.put("open-alerts", row.key, row.value);
    }
    room.store.commit(batch).await.unwrap();
    assert!(open().await.is_empty());
    book.tidy(at(5), |_| usize::MAX).await.unwrap();
    assert!(rows().await.is_empty());
}

#[tokio::test]
async fn frames_are_judged_again_after_a_clock_was_put_back() {
    let room = Room::open();
    let rule = rule();
    // The clock is a day ahead, and is put back then.
    room.see(&rule, 86_400, 4.0).await;
    room.see(&rule, 10, 6.0).await;
    let alerts = room.alerts().await;
    assert!(alerts.len() == 1 && alerts[0].is_open(), "{alerts:?}");
    // What is a little older than the last frame still changes nothing.
    room.see(&rule, 5, 4.0).await;
    assert!(room.alerts().await[0].is_open());
    room.see(&rule, 20, 4.0).await;
    assert!(!room.alerts().await[0].is_open());
}

#[tokio::test]
async fn all_rules_of_a_device_may_tell_all_their_addresses_in_the_batch_of_one_frame() {
    let room = Room::open();
    let mails: Vec<String> =
        (10..30).map(|number| "a".repeat(58) + &format!("{number}@city.example")).collect();
    let long = |bytes: usize| "x".repeat(bytes);
    let definition: Definition = serde_json::from_value(json!({
        "when": { "above": { "quantity": "air.co2", "limit": 0.123_456_789 } },
        "tell": {
            "mail": mails,
            "webhook": { "url": format!("https://city.example/{}", long(970)), "secret": long(1_000) },
            "mqtt": {
                "url": format!("mqtts://city.example/{}", long(970)), "topic": long(200),
                "user": long(1_000), "password": long(1_000),
            },
        },
        "command": { "command": { "text": long(2_000) } },
    }))
    .unwrap();
    let name = |number: usize| format!("{}-{number}", "r".repeat(60)).parse().unwrap();
    let rules: Vec<NamedRule> = (10..10 + crate::alerts::MOST_WATCHING)
        .map(|number| (name(number), Rule::instead(None, definition.clone(), at(0))))
        .collect();
    let mut place = place();
    place.name = "\"".repeat(250);
    place.address = Some("\\".repeat(250));
    place.point = Some("p".repeat(60).parse().unwrap());
    let value = Value::Number(std::f64::consts::PI);
    let measured = Measured { quantity: "air.co2", channel: 0, value, at: at(1) };
    let frame = Frame { received_at: at(1), measurements: vec![measured], is_decoded: Some(true) };
    let watching: Vec<&NamedRule> = rules.iter().collect();
    let mut batch = Batch::new();
    let judged = room.judge.frame(&watching, (&place, false), (&frame, at(1)), &mut batch).await;
    assert!(judged.unwrap().is_some());
    // The record of the frame, and what else its batch has.
    for number in 0..4 {
        batch.put("records", format!("{number}"), vec![0_u8; 60 << 10]);
    }
    room.store.commit(batch).await.unwrap();
    let waiting = Outbox::new(Arc::clone(&room.store)).waiting().all().await.unwrap();
    assert_eq!(waiting.len(), rules.len() * 22);
}
