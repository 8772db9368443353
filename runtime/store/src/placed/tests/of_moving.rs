//! A group that is moved into another database by the script that operators have for it, while no node runs.

use std::path::Path;
use std::process::{Command, Output};

use super::super::PlacedStore;
use super::of_placing::{frame, registration};
use super::{Two, batch};
use crate::conformance::block_on;
use crate::{KeyValue, Sequence, Store};

const WATER: [&str; 2] = ["0102030405060708", "0102030405060709"];
const LIGHT: &str = "00000000000000af";

/// The tables that have rows of a device or a group here.
const TABLES: [&str; 5] = ["devices", "sessions", "decoder-states", "alert-states", "alerts"];

impl Two {
    /// Moves the group `water` from one of the two into the other, where nobody is connected.
    fn move_water(&self, from: usize, to: usize) -> Output {
        let folder = tempfile::tempdir().unwrap();
        let devices = folder.path().join("devices");
        // Capitals, as lists of devices have them.
        std::fs::write(&devices, WATER.map(str::to_uppercase).join("\n") + "\n").unwrap();
        let sources = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut script = Command::new("bash");
        script.arg(sources.join("../../examples/postgres/move-group.sh")).arg("water").arg(devices);
        script.args([&self.urls[0], &self.urls[from], &self.urls[to]]).arg(["home", "east"][to]);
        script.output().unwrap()
    }
}

/// All that a store has of groups and devices, whichever database it lies in.
async fn all(store: &PlacedStore) -> Vec<(Vec<KeyValue>, Vec<Vec<u8>>)> {
    let mut all = Vec::new();
    for table in TABLES {
        all.push((store.scan(table, b"", None, usize::MAX).await.unwrap(), Vec::new()));
    }
    for log in ["records/water", "records/light"] {
        let entries = store.read(log, Sequence::BEGINNING, usize::MAX).await.unwrap();
        let sequences = entries.iter().map(|entry| entry.sequence.get().to_be_bytes().to_vec());
        let values = entries.iter().map(|entry| entry.value.clone());
        all.push((Vec::new(), sequences.chain(values).collect()));
    }
    all
}

#[test]
fn of_placed_a_group_is_moved_whole_while_no_node_runs() {
    let two = Two::new();
    block_on(async {
        let store = two.store("east").await;
        store.place_group("light", &"home".parse().unwrap()).await.unwrap();
        for (device, group) in [(WATER[0], "water"), (WATER[1], "water"), (LIGHT, "light")] {
            store.commit(registration(device, group)).await.unwrap();
            store.commit(frame(device, group)).await.unwrap();
        }
        store
            .commit(batch(|batch| _ = batch.put("alert-states", "route:water/push", "x")))
            .await
            .unwrap();
        let before = all(&store).await;
        let refused = two.move_water(1, 0);
        assert!(!refused.status.success(), "a node is connected: {refused:?}");
        store.close().await.unwrap();
        drop(store);

        // Another territory on the same server is in the middle of a batch of its own.
        let neighbour = format!("{}_neighbour", two.names[0]);
        drop(two.server.database(&neighbour));
        let begun = "BEGIN; CREATE TABLE kept (); PREPARE TRANSACTION 'champollion/neighbour'";
        two.server.sql(&neighbour, begun);
        let moved = two.move_water(1, 0);
        two.server.sql(&neighbour, "ROLLBACK PREPARED 'champollion/neighbour'");
        assert!(moved.status.success(), "{moved:?}");
        for table in TABLES {
            assert_eq!(two.rows(1, table), "0", "{table}");
        }
        let store = two.store("east").await;
        let place = store.place_of_group("water").await.unwrap().map(ToString::to_string);
        assert_eq!(place.as_deref(), Some("home"));
        assert_eq!(all(&store).await, before);
        // The devices go on where they are now: what a frame is based on is there, and the log goes on.
        let next = batch(|batch| {
            batch.expect_value("sessions", WATER[0], "1").put("sessions", WATER[0], "2");
            batch.append("records/water", "next");
        });
        let committed = store.commit(next).await.unwrap();
        assert_eq!(committed.appended, [Sequence::new(3)]);
        assert_eq!(two.rows(1, "sessions"), "0");
        store.close().await.unwrap();
        drop(store);

        // Rows that a move left behind, which was cut, are nobody's; and they are gone after another one.
        two.sql(1, "INSERT INTO kv VALUES ('alerts', 'water/left', 'x'), ('sessions', '0102030405060708', '0')");
        let store = two.store("east").await;
        let alerts = store.scan("alerts", b"", None, usize::MAX).await.unwrap();
        assert!(alerts.iter().all(|row| row.key != b"water/left"), "{alerts:?}");
        let sessions = store.scan("sessions", b"0102030405060708", None, 9).await.unwrap();
        assert_eq!(sessions.iter().map(|row| row.value.as_slice()).collect::<Vec<_>>(), [b"2"]);
        store.close().await.unwrap();
        drop(store);
        let back = two.move_water(0, 1);
        assert!(back.status.success(), "{back:?}");
        assert_eq!((two.rows(1, "alerts").as_str(), two.rows(1, "sessions").as_str()), ("1", "2"));
        assert_eq!((two.rows(0, "alerts").as_str(), two.rows(0, "sessions").as_str()), ("1", "1"));
    });
}
