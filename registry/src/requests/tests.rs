use std::sync::Arc;

use champollion_store::{Batch, SledOptions, SledStore, Store};
use jiff::{Timestamp, ToSpan};
use serde_json::{Value as Json, json};
use tempfile::TempDir;
use uuid::Uuid;

use super::{trial::faults, *};
use champollion_fleet::requests::WaitsFor;
use champollion_sandbox::Digest;

fn now() -> Timestamp {
    "2026-01-31T12:00:00Z".parse().unwrap()
}

fn payload(number: u8) -> Json {
    json!({
        "name": format!("payload {number}"),
        "uplink": { "fPort": 2, "payload": format!("00{number:02X}") },
        "right": [{ "quantity": "water.volume", "value": 1.5 }],
    })
}

/// A wish that makes sense.
fn wished() -> Json {
    let payloads: Vec<Json> = (0..5).map(payload).collect();
    json!({
        "maker": "Acme", "model": "Meter 2", "document": "Acme Meter 2, payload, 1.4",
        "payloads": payloads, "payer": "The valley",
    })
}

fn read(json: Json) -> Wish {
    serde_json::from_value(json).unwrap()
}

fn taking(at: Timestamp) -> Taking {
    Taking { by: "somebody".to_owned(), at, text: None }
}

fn estimate(by: Option<&str>) -> Estimate {
    let by = by.map(|day| day.parse().unwrap());
    Estimate { price: "4,000 €".parse().unwrap(), by, text: None }
}

struct Kept {
    _folder: TempDir,
    store: Arc<dyn Store>,
    desk: RequestDesk,
}

impl Kept {
    async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let store = SledStore::open(&SledOptions::new(folder.path().join("store"))).unwrap();
        let store: Arc<dyn Store> = Arc::new(store);
        let desk = RequestDesk::open(&*store).await.unwrap();
        Self { _folder: folder, store, desk }
    }

    async fn keep(
        &self,
        prepare: impl FnOnce(&RequestTurn<'_>) -> Result<RequestStep, RequestFault>,
    ) -> Result<DecoderRequest, RequestFault> {
        let turn = self.desk.turn().await;
        let step = prepare(&turn)?;
        let mut batch = Batch::new();
        step.put(&mut batch)?;
        self.store.commit(batch).await.unwrap();
        Ok(turn.apply(step))
    }

    async fn ask(&self) -> DecoderRequest {
        let valley = "valley".parse().unwrap();
        self.keep(|turn| turn.ask(valley, read(wished()), taking(now()))).await.unwrap()
    }
}

#[test]
fn a_wish_is_checked_part_by_part() {
    let today = "2026-01-31".parse().unwrap();
    assert_eq!(read(wished()).check(today), Ok(()));
    for (pointer, value, says) in [
        ("/payloads", json!([]), "there are 0"),
        ("/payloads/1", payload(0), "payloads[1]"),
        ("/payloads/1/name", json!("payload 0"), "payloads[1]"),
        ("/payloads/0/uplink/fPort", json!(0), "fPort"),
        ("/payloads/0/uplink/payload", json!(""), "0 bytes"),
        ("/payloads/0/uplink/payload", json!("00".repeat(243)), "243 bytes"),
        ("/payloads/0/right", json!([]), "0 values"),
        ("/payloads/0/right/0/quantity", json!("water.depth-of-joy"), "water.depth-of-joy"),
        ("/payloads/0/right/0/value", json!(null), "water.volume"),
        ("/payloads/0/right/0/value", json!([1]), "water.volume"),
    ] {
        let mut json = wished();
        *json.pointer_mut(pointer).unwrap() = value.clone();
        let said = read(json).check(today).unwrap_err().to_string();
        assert!(said.contains(says), "{pointer} {value}: {said}");
    }
    let mut late = wished();
    late["by"] = json!("2026-01-31");
    assert!(read(late).check(today).unwrap_err().to_string().contains("2026-01-31"));
    for (pointer, value) in [
        ("/maker", json!(" ")),
        ("/document", json!("two\nlines")),
        ("/payloads/0/uplink/payload", json!("0")),
        ("/payloads/0/uplink/fPort", json!(300)),
    ] {
        let mut json = wished();
        *json.pointer_mut(pointer).unwrap() = value.clone();
        assert!(serde_json::from_value::<Wish>(json).is_err(), "{pointer} {value}");
    }
}

