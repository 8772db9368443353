//! From a frame on the air to a record that its partner pulled and acknowledged.

use champollion_sdk::difference::difference;
use champollion_tests::{
    AXIOMA, DECODERS, ELSYS, LUMINAIRE, Sensor, Server, Sources, digits, reading,
};
use serde_json::{Value as Json, json};

/// The way that everybody goes on the first day, by the command line and the HTTP interface.
#[test]
fn a_frame_becomes_a_record_that_its_partner_pulls() {
    let mut server = Server::start();
    let cli = server.admin_cli();
    let files = DECODERS.map(Sources::file);
    let publisher = server.new_token("publisher", None);
    let published =
        server.cli(&publisher).json(&["publish", "--json", &files[0], &files[1], &files[2]]);
    assert_eq!(published.as_array().map(Vec::len), Some(3), "{published}");
    let digest = published[0]["digest"].as_str().expect("a package has a digest").to_owned();

    let sensor = Sensor::new(1);
    let (dev_eui, dev_addr) = (sensor.dev_eui(), sensor.dev_addr());
    let (nwk_s_key, app_s_key) = (sensor.nwk_s_key(), sensor.app_s_key());
    let added = cli
        .run(&[
            "devices",
            "add",
            &dev_eui,
            "--group",
            "water",
            "--decoder",
            "axioma/qalcosonic-w1@^1",
            "--name",
            "Meter 1",
            "--dev-addr",
            &dev_addr,
            "--nwk-s-key",
            &nwk_s_key,
            "--app-s-key",
            &app_s_key,
            "--tag",
            "street=Rue de la Paix",
        ])
        .success();
    assert_eq!(added, format!("registered {dev_eui} in water\n"));

    let (uplink, expected) = Sources::of(AXIOMA).readings().swap_remove(0);
    let phy = sensor.phy(7, uplink.f_port, &uplink.payload.0);
    let gateways = json!([
        { "gatewayId": "7276FF0039030A01", "rssiDbm": -101.0, "snrDb": -7.25 },
        { "gatewayId": "7276FF0039030A02", "rssiDbm": -97.5, "snrDb": 5.5 },
        { "gatewayId": "7276FF0039030A02", "rssiDbm": -99.0, "snrDb": 4.0 },
    ]);
    let receipt = server
        .lns()
        .ingest(&json!({
            "phyPayload": digits(&phy),
            "receivedAt": "2019-07-22T11:37:52Z",
            "frequencyHz": 868_100_000,
            "spreadingFactor": 9,
            "bandwidthHz": 125_000,
            "codingRate": "4/5",
            "region": "EU868",
            "gateways": gateways,
        }))
        .success();
    let id = format!("{dev_eui}-00000007-{}", digits(&phy[phy.len() - 4..]));
    let receipt_expected = json!({
        "status": "accepted", "record": id, "devEui": dev_eui, "fCnt": 7, "decoded": true,
    });
    assert_eq!(receipt, receipt_expected);

    let partner = server.partner("water");
    let page = partner.get("/v1/records").success();
    assert_eq!(page["more"], false);
    assert_eq!(page["records"].as_array().map(Vec::len), Some(1), "{page}");
    assert_eq!(page["next"], page["records"][0]["cursor"]);
    let record = &page["records"][0]["record"];

    let fuel = record["decoder"]["fuel"].as_u64().expect("a call takes fuel");
    assert!((1..10_000_000).contains(&fuel), "{fuel}");
    assert!(record["recordedAt"].is_string(), "{record}");
    let everything_but_the_reading = json!({
        "type": "record",
        "formatVersion": "1.3",
        "id": id,
        "group": "water",
        "device": {
            "devEui": dev_eui, "name": "Meter 1", "tags": { "street": "Rue de la Paix" },
        },
        "receivedAt": "2019-07-22T11:37:52Z",
        "recordedAt": record["recordedAt"],
        "verifiedBy": "mic",
        "networkServer": "test lns",
        "uplink": {
            "devAddr": dev_addr, "fCnt": 7, "fPort": 100, "confirmed": false,
            "payload": uplink.payload.to_string(),
        },
        "radio": {
            "bestReception": { "gateway": "7276FF0039030A02", "rssiDbm": -97.5, "snrDb": 5.5 },
            "rssiDbm": -97.5, "snrDb": 5.5, "redundancy": 2,
            "frequencyHz": 868_100_000, "spreadingFactor": 9, "bandwidthHz": 125_000,
            "codingRate": "4/5", "region": "EU868", "gateways": gateways,
        },
        "decoder": {
            "id": "axioma/qalcosonic-w1", "version": "1.0.0", "digest": digest, "fuel": fuel,
        },
        "decoded": record["decoded"],
    });
    assert_eq!(*record, everything_but_the_reading);

    let decoded = &record["decoded"];
    assert_eq!(difference(&expected, &json!({ "reading": reading(decoded) })), None);
    assert_eq!(decoded["data"]["currentVolume"], 13.609);
    assert_eq!(decoded["data"]["alarms"]["leakage"], true);
    let volume = json!({
        "id": "DBYYGC4FNGSHNKKP", "quantity": "water.volume", "unit": "m3", "kind": "index",
        "value": 13.609, "measuredAt": "2019-07-22T11:37:50Z", "current": true,
        "span": { "offset": 5, "length": 4 },
    });
    assert_eq!(decoded["measurements"][0], volume);
    let leak = json!({
        "id": "CA33O2F2C6D5MK3S", "quantity": "alarm.leak", "kind": "state", "value": true,
        "measuredAt": "2019-07-22T11:37:50Z", "current": true,
        "span": { "offset": 4, "length": 1 },
    });
    let measurements = decoded["measurements"].as_array().expect("there are measurements");
    assert!(measurements.contains(&leak), "{decoded}");

    // What was promised survives the process.
    server.kill();
    server.restart();
    let partner = server.partner("water");
    assert_eq!(partner.get("/v1/records").success(), page);

    let acknowledged =
        partner.post("/v1/records/ack", &json!({ "cursor": page["next"] })).success();
    assert_eq!(acknowledged, json!({ "removed": 1, "deleted": 1, "heldBy": [] }));
    let empty = partner.get("/v1/records").success();
    assert_eq!((&empty["records"], &empty["more"]), (&json!([]), &json!(false)));
    let again = partner.post("/v1/records/ack", &json!({ "cursor": page["next"] })).success();
    assert_eq!(again, json!({ "removed": 0, "deleted": 0, "heldBy": [] }));
    assert_eq!(server.stop().code(), Some(0));
}

