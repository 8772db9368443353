//! A package that is damaged on the disk is found by its digest, set aside, and fetched again.

use std::{fs, path::PathBuf};

use champollion_tests::{Outside, Sensor, Server, Setup, thermometer};
use serde_json::{Value as Json, json};

/// A reading of 21.5 °C.
const PAYLOAD: [u8; 4] = [0, 0xD7, 40, 36];

fn setup() -> Setup {
    Setup::default().variable("CHAMPOLLION_FRAMES__COPIES_WINDOW_MS", "0")
}

/// The file of the thermometer's package on a server, and where it is kept when it is damaged.
fn files(server: &Server) -> (PathBuf, PathBuf) {
    let hex = thermometer("1.0.0").digest().hex();
    let packages = server.data().join("packages");
    (packages.join(format!("{hex}.wasm")), packages.join(format!("damaged-{hex}.wasm")))
}

fn damage(server: &Server) -> Vec<u8> {
    let (file, _) = files(server);
    let mut bytes = fs::read(&file).expect("it is there");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(file, &bytes).expect("it can be changed");
    bytes
}

fn actions(server: &Server, subject: &str) -> Vec<Json> {
    let audit = server.admin_cli().json(&["registry", "audit", "--json"]);
    let entries = audit["entries"].as_array().into_iter().flatten();
    let about = entries.filter(|entry| entry["subject"] == subject);
    about.map(|entry| entry["action"].clone()).collect()
}

#[test]
fn a_damaged_package_is_fetched_from_a_mirror_before_the_next_frame_is_decoded() {
    let central = setup().start();
    central.publish_candidate(&thermometer("1.0.0"));
    let mut server = setup().start();
    server.publish_candidate(&thermometer("1.0.0"));
    let token = server.folder().join("central.token");
    fs::write(&token, central.new_token("publisher", None)).expect("there is room");
    server.change_settings(&format!(
        "[mirrors.central]\nurl = \"{}\"\ntoken-file = \"{}\"\n",
        central.address(),
        token.display()
    ));
    let sensor = Sensor::new(1);
    server.register(&sensor, "office", Some("acme/thermometer@^1"));
    server.stop();
    let (file, aside) = files(&server);
    let whole = fs::read(&file).expect("it is there");
    let bad = damage(&server);
    server.restart();

    let receipt = server.lns().ingest(&sensor.frame(1, 2, &PAYLOAD)).success();
    assert_eq!(receipt["decoded"], true, "{receipt}");
    assert_eq!(fs::read(&file).expect("it is there"), whole);
    assert_eq!(fs::read(&aside).expect("it is kept"), bad);
    assert_eq!(
        actions(&server, "acme/thermometer 1.0.0"),
        ["publish", "package-damaged", "package-mended"]
    );
    assert_eq!(server.admin().get("/v1/registry/verify").success()["problems"], json!([]));

    // Looked for by an admin, also where no frame asks for it.
    fs::remove_file(&file).expect("it can be removed");
    let cli = server.admin_cli();
    let tried = cli.run(&["registry", "mend", "--dry-run"]);
    assert!(tried.stdout.contains("damaged or missing: acme/thermometer 1.0.0"), "{tried:?}");
    assert!(!file.exists());
    let said = cli.run(&["registry", "mend"]).success();
    assert!(said.contains("mended: acme/thermometer 1.0.0"), "{said}");
    assert_eq!(fs::read(&file).expect("it is there"), whole);
    assert!(cli.run(&["registry", "mend"]).success().contains("1 package, 0 mended"));
}

