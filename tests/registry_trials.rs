//! Versions change while frames come: rolled back, run as a shadow, given to some as a canary.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use champollion_tests::{Sensor, Setup, thermometer};
use serde_json::json;

/// Frames come all the while; a rollback is in force within a second, and none of them is lost.
#[test]
fn a_rollback_takes_effect_within_a_second_and_loses_no_frame() {
    let server = Setup::default().variable("CHAMPOLLION_FRAMES__COPIES_WINDOW_MS", "0").start();
    assert_eq!(server.publish_candidate(&thermometer("1.0.0"))["channel"], "stable");
    assert_eq!(server.publish_candidate(&thermometer("1.1.0"))["channel"], "candidate");
    let sensor = Sensor::new(1);
    server.register(&sensor, "office", Some("acme/thermometer@^1"));
    let (lns, partner) = (server.lns(), server.partner("office"));
    let stop = Arc::new(AtomicBool::new(false));
    let sender = {
        let (stop, sensor) = (Arc::clone(&stop), Sensor::new(1));
        thread::spawn(move || {
            let mut sent = 0_u32;
            while !stop.load(Ordering::Relaxed) {
                sent += 1;
                let receipt = lns.ingest(&sensor.frame(sent, 2, &[0, 0xD7, 40, 36])).success();
                assert_eq!(receipt["decoded"], true, "{receipt}");
            }
            sent
        })
    };
    let latest = || {
        let records = partner.pull_all();
        let version = records.last().map(|last| last["record"]["decoder"]["version"].clone());
        version.and_then(|version| version.as_str().map(str::to_owned)).unwrap_or_default()
    };
    // Bounded, and far above the second that is asked for, so that only what hangs fails here.
    let until = |version: &str| {
        let since = Instant::now();
        while latest() != version {
            assert!(since.elapsed() < Duration::from_secs(30), "{version} decodes nothing");
        }
        since.elapsed()
    };
    until("1.0.0");
    let change = |word: &str| {
        let path = format!("/v1/registry/acme/thermometer/{word}");
        server.admin().post(&path, &json!({})).success()
    };
    assert_eq!(change("promote")["effects"][0]["devices"], 1);
    until("1.1.0");
    change("rollback");
    let took = until("1.0.0");
    assert!(took < Duration::from_secs(1), "{took:?}");
    stop.store(true, Ordering::Relaxed);
    let sent = sender.join().expect("every frame was taken");

    let records = partner.pull_all();
    let counters: Vec<u64> =
        records.iter().filter_map(|entry| entry["record"]["uplink"]["fCnt"].as_u64()).collect();
    let all: Vec<u64> = (1..=u64::from(sent)).collect();
    assert_eq!(counters, all, "every frame has its record");
    let versions: Vec<&str> =
        records.iter().filter_map(|entry| entry["record"]["decoder"]["version"].as_str()).collect();
    let mut runs = versions.clone();
    runs.dedup();
    assert_eq!(runs, ["1.0.0", "1.1.0", "1.0.0"], "each change is one point in time");
    assert_eq!(versions.len(), records.len(), "and each record names its decoder");
}

/// A candidate decodes the same frames beside the stable version: who asks is told how many agree, where
/// the two differ and on which payloads; records name the stable version alone.
#[test]
fn a_shadow_is_compared_frame_by_frame() {
    let mut server = Setup::default().variable("CHAMPOLLION_FRAMES__COPIES_WINDOW_MS", "0").start();
    server.publish_candidate(&thermometer("1.0.0"));
    server.publish_candidate(&thermometer("1.1.0"));
    let sensors = [Sensor::new(1), Sensor::new(2), Sensor::new(3)];
    let wishes = ["acme/thermometer@^1", "acme/thermometer@=1.0.0", "acme/thermometer@<1.1"];
    for (sensor, wish) in sensors.iter().zip(wishes) {
        server.register(sensor, "office", Some(wish));
    }
    let path = "/v1/registry/acme/thermometer/shadow";
    let admin = server.admin();
    admin.get(path).problem(404, "no-shadow");
    admin.post(path, &json!({ "end": true })).problem(404, "no-shadow");
    admin.post(path, &json!({ "version": "1.0.0" })).problem(409, "already-so");
    admin.post(path, &json!({})).problem(400, "version-missing");
    admin.post(path, &json!({ "version": "1.1.0" })).success();
    let lns = server.lns();
    // Six that both read; three that are too short for the candidate, which wants the battery too.
    for f_cnt in 1..=9_u32 {
        let whole = [0, 0xD7, 40, 36];
        let payload = if f_cnt <= 6 { &whole[..] } else { &whole[..3] };
        for sensor in &sensors {
            let receipt = lns.ingest(&sensor.frame(f_cnt, 2, payload)).success();
            assert_eq!(receipt["decoded"], true, "{receipt}");
        }
    }
    let since = Instant::now();
    let tally = loop {
        let tally = admin.get(path).success();
        if tally["compared"] == 9 {
            break tally;
        }
        assert!(since.elapsed() < Duration::from_secs(30), "{tally}");
        thread::sleep(Duration::from_millis(10));
    };
    assert_eq!(
        (&tally["version"], &tally["agreeing"], &tally["skipped"]),
        (&json!("1.1.0"), &json!(6), &json!(0))
    );
    assert_eq!(
        (&tally["stable"]["failures"], &tally["candidate"]["failures"]),
        (&json!(0), &json!(3))
    );
    assert!(tally["candidate"]["fuel"].as_u64() > Some(0), "{tally}");
    assert_eq!(tally["added"]["data.battery"], 6, "{tally}");
    assert_eq!(tally["differing"]["data.temperature"], 3, "{tally}");
    let example = &tally["examples"][0];
    assert_eq!((&example["payload"], &example["fPort"]), (&json!("00D728"), &json!(2)));
    assert_eq!(example["differing"]["data.temperature"], json!([21.5, null]));
    let shown = server.admin_cli().run(&["registry", "shadow", "acme/thermometer"]).success();
    for said in [
        "acme/thermometer 1.1.0: 6 of 9 frames agree, 0 were skipped",
        "data.battery is added on 6 frames",
        "data.temperature differs on 3 frames",
        "port 2, 00D728: ",
    ] {
        assert!(shown.contains(said), "{said}: {shown}");
    }
    for record in server.partner("office").pull_all() {
        assert_eq!(record["record"]["decoder"]["version"], "1.0.0", "{record}");
    }

    // It goes on after a restart, and ends when the candidate is promoted.
    server.stop();
    server.restart();
    assert_eq!(server.admin().get(path).success()["compared"], 0);
    server.admin().post("/v1/registry/acme/thermometer/promote", &json!({})).success();
    server.admin().get(path).problem(404, "no-shadow");
    assert_eq!(server.admin().get("/v1/registry/verify").success()["problems"], json!([]));
}

