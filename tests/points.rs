//! Points: a meter takes the place of another one, and the series of its metering point goes on.

use champollion_tests::{AXIOMA, Client, Sensor, Server};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};
use ureq::http::Method;

/// The short telegram of a water meter: its clock, its index in litres, and the index of eleven hours before.
fn telegram(at: Timestamp, litres: u32) -> Vec<u8> {
    let clock = |moment: Timestamp| u32::try_from(moment.as_second()).expect("it is our century");
    let mut bytes = clock(at).to_le_bytes().to_vec();
    bytes.push(0);
    bytes.extend(litres.to_le_bytes());
    bytes.extend(clock(at - SignedDuration::from_hours(11)).to_le_bytes());
    bytes.extend((litres - 10).to_le_bytes());
    bytes
}

fn moment(text: &str) -> Timestamp {
    text.parse().expect("it is a moment")
}

fn hear(lns: &Client, sensor: &Sensor, f_cnt: u32, at: &str, litres: u32) {
    let mut frame = sensor.frame(f_cnt, 100, &telegram(moment(at), litres));
    frame["receivedAt"] = json!(at);
    lns.ingest(&frame).success();
}

/// The present index of a record, and its value in the series of the point.
fn index(record: &Json) -> (&Json, &Json) {
    let measurements = record["decoded"]["measurements"].as_array().expect("it is decoded");
    let is_present =
        |measured: &&Json| measured["quantity"] == "water.volume" && measured["current"] == true;
    let present = measurements.iter().find(is_present).expect("a meter tells its index");
    (&present["value"], &present["pointValue"])
}

fn server() -> (Server, Sensor, Sensor) {
    let server = Server::start();
    server.publish_own(AXIOMA);
    let (old, new) = (Sensor::new(1), Sensor::new(2));
    for sensor in [&old, &new] {
        server.register(sensor, "water", Some("axioma/qalcosonic-w1@^1"));
    }
    (server, old, new)
}

#[test]
fn the_series_of_a_point_goes_on_over_an_exchange_of_meters() {
    let (mut server, old, new) = server();
    let lns = server.lns();
    hear(&lns, &old, 1, "2026-11-22T23:00:00Z", 99_875);
    let at = "2026-11-23T12:00:00Z";
    let (old_eui, new_eui) = (old.dev_eui(), new.dev_eui());
    let replace = ["devices", "replace", &old_eui, &new_eui, "--at", at];
    let indexes = ["--index", "water.volume=99.9", "--new-index", "water.volume=0.1"];
    let said = server.admin_cli().run(&[&replace[..], &indexes[..]].concat()).success();
    assert_eq!(said, format!("{new_eui} takes the place of {old_eui} on {old_eui} of water\n"));
    server.stop();
    server.restart();
    let lns = server.lns();
    hear(&lns, &new, 1, "2026-11-23T23:00:00Z", 250);
    hear(&lns, &old, 2, "2026-11-23T11:00:00Z", 99_890);
    hear(&lns, &old, 3, "2026-11-24T11:00:00Z", 99_900);

    let pulled = server.partner("water").pull_all();
    let records: Vec<&Json> = pulled.iter().map(|item| &item["record"]).collect();
    assert!(records[0].get("object").is_none(), "it was its own point: {}", records[0]);
    let offsets = json!([{ "quantity": "water.volume", "offset": 99.8 }]);
    let point = json!({ "id": old_eui, "since": at, "offsets": offsets });
    assert_eq!(records[1]["object"]["point"], point, "{}", records[1]);
    assert_eq!(index(records[1]), (&json!(0.25), &json!(100.05)));
    assert_eq!(
        records[2]["object"]["point"],
        json!({ "id": old_eui }),
        "it was late: {}",
        records[2]
    );
    assert_eq!(index(records[2]), (&json!(99.89), &Json::Null));
    assert!(records[3].get("object").is_none(), "it has left: {}", records[3]);

    let partner = server.partner("water");
    let shown = partner.get(&format!("/v1/points/{old_eui}")).success();
    assert_eq!(shown["links"][0]["until"], at, "{shown}");
    assert_eq!(shown["links"][1]["devEui"], json!(new_eui), "{shown}");
    assert_eq!(partner.get("/v1/points").success()["points"], json!([shown]));
    let other = server.partner("street");
    assert_eq!(other.get("/v1/points").success()["points"], json!([]));
    other.get(&format!("/v1/points/{old_eui}")).problem(404, "unknown-point");

    // The point outlives its devices.
    assert_eq!(server.admin().delete(&new.path()).status, 204);
    assert_eq!(server.admin().delete(&old.path()).status, 204);
    let shown = partner.get(&format!("/v1/points/{old_eui}")).success();
    assert!(shown["links"][1]["until"].is_string(), "{shown}");
}

