//! Tests of derived decoders: values that are made of readings, in a place of their own in the record.

use std::fs;

use champollion_registry::package::Package;
use champollion_tests::{Output, Sensor, Server, Setup, champollion, run, thermometer};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

/// The head of a manifest.
fn head(model: &str, version: &str) -> String {
    format!(
        "id = \"acme/{model}\"\nversion = \"{version}\"\nname = \"{model}\"\ndescription = \"Derives it.\"\n\
         licence = \"MIT\"\nmaintainer = \"Acme\"\n\n"
    )
}

/// An input, a value and a line of what is remembered.
fn formula(model: &str, input: &str, value: (&str, &str), remember: &str) -> String {
    let (quantity, expression) = value;
    format!(
        "{}[[derived.inputs]]\nname = \"own\"\nquantity = \"{input}\"\n\n[[derived.values]]\n\
         quantity = \"{quantity}\"\nexpression = \"{expression}\"\nmeaning = \"It\"\n\n{remember}",
        head(model, "1.0.0")
    )
}

/// A vector of one measurement that gives one value, or nothing.
fn vectors(input: (&str, f64), output: Option<(&str, Json)>, remembered: Option<Json>) -> String {
    let (quantity, value) = input;
    let measurements: Vec<Json> = output
        .into_iter()
        .map(|(quantity, value)| json!({ "quantity": quantity, "value": value }))
        .collect();
    let mut reading = json!({ "measurements": measurements });
    if let Some(remembered) = remembered {
        reading["remembered"] = remembered;
    }
    json!([{
        "name": "one",
        "reading": { "measurements": [{ "quantity": quantity, "value": value }] },
        "expect": { "reading": reading },
    }])
    .to_string()
}

/// The rise of the temperature since the reading before.
fn rise() -> Package {
    let manifest = formula(
        "rise",
        "air.temperature",
        ("probe.temperature", "own - before.own"),
        "[derived.remember]\nown = \"own\"\n",
    );
    let remembered = json!({ "at": "1970-01-01T00:00:00Z", "values": { "own": 20.0 } });
    let vectors = vectors(("air.temperature", 20.0), None, Some(remembered));
    Package::assemble_derived(&manifest, &vectors).expect("it is a package")
}

/// An alarm where the temperature rises by more than two degrees.
fn alarm() -> Package {
    let manifest = formula("alarm", "probe.temperature", ("alarm.temperature", "own > 2"), "");
    let vectors =
        vectors(("probe.temperature", 3.0), Some(("alarm.temperature", json!(true))), None);
    Package::assemble_derived(&manifest, &vectors).expect("it is a package")
}

/// One that fails where it is warmer than 22 degrees: it divides by nothing.
fn failing() -> Package {
    let expression = "own / (0 if own > 22 else 1)";
    let manifest = formula("failing", "air.temperature", ("device.temperature", expression), "");
    let vectors =
        vectors(("air.temperature", 20.0), Some(("device.temperature", json!(20.0))), None);
    Package::assemble_derived(&manifest, &vectors).expect("it is a package")
}

fn start() -> (Server, Sensor) {
    let server = Setup::default().variable("CHAMPOLLION_FRAMES__COPIES_WINDOW_MS", "0").start();
    server.publish_candidate(&thermometer("1.0.0"));
    for package in [rise(), alarm(), failing()] {
        assert_eq!(server.publish_candidate(&package)["channel"], "stable");
    }
    let sensor = Sensor::new(1);
    server.register(&sensor, "office", Some("acme/thermometer@^1"));
    (server, sensor)
}

/// A frame with a temperature in tenths of a degree, each an hour after the one before.
fn frame(sensor: &Sensor, f_cnt: u32, tenths: u8) -> Json {
    let mut frame = sensor.frame(f_cnt, 2, &[0, tenths, 40, 36]);
    frame["receivedAt"] = json!(format!("2026-01-01T{f_cnt:02}:00:00Z"));
    frame
}

