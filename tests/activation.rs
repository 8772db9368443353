//! Devices of every kind: fixed keys of both versions, joining, shared addresses, counters that start
//! over.

use champollion_frames::device::Uplink;
use champollion_tests::{Joiner, Sensor, Server, Setup, digits, frame, run};
use serde_json::{Value as Json, json};

const DEV_ADDR: u32 = 0x0200_7001;

/// The payloads of a partner's records, in their order.
fn payloads(server: &Server, group: &str) -> Vec<String> {
    let text = |entry: &Json| entry["record"]["uplink"]["payload"].as_str().map(str::to_owned);
    server.partner(group).pull_all().iter().filter_map(text).collect()
}

#[test]
fn a_device_of_1_1_with_fixed_keys_sends() {
    let server = Server::start();
    let sensor = Sensor::lorawan_1_1(1);
    server.register(&sensor, "water", None);
    let device = server.admin().get(&sensor.path()).success();
    assert_eq!((&device["lorawan"], &device["activation"]), (&json!("1.1"), &json!("abp")));
    let lns = server.lns();
    assert_eq!(lns.ingest(&sensor.frame(1, 7, &[0xAB])).success()["fCnt"], 1);

    let acknowledging = Uplink {
        f_cnt: 2,
        f_port: Some(7),
        payload: &[0xCD],
        acknowledges: Some(9),
        tx_dr: 5,
        tx_ch: 1,
        ..Uplink::default()
    };
    let phy = sensor.send(&acknowledging);
    let mut wrong = frame(&phy);
    wrong["confFCnt"] = json!(10);
    lns.ingest(&wrong).problem(422, "mic-mismatch");
    let mut wrong = frame(&phy);
    (wrong["confFCnt"], wrong["channelIndex"]) = (json!(9), json!(2));
    lns.ingest(&wrong).problem(422, "mic-mismatch");
    lns.ingest(&frame(&phy)).success();
    let mut told = frame(&sensor.send(&Uplink { f_cnt: 3, ..acknowledging }));
    (told["confFCnt"], told["dataRateIndex"], told["channelIndex"]) =
        (json!(9), json!(5), json!(1));
    lns.ingest(&told).success();

    let records = server.partner("water").pull_all();
    let verified = |index: usize| {
        let record = &records[index]["record"];
        (record["verifiedBy"].clone(), record["uplink"]["warnings"][0]["code"].clone())
    };
    assert_eq!(verified(0), (json!("mic"), Json::Null));
    assert_eq!(verified(1), (json!("mic-forwarding-half"), json!("half-of-mic-checked")));
    assert_eq!(verified(2), (json!("mic"), Json::Null));
    assert_eq!(records[2]["record"]["radio"]["dataRateIndex"], 5);
    assert_eq!(payloads(&server, "water"), ["AB", "CD", "CD"]);
}

