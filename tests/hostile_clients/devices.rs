//! Attacks by tokens of network servers: a token speaks for the devices of its own network server alone, and
//! of a device whose keys are registered nobody's word counts against the MIC.

use champollion_tests::{Client, Joiner, Sensor, Server, Setup, digits};
use serde_json::{Value as Json, json};

const SETTINGS: &str = r#"
[frames]
copies-window-ms = 0
[network-servers.city]
kind = "phy"
[network-servers.region]
kind = "phy"
[network-servers.village]
kind = "tts"
[network-servers.valley]
kind = "actility"
"#;

const PAYLOAD: [u8; 3] = [0x0A, 0x0B, 0x0C];

fn start(shared_devices: bool) -> Server {
    let frames = format!("[frames]\nshared-devices = {shared_devices}");
    Setup::default().settings(&SETTINGS.replace("[frames]", &frames)).start()
}

/// Registers a sensor with its keys for a network server.
fn register(server: &Server, sensor: &Sensor, network_server: Option<&str>, more: &Json) {
    let mut registration = sensor.registration("water", None);
    if let Some(network_server) = network_server {
        registration["networkServer"] = json!(network_server);
    }
    for (name, value) in more.as_object().into_iter().flatten() {
        registration[name] = value.clone();
    }
    server.admin().put(&sensor.path(), &registration).success();
}

/// An uplink as The Things Stack reports it.
fn reported(sensor: &Sensor, f_cnt: u32) -> Json {
    json!({
        "end_device_ids": { "device_id": "d", "dev_eui": sensor.dev_eui(), "dev_addr": sensor.dev_addr() },
        "uplink_message": { "f_cnt": f_cnt, "f_port": 1, "frm_payload": "CgsM" },
    })
}

/// An uplink as ThingPark reports it, with the MIC of a frame of the sensor.
fn with_mic(sensor: &Sensor, f_cnt: u32) -> Json {
    let phy = sensor.phy(f_cnt, 1, &PAYLOAD);
    json!({ "DevEUI_uplink": {
        "DevEUI": sensor.dev_eui(), "DevAddr": sensor.dev_addr(), "FCntUp": f_cnt, "FPort": 1,
        "payload_hex": digits(&phy[9..phy.len() - 4]), "mic_hex": digits(&phy[phy.len() - 4..]),
    }})
}

fn accepted(client: &Client, path: &str, body: &Json) {
    assert_eq!(client.post(path, body).success()["status"], "accepted");
}

#[test]
fn a_token_speaks_for_the_devices_of_its_network_server_alone() {
    let server = start(true);
    let sensor = Sensor::new(1);
    register(&server, &sensor, Some("city"), &json!({}));
    let (city, region) = (server.lns_named("city"), server.lns_named("region"));
    let unbound = server.lns();
    city.ingest(&sensor.frame(1, 1, &PAYLOAD)).success();
    for stranger in [&region, &unbound] {
        // A genuine frame, a copy of one that was taken, and an old one.
        for f_cnt in [2, 1] {
            let refused = stranger.ingest(&sensor.frame(f_cnt, 1, &PAYLOAD));
            let said = refused.problem(403, "other-network-server");
            assert!(said.contains(&sensor.dev_eui()), "{said}");
        }
        // Many at once.
        let lines = sensor.frame(2, 1, &PAYLOAD).to_string();
        let headers = [("Content-Type", "application/x-ndjson")];
        let answer = stranger.post_with("/v1/ingest/phy", &headers, lines.as_bytes());
        assert!(answer.text.contains("other-network-server"), "{}", answer.text);
    }
    let report = server.lns_named("village").post("/v1/ingest/tts", &reported(&sensor, 2));
    report.problem(403, "other-network-server");
    let told = json!({ "end_device_ids": { "dev_eui": sensor.dev_eui() }, "join_accept": {} });
    let told = server.lns_named("village").post("/v1/ingest/tts", &told);
    told.problem(403, "other-network-server");
    // What was refused holds nothing up.
    city.ingest(&sensor.frame(2, 1, &PAYLOAD)).success();
    server.admin().ingest(&sensor.frame(3, 1, &PAYLOAD)).success();
    assert_eq!(server.partner("water").pull_all().len(), 3);
}

#[test]
fn joins_and_sessions_are_those_of_its_network_server() {
    let server = start(true);
    let joiner = Joiner::new(1);
    let mut registration = joiner.registration("water", None);
    registration["networkServer"] = json!("city");
    server.admin().put(&joiner.path(), &registration).success();
    let (city, region) = (server.lns_named("city"), server.lns_named("region"));
    region.ingest(&joiner.request(7)).problem(403, "other-network-server");
    city.ingest(&joiner.request(7)).success();
    let (accept, sensor) = joiner.accept(7, 1, 0x0200_7001);
    region.ingest(&accept).problem(403, "other-network-server");
    let mut named = accept.clone();
    named["devEui"] = json!(joiner.dev_eui());
    region.ingest(&named).problem(403, "other-network-server");
    assert_eq!(city.ingest(&accept).success()["status"], "joined");
    city.ingest(&sensor.frame(0, 1, &PAYLOAD)).success();

    let elsewhere = Sensor::new(2);
    let registration = json!({
        "group": "water", "networkServer": "city", "activation": { "otaaElsewhere": {} },
    });
    server.admin().put(&elsewhere.path(), &registration).success();
    let path = format!("{}/session", elsewhere.path());
    city.put(&path, &elsewhere.keys()).success();
    city.ingest(&elsewhere.frame(1, 1, &PAYLOAD)).success();
    let foreign = elsewhere.at(0x0200_7FFF).with_app_s_key([9; 16]);
    for stranger in [&region, &server.lns()] {
        stranger.put(&path, &foreign.keys()).problem(403, "other-network-server");
    }
    // The real device goes on.
    city.ingest(&elsewhere.frame(2, 1, &PAYLOAD)).success();
}

