//! The messages and settings that the documentation shows.

use std::collections::BTreeMap;

use champollion_frames::{RadioMetadata, ReportedUplink};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::{
    super::{Described, Description},
    FULL, noted, read_by, uplink,
};
use crate::{
    Kind,
    tests::{frame, reported},
};

const DOCUMENTATION: &str = include_str!("../../../../../docs/network-servers-json.md");

/// The text between the fences of a language after a heading.
fn documented(heading: &str, language: &str) -> &'static str {
    let (_, section) = DOCUMENTATION.split_once(&format!("\n## {heading}\n")).expect("a section");
    let (_, block) = section.split_once(&format!("\n```{language}\n")).expect("a block");
    block.split_once("\n```").expect("an end").0
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Documented {
    network_servers: BTreeMap<String, Server>,
}

#[derive(Deserialize)]
struct Server {
    kind: Kind,
    json: Description,
}

#[track_caller]
fn documented_uplink(heading: &str) -> (ReportedUplink, RadioMetadata) {
    let settings: Documented = toml::from_str(documented(heading, "toml")).expect("settings");
    let server = settings.network_servers.values().next().expect("a network server");
    assert_eq!(server.kind, Kind::of(&Described));
    let body: Json = serde_json::from_str(documented(heading, "json")).expect("a body");
    let message = || read_by(&server.json, &body);
    (reported(message()), frame(message()).metadata)
}

#[test]
fn the_documented_message_of_live_objects_is_read() {
    let (told, metadata) = documented_uplink("Orange Live Objects");
    assert_eq!(told, ReportedUplink { dev_addr: None, ..uplink() });
    assert_eq!((metadata.spreading_factor, metadata.frequency_hz), (Some(9), None));
    let [gateway] = &metadata.gateways[..] else { panic!("the best: {metadata:?}") };
    assert_eq!(gateway.gateway_id, "unnamed-1");
    assert_eq!((gateway.rssi_dbm, gateway.snr_db), (Some(-90.0), Some(7.5)));
}

#[test]
fn the_documented_message_of_everynet_is_read() {
    let (told, metadata) = documented_uplink("Everynet");
    assert_eq!(told, uplink());
    assert_eq!((metadata.spreading_factor, metadata.frequency_hz), (Some(9), Some(868_300_000)));
    let [gateway] = &metadata.gateways[..] else { panic!("one: {metadata:?}") };
    assert_eq!(gateway.gateway_id, "7276ff0039030436");
    assert_eq!((gateway.rssi_dbm, gateway.snr_db), (Some(-90.0), Some(7.5)));
}

#[test]
fn the_documented_settings_are_all_that_there_are() {
    let start = documented_start();
    let settings: Documented = toml::from_str(start).expect("settings");
    assert!(settings.network_servers.contains_key("region"));
    for (setting, _) in FULL.lines().filter_map(|line| line.trim().split_once(" = ")) {
        let forms = [format!("`{setting}`"), format!(".json.{setting}]`")];
        let is_documented = forms.iter().any(|form| DOCUMENTATION.contains(form));
        assert!(is_documented, "{setting} is not documented");
    }
    let said = read_by(
        &settings.network_servers["region"].json,
        &json!({ "device": { "eui": "02C4A3FFFE100001" }, "frame": { "counter": 1, "data": "" } }),
    );
    let said = said.expect_err("it has no FPort").to_string();
    assert!(DOCUMENTATION.contains(&format!("\n{said}\n")), "{said}");
}

/// The first settings of the documentation.
fn documented_start() -> &'static str {
    let at = DOCUMENTATION.find("[network-servers.region]").expect("settings");
    DOCUMENTATION[at..].split_once("\n```").expect("an end").0
}

/// Everything that the documented settings point to beside the essentials, damaged in the documented messages.
#[test]
fn damaged_decoration_of_the_documented_messages_is_noted() {
    const ESSENTIALS: [&str; 5] = ["dev-eui", "f-cnt", "f-port", "payload-hex", "payload-base64"];
    let mut damaged = 0;
    for heading in ["Orange Live Objects", "Everynet"] {
        let text = documented(heading, "toml");
        let settings: Documented = toml::from_str(text).expect("settings");
        let server = settings.network_servers.values().next().expect("a network server");
        let written: Json = toml::from_str(text).expect("it is a table");
        let servers = written["network-servers"].as_object().expect("there are network servers");
        let json = &servers.values().next().expect("there is one")["json"];
        let of = |table: &Json| -> Vec<String> {
            let members = table.as_object().into_iter().flatten();
            let decoration = members.filter(|(name, _)| !ESSENTIALS.contains(&name.as_str()));
            decoration.filter_map(|(_, at)| at.as_str().map(str::to_owned)).collect()
        };
        let body: Json = serde_json::from_str(documented(heading, "json")).expect("a body");
        for pointer in of(json).into_iter().chain(of(&json["gateways"])) {
            for value in [json!({}), json!([]), json!(""), json!("x".repeat(70))] {
                let mut body = body.clone();
                *body.pointer_mut(&pointer).expect("it is there") = value.clone();
                let noted = noted(&server.json, &body);
                assert_eq!(noted.len(), 1, "{heading}: {pointer}: {value}: {noted:?}");
                assert!(noted[0].starts_with(&pointer), "{noted:?}");
                damaged += 1;
            }
        }
    }
    assert!(damaged >= 40, "only {damaged} were damaged");
}