#[test]
fn devices_join_and_send_in_both_versions() {
    let mut server = Server::start();
    let token = server.new_token("lns", None);
    for (number, joiner) in [(1, Joiner::new(1)), (2, Joiner::lorawan_1_1(2))] {
        let group = format!("water-{number}");
        server.admin().put(&joiner.path(), &joiner.registration(&group, None)).success();
        let lns = server.anybody().token(&token);
        let (accept, sensor) = joiner.accept(700, 1, DEV_ADDR + number);
        lns.ingest(&accept).problem(422, "nobody-asked");

        let asked = lns.ingest(&joiner.request(700)).success();
        let expected =
            json!({ "status": "join-requested", "devEui": joiner.dev_eui(), "devNonce": 700 });
        assert_eq!(asked, expected);
        // What was acknowledged survives.
        server.kill();
        server.restart();
        let lns = server.anybody().token(&token);
        let duplicate = json!({ "status": "duplicate", "devEui": joiner.dev_eui() });
        assert_eq!(lns.ingest(&joiner.request(700)).success(), duplicate);

        let joined = json!({
            "status": "joined", "devEui": joiner.dev_eui(), "devAddr": sensor.dev_addr(),
        });
        assert_eq!(lns.ingest(&accept).success(), joined);
        assert_eq!(lns.ingest(&accept).success(), duplicate);
        let device = server.admin().get(&joiner.path()).success();
        assert_eq!(device["devAddr"], json!(sensor.dev_addr()));
        assert_eq!(device["activation"], "otaa");
        server.kill();
        server.restart();

        let lns = server.anybody().token(&token);
        assert_eq!(lns.ingest(&sensor.frame(0, 5, &[0xA0])).success()["status"], "accepted");
        assert_eq!(lns.ingest(&sensor.frame(1, 5, &[0xA1])).success()["status"], "accepted");
        server.kill();
        server.restart();
        let lns = server.anybody().token(&token);
        lns.ingest(&sensor.frame(0, 5, &[0xA0])).problem(409, "replayed-f-cnt");
        lns.ingest(&sensor.frame(2, 5, &[0xA2])).success();
        assert_eq!(payloads(&server, &group), ["A0", "A1", "A2"]);
        let shown = server.admin().get("/v1/devices").text;
        for key in joiner.keys().as_object().expect("there are keys").values() {
            let key = key.as_str().expect("a key is a text");
            assert!(!shown.contains(key) && !server.log().contains(key), "a key is shown");
        }
    }
}

#[test]
fn joins_that_are_false_or_came_before() {
    let server = Server::start();
    let (joiner, stranger) = (Joiner::new(1), Joiner::new(2));
    let mut registration = joiner.registration("water", None);
    registration["lorawan"] = json!("1.0.4");
    server.admin().put(&joiner.path(), &registration).success();
    let lns = server.lns();
    let unknown = lns.ingest(&stranger.request(1));
    assert!(unknown.problem(404, "unknown-dev-eui").contains(&stranger.dev_eui()));

    lns.ingest(&joiner.request(10)).success();
    let replay = lns.ingest(&joiner.request(9));
    assert!(replay.problem(409, "replayed-dev-nonce").contains('9'));
    let mut damaged = joiner.request(11);
    let phy = damaged["phyPayload"].as_str().expect("it is a text").to_owned();
    damaged["phyPayload"] = json!(format!("{}00", &phy[..phy.len() - 2]));
    assert!(lns.ingest(&damaged).problem(422, "mic-mismatch").contains("AppKey"));

    let (accept, sensor) = joiner.accept(10, 5, DEV_ADDR);
    let mut elsewhere = accept.clone();
    elsewhere["devEui"] = json!(stranger.dev_eui());
    lns.ingest(&elsewhere).problem(404, "unknown-dev-eui");
    let mut named = accept.clone();
    named["devEui"] = json!(joiner.dev_eui());
    assert_eq!(lns.ingest(&named).success()["status"], "joined");
    lns.ingest(&sensor.frame(0, 1, &[1])).success();

    // The next join, and the answer of the one before once more.
    lns.ingest(&joiner.request(11)).success();
    assert_eq!(lns.ingest(&accept).success()["status"], "duplicate");
    let (older, _) = joiner.accept(11, 4, DEV_ADDR);
    lns.ingest(&older).problem(409, "replayed-join-nonce");
    let rejoin = format!("C000010000{}0000FFFFFFFF", "01".repeat(8));
    let rejoin = lns.ingest(&json!({ "phyPayload": rejoin }));
    assert!(rejoin.problem(422, "rejoin-request").contains("0101010101010101"));
}