#[tokio::test]
async fn a_request_knows_for_whom_it_waits_and_its_clock_stands_for_the_partner() {
    let kept = Kept::new().await;
    let request = kept.ask().await;
    let id = request.id;
    assert_eq!((request.state, request.waits_for()), (RequestState::Asked, WaitsFor::Operator));
    // Three months after the last day of January is the last one of April.
    assert_eq!(request.due_at.to_string(), "2026-04-30T12:00:00Z");
    assert!(!request.is_overdue(request.due_at) && request.is_overdue(request.due_at + 1.second()));

    let question = kept.keep(|turn| turn.question(id, taking(now() + 24.hours()))).await.unwrap();
    assert_eq!(question.waits_for(), WaitsFor::Partner);
    assert!(!question.is_overdue(request.due_at + 1.second()), "the clock stands");
    let answer = kept.keep(|turn| turn.answer(id, taking(now() + 96.hours()))).await.unwrap();
    assert_eq!(answer.waits_for(), WaitsFor::Operator);
    assert_eq!(answer.due_at, request.due_at + 72.hours());

    let estimated = kept.keep(|turn| turn.estimate(id, estimate(None), taking(now() + 96.hours())));
    assert_eq!(estimated.await.unwrap().waits_for(), WaitsFor::Partner);
    let nameless = kept.keep(|turn| turn.order(id, None, taking(now() + 96.hours()))).await;
    assert!(matches!(nameless, Err(RequestFault::NoOrderNumber)));
    let number = "PO-7".parse().ok();
    let ordered =
        kept.keep(|turn| turn.order(id, number, taking(now() + 120.hours()))).await.unwrap();
    assert_eq!((ordered.state, ordered.waits_for()), (RequestState::Ordered, WaitsFor::Operator));
    assert_eq!(ordered.due_at, request.due_at + 96.hours());

    let again = RequestDesk::open(&*kept.store).await.unwrap();
    assert_eq!(again.get(id), Some(ordered));
}

#[tokio::test]
async fn an_estimate_may_name_another_day_which_is_to_come() {
    let kept = Kept::new().await;
    let id = kept.ask().await.id;
    let past =
        kept.keep(|turn| turn.estimate(id, estimate(Some("2026-01-31")), taking(now()))).await;
    assert!(matches!(past, Err(RequestFault::Wish(WishFault::Past { .. }))), "{past:?}");
    let named =
        kept.keep(|turn| turn.estimate(id, estimate(Some("2026-06-01")), taking(now()))).await;
    assert_eq!(named.unwrap().due_at.to_string(), "2026-06-02T00:00:00Z");
}

#[tokio::test]
async fn steps_out_of_their_order_change_nothing() {
    let kept = Kept::new().await;
    let request = kept.ask().await;
    let id = request.id;
    let steps = [
        kept.keep(|turn| turn.order(id, "PO-7".parse().ok(), taking(now()))).await,
        kept.keep(|turn| turn.send_back(id, taking(now()))).await,
        kept.keep(|turn| turn.finish(id, taking(now()))).await,
    ];
    for step in steps {
        let said = step.unwrap_err().to_string();
        assert!(said.contains("is asked"), "{said}");
    }
    assert_eq!(kept.desk.get(id), Some(request));
    let nobody = Uuid::nil();
    let unknown = kept.keep(|turn| turn.decline(nobody, taking(now()))).await;
    assert!(matches!(unknown, Err(RequestFault::Unknown(_))));

    let withdrawn = kept.keep(|turn| turn.withdraw(id, taking(now()))).await.unwrap();
    assert_eq!(
        (withdrawn.state, withdrawn.waits_for()),
        (RequestState::Declined, WaitsFor::Nobody)
    );
    let late = kept.keep(|turn| turn.answer(id, taking(now()))).await;
    assert!(matches!(late, Err(RequestFault::NotNow { state: RequestState::Declined, .. })));
}