/// Sessions are handed over only of devices that join elsewhere.
#[test]
fn no_session_is_handed_over_of_a_device_with_keys() {
    let server = start(true);
    let (fixed, joiner) = (Sensor::new(1), Joiner::new(2));
    register(&server, &fixed, None, &json!({}));
    register(&server, &Sensor::new(3), None, &json!({ "reported": true }));
    server.admin().put(&joiner.path(), &joiner.registration("water", None)).success();
    let foreign = Sensor::new(9);
    for client in [server.lns(), server.admin()] {
        for path in [fixed.path(), Sensor::new(3).path(), joiner.path()] {
            let refused = client.put(&format!("{path}/session"), &foreign.keys());
            assert!(refused.problem(409, "other-session").contains("join elsewhere"));
        }
    }
    // A key that stands beside a report changes nothing either.
    let mut keyed = reported(&Sensor::new(3), 1);
    keyed["uplink_message"]["app_s_key"] = json!({ "key": "09".repeat(16) });
    server.lns().post("/v1/ingest/tts", &keyed).success();
    let frame = Sensor::new(3).frame(2, 1, &PAYLOAD);
    server.lns().ingest(&frame).success();
    let records = server.partner("water").pull_all();
    assert_eq!(records[1]["record"]["uplink"]["payload"], digits(&PAYLOAD));
}

#[test]
fn a_device_with_keys_takes_only_frames_whose_mic_fits() {
    let server = start(true);
    let (fixed, joiner) = (Sensor::new(1), Joiner::new(2));
    register(&server, &fixed, None, &json!({}));
    server.admin().put(&joiner.path(), &joiner.registration("water", None)).success();
    let lns = server.lns();
    let refused = lns.post("/v1/ingest/tts", &reported(&fixed, 5));
    let said = refused.problem(422, "mic-unconfirmed");
    assert!(said.contains("tells no MIC") && said.contains("as reported"), "{said}");
    let mut of_joiner = reported(&fixed, 5);
    of_joiner["end_device_ids"]["dev_eui"] = json!(joiner.dev_eui());
    lns.post("/v1/ingest/tts", &of_joiner).problem(422, "mic-unconfirmed");
    // The network server's word that it has checked the MIC counts for nothing.
    let mut forged = fixed.frame(5, 1, &PAYLOAD);
    let phy = forged["phyPayload"].as_str().expect("it is a text").to_owned();
    forged["phyPayload"] = json!(format!("{}00000000", &phy[..phy.len() - 8]));
    (forged["micChecked"], forged["devEui"]) = (json!(true), json!(fixed.dev_eui()));
    lns.ingest(&forged).problem(422, "mic-mismatch");

    // A report whose MIC fits is as good as the frame.
    accepted(&lns, "/v1/ingest/actility", &with_mic(&fixed, 6));
    let mut changed = with_mic(&fixed, 7);
    changed["DevEUI_uplink"]["payload_hex"] = json!("FFFFFF");
    let said = lns.post("/v1/ingest/actility", &changed);
    assert!(said.problem(422, "mic-unconfirmed").contains("does not fit"));
    let replay = lns.post("/v1/ingest/actility", &with_mic(&fixed, 5));
    replay.problem(409, "replayed-f-cnt");
    let records = server.partner("water").pull_all();
    assert_eq!(records.len(), 1, "{records:?}");
    assert_eq!(records[0]["record"]["verifiedBy"], "mic");
    assert_eq!(records[0]["record"]["uplink"]["payload"], digits(&PAYLOAD));

    // As reported, its network server's word counts.
    register(&server, &fixed, None, &json!({ "reported": true }));
    accepted(&lns, "/v1/ingest/tts", &reported(&fixed, 8));
}