/// A candidate that a share of the devices gets goes by itself when too many of their frames fail; until
/// then the others are left alone, and no frame is lost.
#[test]
fn a_canary_goes_by_itself() {
    const DEVICES: u8 = 40;
    let server = Setup::default().variable("CHAMPOLLION_FRAMES__COPIES_WINDOW_MS", "0").start();
    server.publish_candidate(&thermometer("1.0.0"));
    server.publish_candidate(&thermometer("1.1.0"));
    let sensors: Vec<Sensor> = (1..=DEVICES).map(Sensor::new).collect();
    for sensor in &sensors {
        server.register(sensor, "office", Some("acme/thermometer@^1"));
    }
    let (admin, lns, partner) = (server.admin(), server.lns(), server.partner("office"));
    let path = "/v1/registry/acme/thermometer/canary";
    admin.get(path).problem(404, "no-canary");
    for share in [0, 100] {
        let wish = json!({ "version": "1.1.0", "sharePercent": share });
        admin.post(path, &wish).problem(400, "invalid-body");
    }
    let wish = json!({
        "version": "1.1.0", "sharePercent": 50, "failurePercent": 10, "frames": 30,
    });
    admin.post(path, &wish).success();
    let mut sent = 0;
    let mut send = |f_cnt: u32, payload: &[u8]| {
        for sensor in &sensors {
            lns.ingest(&sensor.frame(f_cnt, 2, payload)).success();
            sent += 1;
        }
    };
    // The versions that decoded the frames of a counter, in the order of the devices.
    let versions = |f_cnt: u32| -> Vec<String> {
        let records = partner.pull_all();
        let of = |sensor: &Sensor| {
            let record = records.iter().map(|entry| &entry["record"]).find(|record| {
                record["device"]["devEui"] == sensor.dev_eui() && record["uplink"]["fCnt"] == f_cnt
            });
            let record = record.expect("every frame has a record");
            record["decoder"]["version"].as_str().unwrap_or("none").to_owned()
        };
        sensors.iter().map(of).collect()
    };
    send(1, &[0, 0xD7, 40, 36]);
    let first = versions(1);
    let share = first.iter().filter(|version| *version == "1.1.0").count();
    assert!((8..=32).contains(&share), "{share} of {DEVICES}");
    send(2, &[0, 0xD7, 40, 36]);
    assert_eq!(versions(2), first, "a device gets what it got");
    let report = admin.get(path).success();
    assert_eq!((&report["decoded"], &report["failures"]), (&json!(2 * share), &json!(0)));

    // The candidate cannot read what the stable version can.
    let mut f_cnt = 3;
    let since = Instant::now();
    while admin.get(path).status == 200 {
        assert!(since.elapsed() < Duration::from_secs(30), "{}", admin.get(path).text);
        send(f_cnt, &[0, 0xD7, 40]);
        f_cnt += 1;
    }
    send(f_cnt, &[0, 0xD7, 40]);
    assert!(versions(f_cnt).iter().all(|version| version == "1.0.0"));
    assert_eq!(partner.pull_all().len(), sent, "every frame has its record");
    let audit = server.admin_cli().json(&["registry", "audit", "--json"]);
    let ended = audit["entries"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|entry| entry["action"] == "end-canary" && entry["by"]["name"] == "the registry");
    let reason = ended.expect("it is in the audit")["details"]["reason"].to_string();
    assert!(reason.contains("frames failed, and 10 % may"), "{reason}");
    assert_eq!(admin.get("/v1/registry/verify").success()["problems"], json!([]));

    // What it was is what it can be again, and ends when it is asked to.
    let cli = server.admin_cli();
    let begin = ["registry", "canary", "acme/thermometer@1.1.0", "--share", "20"];
    let said = cli.run(&begin).success();
    assert!(said.starts_with("acme/thermometer is in 1.1.0 for 20 % of the devices"), "{said}");
    let said = cli.run(&["registry", "canary", "acme/thermometer"]).success();
    assert!(said.contains("is given to 20 % of the devices: 0 of 0 frames failed"), "{said}");
    let said = cli.run(&["registry", "canary", "acme/thermometer", "--end"]).success();
    assert!(said.starts_with("acme/thermometer is as it was for all devices"), "{said}");
    admin.get(path).problem(404, "no-canary");
}
