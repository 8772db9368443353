//! Calls of a decoder that cost the host too much are set aside, their frames are delivered raw, and good frames
//! are decoded all the while. What a codec says of one frame sets nothing aside.

use std::{fs, thread, time::Duration};

use champollion_registry::package::Package;
use champollion_tests::{
    AXIOMA, DECODERS, MISCHIEF, Mischief, Sensor, Server, Setup, Sources, champollion, eventually,
    mischief, run,
};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

const FAILURES: u32 = 3;

fn setup() -> Setup {
    Setup::default()
        .variable("CHAMPOLLION_QUARANTINE__FAILURES", &FAILURES.to_string())
        .variable("CHAMPOLLION_FRAMES__COPIES_WINDOW_MS", "0")
}

fn server() -> Server {
    setup().start()
}

/// Hands over a frame and gives the code of why it was not decoded, if it was not.
fn ingest(server: &Server, sensor: &Sensor, f_cnt: u32, mode: Mischief) -> Option<String> {
    ingest_on(server, sensor, f_cnt, 1, &[mode as u8])
}

fn ingest_on(
    server: &Server,
    sensor: &Sensor,
    f_cnt: u32,
    f_port: u8,
    payload: &[u8],
) -> Option<String> {
    let receipt = server.lns().ingest(&sensor.frame(f_cnt, f_port, payload)).success();
    assert_eq!(receipt["status"], "accepted", "{receipt}");
    receipt["decodeError"]["code"].as_str().map(str::to_owned)
}

/// The package that `champollion import` makes of a script.
fn imported(name: &str, source: &str) -> Package {
    let folder = TempDir::new().expect("there is room for a folder");
    let script = folder.path().join(format!("{name}.js"));
    fs::write(&script, source).expect("there is room");
    let mut import = champollion();
    import.arg("import").arg(&script).args(["--id", &format!("acme/{name}"), "--licence", "MIT"]);
    drop(run(import.arg("--out").arg(folder.path())).success());
    let file = fs::read_dir(folder.path())
        .expect("the folder is there")
        .map(|file| file.expect("it is a file").path())
        .find(|file| file.extension().is_some_and(|extension| extension == "wasm"))
        .expect("there is a package");
    Package::read(fs::read(file).expect("it can be read")).expect("it is a package")
}

/// Answers of codecs for ports that they do not know: each is told in the record, and nothing else comes of it.
#[test]
fn what_a_codec_says_of_one_frame_sets_nothing_aside() {
    let server = server();
    for (name, otherwise, code) in [
        ("nothing", "", "invalid-output"),
        ("null", "return null;", "invalid-output"),
        ("list", "return [1, 2];", "invalid-output"),
        ("text", "return 'unknown port';", "invalid-output"),
        ("shape", "return { data: 5n };", "invalid-output"),
        ("cycle", "var a = {}; a.a = a; return { data: a };", "invalid-output"),
        ("error", "throw new Error('unknown port ' + input.fPort);", "exception"),
        ("bare", "throw 'unknown port';", "exception"),
        ("type", "return { data: input.nothing.here };", "exception"),
        ("errors", "return { errors: ['unknown port'] };", "decoder-failure"),
    ] {
        let source = format!(
            "function decodeUplink(input) {{
                if (input.fPort === 2) return {{ data: {{ value: input.bytes[0] }} }};
                {otherwise}
             }}"
        );
        server.publish(&imported(name, &source));
        let sensors: Vec<Sensor> = (1..=5).map(Sensor::new).collect();
        let decoder = format!("acme/{name}");
        for sensor in &sensors {
            server.admin().delete(&sensor.path());
            server.register(sensor, "water", Some(&decoder));
        }
        for round in 0..4 {
            for sensor in &sensors {
                let told = ingest_on(&server, sensor, 2 * round + 1, 5, &[0x1A]);
                assert_eq!(told.as_deref(), Some(code), "{name}");
            }
        }
        for sensor in &sensors {
            assert_eq!(ingest_on(&server, sensor, 100, 2, &[7]), None, "{name}");
        }
    }
    let shown = server.admin_cli().json(&["registry", "quarantine", "--json"]);
    assert_eq!(shown, json!({ "quarantined": [] }));
}

