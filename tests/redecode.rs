//! Tests of decoding kept records once more by another version: corrected records, each named after the frame
//! and the package, each naming the one that it replaces.

use champollion_tests::{Sensor, Server, Setup, thermometer};
use serde_json::{Value as Json, json};

/// A reading of 21.5 °C, 40 % and 3.6 V.
const WHOLE: [u8; 4] = [0, 0xD7, 40, 36];

fn start() -> Server {
    Setup::default().variable("CHAMPOLLION_FRAMES__COPIES_WINDOW_MS", "0").start()
}

/// The records of a group, without their cursors.
fn records(server: &Server, group: &str) -> Vec<Json> {
    server.partner(group).pull_all().into_iter().map(|pulled| pulled["record"].clone()).collect()
}

/// Before all that the sensors send.
const BEGINNING: &str = "2020-01-01T00:00:00Z";

fn redecode(server: &Server, more: &[&str]) -> Json {
    let base = ["records", "redecode", "--decoder", "acme/thermometer@1.1.0", "--since", BEGINNING];
    server.admin_cli().json(&[&base[..], more, &["--json"]].concat())
}

#[test]
fn corrected_records_name_what_they_replace_and_are_made_once() {
    let mut server = start();
    server.publish_candidate(&thermometer("1.0.0"));
    server.publish_candidate(&thermometer("1.1.0"));
    let sensors: Vec<Sensor> = (1..=4).map(Sensor::new).collect();
    server.register(&sensors[0], "office", Some("acme/thermometer@^1"));
    server.register(&sensors[1], "cellar", Some("acme/thermometer@^1"));
    // Of a device without a decoder, and of one that has its own version already.
    server.register(&sensors[2], "office", None);
    server.register(&sensors[3], "office", Some("acme/thermometer@=1.1.0"));
    let lns = server.lns();
    for f_cnt in 1..=60 {
        lns.ingest(&sensors[0].frame(f_cnt, 2, &WHOLE)).success();
    }
    // The new version wants the battery too.
    lns.ingest(&sensors[0].frame(61, 2, &WHOLE[..3])).success();
    for sensor in &sensors[1..] {
        lns.ingest(&sensor.frame(1, 2, &WHOLE)).success();
    }
    let before = (records(&server, "office"), records(&server, "cellar"));
    let shadow = json!({ "version": "1.1.0" });
    server.admin().post("/v1/registry/acme/thermometer/shadow", &shadow).success();

    let tried = redecode(&server, &["--dry-run"]);
    assert_eq!((&tried["corrected"], &tried["already"]), (&json!(61), &json!(1)), "{tried}");
    assert_eq!((records(&server, "office"), records(&server, "cellar")), before, "it was a trial");
    // One partner's, by that partner; another's are not to be had.
    let partner = server.cli(&server.new_token("partner", Some("cellar")));
    let own = ["records", "redecode", "--decoder", "acme/thermometer@1.1.0", "--since", BEGINNING];
    let said = partner.run(&own).success();
    assert!(said.starts_with("1 corrected record made by acme/thermometer 1.1.0"), "{said}");
    let refused = partner.run(&[&own[..], &["--group", "office"]].concat());
    assert!(refused.sentence().contains("forbidden"), "{refused:?}");

    let done = redecode(&server, &[]);
    assert_eq!(done["corrected"], 60, "{done}");
    assert_eq!((&done["already"], &done["failed"]), (&json!(2), &json!(1)), "{done}");
    let after = records(&server, "office");
    assert_eq!(after[..before.0.len()], before.0, "what was delivered stays as it was");
    let corrected = &after[before.0.len()..];
    assert_eq!(corrected.len(), 60);
    let digest = thermometer("1.1.0").digest().hex().to_uppercase();
    for (new, old) in corrected.iter().zip(&before.0) {
        assert_eq!(
            new["id"],
            json!(format!("{}-{}", old["id"].as_str().expect("text"), &digest[..8]))
        );
        assert_eq!(
            new["replaces"],
            json!({ "record": old["id"], "decoder": "acme/thermometer", "version": "1.0.0" })
        );
        for same in
            ["group", "device", "receivedAt", "verifiedBy", "networkServer", "uplink", "radio"]
        {
            assert_eq!(new[same], old[same], "{same}");
        }
        assert_eq!(new["decoder"]["version"], "1.1.0");
        assert_eq!(new["decoded"]["data"]["battery"], 3.6);
        assert_eq!(old["decoded"]["data"].get("battery"), None);
    }

    // Once more makes nothing more, also after the server was killed.
    assert_eq!(redecode(&server, &[])["corrected"], 0);
    server.kill();
    server.restart();
    assert_eq!(redecode(&server, &[])["corrected"], 0);
    assert_eq!(records(&server, "office"), after);

    // A device that is given the decoder later gets its raw frames read, whatever they were before.
    let path = format!("/v1/devices/{}/decoder", sensors[2].dev_eui());
    server.admin().put(&path, &json!({ "decoder": "acme/thermometer@^1" })).success();
    assert_eq!(redecode(&server, &[])["corrected"], 1);
    let last = records(&server, "office").pop().expect("it is there");
    assert_eq!(last["replaces"].get("version"), None, "{last}");
    assert_eq!(last["device"]["devEui"], json!(sensors[2].dev_eui()));

    // Back again: what is replaced is the last record of the frame.
    let base = ["records", "redecode", "--decoder", "acme/thermometer@1.0.0", "--since", BEGINNING];
    let back = server.admin_cli().json(&[&base[..], &["--group", "cellar", "--json"]].concat());
    assert_eq!((&back["corrected"], &back["already"]), (&json!(1), &json!(0)), "{back}");
    let last = records(&server, "cellar").pop().expect("it is there");
    assert_eq!(last["replaces"]["version"], "1.1.0", "{last}");
    let again = server.admin_cli().json(&[&base[..], &["--group", "cellar", "--json"]].concat());
    assert_eq!((&again["corrected"], &again["already"]), (&json!(0), &json!(1)), "{again}");

    // Nothing of it is counted as if it were live.
    let tally = server.admin().get("/v1/registry/acme/thermometer/shadow").success();
    assert_eq!(tally["compared"], 0, "{tally}");
    let audit = server.admin_cli().json(&["registry", "audit", "--json"]);
    let entries = audit["entries"].as_array().into_iter().flatten();
    assert_eq!(entries.filter(|entry| entry["action"] == "redecode").count(), 4);
}

