use champollion_store::{SledOptions, SledStore};
use jiff::ToSpan;

use super::*;
use crate::outbox::LocalTime;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(super) fn group(name: &str) -> GroupId {
    name.parse().unwrap()
}

pub(super) fn wish(kind: NoticeKind, begin: Option<&str>, end: Option<&str>) -> NoticeWish {
    NoticeWish {
        kind,
        title: "Gateway of the town hall".parse().unwrap(),
        text: "It is replaced.".parse().unwrap(),
        begin: begin.map(at),
        end: end.map(at),
        scope: NoticeScope::default(),
        leaves_out: None,
    }
}

const NOW: &str = "2027-03-01T06:00:00Z";
const BEGIN: &str = "2027-03-01T08:00:00Z";
const END: &str = "2027-03-01T12:00:00Z";

pub(super) fn made(wish: NoticeWish) -> Result<Notice, NoticeFault> {
    wish.notice(at(NOW), |group| group.as_str() != "nowhere")
}

fn planned() -> Notice {
    made(wish(NoticeKind::Planned, Some(BEGIN), Some(END))).unwrap()
}

#[test]
fn a_notice_goes_through_its_states() {
    let notice = planned();
    for (now, state) in [
        (NOW, NoticeState::Planned),
        (BEGIN, NoticeState::InForce),
        ("2027-03-01T11:59:59Z", NoticeState::InForce),
        (END, NoticeState::Over),
    ] {
        assert_eq!(notice.state(at(now)), state, "{now}");
    }
    let taken_back = super::wish::cancelled(&notice, at(NOW)).unwrap();
    assert_eq!(taken_back.state(at(BEGIN)), NoticeState::Cancelled);
    assert!(matches!(
        super::wish::cancelled(&taken_back, at(NOW)),
        Err(NoticeFault::Cancelled(id)) if id == notice.id
    ));
    let lasting = made(wish(NoticeKind::Incident, None, None)).unwrap();
    assert_eq!(lasting.begin, at(NOW));
    assert_eq!(lasting.state(at("2027-04-01T00:00:00Z")), NoticeState::InForce);
}

#[test]
fn what_makes_no_sense_is_refused_with_its_place() {
    for (refused, path) in [
        (wish(NoticeKind::Planned, Some(BEGIN), None), "end"),
        (wish(NoticeKind::Planned, None, Some(END)), "begin"),
        (wish(NoticeKind::Planned, Some("2027-02-28T08:00:00Z"), Some(END)), "begin"),
        (wish(NoticeKind::Planned, Some(END), Some(BEGIN)), "end"),
        (wish(NoticeKind::Planned, Some(BEGIN), Some(BEGIN)), "end"),
        (wish(NoticeKind::Planned, Some(BEGIN), Some("2028-03-02T08:00:01Z")), "end"),
        (wish(NoticeKind::Incident, Some(BEGIN), None), "begin"),
    ] {
        let said = format!("{refused:?}");
        assert_eq!(made(refused).unwrap_err().path(), Some(path), "{said}");
    }
    let mut scoped = wish(NoticeKind::Incident, None, None);
    scoped.scope.groups = ["water", "nowhere"].map(group).into();
    let refused = made(scoped.clone()).unwrap_err();
    assert_eq!(refused.path(), Some("scope.groups"));
    assert!(refused.to_string().contains("nowhere"), "{refused}");
    scoped.scope = NoticeScope { gateways: ["a\u{7}".to_owned()].into(), ..NoticeScope::default() };
    assert_eq!(made(scoped).unwrap_err().path(), Some("scope.gateways"));
    let nothing = NoticeChange::default().applied(&planned(), at(NOW));
    assert!(matches!(nothing, Err(NoticeFault::NoChange)));
}

#[test]
fn a_notice_of_gateways_alone_leaves_nothing_out() {
    let mut of_gateway = wish(NoticeKind::Planned, Some(BEGIN), Some(END));
    of_gateway.scope.gateways = ["town-hall".to_owned()].into();
    let notice = made(of_gateway.clone()).unwrap();
    assert!(!notice.leaves_out && !notice.scope.concerns(&group("water"), None));
    let change = NoticeChange { leaves_out: Some(true), ..NoticeChange::default() };
    assert_eq!(change.applied(&notice, at(NOW)).unwrap_err().path(), Some("leavesOut"));
    of_gateway.leaves_out = Some(true);
    let refused = made(of_gateway.clone()).unwrap_err();
    assert_eq!(refused.path(), Some("leavesOut"));
    assert!(refused.to_string().contains("scope.groups"), "{refused}");
    of_gateway.scope.groups = [group("water")].into();
    let notice = made(of_gateway).unwrap();
    assert!(notice.leaves_out && notice.scope.concerns(&group("water"), None));
    assert!(!notice.scope.concerns(&group("light"), None));
}