/// Invariant 8: a failing decoder never loses a frame, and never keeps a good frame of another device from
/// being decoded.
#[test]
fn in_a_mixed_fleet_good_frames_are_decoded_while_bad_ones_are_set_aside() {
    let server = server();
    server.publish(&mischief());
    let bad: Vec<Sensor> = (1..=4).map(Sensor::new).collect();
    let good: Vec<Sensor> = (11..=16).map(Sensor::new).collect();
    for sensor in bad.iter().chain(&good) {
        server.register(sensor, "water", Some(MISCHIEF));
    }
    let modes = [Mischief::Trap, Mischief::Loop, Mischief::Memory, Mischief::Recursion];
    let rounds = 2 * FAILURES;
    let mut set_aside = 0;
    for round in 1..=rounds {
        for (sensor, mode) in bad.iter().zip(modes) {
            let code = ingest(&server, sensor, round, mode).expect("it is not decoded");
            set_aside += usize::from(code == "decoder-quarantined");
        }
        for sensor in &good {
            assert_eq!(ingest(&server, sensor, round, Mischief::None), None, "{round}");
        }
    }
    assert!(set_aside > 0, "nothing was set aside");
    let records = server.partner("water").pull_all();
    let frames = (bad.len() + good.len()) * rounds as usize;
    assert_eq!(records.len(), frames, "every frame has its record");

    // It is told at once, in each place.
    let metrics = server.admin().get("/metrics").text;
    assert!(metrics.contains("champollion_decoders_quarantined 1"), "{metrics}");
    let event = "champollion_quarantine_events_total{decoder=\"test/mischief\"";
    assert!(metrics.contains(event), "{metrics}");
    let raw = "champollion_quarantined_frames_total{decoder=\"test/mischief\"";
    assert!(metrics.contains(raw), "{metrics}");
    assert!(server.log().contains("calls of the decoder are set aside"), "{}", server.log());
    let audit = server.admin().get("/v1/audit").text;
    assert!(audit.contains("\"quarantine\"") && audit.contains("test/mischief 1.0.0"), "{audit}");
}

#[test]
fn a_device_that_keeps_crashing_its_decoder_is_set_aside_until_it_is_lifted() {
    let mut server = server();
    server.publish(&mischief());
    server.publish_own(AXIOMA);
    let (wild, tame) = (Sensor::new(1), Sensor::new(2));
    server.register(&wild, "water", Some(MISCHIEF));
    server.register(&tame, "water", Some("axioma/qalcosonic-w1"));
    for f_cnt in 1..=FAILURES {
        assert_eq!(ingest(&server, &wild, f_cnt, Mischief::Trap).as_deref(), Some("trapped"));
    }

    // Now even a payload that it could read is delivered raw, with the reason.
    let code = ingest(&server, &wild, 4, Mischief::None);
    assert_eq!(code.as_deref(), Some("decoder-quarantined"));
    let records = server.partner("water").pull_all();
    let record = &records[3]["record"];
    assert_eq!(record["uplink"]["payload"], "00");
    let message = record["decodeError"]["message"].as_str().expect("there is a message");
    assert!(message.contains("test/mischief 1.0.0 is in quarantine since"), "{message}");
    assert!(message.contains(&format!("for port 1 of {}", wild.dev_eui())), "{message}");

    // Its other ports and all others feel nothing.
    assert_eq!(ingest_on(&server, &wild, 5, 2, &[0]), None);
    let (uplink, _) = Sources::of(AXIOMA).readings().swap_remove(0);
    let frame = tame.frame(1, uplink.f_port, &uplink.payload.0);
    assert_eq!(server.lns().ingest(&frame).success()["decoded"], true);

    // A restart lifts nothing, and admins see it.
    server.kill();
    server.restart();
    assert_eq!(ingest(&server, &wild, 6, Mischief::None).as_deref(), Some("decoder-quarantined"));
    let shown = server.admin().get("/v1/registry/quarantine").success();
    let set_aside = &shown["quarantined"][0];
    assert_eq!(set_aside["id"], MISCHIEF);
    assert_eq!((&set_aside["failures"], &set_aside["code"]), (&json!(FAILURES), &json!("trapped")));
    assert_eq!((&set_aside["fPort"], &set_aside["devEui"]), (&json!(1), &json!(wild.dev_eui())));
    let table = server.admin_cli().run(&["registry", "quarantine"]).success();
    assert!(table.contains(MISCHIEF) && table.contains("1.0.0"), "{table}");

    let lifted = server.admin_cli().run(&["registry", "lift", "test/mischief@1.0.0"]).success();
    assert_eq!(lifted.trim(), "test/mischief 1.0.0 decodes again");
    assert_eq!(ingest(&server, &wild, 7, Mischief::None), None);
    let shown = server.admin_cli().json(&["registry", "quarantine", "--json"]);
    assert_eq!(shown, json!({ "quarantined": [] }));
}

#[test]
fn a_call_that_is_let_through_and_goes_well_lifts_the_quarantine() {
    let server = setup().variable("CHAMPOLLION_QUARANTINE__TRIAL_SECONDS", "1").start();
    server.publish(&mischief());
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", Some(MISCHIEF));
    let mut f_cnt = 0;
    let mut next = |mode| {
        f_cnt += 1;
        ingest(&server, &sensor, f_cnt, mode)
    };
    for _ in 0..FAILURES {
        assert_eq!(next(Mischief::Trap).as_deref(), Some("trapped"));
    }
    assert_eq!(next(Mischief::Trap).as_deref(), Some("decoder-quarantined"));
    thread::sleep(Duration::from_millis(1_100));
    assert_eq!(next(Mischief::Trap).as_deref(), Some("trapped"), "the first trial goes wrong");
    assert_eq!(next(Mischief::None).as_deref(), Some("decoder-quarantined"));
    eventually("a trial goes well", || next(Mischief::None).is_none().then_some(()));
    assert_eq!(next(Mischief::None), None);
    let shown = server.admin_cli().json(&["registry", "quarantine", "--json"]);
    assert_eq!(shown, json!({ "quarantined": [] }));
    let audit = server.admin().get("/v1/audit").text;
    assert!(audit.contains("\"end-quarantine\""), "{audit}");
}

