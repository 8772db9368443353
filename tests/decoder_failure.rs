//! Whatever goes wrong with a decoder, the frame is accepted and its record is there.

use champollion_tests::{AXIOMA, MISCHIEF, Mischief, Sensor, Server, Sources, mischief};
use serde_json::{Value as Json, json};

/// Hands over a frame that no decoder reads, and gives the error of its receipt and its record.
#[track_caller]
fn undecoded(server: &Server, sensor: &Sensor, frame: &Json) -> (Json, Json) {
    let receipt = server.lns().ingest(frame).success();
    assert_eq!(receipt["status"], "accepted", "{receipt}");
    assert_eq!(receipt["decoded"], false, "{receipt}");
    let records = server.partner("water").pull_all();
    let record = records
        .iter()
        .map(|entry| &entry["record"])
        .find(|record| record["id"] == receipt["record"])
        .unwrap_or_else(|| panic!("the frame is lost: {receipt}"));
    assert_eq!(record["device"]["devEui"], json!(sensor.dev_eui()));
    assert!(record.get("decoded").is_none(), "{record}");
    for said in ["code", "message"] {
        assert_eq!(record["decodeError"][said], receipt["decodeError"][said]);
    }
    (receipt["decodeError"].clone(), record.clone())
}

#[test]
fn a_payload_that_its_decoder_cannot_read() {
    let mut server = Server::start();
    server.publish_own(AXIOMA);
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", Some("axioma/qalcosonic-w1"));

    let (error, record) = undecoded(&server, &sensor, &sensor.frame(1, 100, &[0x0E, 0xA0]));
    assert_eq!(error["code"], "decoder-failure");
    let message = error["message"].as_str().expect("there is a message");
    assert!(message.contains("too-short"), "{message}");
    assert_eq!(record["uplink"]["payload"], "0EA0");
    assert_eq!(record["decoder"]["id"], "axioma/qalcosonic-w1");
    assert_eq!(record["decoder"]["version"], "1.0.0");
    assert!(record["decoder"]["fuel"].as_u64().is_some_and(|fuel| fuel > 0), "{record}");

    let (error, _) = undecoded(&server, &sensor, &sensor.frame(2, 102, &[0]));
    let message = error["message"].as_str().expect("there is a message");
    assert!(message.contains("unknown-port") && message.contains("102"), "{message}");
    let (error, record) = undecoded(&server, &sensor, &sensor.frame(3, 100, &[]));
    assert_eq!(
        (&error["code"], &record["uplink"]["payload"]),
        (&json!("decoder-failure"), &json!(""))
    );

    // The raw records are as durable as others.
    let before = server.partner("water").pull_all();
    server.kill();
    server.restart();
    assert_eq!(server.partner("water").pull_all(), before);
    assert_eq!(before.len(), 3);
}

#[test]
fn a_frame_on_a_port_that_its_package_does_not_declare() {
    let server = Server::start();
    let sources = Sources::of(AXIOMA);
    let (uplink, expected) = sources.readings().swap_remove(0);
    let f_port = uplink.f_port;
    let payload = &uplink.payload.0;
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", Some("axioma/qalcosonic-w1@^1"));
    server.publish(&sources.package());
    server.lns().ingest(&sensor.frame(1, f_port, payload)).success();
    // The same code, of which the manifest declares another port in the place of this one.
    let other = sources.version("1.0.1").manifest_with(&format!("port = {f_port}"), "port = 55");
    server.publish(&other.package());
    let receipt = server.lns().ingest(&sensor.frame(2, f_port, payload)).success();
    assert_eq!(receipt["decoded"], true, "{receipt}");

    let records = server.partner("water").pull_all();
    assert_eq!(records[0]["record"]["uplink"]["warnings"], Json::Null);
    let warned = &records[1]["record"];
    assert_eq!(warned["uplink"]["warnings"][0]["code"], "undeclared-port", "{warned}");
    let message = warned["uplink"]["warnings"][0]["message"].as_str().expect("a message");
    let port = format!("axioma/qalcosonic-w1 1.0.1 does not declare port {f_port} ");
    assert!(message.starts_with(&port), "{message}");
    assert_eq!(warned["decoded"]["data"], expected["reading"]["data"]);
}

#[test]
fn a_device_without_a_decoder() {
    let server = Server::start();
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    let (error, record) = undecoded(&server, &sensor, &sensor.frame(1, 1, &[0xCA, 0xFE]));
    assert_eq!(error["code"], "no-decoder");
    assert!(error["message"].as_str().is_some_and(|message| message.contains("without a decoder")));
    assert_eq!(record["uplink"]["payload"], "CAFE");
    assert!(record.get("decoder").is_none(), "{record}");
}