#[test]
fn follow_ups_are_bounded_by_the_row() {
    let mut notice = planned();
    let refused = loop {
        let word = NoticeFollowUp { text: "x".repeat(7_000).parse().unwrap(), end: None };
        match word.added(&notice, at(NOW)) {
            Ok(longer) => notice = longer,
            Err(refused) => break refused,
        }
    };
    assert!(matches!(refused, NoticeFault::TooLarge(_)));
    assert_eq!(notice.follow_ups.len(), 8);
    assert_eq!(notice.revision, 8);
}

#[test]
fn a_scope_is_about_what_fits_all_its_parts() {
    let water: UseCase = "water-metering".parse().unwrap();
    let whole = NoticeScope::default();
    assert!(whole.concerns(&group("a"), None));
    let of_group = NoticeScope { groups: [group("a")].into(), ..NoticeScope::default() };
    assert!(of_group.concerns(&group("a"), None) && !of_group.concerns(&group("b"), None));
    let both = NoticeScope { use_cases: [water.clone()].into(), ..of_group.clone() };
    assert!(both.concerns(&group("a"), Some(&water)) && !both.concerns(&group("a"), None));
    // Of other partners' groups nothing is told.
    let several = NoticeScope { groups: ["a", "b"].map(group).into(), ..NoticeScope::default() };
    assert_eq!(several.as_seen(|seen| seen.as_str() == "a"), Some(of_group.clone()));
    assert_eq!(of_group.as_seen(|seen| seen.as_str() == "b"), None);
    assert_eq!(whole.as_seen(|_| false), Some(whole.clone()));
}

#[tokio::test]
async fn days_that_a_notice_touches_are_left_out_and_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let options = SledOptions::new(folder.path().join("store"));
    let store: Arc<dyn Store> = Arc::new(SledStore::open(&options).unwrap());
    let notices = Notices::open(Arc::clone(&store)).await.unwrap();
    let turn = notices.turn().await;
    let mut wanted =
        wish(NoticeKind::Planned, Some("2027-03-27T23:00:00Z"), Some("2027-03-28T01:00:00Z"));
    wanted.scope.groups = [group("water")].into();
    let NoticeChanged { batch, notice } = turn.add(wanted, at(NOW), |_| true).unwrap();
    store.commit(batch).await.unwrap();
    let id = turn.apply(notice).id;
    let incident = turn.add(wish(NoticeKind::Incident, None, None), at(NOW), |_| true).unwrap();
    store.commit(incident.batch).await.unwrap();
    turn.apply(incident.notice);
    drop(turn);

    let day = |text: &str| {
        let day: jiff::civil::Date = text.parse().unwrap();
        let first = |day: jiff::civil::Date| day.in_tz("Europe/Paris").unwrap().timestamp();
        first(day)..first(day + 1.day())
    };
    for reopened in [false, true] {
        let fresh = Notices::open(Arc::clone(&store)).await.unwrap();
        let notices = if reopened { &fresh } else { &notices };
        // It begins at midnight of the day that has 23 hours, and incidents leave nothing out by themselves.
        let excluded = |text: &str, of: &str| notices.excluded(&group(of), None, day(text));
        assert_eq!(excluded("2027-03-28", "water"), Some(id));
        assert_eq!(excluded("2027-03-27", "water"), None);
        assert_eq!(excluded("2027-03-29", "water"), None);
        assert_eq!(excluded("2027-03-28", "light"), None);
        assert_eq!(notices.latest(None).len(), 2);
        assert_eq!(notices.latest(Some(notices.latest(None)[0].id)).len(), 1);
        assert_eq!(notices.current(at(NOW), at(BEGIN)).len(), 1, "planned work is some days off");
    }
}

#[tokio::test]
async fn a_change_is_based_on_what_the_store_has() {
    let folder = tempfile::tempdir().unwrap();
    let options = SledOptions::new(folder.path().join("store"));
    let store: Arc<dyn Store> = Arc::new(SledStore::open(&options).unwrap());
    let [one, other] = [
        Notices::open(Arc::clone(&store)).await.unwrap(),
        Notices::open(Arc::clone(&store)).await.unwrap(),
    ];
    let turn = one.turn().await;
    let added = turn.add(wish(NoticeKind::Incident, None, None), at(NOW), |_| true).unwrap();
    store.commit(added.batch).await.unwrap();
    let id = turn.apply(added.notice).id;
    // Another process follows up what it has not in memory; of two rivals one is refused.
    let word = |text: &str| NoticeFollowUp { text: text.parse().unwrap(), end: Some(at(END)) };
    let of_other = other.turn().await;
    let first = of_other.follow_up(id, word("It is over at noon."), at(BEGIN)).await.unwrap();
    let second = turn.follow_up(id, word("Nobody knows."), at(BEGIN)).await.unwrap();
    store.commit(first.batch).await.unwrap();
    assert!(store.commit(second.batch).await.is_err());
    let after = turn.cancel(id, at(END)).await.unwrap().notice;
    assert_eq!((after.follow_ups.len(), after.end, after.revision), (1, Some(at(END)), 2));
    let unknown = turn.cancel(Uuid::nil(), at(END)).await.unwrap_err();
    assert!(matches!(unknown, NoticeFault::Unknown(_)));
}