#[test]
fn only_the_time_that_is_meant_and_only_what_can_be_meant() {
    let server = start();
    server.publish_candidate(&thermometer("1.0.0"));
    server.publish_candidate(&thermometer("1.1.0"));
    let sensor = Sensor::new(1);
    server.register(&sensor, "office", Some("acme/thermometer@^1"));
    let mut frame = sensor.frame(1, 2, &WHOLE);
    frame["receivedAt"] = json!(jiff::Timestamp::now());
    server.lns().ingest(&frame).success();
    let cli = server.admin_cli();
    let base = ["records", "redecode", "--decoder", "acme/thermometer@1.1.0", "--json"];
    let count = |more: &[&str]| cli.json(&[&base[..], more].concat())["corrected"].clone();
    let to_come = cli.run(&[&base[..], &["--since", "2999-01-01T00:00:00Z"]].concat());
    assert!(to_come.sentence().contains("since must lie in the past"), "{to_come:?}");
    assert_eq!(count(&["--since", "24h", "--until", "1h"]), 0);
    let refused =
        cli.run(&["records", "redecode", "--decoder", "acme/thermometer@9.0.0", "--since", "1h"]);
    assert!(refused.sentence().contains("no version"), "{refused:?}");
    // Not the candidate, unless it is named.
    let requirement = ["records", "redecode", "--decoder", "acme/thermometer@1", "--since", "1h"];
    let said = cli.run(&requirement).success();
    assert!(said.contains("0 corrected records made by acme/thermometer 1.0.0"), "{said}");
    let admin = server.admin();
    for wrong in [
        json!({ "since": "2026-01-01T00:00:00Z" }),
        json!({ "decoder": "acme/thermometer", "since": "yesterday" }),
        json!({ "decoder": "acme/thermometer", "since": "2026-01-01T00:00:00Z", "more": 1 }),
    ] {
        admin.post("/v1/records/redecode", &wrong).problem(400, "invalid-body");
    }
    let publisher = server.anybody().token(&server.new_token("publisher", None));
    let wish = json!({ "decoder": "acme/thermometer", "since": "2026-01-01T00:00:00Z" });
    publisher.post("/v1/records/redecode", &wish).problem(403, "forbidden");
    let answer = admin.post("/v1/records/redecode", &wish);
    assert_eq!(answer.header("content-type"), "application/x-ndjson");
    let last: Json = serde_json::from_str(answer.text.lines().last().expect("it has lines"))
        .expect("it is JSON");
    assert_eq!(last["done"]["id"], "acme/thermometer", "{last}");
    assert_eq!(count(&["--since", "24h"]), 1);
}
