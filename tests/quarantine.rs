//! A decoder that keeps misbehaving is set aside, its frames are delivered raw, and one command ends it.

use champollion_tests::{AXIOMA, MISCHIEF, Mischief, Sensor, Server, Setup, Sources, mischief};
use serde_json::{Value as Json, json};

const FAILURES: u32 = 3;

fn server() -> Server {
    Setup::default().variable("CHAMPOLLION_QUARANTINE__FAILURES", &FAILURES.to_string()).start()
}

/// Hands over a frame and gives the code of why it was not decoded, if it was not.
fn ingest(server: &Server, sensor: &Sensor, f_cnt: u32, mode: Mischief) -> Option<String> {
    let receipt = server.lns().ingest(&sensor.frame(f_cnt, 1, &[mode as u8])).success();
    assert_eq!(receipt["status"], "accepted", "{receipt}");
    receipt["decodeError"]["code"].as_str().map(str::to_owned)
}

#[test]
fn a_decoder_that_keeps_crashing_is_set_aside_until_it_is_lifted() {
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

    // Others feel nothing.
    let (uplink, _) = Sources::of(AXIOMA).readings().swap_remove(0);
    let frame = tame.frame(1, uplink.f_port, &uplink.payload.0);
    assert_eq!(server.lns().ingest(&frame).success()["decoded"], true);

    // A restart lifts nothing, and admins see it.
    server.kill();
    server.restart();
    assert_eq!(ingest(&server, &wild, 5, Mischief::None).as_deref(), Some("decoder-quarantined"));
    let shown = server.admin().get("/v1/registry/quarantine").success();
    let set_aside = &shown["quarantined"][0];
    assert_eq!(set_aside["id"], MISCHIEF);
    assert_eq!((&set_aside["failures"], &set_aside["code"]), (&json!(FAILURES), &json!("trapped")));
    let table = server.admin_cli().run(&["registry", "quarantine"]).success();
    assert!(table.contains(MISCHIEF) && table.contains("1.0.0"), "{table}");
    let metrics = server.admin().get("/metrics").text;
    assert!(metrics.contains("champollion_decoders_quarantined 1"), "{metrics}");

    let lifted = server.admin_cli().run(&["registry", "lift", "test/mischief@1.0.0"]).success();
    assert_eq!(lifted.trim(), "test/mischief 1.0.0 decodes again");
    assert_eq!(ingest(&server, &wild, 6, Mischief::None), None);
    let shown = server.admin_cli().json(&["registry", "quarantine", "--json"]);
    assert_eq!(shown, json!({ "quarantined": [] }));
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
    let misspelt = admin.run(&["registry", "lift", "test/mischief"]);
    assert!(misspelt.failure().contains("vendor/model@version"));
    // Partners neither see it nor change it.
    let partner = server.partner("water");
    partner.get("/v1/registry/quarantine").problem(403, "forbidden");
    partner.delete("/v1/registry/quarantine/test/mischief/1.0.0").problem(403, "forbidden");
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