#[tokio::test]
async fn a_candidate_is_accepted_by_the_payloads_that_it_was_tried_on() {
    let kept = Kept::new().await;
    let id = kept.ask().await.id;
    kept.keep(|turn| turn.estimate(id, estimate(None), taking(now()))).await.unwrap();
    let request =
        kept.keep(|turn| turn.order(id, "PO-7".parse().ok(), taking(now()))).await.unwrap();
    let tried = |faults: Vec<TrialFault>| Tried {
        candidate: Candidate {
            decoder: "acme/meter".parse().unwrap(),
            version: "1.0.0".parse().unwrap(),
        },
        payloads: request.wish.payloads.clone(),
        trial: Trial {
            at: now(),
            digest: Digest::of(b"a package"),
            verdicts: vec![PayloadVerdict::with("payload 0".to_owned(), faults)],
        },
    };
    let early = kept.keep(|turn| turn.accept(id, tried(Vec::new()), taking(now()))).await;
    assert!(matches!(early, Err(RequestFault::NotNow { .. })));
    // As a candidate that was named: the checks of its package are those of the real server's test.
    let mut named = request.clone();
    named.state = RequestState::Candidate;
    named.candidate = Some(tried(Vec::new()).candidate);
    let turn = kept.desk.turn().await;
    let of_candidate = turn.apply(RequestStep::of(request.clone(), named));
    drop(turn);
    assert!(of_candidate.candidate_on_trial().is_some());

    let turn = kept.desk.turn().await;
    let differs =
        turn.accept(id, tried(vec![TrialFault::NotRead("off".to_owned())]), taking(now()));
    assert!(differs.unwrap_err().to_string().contains("payload 0: it is not read: off"));
    let mut other = tried(Vec::new());
    other.payloads.pop();
    let replaced = turn.accept(id, other, taking(now()));
    assert!(matches!(replaced, Err(RequestFault::ChangedMeanwhile)));
    let mut other = tried(Vec::new());
    other.candidate.version = "1.0.1".parse().unwrap();
    let replaced = turn.accept(id, other, taking(now()));
    assert!(matches!(replaced, Err(RequestFault::ChangedMeanwhile)));
    let accepted = turn.accept(id, tried(Vec::new()), taking(now())).unwrap();
    assert_eq!(accepted.request.state, RequestState::Accepted);
    let sent_back = turn.send_back(id, taking(now())).unwrap();
    assert_eq!(sent_back.request.state, RequestState::Ordered);
    assert!(sent_back.request.candidate_on_trial().is_none());
}

#[tokio::test]
async fn words_end_where_the_row_would_be_too_large_and_a_reason_still_fits() {
    let kept = Kept::new().await;
    let id = kept.ask().await.id;
    let long = || Taking { text: "x".repeat(8_000).parse().ok(), ..taking(now()) };
    let mut last = Ok(());
    for _ in 0..8 {
        last = kept.keep(|turn| turn.answer(id, long())).await.map(drop);
    }
    assert!(matches!(last, Err(RequestFault::TooLarge { .. })), "{last:?}");
    kept.keep(|turn| turn.decline(id, long())).await.unwrap();
}

#[test]
fn what_is_right_must_come_out_among_what_else_may() {
    let right = |json: Json| -> Vec<RightValue> { serde_json::from_value(json).unwrap() };
    let moment = "2026-01-01T00:00:00Z";
    let wanted = right(json!([
        { "quantity": "water.volume", "value": 1.5 },
        { "quantity": "water.volume", "value": 1.25, "measuredAt": moment },
    ]));
    let measured = |value: Json| {
        json!({ "reading": { "data": { "any": "thing" }, "measurements": [
            { "quantity": "water.volume", "value": 1.25, "measuredAt": moment },
            { "quantity": "water.volume", "value": value },
            { "quantity": "water.volume", "value": 9, "channel": 1 },
        ] } })
    };
    let faults = |right: &[RightValue], outcome: &Json| -> Vec<String> {
        faults(right, outcome).iter().map(ToString::to_string).collect()
    };
    assert_eq!(faults(&wanted, &measured(json!(1.500_000_000_000_1))), Vec::<String>::new());
    let off = faults(&wanted, &measured(json!(1.51)));
    assert_eq!(off, ["water.volume: expected 1.5, actual 1.25, 1.51"]);
    let nothing = faults(&wanted, &json!({ "reading": { "data": {} } }));
    assert_eq!(nothing.len(), 2, "{nothing:?}");
    assert!(nothing[1].contains("2026-01-01T00:00:00Z") && nothing[1].contains("nothing"));
    let failed = json!({ "failure": { "kind": "too-short", "message": "ends after 2 bytes" } });
    assert_eq!(faults(&wanted, &failed), ["it is not read: ends after 2 bytes"]);
    let channel = right(json!([{ "quantity": "water.volume", "value": 9, "channel": 1 }]));
    assert_eq!(faults(&channel, &measured(json!(1))), Vec::<String>::new());
}

#[test]
fn a_payload_becomes_the_vector_that_a_developer_begins_with() {
    let wish = read(wished());
    let vector = wish.payloads[3].vector("a device of the valley");
    let json = serde_json::to_value(&vector).unwrap();
    assert_eq!(json["name"], "payload 3");
    assert_eq!(json["uplink"]["payload"], "0003");
    let right = json!([{ "quantity": "water.volume", "value": 1.5 }]);
    assert_eq!(json["expect"]["reading"], json!({ "data": {}, "measurements": right }));
}