/// A far counter that is told beside is a guess, and lets nothing in that is old or false.
#[test]
fn a_counter_that_is_told_is_never_believed() {
    let server = start(true);
    let sensor = Sensor::new(1);
    register(&server, &sensor, None, &json!({}));
    let lns = server.lns();
    let told = |f_cnt: u32, told: u32| {
        let mut frame = sensor.frame(f_cnt, 1, &PAYLOAD);
        frame["fCnt"] = json!(told);
        frame
    };
    lns.ingest(&told(100_000, 100_000)).success();
    lns.ingest(&told(99_999, 99_999)).problem(409, "replayed-f-cnt");
    lns.ingest(&told(99_999, 99_999 + 65_536)).problem(409, "replayed-f-cnt");
    lns.ingest(&told(7, 7)).problem(422, "mic-mismatch");
    lns.ingest(&told(7, 65_536 * 4 + 7)).problem(422, "mic-mismatch");
    let mut forged = told(200_000, 200_000);
    let phy = forged["phyPayload"].as_str().expect("it is a text").to_owned();
    forged["phyPayload"] = json!(format!("{}00000000", &phy[..phy.len() - 8]));
    lns.ingest(&forged).problem(422, "mic-mismatch");
    lns.ingest(&told(100_001, 4_000_000_000)).success();
    assert_eq!(server.partner("water").pull_all().len(), 2);
}

/// Frames that fit no key are refused with few searches, and hold no others up.
#[test]
fn frames_that_no_key_fits_cost_few_searches() {
    let server = start(true);
    let (sensor, other) = (Sensor::new(1), Sensor::new(2));
    register(&server, &sensor, None, &json!({}));
    register(&server, &other, None, &json!({}));
    let lns = server.lns();
    let begun = std::time::Instant::now();
    for number in 0..200 {
        let forged =
            Sensor::new(9).at(u32::from_str_radix(&sensor.dev_addr(), 16).expect("digits"));
        lns.ingest(&forged.frame(number, 1, &PAYLOAD)).problem(422, "mic-mismatch");
    }
    let seconds = begun.elapsed().as_secs();
    lns.ingest(&other.frame(1, 1, &PAYLOAD)).success();
    lns.ingest(&sensor.frame(1, 1, &PAYLOAD)).success();
    let metrics = server.admin().get("/metrics").text;
    let searches = metrics.lines().find_map(|line| {
        line.strip_prefix("champollion_counter_searches_total{outcome=\"not-found\"} ")
    });
    let searches: u64 = searches.expect("there is one").parse().expect("it is a number");
    assert!((1..=seconds + 2).contains(&searches), "{searches} in {seconds} s");
}

#[test]
fn devices_of_no_network_server_are_everybodys_until_the_settings_say_otherwise() {
    for shared in [true, false] {
        let server = start(shared);
        let sensor = Sensor::new(1);
        register(&server, &sensor, None, &json!({}));
        server.lns().ingest(&sensor.frame(1, 1, &PAYLOAD)).success();
        let bound = server.lns_named("city").ingest(&sensor.frame(2, 1, &PAYLOAD));
        if shared {
            bound.success();
        } else {
            bound.problem(403, "other-network-server");
            register(&server, &sensor, Some("city"), &json!({}));
            server.lns_named("city").ingest(&sensor.frame(2, 1, &PAYLOAD)).success();
            server.lns().ingest(&sensor.frame(3, 1, &PAYLOAD)).problem(403, "other-network-server");
        }
    }
}

#[test]
fn handovers_and_joins_are_in_the_audit_with_both_addresses() {
    let server = start(true);
    let (first, joiner) = (Sensor::new(1), Joiner::new(2));
    let registration = json!({ "group": "water", "activation": { "otaaElsewhere": {} } });
    server.admin().put(&first.path(), &registration).success();
    server.admin().put(&joiner.path(), &joiner.registration("water", None)).success();
    let lns = server.lns_named("city");
    let path = format!("{}/session", first.path());
    let second = first.at(0x0200_7002).with_app_s_key([7; 16]);
    lns.put(&path, &first.keys()).success();
    // The same session once more is no change.
    lns.put(&path, &first.keys()).success();
    lns.put(&path, &second.keys()).success();
    let mut last = String::new();
    for (dev_nonce, address) in [(1, 0x0200_7003), (2, 0x0200_7004)] {
        lns.ingest(&joiner.request(dev_nonce)).success();
        let (accept, sensor) = joiner.accept(dev_nonce, dev_nonce.into(), address);
        lns.ingest(&accept).success();
        lns.ingest(&sensor.frame(0, 1, &PAYLOAD)).success();
        last = sensor.dev_addr();
    }
    let audit = server.admin_cli().json(&["registry", "audit", "--json"]);
    let entries: Vec<&Json> = audit["entries"].as_array().into_iter().flatten().collect();
    let of = |action: &str| -> Vec<&Json> {
        let text = |entry: &&&Json| entry.to_string().contains(&format!("\"{action}\""));
        entries.iter().filter(text).copied().collect()
    };
    let handovers = of("session-hand-over");
    assert_eq!(handovers.len(), 2, "{audit}");
    let said = handovers[1].to_string();
    for word in [first.dev_addr(), second.dev_addr(), first.dev_eui(), "city".to_owned()] {
        assert!(said.contains(&word), "{word}: {said}");
    }
    let joins = of("join");
    assert_eq!(joins.len(), 2, "{audit}");
    let said = joins[1].to_string();
    for word in ["02007003", &last, &joiner.dev_eui(), "city"] {
        assert!(said.contains(word), "{word}: {said}");
    }
    for key in [first.app_s_key(), first.nwk_s_key(), second.app_s_key()] {
        assert!(!audit.to_string().contains(&key), "a key is in the audit");
    }
}