#[test]
fn devices_are_put_on_points_and_taken_from_them() {
    let (server, one, other) = server();
    let cli = server.admin_cli();
    let dev_eui = one.dev_eui();
    let said = cli.run(&["devices", "point", &dev_eui, "PDS 7"]).success();
    assert_eq!(said, format!("{dev_eui} is on PDS 7 of water\n"));
    hear(&server.lns(), &one, 1, "2026-11-22T23:00:00Z", 1_000);
    let pulled = server.partner("water").pull_all();
    assert_eq!(pulled[0]["record"]["object"], json!({ "point": { "id": "PDS 7" } }));
    let table = cli.run(&["devices", "points"]).success();
    assert!(table.contains("PDS 7") && table.contains(&dev_eui), "{table}");
    let twice = server.admin().put(&format!("{}/point", one.path()), &json!({ "point": "PDS 8" }));
    assert!(twice.problem(409, "impossible-link").contains("PDS 7"));
    let left = cli.run(&["devices", "point", &dev_eui]).success();
    assert_eq!(left, format!("{dev_eui} has left PDS 7 of water\n"));
    assert!(cli.run(&["devices", "point", &dev_eui]).failure().contains("no point but its own"));

    server.register(&Sensor::new(3), "street", None);
    let replace = |by: &str, more: Json| {
        let mut body = json!({ "by": by });
        for (name, value) in more.as_object().expect("it is an object") {
            body[name] = value.clone();
        }
        server.admin().post(&format!("{}/replacement", other.path()), &body)
    };
    for (by, more, expected) in [
        (other.dev_eui(), json!({}), "its own place"),
        (Sensor::new(3).dev_eui(), json!({}), "of the group street"),
        (
            one.dev_eui(),
            json!({ "indexes": [{ "quantity": "air.temperature", "last": 1 }] }),
            "no index",
        ),
    ] {
        let answer = replace(&by, more);
        let said = answer.problem(409, "impossible-link");
        assert!(said.contains(expected), "{said}");
    }
    replace(&Sensor::new(9).dev_eui(), json!({})).problem(404, "unknown-device");
    replace(&one.dev_eui(), json!({ "index": 7 })).problem(400, "invalid-body");
    let point = format!("/v1/points/{}?group=water", other.dev_eui());
    server.admin().get(&point).problem(404, "unknown-point");
}

#[test]
fn a_point_has_one_device_and_devices_leave_it_with_their_group() {
    let (server, one, other) = server();
    let admin = server.admin();
    let put = |sensor: &Sensor, body: Json| admin.put(&format!("{}/point", sensor.path()), &body);
    put(&one, json!({ "point": "PDS 7" })).success();
    let refused = put(&other, json!({ "point": "PDS 7" }));
    let said = refused.problem(409, "impossible-link");
    assert!(
        said.contains(&one.dev_eui()) && said.contains("champollion devices replace"),
        "{said}"
    );
    put(&other, json!({ "point": "PDS 8" })).success();
    let key = json!({ "point": "2B7E151628AED2A6ABF7158809CF4F3C" });
    let refused = put(&one, key);
    let said = refused.problem(409, "impossible-link");
    assert!(said.contains("may be a key") && !said.contains("2B7E1516"), "{said}");

    // By a registration, and by a sheet.
    let links = |point: &str| {
        let path = format!("/v1/points/{}?group=water", point.replace(' ', "%20"));
        admin.get(&path).success()["links"].clone()
    };
    assert!(links("PDS 7")[0]["until"].is_null());
    server.register(&one, "street", None);
    assert!(links("PDS 7")[0]["until"].is_string(), "{}", links("PDS 7"));
    let sheet = format!("DevEUI,Group\n{},street\n", other.dev_eui());
    let sent = admin.send(&Method::POST, "/v1/devices/import", sheet.as_bytes());
    assert_eq!(sent.success()["changed"], 1);
    assert!(links("PDS 8")[0]["until"].is_string(), "{}", links("PDS 8"));
    // Its place is free, also in its new group.
    put(&one, json!({ "point": "lamp" })).success();
}