/// The last record of the group.
fn last(server: &Server) -> Json {
    server.partner("office").pull_all().pop().expect("there is a record")["record"].clone()
}

#[test]
fn values_stand_beside_the_reading_with_the_decoders_that_made_them() {
    let (mut server, sensor) = start();
    let cli = server.admin_cli();
    let said = cli.run(&["devices", "derive", "--group", "office", "--decoder", "acme/alarm@^1"]);
    assert!(said.success().contains("office has acme/alarm@^1"));
    let dev_eui = sensor.dev_eui().to_string();
    let own = ["devices", "derive", &dev_eui, "--decoder", "acme/rise@=1.0.0"];
    assert!(cli.run(&own).success().contains("has acme/rise@=1.0.0"));
    let listed = cli.json(&["devices", "derive", &dev_eui, "--json"]);
    assert_eq!(listed["decoders"], json!(["acme/rise@=1.0.0"]));

    let lns = server.lns();
    lns.ingest(&frame(&sensor, 1, 200)).success();
    let first = last(&server);
    assert_eq!(first["formatVersion"], "1.3");
    assert_eq!(first["decoded"].get("derived"), None, "nothing is known of before: {first}");
    server.kill();
    server.restart();
    let (lns, cli) = (server.lns(), server.admin_cli());
    lns.ingest(&frame(&sensor, 2, 235)).success();
    let second = last(&server);
    let derived = second["decoded"]["derived"].as_array().expect("values are derived").clone();
    assert_eq!(derived.len(), 2, "{second}");
    let (rise_made, alarm_made) = (&derived[0], &derived[1]);
    assert_eq!(rise_made["decoder"]["id"], "acme/rise");
    assert_eq!(rise_made["decoder"]["version"], "1.0.0");
    assert_eq!(rise_made["decoder"]["digest"], json!(rise().digest()));
    assert!(rise_made["decoder"]["fuel"].as_u64() > Some(0), "{rise_made}");
    assert_eq!(rise_made["measurements"][0]["quantity"], "probe.temperature");
    assert_eq!(rise_made["measurements"][0]["unit"], "Cel");
    assert_eq!(rise_made["measurements"][0]["value"], 3.5, "the state outlives the server");
    assert_eq!(alarm_made["measurements"][0]["value"], true, "of what the other one has made");
    assert_eq!(second["decoded"]["measurements"][0]["value"], 23.5, "the reading stays: {second}");

    // Decoded again, with what is assigned now.
    let said = cli.run(&["devices", "derive", &dev_eui, "--none"]).success();
    assert!(said.starts_with("nothing is derived of the readings of "), "{said}");
    lns.ingest(&frame(&sensor, 3, 200)).success();
    assert_eq!(last(&server)["decoded"].get("derived"), None);
    let audit = server.admin_cli().json(&["registry", "audit", "--json"]);
    let entries = audit["entries"].as_array().into_iter().flatten();
    assert_eq!(entries.filter(|entry| entry["action"] == "derive").count(), 3);
}