#[test]
fn a_decoder_that_is_published_only_later() {
    let server = Server::start();
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", Some("axioma/qalcosonic-w1@^1"));
    let (uplink, _) = Sources::of(AXIOMA).readings().swap_remove(0);
    let frame = |f_cnt| sensor.frame(f_cnt, uplink.f_port, &uplink.payload.0);

    let (error, record) = undecoded(&server, &sensor, &frame(1));
    assert_eq!(error["code"], "no-decoder");
    let message = error["message"].as_str().expect("there is a message");
    assert!(message.contains("axioma/qalcosonic-w1"), "{message}");
    assert!(record.get("decoder").is_none(), "{record}");

    // A version that will not do is as good as none, and it is said which there are.
    let sources = Sources::of(AXIOMA);
    server.publish(&sources.version("2.0.0").package());
    let (error, _) = undecoded(&server, &sensor, &frame(2));
    let message = error["message"].as_str().expect("there is a message");
    assert!(message.contains("^1") && message.contains("2.0.0"), "{message}");

    server.publish(&sources.package());
    let receipt = server.lns().ingest(&frame(3)).success();
    assert_eq!(receipt["decoded"], true, "{receipt}");
    let records = server.partner("water").pull_all();
    assert_eq!(records[2]["record"]["decoded"]["data"]["currentVolume"], 13.609);
    assert!(records[0]["record"].get("decoded").is_none(), "what was handed out stays as it is");
}

/// It passed its vectors, so it was published; and then it meets other payloads.
#[test]
fn a_decoder_that_misbehaves() {
    let server = Server::start();
    server.publish(&mischief());
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", Some(MISCHIEF));
    let modes = [
        (Mischief::Loop, "out-of-fuel", "10000000"),
        (Mischief::Trap, "trapped", "crashed"),
        (Mischief::Memory, "out-of-memory", "4194304"),
        (Mischief::NoJson, "invalid-output", "JSON"),
        (Mischief::Recursion, "stack-exhausted", "stack"),
    ];
    for (f_cnt, (mode, code, name)) in (1..).step_by(2).zip(modes) {
        let (error, record) =
            undecoded(&server, &sensor, &sensor.frame(f_cnt, 1, &[mode as u8, 0xAB]));
        assert_eq!(error["code"], code, "{mode:?}: {error}");
        let message = error["message"].as_str().expect("there is a message");
        assert!(message.contains(name), "{mode:?}: {message}");
        assert_eq!(record["uplink"]["payload"], format!("{:02X}AB", mode as u8));
        assert_eq!(record["decoder"]["id"], MISCHIEF);

        // Nothing of it reaches the next frame.
        let fine = sensor.frame(f_cnt + 1, 1, &[Mischief::None as u8]);
        assert_eq!(server.lns().ingest(&fine).success()["decoded"], true, "after {mode:?}");
    }
    let records = server.partner("water").pull_all();
    assert_eq!(records.len(), 2 * modes.len());
    let metrics = server.admin().get("/metrics").text;
    for (_, code, _) in modes {
        let counted = metrics.lines().any(|line| {
            line.starts_with("champollion_decodes_total{")
                && line.contains(&format!("result=\"{code}\""))
                && line.ends_with(" 1")
        });
        assert!(counted, "{code} is not counted:\n{metrics}");
    }
}

/// Fuel counts instructions, so the machine and its load make no difference.
#[test]
fn the_same_payload_burns_the_same_fuel() {
    let server = Server::start();
    server.publish(&mischief());
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", Some(MISCHIEF));
    let lns = server.lns();
    for f_cnt in 1..=4 {
        lns.ingest(&sensor.frame(f_cnt, 1, &[Mischief::None as u8])).success();
    }
    let records = server.partner("water").pull_all();
    let fuel: Vec<&Json> =
        records.iter().map(|entry| &entry["record"]["decoder"]["fuel"]).collect();
    assert!(fuel[0].as_u64().is_some_and(|fuel| fuel > 0), "{fuel:?}");
    assert!(fuel.iter().all(|other| *other == fuel[0]), "{fuel:?}");
}

/// A trial shows the same as a record would, and is kept nowhere.
#[test]
fn a_trial_says_the_same_and_leaves_nothing() {
    let server = Server::start();
    server.publish(&mischief());
    let partner = server.partner("water");
    let trial = |mode: Mischief| {
        let payload = format!("{:02X}", mode as u8);
        let uplink = json!({ "fPort": 1, "payload": payload });
        partner.post("/v1/decode", &json!({ "decoder": MISCHIEF, "uplink": uplink }))
    };
    let fine = trial(Mischief::None).success();
    assert_eq!(fine["reading"]["data"], json!({ "fine": true }));
    assert_eq!(fine["decoder"]["id"], MISCHIEF);
    let answer = trial(Mischief::Loop);
    answer.problem(422, "out-of-fuel");
    assert_eq!(answer.body["decoder"]["fuel"], 10_000_000, "{}", answer.text);
    trial(Mischief::Trap).problem(422, "trapped");
    let command = json!({ "decoder": MISCHIEF, "command": { "data": { "a": 1 } } });
    let answer = partner.post("/v1/decode", &command);
    assert!(answer.problem(422, "decoder-failure").contains("it takes no commands"));
    assert_eq!(answer.body["failure"]["kind"], "unsupported");
    assert_eq!(partner.pull_all(), [] as [Json; 0]);
}
