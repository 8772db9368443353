//! Figures over real devices: what counts on which day, and that a kill leaves no contradiction.

use std::collections::BTreeSet;

use champollion_frames::DevEui;
use champollion_service::quality::{Counts, Heard, Standing};
use champollion_store::{Batch, SledOptions, SledStore};
use jiff::tz::TimeZone;
use serde_json::json;

use super::{members::standing, *};
use crate::{authors::Unaudited, devices::Device};

/// A server that has counted since the day before yesterday.
struct House {
    _folder: tempfile::TempDir,
    store: Arc<dyn Store>,
    devices: Arc<Devices>,
    quality: Quality,
}

fn days() -> Days {
    Days::new(TimeZone::UTC)
}

fn dev_eui(number: u8) -> DevEui {
    DevEui::from_be_bytes([number; 8])
}

/// The moment so many days ago at noon, or a moment ago on the present day.
fn at(days_ago: i64) -> Timestamp {
    let now = Timestamp::now();
    if days_ago == 0 {
        return now;
    }
    let day = days().of(now).saturating_sub(SignedDuration::from_hours(24 * days_ago));
    days().begin(day) + SignedDuration::from_hours(12)
}

async fn opened(store: &Arc<dyn Store>) -> (Arc<Devices>, Quality) {
    let devices = Arc::new(Devices::open(Arc::clone(store)).await.unwrap());
    let settings = QualitySettings {
        years: 1,
        daily_percent: 90,
        fortnight_percent: 95,
        gateway_mails: Vec::new(),
        gateway_mails_language: champollion_service::outbox::Language::En,
    };
    let own = Arc::clone(&devices);
    let quality = Quality::new(Arc::clone(store), own, (settings, days()), None);
    quality.take_over().await.unwrap();
    (devices, quality)
}

impl House {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open(&SledOptions::new(folder.path().join("store"))).unwrap();
        let store: Arc<dyn Store> = Arc::new(store);
        let counting = Arc::new(Counting::new(days()));
        Books::open(Arc::clone(&store), counting, at(2)).await.unwrap();
        let (devices, quality) = opened(&store).await;
        Self { _folder: folder, store, devices, quality }
    }

    /// Opens all anew, as a server does that was killed.
    async fn kill(&mut self) {
        (self.devices, self.quality) = opened(&self.store).await;
    }

    async fn register(&self, number: u8, group: &str, life_cycle: &str) {
        let registration = json!({ "group": group, "lifeCycle": life_cycle });
        let registration = serde_json::from_value(registration).unwrap();
        let author = Unaudited(Arc::clone(&self.store));
        self.devices.register(dev_eui(number), registration, &author).await.unwrap();
    }

    async fn remove(&self, number: u8) {
        let author = Unaudited(Arc::clone(&self.store));
        self.devices.remove(dev_eui(number), &author).await.unwrap();
    }

    /// Has all that is registered by now have been registered long ago.
    async fn age(&self) {
        let table = "member-changes";
        let mut batch = Batch::new();
        for row in self.store.scan(table, b"", None, 1_000).await.unwrap() {
            batch.delete(table, row.key);
        }
        self.store.commit(batch).await.unwrap();
    }

    /// Counts frames of devices of a group, and makes that durable.
    async fn hear(&self, group: &str, heard: &[(u8, i64)]) {
        for (number, days_ago) in heard {
            let at_ms = at(*days_ago).as_millisecond().unsigned_abs();
            let heard =
                Heard { at_ms, missed: None, redundancy: 1, best: None, spreading_factor: None };
            let group = group.parse().unwrap();
            self.quality.counts.counting().note(&group, None, dev_eui(*number), &heard);
        }
        self.quality.flush().await.unwrap();
    }

    /// The counts of a group on a day.
    async fn counts(&self, group: &str, days_ago: i64) -> Counts {
        let day = days().of(at(days_ago));
        let stretch = Stretch { first: day, last: day };
        let figures = self.quality.figures(&group.parse().unwrap(), stretch).await.unwrap();
        let [(_, parts)] = &figures[..] else { panic!("{figures:?}") };
        let mut all = Counts::default();
        parts.iter().for_each(|part| all.add(&part.counts));
        all
    }

    /// The objects that are in service by the lists of silent and left out objects.
    fn in_service(&self) -> BTreeSet<DevEui> {
        let devices = self.devices.in_order(None, None);
        let is_in_service =
            |device: &Arc<Device>| standing(&self.devices, device, false) == Standing::InService;
        devices.filter(is_in_service).map(|device| device.dev_eui).collect()
    }
}