#[test]
fn records_are_decoded_again_with_the_derived_decoders_in_force() {
    let (server, sensor) = start();
    let lns = server.lns();
    for (f_cnt, tenths) in [(1, 200), (2, 210)] {
        lns.ingest(&frame(&sensor, f_cnt, tenths)).success();
    }
    let before = server.partner("office").pull_all().len();
    let cli = server.admin_cli();
    let redecode = |decoder: &str| {
        let since = "2020-01-01T00:00:00Z";
        cli.json(&["records", "redecode", "--decoder", decoder, "--since", since, "--json"])
    };
    assert_eq!(redecode("acme/rise@1.0.0")["corrected"], 0, "it is assigned to no device");
    let path = format!("/v1/devices/{}/derived", sensor.dev_eui());
    let decoders = json!({ "decoders": ["acme/failing", "acme/rise"] });
    server.admin().put(&path, &decoders).success();
    assert_eq!(redecode("acme/rise@1.0.0")["corrected"], 2);
    let again = redecode("acme/rise@1.0.0");
    assert_eq!((&again["corrected"], &again["already"]), (&json!(0), &json!(2)), "{again}");
    assert_eq!(redecode("acme/thermometer@1.0.0")["already"], 2, "they are the same records");
    let records = server.partner("office").pull_all();
    assert_eq!(records.len(), before + 2);
    let second = &records[before + 1]["record"];
    assert_eq!(second["type"], "correction");
    assert_eq!(second["replaces"]["record"], records[1]["record"]["id"]);
    assert_eq!(second["decoded"]["data"]["temperature"], 21.0);
    let derived = &second["decoded"]["derived"];
    assert_eq!(derived[1]["decoder"]["id"], "acme/rise");
    assert_eq!(derived[1]["measurements"][0]["value"], 1.0, "the memory goes on: {second}");
}

#[test]
fn derived_values_of_a_file_are_verified() {
    let (server, sensor) = start();
    let path = format!("/v1/devices/{}/derived", sensor.dev_eui());
    server.admin().put(&path, &json!({ "decoders": ["acme/rise", "acme/alarm"] })).success();
    let lns = server.lns();
    for (f_cnt, tenths) in [(1, 200), (2, 235), (3, 240)] {
        lns.ingest(&frame(&sensor, f_cnt, tenths)).success();
    }
    let cli = server.admin_cli();
    let page = cli.run(&["records", "pull", "--group", "office", "--json"]).success();
    let file = server.folder().join("records.json");
    let verify = ["records", "verify", file.to_str().expect("the path is text")];
    fs::write(&file, &page).expect("there is room");
    let said = cli.run(&verify).success();
    assert!(said.contains("3 of 3 records are what their payloads say"), "{said}");

    let mut forged: Json = serde_json::from_str(&page).expect("it is JSON");
    forged["records"][2]["record"]["decoded"]["derived"][0]["measurements"][0]["value"] =
        json!(9.5);
    fs::write(&file, forged.to_string()).expect("there is room");
    let differs = cli.run(&verify);
    for words in ["derived[0].measurements[0].value", "9.5", "2 of 3 records"] {
        assert!(differs.stdout.contains(words), "{words}: {}", differs.stdout);
    }
    assert!(differs.failure().contains("1 of 3 records differ"), "{}", differs.stderr);

    // The frame before is not in the file.
    let third: Json =
        serde_json::from_str::<Json>(&page).expect("it is JSON")["records"][2].clone();
    fs::write(&file, third.to_string()).expect("there is room");
    let alone = cli.run(&verify);
    assert!(
        alone.stderr.contains("acme/rise 1.0.0 remembers a reading before"),
        "{}",
        alone.stderr
    );
    assert_ne!(alone.code, Some(0));
}

