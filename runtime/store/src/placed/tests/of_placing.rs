//! Places of what is stored: groups and devices, frames that touch one database, leases that hold in all.

use std::time::Duration;

use uuid::Uuid;

use super::super::split::{Parts, Split};
use super::super::{PlacedStore, RULES};
use super::{Two, batch};
use crate::conformance::block_on;
use crate::postgres::{PostgresOptions, PostgresStore};
use crate::{Batch, Leases, Sequence, Store, StoreError, tables};

const DEVICE: &str = "0102030405060708";

/// The batch that registers a device.
pub(super) fn registration(device: &str, group: &str) -> Batch {
    batch(|batch| {
        batch
            .belongs(device, group)
            .expect_absent("devices", device)
            .put("devices", device, "sealed");
        for table in ["sessions", "joins", "joined", "reports", "decoder-states", "derived-states"]
        {
            batch.delete(table, device);
        }
        batch.append("registry.audit", "registered").append("changes", device);
    })
}

/// The batch of a frame that is the first since a node read the device, and ends an alert.
pub(super) fn frame(device: &str, group: &str) -> Batch {
    batch(|batch| {
        batch.expect_value("devices", device, "sealed").expect_absent("sessions", device);
        batch.expect_absent("joined", device).put("sessions", device, "1");
        batch.expect_absent("decoder-states", device).put("decoder-states", device, "a");
        batch.put("derived-states", device, "b").put("alert-states", device, "c");
        batch
            .put("alerts", format!("{group}/1"), "ended")
            .delete("open-alerts", format!("{group}/1"));
        batch.append(tables::RECORDS.log_of(&group), "record");
    })
}

/// The one database that a batch lies in.
async fn place_of(store: &PlacedStore, batch: &Batch) -> usize {
    let split = Split::of(batch, &store.inner.places, &RULES).await.unwrap();
    assert!(split.places.is_empty());
    match split.parts {
        Parts::One(place) => place,
        Parts::Several { parts, .. } => panic!("it lies in several: {parts:?}"),
    }
}

#[test]
fn of_placed_a_frame_touches_one_database_that_of_its_group() {
    let two = Two::new();
    block_on(async {
        let store = two.store("east").await;
        let home = "home".parse().unwrap();
        store.place_group("light", &home).await.unwrap();
        for (device, group, at) in [(DEVICE, "water", 1), ("00000000000000af", "light", 0)] {
            store.commit(registration(device, group)).await.unwrap();
            let frame = frame(device, group);
            assert_eq!(place_of(&store, &frame).await, at);
            store.commit(frame).await.unwrap();
            let records = store.read(&format!("records/{group}"), Sequence::BEGINNING, 9).await;
            assert_eq!(records.unwrap().len(), 1);
        }
        for table in ["devices", "sessions", "decoder-states", "alert-states", "alerts"] {
            assert_eq!(
                (two.rows(0, table), two.rows(1, table)),
                ("1".into(), "1".into()),
                "{table}"
            );
            assert_eq!(store.scan(table, b"", None, 9).await.unwrap().len(), 2, "{table}");
            let first = store.scan(table, b"", None, 1).await.unwrap();
            let next = store.scan(table, b"", Some(&first[0].key), 1).await.unwrap();
            assert_eq!(next.len(), 1, "{table}");
        }
        assert_eq!(
            (two.rows(0, "group-places"), two.rows(1, "group-places")),
            ("2".into(), "0".into())
        );
        assert_eq!(
            store.logs("records/", None, 9).await.unwrap(),
            ["records/light", "records/water"]
        );
        assert_eq!(store.extent("changes").await.unwrap().last.get(), 2);
        let counts = store.view().iter().map(|one| (one.groups, one.devices)).collect::<Vec<_>>();
        assert_eq!(counts, [(1, 1), (1, 1)]);

        // Another node knows the same.
        let other = two.store("east").await;
        assert_eq!(place_of(&other, &frame(DEVICE, "water")).await, 1);
        assert_eq!(other.place_of_group("water").await.unwrap().unwrap().as_str(), "east");
        assert_eq!(other.place_of_group("waste").await.unwrap(), None);
    });
}

