//! The JSON Schemas in `docs/schemas` are the server's, and what documents, decoders and the server show
//! satisfies them.

use std::{fs, path::PathBuf, process::Command};

use champollion_tests::{ELSYS, Sensor, Server, follow, run, workspace};
use jsonschema::Validator;
use serde_json::{Value as Json, json};
use tempfile::TempDir;

use crate::files;

/// The schemas that are served.
const SCHEMAS: [&str; 9] = [
    "record.json",
    "measurement.json",
    "reading.json",
    "frame.json",
    "uplink.json",
    "route.json",
    "problem.json",
    "decoder.json",
    "vectors.json",
];

/// Stands in documents for what is left out.
const REST: &str = "…";

/// A schema as `docs/` has it.
fn schema(name: &str) -> Json {
    let path = workspace().join("docs/schemas").join(name);
    serde_json::from_str(&fs::read_to_string(path).expect("it is there")).expect("it is JSON")
}

fn validator(schema: &Json) -> Validator {
    jsonschema::draft202012::new(schema).expect("it is a schema")
}

/// The faults of a value.
fn faults(validator: &Validator, value: &Json) -> Vec<String> {
    let errors = validator.iter_errors(value);
    errors.map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn the_schemas_of_the_documents_are_the_servers() {
    let server = Server::start();
    for name in SCHEMAS {
        let answer = server.anybody().get(&format!("/schemas/{name}"));
        assert_eq!(answer.header("content-type"), "application/schema+json");
        files::holds(&format!("docs/schemas/{name}"), &answer.text);
        validator(&answer.success());
    }
    let missing = server.anybody().get("/schemas/recrod.json");
    assert!(missing.problem(404, "unknown-schema").contains("record.json"));
}

/// A schema that a value satisfies of which the rest is left out.
fn loosened(schema: &Json) -> Json {
    match schema {
        Json::Array(items) => items.iter().map(loosened).collect(),
        Json::Object(members) => {
            let exact = ["required", "pattern", "not", "format", "minLength"];
            let kept = members.iter().filter(|(name, value)| {
                // A property may have such a name too, and is a schema then.
                !exact.contains(&name.as_str()) || (value.is_object() && *name != "not")
            });
            kept.map(|(name, value)| (name.clone(), loosened(value))).collect()
        }
        other => other.clone(),
    }
}

/// A value without the members that stand for others.
fn shown(value: &Json) -> Json {
    match value {
        Json::Array(items) => items.iter().map(shown).collect(),
        Json::Object(members) => {
            let kept = members.iter().filter(|(name, _)| *name != REST);
            kept.map(|(name, value)| (name.clone(), shown(value))).collect()
        }
        other => other.clone(),
    }
}

/// All JSON of a document: its blocks of JSON, and lines of output that are JSON.
fn all_json(text: &str) -> Vec<Json> {
    let mut found = Vec::new();
    let mut block: Option<String> = None;
    for line in text.lines() {
        match &mut block {
            None if line.starts_with("```json") => block = Some(String::new()),
            None => found.extend(serde_json::from_str::<Json>(line.trim()).ok()),
            Some(lines) if line == "```" => {
                let parsed = serde_json::from_str(lines);
                found.push(parsed.unwrap_or_else(|error| panic!("{lines} is no JSON: {error}")));
                block = None;
            }
            Some(lines) => {
                lines.push_str(line);
                lines.push('\n');
            }
        }
    }
    found
}

/// Whether a text is the name of a record.
fn names_a_record(text: &str) -> bool {
    let mut parts = text.split('-');
    let digits = |part: Option<&str>, count: usize| {
        part.is_some_and(|part| {
            part.len() == count && part.bytes().all(|byte| byte.is_ascii_hexdigit())
        })
    };
    digits(parts.next(), 16) && digits(parts.next(), 8)
}

/// All records within a value.
fn records(value: &Json) -> Vec<&Json> {
    let mut found = Vec::new();
    if value["id"].as_str().is_some_and(names_a_record) {
        found.push(value);
    }
    let items = value.as_array().into_iter().flatten();
    found.extend(items.flat_map(records));
    let members = value.as_object().into_iter().flat_map(|members| members.values());
    found.extend(members.flat_map(records));
    found
}

/// The schema of what a value is by its members, and the whole that it is a part of.
fn of_ours(value: &Json) -> Option<(&'static str, Json)> {
    let only = || value.as_object().filter(|members| members.len() == 1)?.keys().next();
    if value.get("phyPayload").is_some() {
        return Some(("frame.json", value.clone()));
    }
    if value.get("devEui").is_some() && value.get("fPort").is_some() {
        return Some(("uplink.json", value.clone()));
    }
    if value.get("to").is_some() {
        return Some(("route.json", value.clone()));
    }
    let is_destination =
        only().is_some_and(|name| ["http", "mqtt", "files"].contains(&name.as_str()));
    is_destination.then(|| ("route.json", json!({ "to": value })))
}

#[test]
fn every_frame_and_route_of_the_documents_satisfies_its_schema() {
    let (mut met, mut wrong) = (Vec::new(), Vec::new());
    for document in ["README.md", "docs/delivery.md", "docs/files.md", "docs/network-servers.md"] {
        let text = fs::read_to_string(workspace().join(document)).expect("it is there");
        for (name, value) in all_json(&text).iter().filter_map(of_ours) {
            met.push(name);
            let found = faults(&validator(&loosened(&schema(name))), &shown(&value));
            wrong.extend(found.iter().map(|fault| format!("{document}: {fault}")));
        }
    }
    let both = met.contains(&"frame.json") && met.contains(&"uplink.json");
    assert!(both && met.len() > 4, "{met:?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_record_and_problem_of_the_documents_satisfies_its_schema() {
    let listed =
        run(Command::new("git").current_dir(workspace()).args(["ls-files", "README.md", "docs"]));
    let documents: Vec<PathBuf> = listed.success().lines().map(PathBuf::from).collect();
    let (record, problem) = (schema("record.json"), schema("problem.json"));
    let whole = validator(&record);
    let (partial, problems) = (validator(&loosened(&record)), validator(&problem));
    let (mut met, mut whole_ones, mut wrong) = (0, 0, Vec::new());
    for document in
        documents.iter().filter(|path| path.extension().is_some_and(|name| name == "md"))
    {
        let text = fs::read_to_string(workspace().join(document)).expect("it is there");
        // Of a moment that differs each time, a page shows the first digit alone: any moment will do.
        let text = text.replace(&format!("\"2{REST}\""), "\"2019-07-22T11:37:53Z\"");
        for value in all_json(&text) {
            let mut check = |validator: &Validator, value: &Json| {
                met += 1;
                let found = faults(validator, value);
                wrong.extend(found.iter().map(|fault| format!("{}: {fault}", document.display())));
            };
            for record in records(&value) {
                if record.to_string().contains(REST) {
                    check(&partial, &shown(record));
                } else {
                    whole_ones += 1;
                    check(&whole, record);
                }
            }
            if value["type"]
                .as_str()
                .is_some_and(|kind| kind.starts_with("urn:champollion:problem:"))
            {
                check(&problems, &value);
            }
        }
    }
    assert!(met > 5 && whole_ones > 0, "{met} values, {whole_ones} of them whole");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_schema_refuses_what_is_no_record() {
    let record = validator(&schema("record.json"));
    for wrong in [
        json!({}),
        json!({ "id": "02C4A3FFFE100001-00000007-22E5E2A3" }),
        json!({ "id": 7, "group": "water" }),
    ] {
        assert!(!record.is_valid(&wrong), "{wrong}");
    }
    let decoder = validator(&schema("decoder.json"));
    let unknown = json!({ "id": "a/b", "versoin": "1.0.0" });
    assert!(!decoder.is_valid(&unknown));
}

/// A `decoder.toml` as the schema judges it.
fn manifest(text: &str) -> Json {
    toml::from_str(text).expect("it is TOML")
}

#[test]
fn packages_and_templates_satisfy_their_schemas() {
    let (decoder, vectors) =
        (validator(&schema("decoder.json")), validator(&schema("vectors.json")));
    let listed = run(Command::new("git").current_dir(workspace()).args([
        "ls-files",
        "*decoder.toml",
        "*decoder.toml.template",
        "*vectors.json",
    ]));
    let (mut manifests, mut derived, mut cases) = (0, 0, 0);
    for path in listed.success().lines().filter(|path| !path.starts_with("docs/")) {
        let text = fs::read_to_string(workspace().join(path)).expect("it is there");
        if path.ends_with("vectors.json") {
            cases += 1;
            let value: Json = serde_json::from_str(&text).expect("it is JSON");
            assert_eq!(faults(&vectors, &value), [""; 0], "{path}");
        } else {
            manifests += 1;
            let value = manifest(&text.replace("{{id}}", "acme/tank-level"));
            derived += usize::from(value.get("derived").is_some());
            assert_eq!(faults(&decoder, &value), [""; 0], "{path}");
        }
    }
    assert!(manifests > 20 && cases > 20, "{manifests} manifests, {cases} files of vectors");
    assert!(derived > 0, "the template of derived decoders is among them");
}

#[test]
fn a_schema_refuses_what_is_no_manifest_and_no_vector() {
    let decoder = validator(&schema("decoder.json"));
    let text = fs::read_to_string(workspace().join("sdk/templates/derived/decoder.toml.template"));
    let right = manifest(&text.expect("it is there").replace("{{id}}", "acme/consumption"));
    assert!(decoder.is_valid(&right));
    for missing in ["derived", "id", "licence"] {
        let mut wrong = right.clone();
        wrong.as_object_mut().expect("it is a table").remove(missing);
        assert!(!decoder.is_valid(&wrong), "without {missing}");
    }
    let vectors = validator(&schema("vectors.json"));
    let of = |expect: Json| json!([{ "name": "a", "uplink": { "fPort": 1, "payload": "00" }, "expect": expect }]);
    for right in [
        json!({ "reading": { "data": { "level": 1 } } }),
        json!({ "failure": { "kind": "too-short" } }),
        json!({ "downlink": { "fPort": 1, "payload": "00" } }),
    ] {
        assert_eq!(faults(&vectors, &of(right)), [""; 0]);
    }
    for wrong in [
        json!({}),
        json!({ "raeding": {} }),
        json!({ "failure": { "kind": "trapped" } }),
        json!({ "reading": { "measurement": [] } }),
        json!({ "reading": { "measurements": [{ "quantity": "water.level" }] } }),
    ] {
        assert!(!vectors.is_valid(&of(wrong.clone())), "{wrong}");
    }
}

#[test]
fn what_the_server_gives_satisfies_its_schemas() {
    let server = Server::start();
    server.publish_own(ELSYS);
    let (sensor, without) = (Sensor::new(1), Sensor::new(2));
    server.register(&sensor, "rooms", Some("elsys/ers-co2@^1"));
    server.register(&without, "rooms", None);
    let lns = server.lns();
    lns.ingest(&sensor.frame(1, 5, &[0x01, 0x00, 0xFC, 0x02, 0x25])).success();
    lns.ingest(&sensor.frame(2, 5, &[0x01])).success();
    lns.ingest(&without.frame(1, 5, &[0x01])).success();

    let record = validator(&schema("record.json"));
    let measurement = validator(&schema("measurement.json"));
    let partner = server.partner("rooms");
    let mut measured = 0;
    for shape in ["both", "raw", "decoded"] {
        let page = partner.get(&format!("/v1/records?shape={shape}")).success();
        let records = page["records"].as_array().expect("a page has records");
        assert_eq!(records.len(), 3, "{page}");
        for entry in records {
            assert_eq!(faults(&record, &entry["record"]), [""; 0], "{shape}: {entry}");
            let measurements = entry["record"]["decoded"]["measurements"].as_array();
            for value in measurements.into_iter().flatten() {
                measured += 1;
                assert_eq!(faults(&measurement, value), [""; 0], "{value}");
            }
        }
    }
    assert!(measured > 0);
    let trial = json!({
        "decoder": "elsys/ers-co2@^1",
        "uplink": { "fPort": 5, "payload": "0100FC0225" },
    });
    let answer = partner.post("/v1/decode", &trial).success();
    assert_eq!(faults(&validator(&schema("reading.json")), &answer), [""; 0], "{answer}");
}

#[test]
fn of_curl_of_jq_the_page_of_the_interface_is_right() {
    let server = Server::start();
    let page = fs::read_to_string(workspace().join("docs/http-interface.md")).expect("it is there");
    let folder = TempDir::new().expect("there is room");
    follow(&page, folder.path(), server.address(), server.admin_token());
}