/// Objects in service, those of them that were heard, objects in stock, and objects that were never heard.
fn shown(counts: &Counts) -> [u64; 4] {
    let left_out = counts.left_out;
    [counts.in_service, counts.heard, left_out.stock, left_out.never_heard]
}

#[tokio::test]
async fn what_happens_today_does_not_change_the_days_before() {
    let house = House::new().await;
    for number in [1, 2, 3, 5, 6] {
        house.register(number, "water", "SERVICE").await;
    }
    house.register(7, "water", "STOCK").await;
    house.age().await;
    house.hear("water", &[(1, 2), (1, 1), (3, 1), (5, 1), (6, 1)]).await;
    let before = [house.counts("water", 2).await, house.counts("water", 1).await];
    assert_eq!(before.each_ref().map(shown), [[1, 1, 1, 4], [4, 4, 1, 1]]);

    // One is heard for the first time, one is put in stock, one is new, one removed, one moved, and one is installed.
    house.register(3, "water", "STOCK").await;
    house.register(4, "water", "SERVICE").await;
    house.remove(5).await;
    house.register(6, "light", "SERVICE").await;
    house.register(7, "water", "SERVICE").await;
    house.hear("water", &[(1, 0), (2, 0), (4, 0)]).await;
    house.hear("light", &[(6, 0)]).await;
    assert_eq!([house.counts("water", 2).await, house.counts("water", 1).await], before);
    assert_eq!(shown(&house.counts("water", 0).await), [3, 3, 1, 1]);
    assert_eq!(shown(&house.counts("light", 1).await), [0; 4]);
    assert_eq!(shown(&house.counts("light", 0).await), [1, 1, 0, 0]);
    // A frame of yesterday that comes late tells that one was there already.
    house.hear("water", &[(2, 1)]).await;
    assert_eq!(shown(&house.counts("water", 1).await), [5, 5, 1, 0]);
}

#[tokio::test]
async fn an_object_that_is_registered_anew_was_heard_on_the_days_before() {
    let mut house = House::new().await;
    for number in [1, 2] {
        house.register(number, "water", "SERVICE").await;
    }
    house.age().await;
    house.hear("water", &[(1, 1)]).await;
    let before = [house.counts("water", 2).await, house.counts("water", 1).await];
    assert_eq!(before.each_ref().map(shown), [[0, 0, 0, 2], [1, 1, 0, 1]]);
    for number in [1, 2] {
        house.remove(number).await;
        // Changes are kept by the millisecond.
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        house.register(number, "water", "SERVICE").await;
    }
    for _ in 0..2 {
        assert_eq!([house.counts("water", 2).await, house.counts("water", 1).await], before);
        assert_eq!(shown(&house.counts("water", 0).await), [0, 0, 0, 2]);
        house.kill().await;
    }
}

#[tokio::test]
async fn an_object_that_another_node_registers_anew_within_one_look_was_not_heard() {
    let house = House::new().await;
    house.register(1, "water", "SERVICE").await;
    house.hear("water", &[(1, 0)]).await;
    assert_eq!(house.in_service(), [dev_eui(1)].into());

    let other = Devices::open(Arc::clone(&house.store)).await.unwrap();
    let author = Unaudited(Arc::clone(&house.store));
    other.remove(dev_eui(1), &author).await.unwrap();
    let registration = serde_json::from_value(json!({ "group": "water" })).unwrap();
    other.register(dev_eui(1), registration, &author).await.unwrap();
    house.devices.reread(dev_eui(1)).await.unwrap();
    house.quality.flush().await.unwrap();
    assert_eq!(house.devices.last_heard(dev_eui(1)), None);
    assert!(house.in_service().is_empty());

    house.hear("water", &[(1, 0)]).await;
    let today = Some(days().of(Timestamp::now()));
    assert_eq!(house.quality.books.first_heard().of(dev_eui(1)), today);
    assert_eq!(house.in_service(), [dev_eui(1)].into());
}

