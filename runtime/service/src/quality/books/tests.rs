//! The books over a real store: what is durable when, and what a restart finds.

use champollion_store::{SledOptions, SledStore, StoreError};
use jiff::{Timestamp, civil::date, tz::TimeZone};

use super::*;
use crate::{
    gateways::{GatewayBook, Hearing},
    quality::{Days, Heard, LeftOut, MembersByDay, Replay, Standing},
};

/// A store in a folder of its own, with a clock that the test sets.
struct House {
    _folder: tempfile::TempDir,
    store: Arc<dyn Store>,
}

impl House {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open(&SledOptions::new(folder.path().join("store"))).unwrap();
        Self { _folder: folder, store: Arc::new(store) }
    }

    /// Opens the books anew, as a server does that was killed.
    async fn open(&self, now: &str) -> (Arc<Counting>, Books) {
        let days = Days::new(TimeZone::get("Europe/Paris").unwrap());
        let counting = Arc::new(Counting::new(days));
        let now: Timestamp = now.parse().unwrap();
        let books = Books::open(Arc::clone(&self.store), Arc::clone(&counting), now).await.unwrap();
        (counting, books)
    }

    /// Adds an entry to the log of the group.
    async fn keep(&self, entry: Vec<u8>) {
        let mut batch = champollion_store::Batch::new();
        batch.append("records/water", entry);
        self.store.commit(batch).await.unwrap();
    }
}

/// An entry of the log of a group, of a frame or of something else.
fn record(kind: &str, number: u8) -> Vec<u8> {
    let json = format!(
        r#"{{"type":"{kind}","device":{{"devEui":"{}"}},"receivedAt":"2026-03-01T08:00:00Z",
            "uplink":{{"fCnt":9,"missedFrames":2}},"radio":{{"redundancy":1,"spreadingFactor":7,
            "gateways":[{{"gatewayId":"a","rssiDbm":-90.0,"snrDb":2.0}}]}}}}"#,
        dev_eui(number)
    );
    [&[0; 8], json.as_bytes()].concat()
}

fn water() -> GroupId {
    "water".parse().unwrap()
}

fn dev_eui(number: u8) -> DevEui {
    DevEui::from_be_bytes([number; 8])
}

fn hear(counting: &Counting, sequence: Option<u64>, number: u8, at: &str) {
    let at: Timestamp = at.parse().unwrap();
    let at_ms = at.as_millisecond().try_into().unwrap();
    let heard =
        Heard { at_ms, missed: Some(1), redundancy: 2, best: None, spreading_factor: Some(9) };
    counting.note(&water(), sequence, dev_eui(number), &heard);
}

fn members() -> Vec<Member> {
    let member = |(number, standing)| Member {
        dev_eui: dev_eui(number),
        sub_group: None,
        use_case: None,
        standing,
        elsewhere: Vec::new(),
    };
    let in_service = Standing::InService;
    [(1, in_service), (2, in_service), (3, Standing::LeftOut(LeftOut::Stock))].map(member).to_vec()
}

/// Heard objects and frames of each day.
async fn shown(books: &Books, first: Date, last: Date) -> Vec<(Date, u64, u64, u64)> {
    let days = books.figures(&water(), (first, last), |_| members()).await.unwrap();
    let counts = |parts: &[Part]| {
        (parts[0].counts.heard, parts[0].counts.heard_in_14_days, parts[0].counts.frames)
    };
    days.iter()
        .map(|(day, parts)| (*day, counts(parts)))
        .map(|(day, (a, b, c))| (day, a, b, c))
        .collect()
}

const FIRST: Date = date(2026, 3, 1);

#[tokio::test]
async fn what_is_flushed_is_there_after_a_kill_whether_it_is_in_rows_or_in_the_journal() {
    let house = House::new();
    let (counting, books) = house.open("2026-03-01T08:00:00Z").await;
    hear(&counting, None, 1, "2026-03-01T08:00:00Z");
    books.flush().await.unwrap();
    books.compact().await.unwrap();
    hear(&counting, None, 1, "2026-03-01T09:00:00Z");
    hear(&counting, None, 2, "2026-03-01T09:00:00Z");
    books.flush().await.unwrap();
    hear(&counting, None, 2, "2026-03-01T10:00:00Z");
    let expected = [(FIRST, 2, 2, 3)];
    assert_eq!(shown(&books, FIRST, FIRST).await, expected, "the last frame is not flushed");
    for _ in 0..2 {
        let (_, books) = house.open("2026-03-01T11:00:00Z").await;
        assert_eq!(shown(&books, FIRST, FIRST).await, expected);
        books.compact().await.unwrap();
    }
}