/// The device may not have heard the answer: until it uses the new session, the old one goes on.
#[test]
fn the_old_session_goes_on_until_the_new_one_is_used() {
    let mut server = Server::start();
    let joiner = Joiner::new(1);
    server.admin().put(&joiner.path(), &joiner.registration("water", None)).success();
    let token = server.new_token("lns", None);
    let lns = server.anybody().token(&token);
    let join = |lns: &champollion_tests::Client, dev_nonce: u16, dev_addr: u32| {
        lns.ingest(&joiner.request(dev_nonce)).success();
        let (accept, sensor) = joiner.accept(dev_nonce, dev_nonce.into(), dev_addr);
        assert_eq!(lns.ingest(&accept).success()["status"], "joined");
        sensor
    };
    let old = join(&lns, 1, DEV_ADDR);
    lns.ingest(&old.frame(50, 1, &[1])).success();
    // A new session at the same address.
    let new = join(&lns, 2, DEV_ADDR);
    lns.ingest(&old.frame(51, 1, &[2])).success();
    server.kill();
    server.restart();
    let lns = server.anybody().token(&token);
    lns.ingest(&old.frame(50, 1, &[1])).problem(409, "replayed-f-cnt");
    lns.ingest(&old.frame(52, 1, &[3])).success();

    lns.ingest(&new.frame(0, 1, &[4])).success();
    for _ in 0..2 {
        let lns = server.anybody().token(&token);
        lns.ingest(&old.frame(53, 1, &[5])).problem(422, "mic-mismatch");
        assert_eq!(lns.ingest(&new.frame(0, 1, &[4])).success()["status"], "duplicate");
        // The same registration again changes nothing.
        server.admin().put(&joiner.path(), &joiner.registration("water", None)).success();
        lns.ingest(&old.frame(53, 1, &[5])).problem(422, "mic-mismatch");
        server.kill();
        server.restart();
    }
    let lns = server.anybody().token(&token);
    lns.ingest(&new.frame(1, 1, &[6])).success();
    assert_eq!(payloads(&server, "water"), ["01", "02", "03", "04", "06"]);

    assert_eq!(server.admin().delete(&joiner.path()).status, 204);
    server.kill();
    server.restart();
    let lns = server.anybody().token(&token);
    lns.ingest(&new.frame(2, 1, &[7])).problem(404, "unknown-dev-addr");
    lns.ingest(&joiner.request(3)).problem(404, "unknown-dev-eui");
}

/// The key and its wrapping are those of RFC 3394, section 4.1.
#[test]
fn a_network_server_hands_sessions_over() {
    const KEK: &str = "000102030405060708090A0B0C0D0E0F";
    const WRAPPED: &str = "1FA68B0A8112B447AEF34BD8FB5A7B829D3E862371D2CFE5";
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let config = folder.path().join("champollion.toml");
    std::fs::write(&config, format!("[keks]\nOperator-1 = \"{KEK}\"\n")).expect("it is written");
    let config = config.to_str().expect("the path is text");
    let mut server = Setup::default().argument("--config").argument(config).start();
    let first = Sensor::new(1);
    let key = std::array::from_fn(|index| 0x11 * u8::try_from(index).expect("it is below 16"));
    let second = Sensor::lorawan_1_1(1).at(DEV_ADDR).with_app_s_key(key);
    let registration = json!({ "group": "water", "activation": { "otaaElsewhere": {} } });
    let path = format!("{}/session", first.path());
    let token = server.new_token("lns", None);
    let lns = server.anybody().token(&token);
    lns.put(&path, &first.keys()).problem(404, "unknown-device");
    server.admin().put(&first.path(), &registration).success();
    lns.ingest(&first.frame(1, 1, &[1])).problem(404, "unknown-dev-addr");
    server.partner("water").put(&path, &first.keys()).problem(403, "forbidden");

    let device = lns.put(&path, &first.keys()).success();
    assert_eq!(device["devAddr"], json!(first.dev_addr()));
    lns.ingest(&first.frame(1, 1, &[1])).success();
    // Once more: it is the same session, whose counter goes on.
    lns.put(&path, &first.keys()).success();
    assert_eq!(lns.ingest(&first.frame(1, 1, &[1])).success()["status"], "duplicate");

    let mut wrapped = second.keys();
    wrapped["appSKey"] = json!({ "kekLabel": "Operator-1", "aesKey": WRAPPED });
    lns.put(&path, &wrapped).success();
    server.kill();
    server.restart();
    let lns = server.anybody().token(&token);
    lns.ingest(&first.frame(2, 1, &[2])).success();
    lns.ingest(&second.frame(0, 1, &[3])).success();
    lns.ingest(&first.frame(3, 1, &[4])).problem(404, "unknown-dev-addr");
    assert_eq!(payloads(&server, "water"), ["01", "02", "03"]);

    let impossible = |name: &str, value: Json, says: &[&str]| {
        let mut session = second.keys();
        session[name] = value;
        let answer = lns.put(&path, &session);
        let said = answer.problem(400, "impossible-session");
        assert!(says.iter().all(|word| said.contains(word)), "{said}");
        assert!(!answer.text.contains(&WRAPPED[8..]), "a key is shown: {said}");
    };
    let envelope = |label: &str, key: &str| json!({ "kekLabel": label, "aesKey": key });
    impossible("appSKey", envelope("Operator-2", WRAPPED), &["appSKey", "Operator-2", "[keks]"]);
    let changed = format!("00{}", &WRAPPED[2..]);
    impossible("appSKey", envelope("Operator-1", &changed), &["appSKey", "KEK"]);
    impossible("appSKey", envelope("Operator-1", "00"), &["appSKey", "48"]);
    impossible("appSKey", json!("0F"), &["appSKey", "32"]);
    impossible("nwkSKey", json!(KEK), &["the one or the three"]);
    let mut other = second.keys();
    other["appSKey"] = json!(KEK);
    lns.put(&path, &other).problem(409, "other-session");
    let fixed = Sensor::new(2);
    server.register(&fixed, "water", None);
    let refused = lns.put(&format!("{}/session", fixed.path()), &fixed.keys());
    assert!(refused.problem(409, "other-session").contains("join elsewhere"));
}

