use std::sync::Arc;

use champollion_store::{Batch, SledOptions, SledStore, Store};
use jiff::{Timestamp, ToSpan, civil::Date};
use serde_json::{Value as Json, json};
use tempfile::TempDir;
use uuid::Uuid;

use super::*;

fn now() -> Timestamp {
    "2026-01-31T12:00:00Z".parse().unwrap()
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

/// A declaration that makes sense.
fn declared() -> Json {
    json!({
        "mission": "Read the water meters of the valley",
        "period": { "from": "2026-02-01", "until": "2030-12-31" },
        "coverage": ["outdoor", "deep-indoor"],
        "objects": [
            { "from": "2026-02-01", "number": 10, "places": "the town" },
            { "from": "2027-01-01", "number": 50, "places": "the whole valley" },
        ],
        "direction": "up",
        "frequency": { "up": { "messages": 24, "per": "day" } },
    })
}

fn read(json: Json) -> Declaration {
    serde_json::from_value(json).unwrap()
}

fn asked(declaration: Declaration) -> Asked {
    let applicant =
        json!({ "name": "Lovelace", "firstName": "Ada", "email": "ada@valley.example" });
    let applicant = Some(serde_json::from_value(applicant).unwrap());
    Asked {
        matter: Matter::Approval {
            declaration: Box::new(declaration),
            applicant,
            groups: ["water".parse().unwrap()].into(),
        },
        name: "The valley".to_owned(),
        partner: None,
        by: "somebody".to_owned(),
        secret_hash: None,
        checks: vec!["Is it public?".to_owned(), "Is it covered?".to_owned()],
    }
}

fn remark(side: Side, at: Timestamp) -> Remark {
    Remark { side, at, by: "somebody".to_owned(), text: "In which streets?".parse().unwrap() }
}

fn decision(accepted: bool) -> Decision {
    Decision {
        accepted,
        at: now(),
        by: "the operator".to_owned(),
        letter: "Dear partner".parse().unwrap(),
        partner: accepted.then(|| "valley".parse().unwrap()),
    }
}

struct Kept {
    _folder: TempDir,
    store: Arc<dyn Store>,
    desk: Desk,
}

impl Kept {
    async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let store = SledStore::open(&SledOptions::new(folder.path().join("store"))).unwrap();
        let store: Arc<dyn Store> = Arc::new(store);
        let desk = Desk::open(&*store).await.unwrap();
        Self { _folder: folder, store, desk }
    }

    async fn keep(
        &self,
        prepare: impl FnOnce(&DeskTurn<'_>) -> Result<Step, RequestError>,
    ) -> Result<Request, RequestError> {
        let turn = self.desk.turn().await;
        let step = prepare(&turn)?;
        let mut batch = Batch::new();
        step.put(&mut batch)?;
        self.store.commit(batch).await.unwrap();
        Ok(turn.apply(step))
    }

    async fn ask(&self) -> Request {
        self.keep(|turn| turn.ask(asked(read(declared())), 10, now())).await.unwrap()
    }

    async fn pass(&self, id: Uuid, number: usize, passed: bool) -> Result<Request, RequestError> {
        let by = "the operator".to_owned();
        let result = CheckResult { passed, at: now(), by, note: None };
        self.keep(|turn| turn.check(id, number, result)).await
    }
}

#[test]
fn a_declaration_is_checked_part_by_part() {
    assert_eq!(read(declared()).check(), Ok(()));
    let with = |pointer: &str, value: Json| {
        let mut json = declared();
        *json.pointer_mut(pointer).unwrap() = value;
        read(json).check().unwrap_err().to_string()
    };
    for (pointer, value, says) in [
        ("/period/until", json!("2026-01-01"), "period"),
        ("/coverage", json!([]), "coverage"),
        ("/objects", json!([]), "0 steps"),
        ("/objects/1/from", json!("2026-02-01"), "objects[1]"),
        ("/objects/1/from", json!("2031-01-01"), "objects[1]"),
        ("/objects/0/from", json!("2025-01-01"), "objects[0]"),
        ("/objects/1/number", json!(4_000_000_000_u32), "4000000000"),
        ("/direction", json!("both"), "down is missing"),
        ("/direction", json!("down"), "up is there"),
        ("/frequency/up/messages", json!(0), "0 messages"),
    ] {
        let said = with(pointer, value.clone());
        assert!(said.contains(says), "{pointer} {value}: {said}");
    }
    for (pointer, value) in [
        ("/mission", json!("  ")),
        ("/mission", json!("x".repeat(8_001))),
        ("/mission", json!("a\u{7}b")),
        ("/period/from", json!("2026-02-30")),
        ("/coverage", json!(["underwater"])),
        ("/frequency/up/per", json!("year")),
    ] {
        let mut json = declared();
        *json.pointer_mut(pointer).unwrap() = value.clone();
        assert!(serde_json::from_value::<Declaration>(json).is_err(), "{pointer} {value}");
    }
}

#[tokio::test]
async fn a_request_waits_for_the_one_who_has_the_next_step_and_its_clock_with_it() {
    let kept = Kept::new().await;
    let request = kept.ask().await;
    let id = request.id;
    assert_eq!(request.waits_for(), WaitsFor::Operator);
    // A month after the last day of January is the last one of February.
    assert_eq!(request.due_at.to_string(), "2026-02-28T12:00:00Z");
    assert!(!request.is_overdue(request.due_at) && request.is_overdue(request.due_at + 1.second()));

    let asked_at = now() + 24.hours();
    let question = kept.keep(|turn| turn.remark(id, remark(Side::Operator, asked_at), true)).await;
    let question = question.unwrap();
    assert_eq!(question.waits_for(), WaitsFor::Partner);
    assert!(!question.is_overdue(request.due_at + 1.second()), "the clock stands");
    let noted = kept.keep(|turn| turn.remark(id, remark(Side::Operator, asked_at), false)).await;
    assert_eq!(noted.unwrap().waits_for(), WaitsFor::Partner);
    let answered_at = asked_at + 72.hours();
    let answer = kept.keep(|turn| turn.remark(id, remark(Side::Partner, answered_at), false)).await;
    let answer = answer.unwrap();
    assert_eq!(answer.waits_for(), WaitsFor::Operator);
    assert_eq!(answer.due_at, request.due_at + 72.hours());
    assert_eq!(kept.desk.counts(answer.due_at + 1.second()), (1, 1));

    let again = Desk::open(&*kept.store).await.unwrap();
    assert_eq!(again.get(id), Some(answer));
}

#[tokio::test]
async fn a_request_is_accepted_with_all_its_checks_and_then_stays_as_it_is() {
    let kept = Kept::new().await;
    let id = kept.ask().await.id;
    let early = kept.keep(|turn| turn.decide(id, decision(true))).await;
    assert!(early.unwrap_err().to_string().contains("Is it public?; Is it covered?"));
    for number in [0, 3] {
        assert!(matches!(
            kept.pass(id, number, true).await,
            Err(RequestError::UnknownCheck { .. })
        ));
    }
    kept.pass(id, 1, true).await.unwrap();
    kept.pass(id, 2, false).await.unwrap();
    let failed = kept.keep(|turn| turn.decide(id, decision(true))).await.unwrap_err().to_string();
    assert!(failed.contains("Is it covered?") && !failed.contains("Is it public?"), "{failed}");
    // Another declaration is another request as far as the checks go.
    let declare = |turn: &DeskTurn<'_>| turn.declare(id, read(declared()), now());
    let declared_anew = kept.keep(declare).await.unwrap();
    assert_eq!(declared_anew.checks_left().len(), 2);
    for number in [1, 2] {
        kept.pass(id, number, true).await.unwrap();
    }
    let accepted = kept.keep(|turn| turn.decide(id, decision(true))).await.unwrap();
    assert_eq!(accepted.state(), RequestState::Accepted);
    assert_eq!(accepted.waits_for(), WaitsFor::Nobody);
    assert_eq!(accepted.partner, Some("valley".parse().unwrap()));
    for late in [
        kept.keep(|turn| turn.remark(id, remark(Side::Partner, now()), false)).await,
        kept.keep(|turn| turn.withdraw(id)).await,
        kept.keep(|turn| turn.decide(id, decision(false))).await,
    ] {
        assert!(matches!(late, Err(RequestError::Decided(_))));
    }
}

#[tokio::test]
async fn a_request_that_is_withdrawn_leaves_nothing_and_those_that_wait_are_bounded() {
    let kept = Kept::new().await;
    let id = kept.ask().await.id;
    let full = kept.keep(|turn| turn.ask(asked(read(declared())), 1, now())).await;
    assert!(matches!(full, Err(RequestError::TooMany { limit: 1 })));
    kept.keep(|turn| turn.withdraw(id)).await.unwrap();
    assert_eq!(kept.desk.get(id), None);
    assert_eq!(Desk::open(&*kept.store).await.unwrap().after(None), []);
    let unknown = kept.keep(|turn| turn.withdraw(id)).await;
    assert!(matches!(unknown, Err(RequestError::Unknown(_))));
    let mut nameless = asked(read(declared()));
    nameless.name = " ".to_owned();
    assert!(matches!(
        kept.keep(|turn| turn.ask(nameless, 1, now())).await,
        Err(RequestError::Name(_))
    ));

    // Remarks end where a decision would not fit any more.
    let id = kept.ask().await.id;
    let long =
        || Remark { text: "x".repeat(8_000).parse().unwrap(), ..remark(Side::Partner, now()) };
    let mut last = Ok(());
    for _ in 0..10 {
        last = kept.keep(|turn| turn.remark(id, long(), false)).await.map(drop);
    }
    assert!(matches!(last, Err(RequestError::TooLarge { .. })), "{last:?}");
    let letter =
        Decision { letter: "\"\n".repeat(4_000).trim().parse().unwrap(), ..decision(false) };
    kept.keep(|turn| turn.decide(id, letter)).await.unwrap();
}

#[tokio::test]
async fn a_partner_asks_for_an_approval_once_at_a_time() {
    let kept = Kept::new().await;
    let of_partner =
        || Asked { partner: Some("valley".parse().unwrap()), ..asked(read(declared())) };
    let first = kept.keep(|turn| turn.ask(of_partner(), 10, now())).await.unwrap();
    let second = kept.keep(|turn| turn.ask(of_partner(), 10, now())).await;
    assert!(matches!(second, Err(RequestError::AsksAlready(id)) if id == first.id));
    let more = Asked { matter: Matter::MoreObjects { declared: 10, number: 11 }, ..of_partner() };
    // The server itself asks, however many wait.
    let more = kept.keep(|turn| turn.ask(more, 0, now())).await.unwrap();
    let counted = kept.keep(|turn| turn.count(more.id, 17)).await.unwrap();
    assert_eq!(counted.matter, Matter::MoreObjects { declared: 10, number: 17 });
    assert!(kept.keep(|turn| turn.count(first.id, 17)).await.is_err());
}

#[test]
fn an_approval_is_in_force_from_its_first_day_to_its_last_or_its_notice() {
    let mut approval = Approval::of_declaration(Uuid::nil(), &read(declared()), None, now());
    let at = |text: &str| format!("{text}T12:00:00Z").parse::<Timestamp>().unwrap();
    assert_eq!(approval.state(now()), ApprovalState::NotBegun);
    assert_eq!(approval.state(at("2026-02-01")), ApprovalState::InForce);
    assert_eq!(approval.state(at("2030-12-31")), ApprovalState::InForce);
    assert_eq!(approval.state(at("2031-01-01")), ApprovalState::Ended);
    let letter = "Farewell".parse().unwrap();
    let (given_at, ends_at) = (now(), at("2028-01-01"));
    approval.notice = Some(Notice { given_at, ends_at, letter });
    assert_eq!(approval.state(at("2027-12-31")), ApprovalState::InForce);
    assert_eq!(approval.state(ends_at), ApprovalState::Ended);
    let city = "city".parse().unwrap();
    let ended = approval.check_in_force(&city, ends_at).unwrap_err().to_string();
    assert!(ended.contains("city") && ended.contains("ended"), "{ended}");
    let early = approval.check_in_force(&city, now()).unwrap_err().to_string();
    assert!(early.contains("2026-02-01"), "{early}");

    let of_operator = Approval::of_operator(now());
    assert_eq!(of_operator.state(Timestamp::UNIX_EPOCH), ApprovalState::InForce);
    assert_eq!((of_operator.declared(now()), of_operator.most(now())), (None, None));
}

#[test]
fn the_declared_number_is_that_of_the_day_and_the_quota_leaves_room_for_more() {
    let approval = Approval::of_declaration(Uuid::nil(), &read(declared()), None, now());
    let later = "2027-06-01T00:00:00Z".parse().unwrap();
    assert_eq!((approval.declared(now()), approval.declared(later)), (Some(10), Some(50)));
    assert_eq!(approval.most(now()), Some(100));
    let narrow = Approval::of_declaration(Uuid::nil(), &read(declared()), Some(1), now());
    assert_eq!(narrow.most(now()), Some(50), "what is declared is not refused");
    let closed = Approval { more_refused_at: Some(now()), ..approval };
    assert_eq!((closed.most(now()), closed.most(later)), (Some(10), Some(50)));
    let raised = closed.raised(70, None);
    assert_eq!((raised.declared(now()), raised.most(now())), (Some(70), Some(140)));
    assert_eq!(raised.numbers[0].from, day("2026-02-01"));
}
