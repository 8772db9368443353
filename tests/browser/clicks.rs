//! The work of people by clicks: signed in with a second factor, from a sheet to a route, a command, a schedule, a person, a token,
//! a rule of alerts, a notice, a version and a new partner.

use champollion_tests::{
    AXIOMA, LUMINAIRE, Outside, PASSWORD, SIGN_IN_SETTINGS, Sensor, Server, Setup,
};
use serde_json::json;

use crate::{chromium, script};

/// The command of full light.
const COMMAND: &str =
    r#"{"manualDimming": {"destination": [{"address": "dali_broadcast", "dimmingLevel": 100}]}}"#;

/// Recipients on this machine, a network server that is away, and one check of a request.
const SETTINGS: &str = "[delivery]\nallow-networks = [\"127.0.0.0/8\"]\nplain-http = true\n\
    [network-servers.city]\nkind = \"chirpstack\"\n\
    [network-servers.city.downlink]\nvia = \"http\"\nurl = \"http://127.0.0.1:9\"\n\
    [approvals]\nchecks = [\"Is it public?\"]\n";

/// A town with a meter that was heard, a light, its owner, its admin, and somebody who asks to be a partner.
fn town() -> (Server, Sensor) {
    let server = Setup::default().settings(&format!("{SIGN_IN_SETTINGS}{SETTINGS}")).start();
    let (meter, light) = (Sensor::new(1), Sensor::new(2));
    let sources = server.publish_own(AXIOMA);
    server.register(&meter, "water", Some("axioma/qalcosonic-w1@^1"));
    let (uplink, _) = sources.readings().into_iter().next().expect("it has vectors");
    let frame = meter.frame(1, uplink.f_port, &uplink.payload.0);
    server.lns().ingest(&frame).success();
    server.publish_candidate(&sources.version("1.0.1").package());
    server.publish_own(LUMINAIRE);
    let mut registration = light.registration("water", Some("nas/ul20xx@^1"));
    registration["networkServer"] = json!("city");
    server.admin().put(&light.path(), &registration).success();
    server.add_person("owner@city.example", "owner", "group:water");
    server.add_person("admin@city.example", "admin", "territory");
    let wanted = json!({
        "name": "The valley",
        "applicant": { "name": "Lovelace", "firstName": "Ada", "email": "ada@valley.example" },
        "groups": ["light"],
        "declaration": {
            "mission": "Light the valley",
            "period": { "from": "2026-01-01", "until": "2099-12-31" },
            "coverage": ["outdoor"],
            "objects": [{ "from": "2026-01-01", "number": 100, "places": "the town" }],
            "direction": "both",
            "frequency": { "up": { "messages": 24, "per": "day" }, "down": { "messages": 2, "per": "day" } },
        },
    });
    server.anybody().post("/v1/approvals", &wanted).success();
    (server, light)
}

#[test]
fn of_npm_of_chromium_people_do_their_work_by_clicks() {
    let (server, light) = town();
    let recipient = Outside::start(|_| (204, String::new()));
    let mut config = chromium(&server);
    for (name, value) in [
        ("password", PASSWORD),
        ("owner", "owner@city.example"),
        ("admin", "admin@city.example"),
        ("light", light.dev_eui().as_str()),
        ("command", COMMAND),
        ("recipient", recipient.url().as_str()),
        ("candidate", "/operator/decoders/axioma/qalcosonic-w1"),
    ] {
        config[name] = json!(value);
    }
    let faults = script(&server, "clicks.mjs", &config);
    assert!(faults.is_empty(), "{faults}");
    assert!(!recipient.asked().is_empty(), "the test of the route reached its recipient");
    let decoder = server.anybody().get("/v1/catalogue/axioma/qalcosonic-w1").success();
    assert_eq!(decoder["version"], "1.0.1", "the candidate was promoted");
    let schedules = server.admin().get("/v1/schedules").success();
    assert_eq!(schedules["schedules"][0]["plan"]["when"], json!({ "cron": "0 22 * * *" }));
    let rule = server.admin().get("/v1/alerts/rules/index?group=water").success();
    assert_eq!((&rule["when"]["above"]["limit"], &rule["paused"]), (&json!(1.0), &json!(true)));
}