/// The network server may keep the network keys to itself: then it checks the MIC, and says so.
#[test]
fn a_network_server_checks_the_mic_itself() {
    let mut server = Server::start();
    let sensor = Sensor::new(1);
    let registration = json!({ "group": "water", "activation": { "otaaElsewhere": {} } });
    server.admin().put(&sensor.path(), &registration).success();
    let token = server.new_token("lns", None);
    let lns = server.anybody().token(&token);
    let keys = json!({ "devAddr": sensor.dev_addr(), "appSKey": sensor.app_s_key() });
    lns.put(&format!("{}/session", sensor.path()), &keys).success();

    let checked = |f_cnt: u32| {
        let mut frame = sensor.frame(f_cnt, 1, &[0xAB]);
        (frame["micChecked"], frame["devEui"], frame["fCnt"]) =
            (json!(true), json!(sensor.dev_eui()), json!(f_cnt));
        frame
    };
    lns.ingest(&sensor.frame(3, 1, &[0xAB])).problem(422, "keys-withheld");
    let mut nobodys = checked(3);
    nobodys.as_object_mut().expect("it is an object").remove("devEui");
    assert!(lns.ingest(&nobodys).problem(400, "invalid-body").contains("devEui"));
    lns.ingest(&checked(3)).success();
    // The same session once more: its counter goes on, also after a restart.
    lns.put(&format!("{}/session", sensor.path()), &keys).success();
    assert_eq!(lns.ingest(&checked(3)).success()["status"], "duplicate");
    server.kill();
    server.restart();
    let lns = server.anybody().token(&token);
    lns.ingest(&checked(2)).problem(409, "replayed-f-cnt");
    lns.ingest(&checked(4)).success();
    let records = server.partner("water").pull_all();
    assert_eq!(records.len(), 2);
    assert_eq!(records[0]["record"]["verifiedBy"], "network-server");
    assert_eq!(records[0]["record"]["uplink"]["payload"], "AB");
}