#[test]
fn of_placed_a_device_stays_in_the_database_in_which_it_was_registered_first() {
    let two = Two::new();
    block_on(async {
        let store = two.store("east").await;
        store.place_group("light", &"home".parse().unwrap()).await.unwrap();
        store.commit(registration(DEVICE, "water")).await.unwrap();
        let moved = batch(|batch| {
            batch.belongs(DEVICE, "light").put("devices", DEVICE, "of another group");
            batch.append("registry.audit", "registered");
        });
        let refused = store.commit(moved).await.unwrap_err();
        assert!(matches!(refused, StoreError::OtherDatabase { .. }));
        let said = refused.to_string();
        assert!(
            said.contains("\"east\"") && said.contains("\"home\"") && said.contains(DEVICE),
            "{said}"
        );
        assert_eq!(store.get("devices", DEVICE.as_bytes()).await.unwrap().unwrap(), b"sealed");
        assert_eq!(store.extent("registry.audit").await.unwrap().last.get(), 1);
        // Within a database it moves.
        let moved =
            batch(|batch| _ = batch.belongs(DEVICE, "sewage").put("devices", DEVICE, "moved"));
        store.commit(moved).await.unwrap();
        assert_eq!(store.get("devices", DEVICE.as_bytes()).await.unwrap().unwrap(), b"moved");
    });
}

#[test]
fn of_placed_what_was_there_before_further_databases_stays_at_home() {
    let two = Two::new();
    block_on(async {
        let before = PostgresStore::open(&PostgresOptions::new(&two.urls[0])).await.unwrap();
        let there = batch(|batch| {
            batch.put("devices", DEVICE, "sealed").put("sessions", DEVICE, "7");
            batch.put("group-owners", "water", "town").put("routes", "light/push", "sealed");
            batch.append("records/waste", "record");
        });
        before.commit(there).await.unwrap();
        let store = two.store("east").await;
        for group in ["water", "light", "waste"] {
            assert_eq!(store.place_of_group(group).await.unwrap().unwrap().as_str(), "home");
        }
        assert_eq!(store.view()[0].devices, 1);
        // Of a group that nothing was written of, only who reads the devices knows.
        let groups = ["unheard".to_owned(), "water".to_owned()];
        store.keep_at_home(&groups).await.unwrap();
        assert_eq!(store.place_of_group("unheard").await.unwrap().unwrap().as_str(), "home");
        let record = batch(|batch| _ = batch.append("records/unheard", "record"));
        assert_eq!(place_of(&store, &record).await, 0);
        // A node that knows nothing of places registers one more; nothing of it goes elsewhere.
        let late = "00000000000000af";
        before.commit(batch(|batch| _ = batch.put("devices", late, "sealed"))).await.unwrap();
        let again = batch(|batch| _ = batch.belongs(late, "new").put("devices", late, "anew"));
        let refused = store.commit(again).await.unwrap_err();
        assert!(matches!(refused, StoreError::OtherDatabase { .. }), "{refused}");
        let again = batch(|batch| _ = batch.belongs(late, "water").put("devices", late, "anew"));
        store.commit(again).await.unwrap();
        assert_eq!(two.rows(1, "devices"), "0");
    });
}

#[test]
fn of_placed_rivals_that_write_a_new_group_first_agree_on_its_place() {
    let two = Two::new();
    block_on(async {
        let (one, other) = (two.store("east").await, two.store("home").await);
        for number in 0..10_u8 {
            let group = format!("group-{number}");
            let register =
                |device: u8| registration(&format!("{:014x}{device:02x}", number), &group);
            let (first, second) = tokio::join!(one.commit(register(1)), other.commit(register(2)));
            first.unwrap();
            second.unwrap();
            let place = one.place_of_group(&group).await.unwrap();
            assert_eq!(place, other.place_of_group(&group).await.unwrap());
        }
        let devices = [0, 1].map(|at| two.rows(at, "devices").parse::<usize>().unwrap());
        assert_eq!(devices.iter().sum::<usize>(), 20);
        assert!(
            devices.iter().all(|count| count % 2 == 0),
            "a group lies whole in one: {devices:?}"
        );
    });
}

#[test]
fn of_placed_a_device_that_nobody_registered_leaves_no_place_behind() {
    let two = Two::new();
    block_on(async {
        let store = two.store("east").await;
        let late =
            batch(|batch| _ = batch.expect_absent("sessions", DEVICE).put("sessions", DEVICE, "1"));
        let split = Split::of(&late, &store.inner.places, &RULES).await.unwrap();
        // While it was under way, the device is registered.
        store.commit(registration(DEVICE, "water")).await.unwrap();
        let mut late = late;
        split.places.add_to(&mut late);
        let refused = store.home().commit(late).await.unwrap_err();
        assert!(split.places.are_overtaken(&refused, &RULES), "{refused}");
    });
}