#[tokio::test]
async fn days_are_closed_with_the_objects_of_then_and_late_frames_are_told() {
    let house = House::new();
    let (counting, books) = house.open("2026-03-01T08:00:00Z").await;
    hear(&counting, None, 1, "2026-03-01T08:00:00Z");
    books.flush().await.unwrap();
    let reads = std::cell::Cell::new(0);
    let close = async |books: &Books, today| {
        let past = async {
            // Whatever takes long is done before.
            assert!(books.kept.lock().journal.is_empty());
            reads.set(reads.get() + 1);
            Ok(MembersByDay::default())
        };
        books.close(today, past, |_, _| members()).await.unwrap()
    };
    assert!(close(&books, date(2026, 3, 3)).await.is_empty());
    assert_eq!(reads.get(), 0, "no day is over");
    let due = close(&books, date(2026, 3, 5)).await;
    assert_eq!((due, reads.get()), (vec![FIRST, date(2026, 3, 2)], 1));
    // Whatever is registered later, the figures of then stay.
    let days = books.figures(&water(), (FIRST, FIRST), |_| Vec::new()).await.unwrap();
    assert_eq!((days[0].1[0].counts.in_service, days[0].1[0].counts.left_out.stock), (2, 1));
    hear(&counting, None, 2, "2026-03-02T08:00:00Z");
    hear(&counting, None, 2, "2026-03-04T08:00:00Z");
    assert_eq!(books.flush().await.unwrap().late, 1);
    let (_, books) = house.open("2026-03-05T09:00:00Z").await;
    let last = date(2026, 3, 5);
    let expected = [
        (FIRST, 1, 1, 1),
        (date(2026, 3, 2), 0, 1, 0),
        (date(2026, 3, 3), 0, 1, 0),
        (date(2026, 3, 4), 1, 2, 1),
        (last, 0, 2, 0),
    ];
    assert_eq!(shown(&books, date(2026, 2, 1), last).await, expected);
    close(&books, date(2026, 3, 20)).await;
    assert_eq!(
        shown(&books, date(2026, 3, 14), date(2026, 3, 15)).await,
        [(date(2026, 3, 14), 0, 2, 0), (date(2026, 3, 15), 0, 1, 0)]
    );
    books.forget(date(2027, 3, 10), 1).await.unwrap();
    assert_eq!(
        shown(&books, FIRST, date(2026, 3, 12)).await.first().map(|row| row.0),
        Some(date(2026, 3, 10))
    );
}

#[tokio::test]
async fn records_that_were_not_counted_are_counted_after_a_kill_and_once() {
    let house = House::new();
    let (counting, books) = house.open("2026-03-01T08:00:00Z").await;
    for entry in [record("record", 1), record("correction", 1), record("record", 2), vec![0; 9]] {
        house.keep(entry).await;
    }
    hear(&counting, Some(1), 1, "2026-03-01T08:00:00Z");
    books.flush().await.unwrap();
    for counted in [1, 0] {
        let (counting, books) = house.open("2026-03-01T09:00:00Z").await;
        let hearing = Hearing::default();
        let counts = (&*counting, &hearing);
        let replayed = Replay::default().go_on(&*house.store, &books, counts).await.unwrap();
        assert_eq!((replayed.counted, replayed.unreadable), (counted, 1));
        books.flush().await.unwrap();
        assert_eq!(shown(&books, FIRST, FIRST).await, [(FIRST, 2, 2, 2)]);
    }
}