#[tokio::test]
async fn days_are_closed_with_the_objects_of_their_ends() {
    let house = House::new().await;
    for number in [1, 2] {
        house.register(number, "water", "SERVICE").await;
    }
    house.age().await;
    house.hear("water", &[(1, 2), (2, 1)]).await;
    house.register(1, "water", "STOCK").await;
    let today = days().of(Timestamp::now());
    let tomorrow = today.tomorrow().unwrap();
    let Quality { books, .. } = &house.quality;
    let then = house.quality.members_by_day(None);
    let closed = books.close(tomorrow, then, |of, then| house.quality.members(of, then));
    assert_eq!(closed.await.unwrap().len(), 1);
    assert_eq!(shown(&house.counts("water", 2).await), [1, 1, 0, 1]);
    assert_eq!(shown(&house.counts("water", 1).await), [2, 1, 0, 0]);
    assert_eq!(shown(&house.counts("water", 0).await), [1, 0, 1, 0]);
}

#[tokio::test]
async fn what_changes_while_a_day_is_closed_changes_nothing_of_it() {
    let house = House::new().await;
    for number in 1..=5 {
        house.register(number, "water", "SERVICE").await;
    }
    house.age().await;
    house.hear("water", &[(1, 2), (2, 2), (3, 2), (4, 2)]).await;
    let change = async || {
        // Put in stock, removed, registered anew, moved into a group that had no objects, new, and heard at last.
        house.register(1, "water", "STOCK").await;
        house.remove(2).await;
        house.remove(3).await;
        // Changes are kept by the millisecond.
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        house.register(3, "water", "SERVICE").await;
        house.register(4, "light", "SERVICE").await;
        house.register(6, "water", "SERVICE").await;
    };
    let tomorrow = days().of(Timestamp::now()).tomorrow().unwrap();
    let Quality { books, .. } = &house.quality;
    // All changes come between the objects that are gone through and those of the past, which they are then among.
    let then = async {
        let registered = house.quality.registered(None);
        change().await;
        let past = house.quality.past_members().await?;
        Ok::<_, TableError>(MembersByDay::new(registered, past))
    };
    books.close(tomorrow, then, |of, then| house.quality.members(of, then)).await.unwrap();
    assert_eq!(shown(&house.counts("water", 2).await), [4, 4, 0, 1]);
    assert_eq!(shown(&house.counts("water", 0).await), [0, 0, 1, 3]);

    // Or after both, while the figures are made.
    let house = House::new().await;
    for number in 1..=5 {
        house.register(number, "water", "SERVICE").await;
    }
    house.age().await;
    house.hear("water", &[(1, 2), (2, 2), (3, 2), (4, 2)]).await;
    let then = async {
        let then = house.quality.members_by_day(None).await?;
        house.register(1, "water", "STOCK").await;
        house.remove(2).await;
        house.remove(3).await;
        house.register(3, "water", "SERVICE").await;
        house.register(4, "light", "SERVICE").await;
        Ok::<_, TableError>(then)
    };
    let books = &house.quality.books;
    books.close(tomorrow, then, |of, then| house.quality.members(of, then)).await.unwrap();
    assert_eq!(shown(&house.counts("water", 2).await), [4, 4, 0, 1]);
}