#[test]
fn several_devices_share_an_address() {
    let server = Server::start();
    let sensors = [
        Sensor::new(1).at(DEV_ADDR),
        Sensor::lorawan_1_1(2).at(DEV_ADDR),
        Sensor::new(3).at(DEV_ADDR),
    ];
    for (number, sensor) in (1..).zip(&sensors) {
        server.register(sensor, &format!("group-{number}"), None);
    }
    let lns = server.lns();
    for (payload, sensor) in (0..3).zip(&sensors).rev() {
        let taken = lns.ingest(&sensor.frame(4, 1, &[payload])).success();
        assert_eq!(taken["devEui"], json!(sensor.dev_eui()));
    }
    for number in 1..=3 {
        let group = format!("group-{number}");
        assert_eq!(payloads(&server, &group), [format!("{:02}", number - 1)]);
    }
    let stranger = Sensor::new(9).at(DEV_ADDR);
    let refused = lns.ingest(&stranger.frame(4, 1, &[1]));
    assert!(refused.problem(422, "mic-mismatch").contains("3 session(s)"));
}

#[test]
fn a_counter_starts_over_only_where_it_is_allowed() {
    let mut server = Server::start();
    let sensor = Sensor::new(1);
    let mut registration = sensor.registration("water", None);
    server.admin().put(&sensor.path(), &registration).success();
    let token = server.new_token("lns", None);
    let lns = server.anybody().token(&token);
    lns.ingest(&sensor.frame(500, 1, &[1])).success();
    lns.ingest(&sensor.frame(0, 1, &[2])).problem(409, "replayed-f-cnt");

    registration["allowCounterReset"] = json!(true);
    let device = server.admin().put(&sensor.path(), &registration).success();
    assert_eq!(device["allowCounterReset"], true);
    lns.ingest(&sensor.frame(0, 1, &[2])).success();
    let metrics = server.admin().get("/metrics").text;
    assert!(metrics.contains("\nchampollion_counter_resets_total 1\n"), "{metrics}");
    server.kill();
    server.restart();
    let lns = server.anybody().token(&token);
    // A late copy is no restart.
    lns.ingest(&sensor.frame(500, 1, &[1])).problem(409, "replayed-f-cnt");
    assert_eq!(lns.ingest(&sensor.frame(0, 1, &[2])).success()["status"], "duplicate");
    lns.ingest(&sensor.frame(1, 1, &[3])).success();

    let records = server.partner("water").pull_all();
    let warnings = |index: usize| records[index]["record"]["uplink"]["warnings"].clone();
    assert_eq!((warnings(0), warnings(2)), (Json::Null, Json::Null));
    assert_eq!(warnings(1)[0]["code"], "counter-reset");
    let message = warnings(1)[0]["message"].as_str().expect("it says why").to_owned();
    assert!(message.contains("played again"), "{message}");
}