/// One vector of each decoder, through the air, decodes to what the vector says.
#[test]
fn every_decoder_reads_its_own_devices() {
    let server = Server::start();
    let lns = server.lns();
    for (number, decoder) in (1..).zip(DECODERS) {
        let sources = server.publish_own(decoder);
        let sensor = Sensor::new(number);
        server.register(&sensor, decoder, Some(&sources.manifest().id.to_string()));
        let readings = sources.readings();
        assert!(readings.len() > 5, "{decoder} has vectors");
        for (f_cnt, (uplink, _)) in (1..).zip(&readings) {
            let mut frame = sensor.frame(f_cnt, uplink.f_port, &uplink.payload.0);
            frame["receivedAt"] = json!(uplink.received_at);
            assert_eq!(lns.ingest(&frame).success()["decoded"], true, "{decoder} {f_cnt}");
        }
        let records = server.partner(decoder).pull_all();
        assert_eq!(records.len(), readings.len());
        for (record, (_, expected)) in records.iter().zip(&readings) {
            let record = &record["record"];
            let actual = json!({ "reading": reading(&record["decoded"]) });
            let fault = difference(expected, &actual);
            assert_eq!(fault, None, "{decoder}, FCnt {}", record["uplink"]["fCnt"]);
        }
    }
}