#[test]
fn a_candidate_is_rehearsed_on_the_readings_that_are_kept() {
    let (server, sensor) = start();
    server
        .admin()
        .put("/v1/groups/office/derived", &json!({ "decoders": ["acme/rise"] }))
        .success();
    let lns = server.lns();
    for (f_cnt, tenths) in [(1, 200), (2, 235), (3, 240)] {
        lns.ingest(&frame(&sensor, f_cnt, tenths)).success();
    }
    let manifest = formula(
        "rise",
        "air.temperature",
        ("probe.temperature", "own - before.own if own - before.own < 3 else 3"),
        "[derived.remember]\nown = \"own\"\n",
    );
    let remembered = json!({ "at": "1970-01-01T00:00:00Z", "values": { "own": 20.0 } });
    let vectors = vectors(("air.temperature", 20.0), None, Some(remembered));
    let manifest = manifest.replace("\"1.0.0\"", "\"1.1.0\"");
    let candidate = Package::assemble_derived(&manifest, &vectors).expect("it is a package");
    assert_eq!(server.publish_candidate(&candidate)["channel"], "candidate");

    let cli = server.admin_cli();
    let told = cli.json(&["registry", "rehearse", "acme/rise@1.1.0", "--json"]);
    let done = &told["done"];
    assert_eq!((&done["compared"], &done["agreeing"]), (&json!(3), &json!(2)), "{done}");
    assert_eq!(done["differing"].as_object().map(serde_json::Map::len), Some(1), "{done}");
    assert!(done["stable"]["fuel"].as_u64() > Some(0), "{done}");

    // None runs on live frames before it is promoted.
    for what in ["shadow", "canary"] {
        let path = format!("/v1/registry/acme/rise/{what}");
        let mut wish = json!({ "version": "1.1.0" });
        if what == "canary" {
            wish["sharePercent"] = json!(10);
        }
        let answer = server.admin().post(&path, &wish);
        let said = answer.problem(409, "derived-decoder");
        assert!(said.contains("registry rehearse acme/rise@1.1.0"), "{said}");
    }
    let wish = json!({ "version": "1.1.0", "dryRun": true });
    let promoted = server.admin().post("/v1/registry/acme/rise/promote", &wish).success();
    assert_eq!(promoted["asking"], json!({ "devices": 1, "of": 1 }), "{promoted}");
}

#[test]
fn one_that_fails_is_a_warning_and_hides_nothing() {
    let (server, sensor) = start();
    let decoders = json!({ "decoders": ["acme/failing", "acme/rise"] });
    let path = format!("/v1/devices/{}/derived", sensor.dev_eui());
    server.admin().put(&path, &decoders).success();
    let lns = server.lns();
    lns.ingest(&frame(&sensor, 1, 200)).success();
    assert_eq!(last(&server)["decoded"]["derived"][0]["decoder"]["id"], "acme/failing");
    let receipt = lns.ingest(&frame(&sensor, 2, 230)).success();
    assert_eq!(receipt["decoded"], true, "{receipt}");
    let record = last(&server);
    assert_eq!(record["decoded"]["data"]["temperature"], 23.0);
    assert_eq!(record["decoded"]["derived"][0]["measurements"][0]["value"], 3.0, "{record}");
    let warnings = record["decoded"]["warnings"].to_string();
    assert!(warnings.contains("acme/failing 1.0.0 derives nothing"), "{warnings}");
}

#[test]
fn what_cannot_be_assigned_is_refused() {
    let (server, sensor) = start();
    let other = formula("other", "alarm.temperature", ("air.temperature", "1 if own else 0"), "");
    let its = vectors(("alarm.temperature", 1.0), None, None).replace("1.0", "true");
    let its = its.replace(
        "\"measurements\":[]",
        "\"measurements\":[{\"quantity\":\"air.temperature\",\"value\":1}]",
    );
    server.publish_candidate(&Package::assemble_derived(&other, &its).expect("it is a package"));
    let admin = server.admin();
    let path = format!("/v1/devices/{}/derived", sensor.dev_eui());
    for (decoders, said) in [
        (vec!["acme/thermometer"], "reads payloads and derives nothing"),
        (vec!["acme/rise", "acme/rise@=1.0.0"], "acme/rise is named twice"),
        (vec!["acme/rise", "acme/alarm", "acme/other"], "go round in a circle"),
    ] {
        let answer = admin.put(&path, &json!({ "decoders": decoders }));
        let detail = answer.problem(400, "impossible-registration");
        assert!(detail.contains(said), "{detail}");
    }
    admin.put(&path, &json!({ "decoders": ["acme/nothing"] })).problem(404, "unknown-decoder");
    admin
        .put("/v1/groups/nobodys/derived", &json!({ "decoders": [] }))
        .problem(404, "unknown-group");
    // As a decoder of payloads it would read nothing.
    let decoder = format!("/v1/devices/{}/decoder", sensor.dev_eui());
    let answer = admin.put(&decoder, &json!({ "decoder": "acme/rise" }));
    let detail = answer.problem(400, "impossible-registration");
    assert!(detail.contains("a derived decoder, which reads readings"), "{detail}");
    // What a group has counts for its devices.
    admin.put("/v1/groups/office/derived", &json!({ "decoders": ["acme/other"] })).success();
    let both = json!({ "decoders": ["acme/rise", "acme/alarm"] });
    let answer = admin.put(&path, &both);
    assert!(answer.problem(400, "impossible-registration").contains("acme/other"));
    // Another partner's devices are as unknown as nobody's.
    let partner = server.partner("cellar");
    partner.get(&path).problem(404, "unknown-device");
}