#[test]
fn devices_of_every_kind_are_added_on_the_command_line() {
    let server = Server::start();
    let cli = server.admin_cli();
    let key = "0F".repeat(16);
    let add = |arguments: &[&str]| {
        let mut command = cli.command();
        command.args(["devices", "add", "02C4A3FFFE100001", "--group", "water"]).args(arguments);
        run(&mut command)
    };
    let json = |arguments: &[&str]| -> Json {
        let printed = add(&[arguments, &["--json"]].concat()).success();
        assert!(!printed.contains(&key), "a key is shown: {printed}");
        serde_json::from_str(&printed).expect("--json prints JSON")
    };
    let otaa = json(&["--app-key", &key, "--join-eui", "0200000000000001", "--lorawan", "1.0.2"]);
    let expected = json!({
        "devEui": "02C4A3FFFE100001", "activation": "otaa", "lorawan": "1.0.2",
        "joinEui": "0200000000000001", "name": "", "group": "water",
    });
    assert_eq!(otaa, expected);
    assert_eq!(json(&["--app-key", &key, "--nwk-key", &key])["lorawan"], "1.1");
    assert_eq!(json(&["--joins-elsewhere"])["activation"], "otaa-elsewhere");
    assert_eq!(json(&[])["activation"], "network-server");
    let three = [
        "--dev-addr",
        "02007001",
        "--f-nwk-s-int-key",
        &key,
        "--s-nwk-s-int-key",
        &key,
        "--nwk-s-enc-key",
        &key,
        "--app-s-key",
        &key,
    ];
    assert_eq!(json(&three)["lorawan"], "1.1");
    let one = ["--dev-addr", "02007001", "--nwk-s-key", &key, "--app-s-key", &key];
    let restarts = [&one[..], &["--allow-counter-reset", "--lorawan", "1.0.2"]].concat();
    assert_eq!(json(&restarts)["allowCounterReset"], true);
    let list = cli.run(&["devices", "list"]).success();
    assert!(list.contains("1.0.2 ABP") && list.contains("02007001"), "{list}");

    for (arguments, names) in [
        (vec!["--app-key", &key, "--app-s-key", &key], &["appKey", "appSKey"][..]),
        (vec!["--app-key", &key, "--lorawan", "1.1"], &["impossible-registration", "nwkKey"]),
        (vec!["--nwk-key", &key], &["appKey"]),
        (vec!["--joins-elsewhere", "--app-key", &key], &["--joins-elsewhere", "appKey"]),
        ([&one[..], &["--lorawan", "1.1"]].concat(), &["fNwkSIntKey"]),
        ([&one[..], &["--f-nwk-s-int-key", &key]].concat(), &["the one or the three"]),
        (three[..8].to_vec(), &["appSKey"]),
        (vec!["--app-key", &key, "--allow-counter-reset"], &["allowCounterReset", "joins"]),
        ([&restarts[..], &["--lorawan", "1.0.4"]].concat(), &["--lorawan"]),
        ([&one[..], &["--allow-counter-reset", "--lorawan", "1.0.4"]].concat(), &["1.0.3"]),
        (vec!["--app-key", "00"], &["AppKey", "32 hexadecimal digits"]),
        ([&one[..], &["--lorawan", "1.2"]].concat(), &["1.2", "1.0.3"]),
    ] {
        let output = add(&arguments);
        let said = output.failure();
        for name in names {
            assert!(said.contains(name), "{arguments:?} does not name {name:?}: {said}");
        }
        assert!(!said.contains(&key), "a key is shown: {said}");
    }
    assert!(!digits(server.log().as_bytes()).contains(&digits(key.as_bytes())));
}

