//! Backups of the embedded store: made while frames come, restored with the same master key, and refused where a file of
//! one is damaged.

use std::{
    fs,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use champollion_tests::{Sensor, Server, Setup, champollion, run, thermometer};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

/// A reading of 21.5 °C, 40 % and 3.6 V.
const WHOLE: [u8; 4] = [0, 0xD7, 40, 36];

/// Frames that were acknowledged before a backup begins.
const BEFORE: u32 = 40;

/// A server with a folder for backups, a decoder and two sensors.
fn start(backups: &Path) -> (Server, [Sensor; 2]) {
    let server = Setup::default()
        .variable("CHAMPOLLION_FRAMES__COPIES_WINDOW_MS", "0")
        .variable("CHAMPOLLION_BACKUP__FOLDER", &backups.display().to_string())
        .start();
    server.publish(&thermometer("1.0.0"));
    let sensors = [Sensor::new(1), Sensor::new(2)];
    server.register(&sensors[0], "office", Some("acme/thermometer@^1"));
    server.register(&sensors[1], "office", Some("acme/thermometer@^1"));
    for f_cnt in 1..=BEFORE {
        server.lns().ingest(&sensors[0].frame(f_cnt, 2, &WHOLE)).success();
    }
    (server, sensors)
}

/// The frame counters of the records of a sensor, in order, each decoded.
fn counters(server: &Server, sensor: &Sensor) -> Vec<u64> {
    let records = server.partner("office").pull_all();
    let own = records.iter().map(|pulled| &pulled["record"]);
    own.filter(|record| record["device"]["devEui"] == json!(sensor.dev_eui()))
        .inspect(|record| assert!(record["decoded"].is_object(), "{record}"))
        .filter_map(|record| record["uplink"]["fCnt"].as_u64())
        .collect()
}

fn restore(backup: &Path, data_dir: &Path) -> champollion_tests::Output {
    run(champollion().arg("restore").arg(backup).arg("--data-dir").arg(data_dir).arg("--json"))
}

#[test]
fn a_server_is_backed_up_while_frames_come_and_goes_on_from_its_backup() {
    let folders = TempDir::new().expect("there is room for a folder");
    let backups = folders.path().join("backups");
    let (mut server, [first, second]) = start(&backups);
    let stop = AtomicBool::new(false);
    let (made, sent): (Json, u32) = thread::scope(|scope| {
        let lns = server.lns();
        let (stop, second) = (&stop, &second);
        let frames = scope.spawn(move || {
            let mut last = 0;
            while !stop.load(Ordering::Relaxed) {
                last += 1;
                lns.ingest(&second.frame(last, 2, &WHOLE)).success();
            }
            last
        });
        let made = server.admin_cli().json(&["backup", "nightly", "--json"]);
        stop.store(true, Ordering::Relaxed);
        (made, frames.join().expect("each frame is acknowledged"))
    });
    assert_eq!(made["name"], "nightly", "{made}");
    assert!(made["blobs"].as_u64() >= Some(1), "the package is in it: {made}");
    let after = counters(&server, &second);
    assert_eq!(after.len() as u32, sent);
    assert!(server.stop().success());

    // Another folder with the same key beside it: as where the machine was lost.
    let (data, lost) = (server.data(), folders.path().join("lost"));
    fs::rename(&data, &lost).expect("the data folder is moved away");
    let backup = backups.join("nightly");
    drop(restore(&backup, &data).success());
    server.restart();
    assert_eq!(counters(&server, &first), (1..=u64::from(BEFORE)).collect::<Vec<_>>());
    let restored = counters(&server, &second);
    assert_eq!(restored[..], after[..restored.len()], "one state, without a gap");

    // Sealed keys are read, counters are those of the backup, the package is there.
    let lns = server.lns();
    lns.ingest(&first.frame(BEFORE, 2, &WHOLE)).success();
    assert_eq!(counters(&server, &first).len() as u32, BEFORE, "a frame counts once");
    lns.ingest(&first.frame(BEFORE + 1, 2, &WHOLE)).success();
    assert_eq!(counters(&server, &first).len() as u32, BEFORE + 1);
    let audit = server.admin_cli().json(&["registry", "audit", "--json"]);
    let entries = audit["entries"].as_array().into_iter().flatten();
    assert_eq!(entries.filter(|entry| entry["action"] == "backup").count(), 1, "{audit}");
}

#[test]
fn a_damaged_backup_is_refused_by_the_name_of_its_file() {
    let folders = TempDir::new().expect("there is room for a folder");
    let (server, _) = start(&folders.path().join("backups"));
    let cli = server.admin_cli();
    let said = cli.run(&["backup", "one"]);
    assert!(said.stderr.contains("master key"), "it is not in it: {said:?}");
    let backup = folders.path().join("backups/one");
    let package = fs::read_dir(backup.join("packages")).expect("there are packages").next();
    let package = package.expect("there is one").expect("it has a name").file_name();
    let package = format!("packages/{}", package.to_string_lossy());
    let to = folders.path().join("restored");
    for file in ["pairs.zst", "changes.zst", &package] {
        let path = backup.join(file);
        let whole = fs::read(&path).expect("it is there");
        let mut bent = whole.clone();
        bent[whole.len() / 2] ^= 0x10;
        fs::write(&path, bent).expect("it is written");
        let refused = restore(&backup, &to);
        assert!(refused.sentence().contains(file), "{refused:?}");
        assert!(!to.exists(), "nothing is made of it");
        fs::write(&path, whole).expect("it is written");
    }
    drop(restore(&backup, &to).success());
    let again = restore(&backup, &to);
    assert!(again.sentence().contains("is not empty"), "{again:?}");
}

#[test]
fn a_stopped_server_is_backed_up_without_it_and_a_running_one_is_not() {
    let folders = TempDir::new().expect("there is room for a folder");
    let (mut server, [first, _]) = start(&folders.path().join("backups"));
    let to = folders.path().join("by-hand");
    let data = server.data();
    let back_up =
        || run(champollion().arg("backup").arg(&to).arg("--data-dir").arg(&data).arg("--json"));
    let refused = back_up();
    assert!(refused.sentence().contains("without --data-dir"), "{refused:?}");
    assert!(server.stop().success());
    let made: Json = serde_json::from_str(&back_up().success()).expect("it is JSON");
    assert_eq!(made["changes"], 0, "nobody writes: {made}");
    assert!(back_up().sentence().contains("is there already"));

    fs::remove_dir_all(&data).expect("the data folder is lost");
    drop(restore(&to, &data).success());
    server.restart();
    assert_eq!(counters(&server, &first).len() as u32, BEFORE);

    let nowhere = folders.path().join("nowhere");
    let refused = run(champollion().arg("backup").arg("x").arg("--data-dir").arg(&nowhere));
    assert!(refused.sentence().contains("holds no store"), "{refused:?}");
    let refused = restore(&nowhere, &folders.path().join("new"));
    assert!(refused.sentence().contains("manifest.json"), "{refused:?}");
}

#[test]
fn a_backup_is_made_where_the_settings_say_and_nowhere_else() {
    let server = Server::start();
    let admin = server.admin();
    admin.post("/v1/backup", &json!({})).problem(409, "no-backup-folder");
    drop(server);

    let folders = TempDir::new().expect("there is room for a folder");
    let (server, _) = start(&folders.path().join("backups"));
    let admin = server.admin();
    for name in ["../elsewhere", "/tmp/elsewhere", "", ".hidden", "one.unfinished"] {
        admin.post("/v1/backup", &json!({ "name": name })).problem(400, "invalid-body");
    }
    admin.post("/v1/backup", &json!({ "to": "/tmp" })).problem(400, "invalid-body");
    let cli = server.admin_cli();
    let made = cli.json(&["backup", "--json"]);
    let name = made["name"].as_str().expect("it has a name");
    assert!(folders.path().join("backups").join(name).join("manifest.json").is_file());
    admin.post("/v1/backup", &json!({ "name": name })).problem(409, "backup-exists");
    let partner = server.cli(&server.new_token("partner", Some("office")));
    assert!(partner.run(&["backup", "mine"]).sentence().contains("forbidden"));
    let there = fs::read_dir(folders.path()).expect("the folder is there").count();
    assert_eq!(there, 1, "only the folder of the settings");
}