#[tokio::test]
async fn the_frames_of_several_nodes_are_counted_once_also_where_another_takes_over() {
    let house = House::new();
    let (counting, books) = house.open("2026-03-01T08:00:00Z").await;
    let next = Arc::new(Counting::new(counting.days().clone()));
    let taken_over = Books::unread(
        Arc::clone(&house.store),
        Arc::clone(&next),
        Arc::default(),
        "2026-03-01T09:00:00Z".parse().unwrap(),
    );
    let (mut replay, hearing) = (Replay::default(), Arc::new(Hearing::default()));
    for number in [1, 2, 1] {
        house.keep(record("record", number)).await;
        replay.go_on(&*house.store, &books, (&*counting, &*hearing)).await.unwrap();
        books.flush().await.unwrap();
    }
    house.keep(record("correction", 1)).await;
    replay.go_on(&*house.store, &books, (&*counting, &*hearing)).await.unwrap();
    let places: Vec<u64> = replay.places().map(|(_, place)| place.get()).collect();
    assert_eq!((shown(&books, FIRST, FIRST).await, places), (vec![(FIRST, 2, 2, 3)], vec![4]));
    let gateways = GatewayBook::unread(Arc::clone(&house.store), hearing);
    gateways.write("2026-03-01T08:01:00Z".parse().unwrap(), None).await.unwrap();

    // A frame that nobody has counted, and another node that goes on.
    house.keep(record("record", 2)).await;
    assert_eq!(taken_over.groups(), []);
    taken_over.read_again("2026-03-01T09:00:00Z".parse().unwrap()).await.unwrap();
    let (mut replay, hearing) = (Replay::default(), Hearing::default());
    for counted in [1, 0] {
        let replayed = replay.go_on(&*house.store, &taken_over, (&*next, &hearing)).await.unwrap();
        assert_eq!(replayed.counted, counted);
        taken_over.flush().await.unwrap();
    }
    assert_eq!(shown(&taken_over, FIRST, FIRST).await, [(FIRST, 2, 2, 4)]);
    let gateways = GatewayBook::unread(Arc::clone(&house.store), Arc::default());
    gateways.read_again().await.unwrap();
    assert!(gateways.get("a").is_some());
}

#[tokio::test]
async fn a_silent_object_has_its_last_reception() {
    let house = House::new();
    let (counting, books) = house.open("2026-03-01T08:00:00Z").await;
    hear(&counting, None, 1, "2026-03-01T08:00:00Z");
    books.flush().await.unwrap();
    let past = async { Ok(MembersByDay::default()) };
    books.close(date(2026, 3, 10), past, |_, _| members()).await.unwrap();
    hear(&counting, None, 2, "2026-03-09T08:00:00Z");
    books.flush().await.unwrap();
    let asked = [
        (water(), dev_eui(1), FIRST),
        (water(), dev_eui(2), date(2026, 3, 9)),
        (water(), dev_eui(9), FIRST),
    ];
    let found = crate::quality::last_receptions(&books, &asked).await.unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!(found[&dev_eui(1)].spreading_factor, Some(9));
}

/// The last moments of devices on the open days, in hours of the first day.
fn hours(books: &Books) -> BTreeMap<DevEui, u64> {
    let begin = books.counting.days().begin(FIRST).as_millisecond().unsigned_abs();
    let heard = books.last_heard((Timestamp::MIN, Timestamp::MAX));
    heard.into_iter().map(|(dev_eui, at)| (dev_eui, (at - begin) / 3_600_000)).collect()
}

#[tokio::test]
async fn the_first_day_of_a_device_is_as_durable_as_its_tally() {
    let house = House::new();
    let (counting, books) = house.open("2026-03-01T08:00:00Z").await;
    hear(&counting, None, 1, "2026-03-02T08:00:00Z");
    hear(&counting, None, 1, "2026-03-03T08:00:00Z");
    hear(&counting, None, 2, "2026-03-03T08:00:00Z");
    let flushed = books.flush().await.unwrap();
    assert_eq!(flushed.new.len(), 3, "of each day of a new one: {flushed:?}");
    hear(&counting, None, 2, "2026-03-03T09:00:00Z");
    assert_eq!(books.flush().await.unwrap().new, []);
    // A frame of the day before is handed over late, and one more is lost with the process.
    hear(&counting, None, 2, "2026-03-01T12:00:00Z");
    books.flush().await.unwrap();
    hear(&counting, None, 3, "2026-03-03T09:30:00Z");
    let (_, books) = house.open("2026-03-03T10:00:00Z").await;
    let first = |number| books.first_heard().of(dev_eui(number));
    assert_eq!([1, 2, 3].map(first), [Some(date(2026, 3, 2)), Some(FIRST), None]);
    // Clocks of Paris are an hour ahead.
    assert_eq!(hours(&books), [(dev_eui(1), 57), (dev_eui(2), 58)].into());
    let noon = |day: &str| format!("2026-03-{day}T12:00:00Z").parse().unwrap();
    assert_eq!(books.last_heard((noon("01"), noon("01"))).len(), 1);
    assert_eq!(books.last_heard((noon("02"), noon("03"))).len(), 2);
    assert_eq!(books.last_heard((noon("03"), noon("09"))).len(), 0);
}