/// Devices that were in the field before, or silent for long: their upper 16 bits are told, registered, handed
/// over, or looked for, and the MIC decides.
#[test]
fn counters_that_are_far_ahead_are_found() {
    const FAR: u32 = 0x0045_6389;
    let mut server = Server::start();
    let token = server.new_token("lns", None);
    let lns = server.anybody().token(&token);
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    assert_eq!(lns.ingest(&sensor.frame(FAR, 1, &[1])).success()["fCnt"], FAR);
    server.kill();
    server.restart();
    let lns = server.anybody().token(&token);
    lns.ingest(&sensor.frame(FAR, 1, &[1])).success();
    assert_eq!(lns.ingest(&sensor.frame(FAR + 1, 1, &[2])).success()["fCnt"], FAR + 1);

    // A device that was not heard for long, of both versions.
    for (number, silent) in [(2, Sensor::new(2)), (3, Sensor::lorawan_1_1(3))] {
        server.register(&silent, "silent", None);
        lns.ingest(&silent.frame(1_000, 1, &[number])).success();
        assert_eq!(lns.ingest(&silent.frame(71_000, 1, &[number])).success()["fCnt"], 71_000);
        lns.ingest(&silent.frame(1_001, 1, &[number])).problem(422, "mic-mismatch");
    }

    // Of the farthest counters no search near the last tells; the network server may, or the operator.
    let told = Sensor::new(4);
    server.register(&told, "told", None);
    lns.ingest(&told.frame(1, 1, &[1])).success();
    let refused = lns.ingest(&told.frame(4_000_000_000, 1, &[1]));
    let said = refused.problem(422, "mic-mismatch");
    assert!(said.contains("fCntUp") && said.contains("upper 16 bits"), "{said}");
    let mut beside = told.frame(4_000_000_001, 1, &[1]);
    beside["fCnt"] = json!(4_000_000_001_u32);
    lns.ingest(&beside).success();

    let registered = Sensor::new(5);
    let mut registration = registered.registration("registered", None);
    registration["fCntUp"] = json!(3_000_000_000_u32);
    let register = |registration: &Json| {
        server.admin().put(&registered.path(), registration).success();
    };
    register(&registration);
    lns.ingest(&registered.frame(3_000_000_000, 1, &[1])).problem(409, "replayed-f-cnt");
    lns.ingest(&registered.frame(3_000_000_001, 1, &[1])).success();
    // Registered once more with an older counter, it does not go back.
    registration["fCntUp"] = json!(5);
    register(&registration);
    lns.ingest(&registered.frame(3_000_000_001, 1, &[1])).success();
    lns.ingest(&registered.frame(3_000_000_000, 1, &[1])).problem(409, "replayed-f-cnt");
    registration["fCntUp"] = json!(3_000_500_000_u32);
    register(&registration);
    // So far behind, its upper half is another, and the MIC fits none that may come.
    lns.ingest(&registered.frame(3_000_000_002, 1, &[1])).problem(422, "mic-mismatch");
    lns.ingest(&registered.frame(3_000_500_001, 1, &[1])).success();
    let joins = json!({ "group": "told", "activation": { "otaaElsewhere": {} }, "fCntUp": 7 });
    let refused = server.admin().put(&Sensor::new(6).path(), &joins);
    assert!(refused.problem(400, "impossible-registration").contains("handed over"));
}

/// A session that is handed over in its middle says where it is.
#[test]
fn a_session_is_handed_over_with_its_counter() {
    let mut server = Server::start();
    let sensor = Sensor::new(1);
    let registration = json!({ "group": "water", "activation": { "otaaElsewhere": {} } });
    server.admin().put(&sensor.path(), &registration).success();
    let token = server.new_token("lns", None);
    let lns = server.anybody().token(&token);
    let path = format!("{}/session", sensor.path());
    let at = |sensor: &Sensor, name: &str, f_cnt: u32| {
        let mut session = sensor.keys();
        session[name] = json!(f_cnt);
        session
    };
    lns.put(&path, &at(&sensor, "fCnt", 3_000_000_000)).success();
    server.kill();
    server.restart();
    let lns = server.anybody().token(&token);
    lns.ingest(&sensor.frame(2_999_999_999, 1, &[0])).problem(409, "replayed-f-cnt");
    lns.ingest(&sensor.frame(3_000_000_001, 1, &[1])).success();
    // The same session once more: its counter goes on, and ahead where that is told.
    lns.put(&path, &at(&sensor, "fCntUp", 5)).success();
    assert_eq!(lns.ingest(&sensor.frame(3_000_000_001, 1, &[1])).success()["status"], "duplicate");
    lns.put(&path, &at(&sensor, "fCntUp", 3_000_900_000)).success();
    lns.ingest(&sensor.frame(3_000_000_002, 1, &[2])).problem(422, "mic-mismatch");
    lns.ingest(&sensor.frame(3_000_900_001, 1, &[3])).success();
    // The next session is offered where it is, and the one before goes on until then.
    let next = sensor.at(DEV_ADDR).with_app_s_key([7; 16]);
    lns.put(&path, &at(&next, "fCntUp", 2_000_000_000)).success();
    lns.ingest(&sensor.frame(3_000_900_002, 1, &[4])).success();
    server.kill();
    server.restart();
    let lns = server.anybody().token(&token);
    lns.ingest(&next.frame(2_000_000_001, 1, &[5])).success();
    lns.ingest(&next.frame(2_000_000_002, 1, &[6])).success();
    assert_eq!(payloads(&server, "water"), ["01", "03", "04", "05", "06"]);
}