#[test]
fn a_calendar_is_folded_and_escaped() {
    let mut notice = planned();
    notice.title = "Water; light, and a backslash \\".parse().unwrap();
    let text = format!("First line\nsecond line, {}", "é".repeat(60));
    notice.text = text.parse().unwrap();
    let clocks = LocalTime::new(paris());
    let reading = (&clocks, crate::outbox::Language::Fr);
    let written = calendar("Notices", reading, [&notice]);
    assert!(written.starts_with("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"));
    assert!(written.ends_with("END:VEVENT\r\nEND:VCALENDAR\r\n"));
    assert!(written.contains("SUMMARY:Water\\; light\\, and a backslash \\\\\r\n"), "{written}");
    assert!(written.contains("DTSTART:20270301T080000Z\r\nDTEND:20270301T120000Z\r\n"));
    for line in written.split("\r\n") {
        assert!(line.len() <= 75 && !line.contains('\n'), "{line:?}");
    }
    let unfolded = written.replace("\r\n ", "");
    let said = format!("DESCRIPTION:First line\\nsecond line\\, {}\r\n", "é".repeat(60));
    assert!(unfolded.contains(&said), "{unfolded}");
    assert!(written.contains("STATUS:CONFIRMED"));
    let taken_back = super::wish::cancelled(&notice, at(NOW)).unwrap();
    let written = calendar("Notices", reading, [&taken_back]);
    assert!(written.contains("STATUS:CANCELLED\r\n") && written.contains("SEQUENCE:1\r\n"));
    // A later word has its moment by the clocks of the territory.
    let later = super::FollowUp { at: at(NOW), text: "Late.".parse().unwrap() };
    notice.follow_ups.push(later);
    let told = clocks.to_minute(at(NOW), crate::outbox::Language::Fr);
    let written = calendar("Notices", reading, [&notice]).replace("\r\n ", "");
    assert!(written.contains(&format!("\\n\\n{told} : Late.\r\n")), "{written}");
}

fn paris() -> jiff::tz::TimeZone {
    jiff::tz::TimeZone::get("Europe/Paris").unwrap()
}

#[test]
fn mails_say_the_whole_in_the_language_of_their_reader() {
    let (notice, clocks) = (planned(), LocalTime::new(paris()));
    let telling = Telling { page: "https://city.example/status", clocks: &clocks };
    let said = [crate::outbox::Language::En, crate::outbox::Language::Fr].map(|language| {
        let to = "ada@city.example".parse().unwrap();
        serde_json::to_string(&telling.mail((&notice, at(NOW)), to, language)).unwrap()
    });
    assert!(said[0].contains("planned work: Gateway of the town hall"), "{}", said[0]);
    let span = "From 2027-03-01 09:00 +01:00 to 2027-03-01 13:00 +01:00";
    assert!(said[0].contains(span), "{}", said[0]);
    assert!(said[1].contains("Du 01/03/2027 09:00 +01:00 au 01/03/2027 13:00"), "{}", said[1]);
    assert!(said[1].contains("travaux prévus") && said[1].contains("https://city.example/status"));
}

#[test]
fn a_system_is_told_of_its_own_group_alone() {
    let mut notice = planned();
    notice.scope.groups = ["water", "light"].map(group).into();
    let hook =
        NoticeHook { url: "https://city.example/".to_owned(), secret: "whsec_AAAA".to_owned() };
    let about = (&notice, "notice.add");
    let told = super::telling::webhook(about, &group("water"), &hook, at(NOW)).unwrap();
    let said = serde_json::to_string(&told).unwrap();
    assert!(
        said.contains("notice.add") && said.contains("water") && !said.contains("light"),
        "{said}"
    );
    assert!(super::telling::webhook(about, &group("waste"), &hook, at(NOW)).is_none());
}

#[tokio::test]
async fn notices_of_another_process_are_known_once_they_are_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = SledStore::open(&SledOptions::new(folder.path().join("store"))).unwrap();
    let store: Arc<dyn Store> = Arc::new(store);
    let [own, other] =
        [Notices::open(Arc::clone(&store)).await.unwrap(), Notices::open(store).await.unwrap()];
    let turn = other.turn().await;
    let made = turn.add(wish(NoticeKind::Incident, None, None), at(NOW), |_| true).unwrap();
    own.store.commit(made.batch).await.unwrap();
    let id = turn.apply(made.notice).id;
    assert!(own.get(id).is_none());
    own.refresh().await.unwrap();
    assert_eq!(own.get(id), other.get(id));
}