#[tokio::test]
async fn first_days_of_what_an_earlier_version_has_counted_are_learned_once() {
    let house = House::new();
    let (counting, books) = house.open("2026-03-01T08:00:00Z").await;
    for (number, at) in [(1, "01"), (1, "05"), (2, "04"), (2, "05")] {
        hear(&counting, None, number, &format!("2026-03-{at}T08:00:00Z"));
    }
    books.flush().await.unwrap();
    let past = async { Ok(MembersByDay::default()) };
    books.close(date(2026, 3, 5), past, |_, _| members()).await.unwrap();
    let mut batch = champollion_store::Batch::new();
    (1..=2).for_each(|number| crate::quality::forget_first_day(&mut batch, dev_eui(number)));
    house.store.commit(batch).await.unwrap();

    let (_, books) = house.open("2026-03-05T09:00:00Z").await;
    assert!(!books.calendar().knows_first_days);
    // The third was heard before all that is counted.
    books.learn_first_days([dev_eui(2), dev_eui(3)]).await.unwrap();
    books.learn_first_days([dev_eui(4)]).await.unwrap();
    let (counting, books) = house.open("2026-03-05T10:00:00Z").await;
    let closed = Some(date(2026, 3, 2));
    let first = |number| books.first_heard().of(dev_eui(number));
    assert_eq!([1, 2, 3, 4].map(first), [closed, Some(date(2026, 3, 4)), closed, None]);
    assert!(books.calendar().knows_first_days);
    hear(&counting, None, 4, "2026-03-05T09:00:00Z");
    assert_eq!(books.flush().await.unwrap().new.len(), 1);
}

#[tokio::test]
async fn gateways_are_written_before_the_frames_that_they_heard_are_counted() {
    let house = House::new();
    house.keep(record("record", 1)).await;
    let now = "2026-03-01T09:00:00Z";
    for is_killed in [true, false] {
        let (counting, books) = house.open(now).await;
        let hearing = Arc::new(Hearing::default());
        let counts = (&*counting, &*hearing);
        let replayed = Replay::default().go_on(&*house.store, &books, counts).await.unwrap();
        assert_eq!(replayed.counted, 1, "it is in no book yet");
        let gateways = GatewayBook::open(Arc::clone(&house.store), hearing).await.unwrap();
        let write = async {
            gateways.write(now.parse().unwrap(), None).await.unwrap();
            if is_killed {
                std::future::pending::<()>().await;
            }
            Ok(())
        };
        let flush = books.flush_after(write);
        let flushed = tokio::time::timeout(std::time::Duration::from_millis(300), flush).await;
        assert_eq!(flushed.is_err(), is_killed);
        let gateways = GatewayBook::open(Arc::clone(&house.store), Arc::default()).await.unwrap();
        let last_heard = gateways.get("a").unwrap().last_heard_at;
        assert_eq!(last_heard, "2026-03-01T08:00:00Z".parse().unwrap());
    }
    let (_, books) = house.open(now).await;
    assert!(books.place(&water()).has(1));
    let days = books.figures(&water(), (FIRST, FIRST), |_| members()).await.unwrap();
    assert_eq!(days[0].1[0].counts.frames, 1);
}

#[tokio::test]
async fn frames_wait_for_gateways_that_cannot_be_written() {
    let house = House::new();
    let (counting, books) = house.open("2026-03-01T08:00:00Z").await;
    hear(&counting, Some(1), 1, "2026-03-01T08:00:00Z");
    let refused = books.flush_after(async { Err(TableError::Store(StoreError::Closed)) }).await;
    assert!(matches!(refused, Err(TableError::Store(StoreError::Closed))), "{refused:?}");
    assert!(!books.place(&water()).has(1) && books.groups().is_empty());
    books.flush().await.unwrap();
    assert!(books.place(&water()).has(1));
    assert_eq!(shown(&books, FIRST, FIRST).await, [(FIRST, 1, 1, 1)]);
}