#[tokio::test]
async fn an_object_that_moves_is_heard_in_the_group_that_it_is_in_at_the_end_of_the_day() {
    let mut house = House::new().await;
    for number in 1..=3 {
        house.register(number, "water", "SERVICE").await;
    }
    house.age().await;
    // One is silent once it has moved, one is heard in both groups, and one was heard yesterday alone.
    house.hear("water", &[(1, 0), (2, 0), (2, 0), (3, 1)]).await;
    for number in 1..=3 {
        house.register(number, "light", "SERVICE").await;
    }
    house.hear("light", &[(2, 0)]).await;
    for _ in 0..2 {
        let light = house.counts("light", 0).await;
        assert_eq!((shown(&light), light.frames), ([3, 2, 0, 0], 4));
        assert_eq!(light.heard_in_14_days, 3);
        let water = house.counts("water", 0).await;
        assert_eq!((shown(&water), water.frames), ([0; 4], 0));
        // Of the day before it is in the other group, also by a frame that is handed over late.
        assert_eq!(shown(&house.counts("water", 1).await), [1, 1, 0, 2]);
        house.kill().await;
    }
    house.hear("light", &[(1, 1)]).await;
    assert_eq!(shown(&house.counts("water", 1).await), [2, 2, 0, 1]);
    assert_eq!(shown(&house.counts("light", 1).await), [0; 4]);
    // So it stays once the day is closed.
    let after = days().of(Timestamp::now()).saturating_add(SignedDuration::from_hours(72));
    let then = house.quality.members_by_day(None);
    let books = &house.quality.books;
    books.close(after, then, |of, then| house.quality.members(of, then)).await.unwrap();
    assert_eq!(shown(&house.counts("water", 1).await), [2, 2, 0, 1]);
    assert_eq!(shown(&house.counts("light", 0).await), [3, 2, 0, 0]);
}

#[tokio::test]
async fn a_kill_leaves_no_contradiction_between_figures_and_lists() {
    let mut house = House::new().await;
    for number in 1..=3 {
        house.register(number, "water", "SERVICE").await;
    }
    house.hear("water", &[(1, 0), (2, 0)]).await;
    // Killed before the moments were written, which comes each minute; the tallies were.
    for _ in 0..2 {
        house.kill().await;
        assert_eq!(shown(&house.counts("water", 0).await), [2, 2, 0, 1]);
        assert_eq!(house.in_service(), [dev_eui(1), dev_eui(2)].into());
        let last = house.devices.last_heard(dev_eui(1)).unwrap();
        assert!(last.duration_until(Timestamp::now()) < SignedDuration::from_mins(5), "{last}");
    }
    house.devices.write_last_heard().await.unwrap();
    // One that is registered anew is another's, whatever was heard of it before.
    house.remove(1).await;
    house.register(1, "water", "SERVICE").await;
    house.hear("water", &[(2, 0)]).await;
    for _ in 0..2 {
        assert_eq!(shown(&house.counts("water", 0).await), [1, 1, 0, 2]);
        assert_eq!(house.in_service(), [dev_eui(2)].into());
        house.kill().await;
    }
    house.hear("water", &[(1, 0)]).await;
    assert_eq!(shown(&house.counts("water", 0).await), [2, 2, 0, 1]);
    assert_eq!(house.in_service(), [dev_eui(1), dev_eui(2)].into());
}

#[tokio::test]
async fn objects_of_an_earlier_version_were_heard_before_the_days_that_are_open() {
    let mut house = House::new().await;
    for number in 1..=3 {
        house.register(number, "water", "SERVICE").await;
    }
    house.age().await;
    house.hear("water", &[(1, 1), (2, 0), (2, 1)]).await;
    house.devices.heard_at_least([(dev_eui(3), 1_700_000_000_000)]);
    house.devices.write_last_heard().await.unwrap();
    let mut batch = Batch::new();
    (1..=3).for_each(|number| {
        champollion_service::quality::forget_first_day(&mut batch, dev_eui(number));
    });
    // The calendar of then.
    let day = days().of(at(2));
    batch.put("quality-calendar", "days", json!({ "since": day }).to_string());
    house.store.commit(batch).await.unwrap();
    for _ in 0..2 {
        house.kill().await;
        assert_eq!(shown(&house.counts("water", 1).await), [3, 2, 0, 0]);
        house.hear("water", &[(3, 0)]).await;
    }
}