fn command(folder: &TempDir, arguments: &[&str]) -> Output {
    let mut command = champollion();
    run(command.current_dir(folder.path()).args(arguments))
}

#[test]
fn a_derived_decoder_is_laid_out_tested_and_built_without_code() {
    let folder = TempDir::new().expect("there is room for a folder");
    let said = command(&folder, &["new", "acme/consumption", "--derived"]).success();
    assert!(said.contains("inputs, and the values with their expressions"), "{said}");
    let said = command(&folder, &["test", "consumption"]).success();
    assert!(said.contains("2 of 2 vectors passed"), "{said}");
    let reading = r#"{"measurements": [{"quantity": "water.volume", "value": 7}]}"#;
    let add = ["vectors", "add", "consumption", "--reading", reading, "--name", "seven"];
    let said = command(&folder, &add).success();
    assert!(said.contains("added \"seven\""), "{said}");
    let payload = ["vectors", "add", "consumption", "--port", "2", "--hex", "00"];
    let refused = command(&folder, &payload);
    assert!(refused.failure().contains("--reading"), "{}", refused.failure());
    let said = command(&folder, &["test", "consumption"]).success();
    assert!(said.contains("3 of 3 vectors passed"), "{said}");
    let said = command(&folder, &["build", "consumption", "--out", "."]).success();
    assert!(said.starts_with("acme/consumption 1.0.0: 3 vectors passed"), "{said}");
    let server = Server::start();
    let file = fs::read(folder.path().join("acme-consumption-1.0.0.wasm")).expect("it is built");
    server.publish_candidate(&Package::read(file).expect("it is a package"));
    let manifest = folder.path().join("consumption/decoder.toml");
    let text = fs::read_to_string(&manifest).expect("it is laid out");
    for (from, to, said) in [
        ("water.volume\"\n\n#", "water.volum\"\n\n#", "did you mean water.volume?"),
        ("expression = \"index - before", "expression = \"indx - before", "did you mean index?"),
        (
            "quantity = \"water.volume.delta\"",
            "quantity = \"water.volume\"",
            "would be made of itself",
        ),
        (
            "quantity = \"water.volume\"\n",
            "quantity = \"water.volume\"\nunit = \"Cel\"\n",
            "leave its unit out",
        ),
        (
            "[[derived.inputs]]",
            "[[devices]]\nvendor = \"A\"\nmodel = \"B\"\n\n[[derived.inputs]]",
            "leave it out",
        ),
    ] {
        assert!(text.contains(from), "{from}");
        fs::write(&manifest, text.replacen(from, to, 1)).expect("there is room");
        let refused = command(&folder, &["build", "consumption"]);
        assert!(refused.failure().contains(said), "{said}: {}", refused.failure());
        assert!(refused.failure().contains("line "), "{}", refused.failure());
    }
    fs::write(&manifest, &text).expect("there is room");
    fs::write(folder.path().join("consumption/codec.js"), "").expect("there is room");
    let refused = command(&folder, &["build", "consumption"]);
    assert!(refused.failure().contains("its expressions alone"), "{}", refused.failure());
}