#[test]
fn cursors_lead_through_the_records_in_the_order_of_the_frames() {
    let server = Server::start();
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    let lns = server.lns();
    for f_cnt in 1..=5 {
        lns.ingest(&sensor.frame(f_cnt, 1, &[0xAB])).success();
    }
    let partner = server.partner("water");
    let f_cnts = |page: &Json| -> Vec<u64> {
        let records = page["records"].as_array().expect("a page has records");
        records.iter().filter_map(|entry| entry["record"]["uplink"]["fCnt"].as_u64()).collect()
    };
    let text = |json: &Json| json.as_str().expect("a cursor is a text").to_owned();

    let first = partner.get("/v1/records?limit=2").success();
    assert_eq!((f_cnts(&first), &first["more"]), (vec![1, 2], &json!(true)));
    let after = text(&first["next"]);
    let second = partner.get(&format!("/v1/records?after={after}&limit=2")).success();
    assert_eq!((f_cnts(&second), &second["more"]), (vec![3, 4], &json!(true)));
    let after = text(&second["next"]);
    let third = partner.get(&format!("/v1/records?after={after}&limit=2")).success();
    assert_eq!((f_cnts(&third), &third["more"]), (vec![5], &json!(false)));
    let end = text(&third["next"]);
    let nothing = partner.get(&format!("/v1/records?after={end}")).success();
    assert_eq!((f_cnts(&nothing), text(&nothing["next"])), (vec![], end));

    // Pulling removes nothing; acknowledging removes what came up to there, and no more.
    let cursor = &second["records"][0]["cursor"];
    let removed = partner.post("/v1/records/ack", &json!({ "cursor": cursor })).success();
    assert_eq!(removed, json!({ "removed": 3, "deleted": 3, "heldBy": [] }));
    assert_eq!(f_cnts(&partner.get("/v1/records?after=0").success()), [4, 5]);

    lns.ingest(&sensor.frame(6, 1, &[0xAB])).success();
    assert_eq!(f_cnts(&partner.get(&format!("/v1/records?after={after}")).success()), [5, 6]);
}

/// Two partners of one network see their own and nothing of each other.
#[test]
fn a_partner_sees_nothing_of_another() {
    let server = Server::start();
    let (meter, lamp) = (Sensor::new(1), Sensor::new(2));
    server.publish_own(ELSYS);
    server.publish_own(LUMINAIRE);
    server.register(&meter, "water", None);
    server.register(&lamp, "lighting", None);
    let lns = server.lns();
    lns.ingest(&meter.frame(1, 1, &[1])).success();
    let page = server.partner("water").get("/v1/records").success();

    let other = server.partner("lighting");
    assert_eq!(other.get("/v1/records").success()["records"], json!([]));
    let detail = other.get("/v1/records?group=water");
    assert!(detail.problem(403, "forbidden").contains("water"));
    other.get("/v1/records?group=nobody").problem(403, "forbidden");
    let theft = json!({ "cursor": page["next"], "group": "water" });
    other.post("/v1/records/ack", &theft).problem(403, "forbidden");
    let beyond = json!({ "cursor": page["next"] });
    other.post("/v1/records/ack", &beyond).problem(409, "cursor-beyond-end");

    let devices = other.get("/v1/devices").success();
    assert_eq!(devices["devices"].as_array().map(Vec::len), Some(1), "{devices}");
    assert_eq!(devices["devices"][0]["devEui"], json!(lamp.dev_eui()));
    let foreign = other.get(&meter.path());
    let unknown = other.get(&Sensor::new(99).path());
    let said = foreign.problem(404, "unknown-device").replace(&meter.dev_eui(), "");
    // Whether it exists cannot be told either.
    assert_eq!(
        said,
        unknown.problem(404, "unknown-device").replace(&Sensor::new(99).dev_eui(), "")
    );

    let untouched = server.partner("water").get("/v1/records?group=water").success();
    assert_eq!(untouched, page);
    let admin = server.admin().get("/v1/records?group=water").success();
    assert_eq!(admin, page);
}