#[test]
fn of_placed_a_lease_is_proved_in_each_database_and_its_holder_touches_one() {
    let two = Two::new();
    block_on(async {
        let (one, other) = (two.store("east").await, two.store("east").await);
        one.commit(registration(DEVICE, "water")).await.unwrap();
        let (here, there) = (Uuid::now_v7(), Uuid::now_v7());
        let lasts = Duration::from_secs(1);
        let first = one.take("lead", here, lasts).await.unwrap().unwrap();
        let led = |lease: &crate::Lease| {
            let mut batch = Batch::new();
            lease.expect_held(&mut batch);
            batch.put("route-standings", "water/push", "7");
            batch.truncate("records/water", Sequence::new(1));
            batch
        };
        assert_eq!(place_of(&one, &led(&first)).await, 1);
        one.commit(led(&first)).await.unwrap();
        let mut at_home = Batch::new();
        first.expect_held(&mut at_home);
        at_home.put("availability", "ingest/2026-01-01", "minutes");
        assert_eq!(place_of(&one, &at_home).await, 0);
        one.commit(at_home.clone()).await.unwrap();

        tokio::time::sleep(lasts * 2).await;
        let second = other.take("lead", there, lasts * 60).await.unwrap().unwrap();
        for late in [led(&first), at_home] {
            let refused = one.commit(late).await.unwrap_err();
            assert!(matches!(refused, StoreError::Conflict { .. }), "{refused}");
        }
        other.commit(led(&second)).await.unwrap();
        assert!(one.renew(&first).await.unwrap().is_none());
        assert!(other.renew(&second).await.unwrap().is_some());
    });
}

#[test]
fn of_placed_new_groups_go_where_the_fewest_devices_are() {
    let two = Two::new();
    block_on(async {
        let mut options = two.options("home");
        options.new_groups = crate::NewGroups::Fewest;
        let store = PlacedStore::open(&options).await.unwrap();
        for number in 0..6_u8 {
            let device = format!("{number:016x}");
            store.commit(registration(&device, &format!("group-{number}"))).await.unwrap();
        }
        let counts = store.view().iter().map(|one| (one.groups, one.devices)).collect::<Vec<_>>();
        assert_eq!(counts, [(3, 3), (3, 3)]);
    });
}

/// Has a database end each insertion of entries as where its disk has no room, or no more.
fn fill(two: &Two, at: usize, is_full: bool) {
    let function = "CREATE OR REPLACE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                    RAISE EXCEPTION 'No space left on device' USING ERRCODE = 'disk_full'; END $$";
    let trigger = "CREATE TRIGGER no_room BEFORE INSERT ON entries FOR EACH STATEMENT EXECUTE FUNCTION no_room()";
    if is_full {
        two.sql(at, function);
        two.sql(at, trigger);
    } else {
        two.sql(at, "DROP TRIGGER no_room ON entries");
    }
}

#[test]
fn of_placed_a_database_without_room_says_nothing_of_the_others() {
    let two = Two::new();
    block_on(async {
        let store = two.store("east").await;
        let home = "home".parse().unwrap();
        store.place_group("light", &home).await.unwrap();
        let devices = [(DEVICE, "water"), ("00000000000000af", "light")];
        for (device, group) in devices {
            store.commit(registration(device, group)).await.unwrap();
        }
        assert_eq!((store.disk_of(Some("water")), store.disk_of(Some("light"))), (1, 0));
        assert_eq!((store.disk_of(None), store.disk_of(Some("unheard-of"))), (0, 0));
        fill(&two, 1, true);
        let refused = store.commit(frame(DEVICE, "water")).await.unwrap_err();
        assert!(matches!(refused, StoreError::Full { .. }), "{refused}");
        store.commit(frame("00000000000000af", "light")).await.unwrap();
        let disks = store.disks().await;
        let free = |at: usize| disks[at].usage.as_ref().unwrap().free_bytes;
        assert_eq!(
            disks.iter().map(|disk| disk.name.as_deref().unwrap()).collect::<Vec<_>>(),
            ["home", "east"]
        );
        assert!(free(0) > 0 && free(1) == 0, "{disks:?}");
        assert_eq!(store.view().iter().map(|one| one.is_full).collect::<Vec<_>>(), [false, true]);
        // Where the fewest devices lie there is no room.
        let mut options = two.options("east");
        options.new_groups = crate::NewGroups::Fewest;
        let fewest = PlacedStore::open(&options).await.unwrap();
        store.commit(registration("00000000000000ae", "light")).await.unwrap();
        drop(fewest.commit(frame(DEVICE, "water")).await.unwrap_err());
        fewest.commit(registration("00000000000000ad", "gas")).await.unwrap();
        assert_eq!(fewest.place_of_group("gas").await.unwrap(), Some(&home));
        fill(&two, 1, false);
        store.commit(frame(DEVICE, "water")).await.unwrap();
    });
}