/// Without anybody who has it the frame is kept raw, the operator is told, and publishing the package once
/// more mends it.
#[test]
fn without_a_mirror_the_frame_is_kept_and_the_damage_is_told() {
    let mut server = setup().start();
    server.publish_candidate(&thermometer("1.0.0"));
    let sensor = Sensor::new(1);
    server.register(&sensor, "office", Some("acme/thermometer@^1"));
    server.stop();
    // A mirror that nobody answers at is as good as none.
    server.change_settings("[mirrors.gone]\nurl = \"http://127.0.0.1:9\"\n");
    let (file, aside) = files(&server);
    damage(&server);
    server.restart();
    let lns = server.lns();
    for f_cnt in 1..=3 {
        let receipt = lns.ingest(&sensor.frame(f_cnt, 2, &PAYLOAD)).success();
        assert_eq!(receipt["decoded"], false, "{receipt}");
        assert_eq!(receipt["decodeError"]["code"], "decoder-unusable");
    }
    assert!(!file.exists() && aside.exists());
    assert_eq!(actions(&server, "acme/thermometer 1.0.0"), ["publish", "package-damaged"]);
    let verified = server.admin_cli().run(&["registry", "verify"]);
    assert!(verified.stdout.contains("acme/thermometer 1.0.0 is damaged"), "{verified:?}");
    let log = server.log();
    assert!(log.contains("package-damaged") && log.contains("gone"), "{log}");
    let left = server.admin_cli().run(&["registry", "mend"]);
    assert!(left.failure().contains("not all packages are whole"), "{left:?}");

    server.publish_candidate(&thermometer("1.0.0"));
    let receipt = lns.ingest(&sensor.frame(4, 2, &PAYLOAD)).success();
    assert_eq!(receipt["decoded"], true, "{receipt}");
    assert_eq!(server.admin().get("/v1/registry/verify").success()["problems"], json!([]));
}

/// A package from a mirror is believed only where it has the digest.
#[test]
fn a_mirror_that_is_damaged_too_mends_nothing() {
    let mut central = setup().start();
    let mut server = setup().start();
    for one in [&central, &server] {
        one.publish_candidate(&thermometer("1.0.0"));
    }
    server.stop();
    let token = server.folder().join("central.token");
    fs::write(&token, "no token at all").expect("there is room");
    let address = central.address();
    server.change_settings(&format!(
        "[mirrors.central]\nurl = \"{address}\"\ntoken-file = \"{}\"\n",
        token.display()
    ));
    damage(&server);
    server.restart();
    let mend = |server: &Server| {
        let left = server.admin_cli().run(&["registry", "mend"]);
        assert!(left.failure().contains("not all packages are whole"), "{left:?}");
    };
    mend(&server);
    assert!(server.log().contains("it answers 401"), "{}", server.log());
    central.stop();
    damage(&central);
    central.restart();
    server.stop();
    let address = central.address();
    fs::write(&token, central.new_token("publisher", None)).expect("there is room");
    server.change_settings(&format!(
        "[mirrors.central]\nurl = \"{address}\"\ntoken-file = \"{}\"\n",
        token.display()
    ));
    server.restart();
    mend(&server);
    assert!(server.log().contains("it answers 500"), "{}", server.log());
}

/// A mirror is the server that stands in the settings: its token goes to nobody else.
#[test]
fn a_mirror_that_leads_elsewhere_is_not_followed() {
    let mut server = setup().start();
    server.publish_candidate(&thermometer("1.0.0"));
    let elsewhere = Outside::start(|_| (200, String::new()));
    let mirror = Outside::start(|_| (302, String::new()));
    mirror.leads_to(&format!("{}/secrets", elsewhere.url()));
    server.stop();
    server.change_settings(&format!("[mirrors.central]\nurl = \"{}\"\n", mirror.url()));
    damage(&server);
    server.restart();
    let left = server.admin_cli().run(&["registry", "mend"]);
    assert!(left.failure().contains("not all packages are whole"), "{left:?}");
    assert!(server.log().contains("it answers 302"), "{}", server.log());
    assert!(!mirror.asked().is_empty(), "it was asked");
    assert!(elsewhere.asked().is_empty(), "{:?}", elsewhere.asked());
}