#[test]
fn an_admin_sets_a_version_aside_by_hand() {
    let server = server();
    server.publish(&mischief());
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", Some(MISCHIEF));
    let admin = server.admin_cli();
    let name = "test/mischief@1.0.0";
    let reason = "the level is off by ten";
    drop(admin.run(&["registry", "set-aside", name, "--reason", reason]).success());
    assert_eq!(ingest(&server, &sensor, 1, Mischief::None).as_deref(), Some("decoder-quarantined"));
    let records = server.partner("water").pull_all();
    let message = records[0]["record"]["decodeError"]["message"].as_str().unwrap_or_default();
    assert!(message.contains(reason), "{message}");
    let shown = admin.json(&["registry", "quarantine", "--json"]);
    assert_eq!(shown["quarantined"][0]["code"], "by-hand");
    drop(admin.run(&["registry", "lift", name]).success());
    assert_eq!(ingest(&server, &sensor, 2, Mischief::None), None);

    let refused = server
        .admin()
        .put("/v1/registry/quarantine/test/mischief/1.0.0", &json!({ "reason": "  " }));
    refused.problem(422, "invalid-reason");
}

/// A page has one version here; the client follows them all.
#[test]
fn all_that_is_set_aside_is_listed_however_many_pages_it_takes() {
    let server = setup().variable("CHAMPOLLION_HTTP__PAGE_BYTES", "1").start();
    let admin = server.admin_cli();
    for decoder in DECODERS {
        server.publish_own(decoder);
    }
    let catalogue = admin.json(&["catalogue", "--json"]);
    let names: Vec<String> = catalogue["decoders"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|decoder| decoder["id"].as_str().expect("a decoder has a name").to_owned())
        .collect();
    assert_eq!(names.len(), DECODERS.len(), "{catalogue}");
    for name in &names {
        let version = format!("{name}@1.0.0");
        drop(admin.run(&["registry", "set-aside", &version, "--reason", "a trial"]).success());
    }
    let page = server.admin().get("/v1/registry/quarantine").success();
    assert_eq!(
        (page["quarantined"].as_array().map(Vec::len), &page["more"]),
        (Some(1), &json!(true))
    );
    let shown = admin.json(&["registry", "quarantine", "--json"]);
    let listed = shown["quarantined"].as_array().into_iter().flatten();
    let mut listed: Vec<&str> = listed.filter_map(|one| one["id"].as_str()).collect();
    listed.sort_unstable();
    let mut expected: Vec<&str> = names.iter().map(String::as_str).collect();
    expected.sort_unstable();
    assert_eq!(listed, expected);
}

#[test]
fn what_cannot_be_lifted_is_said() {
    let server = server();
    server.publish(&mischief());
    let admin = server.admin_cli();
    let not_set_aside = admin.run(&["registry", "lift", "test/mischief@1.0.0"]);
    assert!(not_set_aside.failure().contains("is not set aside"));
    let unknown = admin.run(&["registry", "lift", "test/mischief@1.0.1"]);
    assert!(unknown.failure().contains("1.0.1"));
    let unknown = admin.run(&["registry", "set-aside", "test/mischief@1.0.1", "--reason", "x"]);
    assert!(unknown.failure().contains("1.0.1"));
    let misspelt = admin.run(&["registry", "lift", "test/mischief"]);
    assert!(misspelt.failure().contains("vendor/model@version"));
    // Partners neither see it nor change it.
    let partner = server.partner("water");
    partner.get("/v1/registry/quarantine").problem(403, "forbidden");
    let path = "/v1/registry/quarantine/test/mischief/1.0.0";
    partner.delete(path).problem(403, "forbidden");
    partner.put(path, &json!({ "reason": "x" })).problem(403, "forbidden");
}

/// A payload that a decoder cannot read is an answer, however many there are.
#[test]
fn failures_that_a_decoder_reports_itself_set_nothing_aside() {
    let server = server();
    server.publish_own(AXIOMA);
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", Some("axioma/qalcosonic-w1"));
    for f_cnt in 1..=4 * FAILURES {
        let receipt: Json = server.lns().ingest(&sensor.frame(f_cnt, 100, &[0x0E])).success();
        assert_eq!(receipt["decodeError"]["code"], "decoder-failure", "{receipt}");
    }
}
