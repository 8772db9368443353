//! JavaScript codecs, as others keep them, become packages.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use champollion_registry::package::{Code, Direction, FieldType, Package, ScriptDeclaration};
use champollion_tests::{Output, Server, champollion, run, workspace};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

fn folder() -> TempDir {
    TempDir::new().expect("there is room for a folder")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("the path is text")
}

/// A catalogue that lies beside this file.
fn catalogue(name: &str) -> PathBuf {
    workspace().join("tests/catalogues").join(name)
}

/// `champollion import` of a path.
fn import(path: &Path, arguments: &[&str]) -> Command {
    let mut command = champollion();
    command.arg("import").arg(path).args(arguments);
    command
}

/// Reads the report that `--json` prints.
#[track_caller]
fn report(output: &Output) -> Json {
    serde_json::from_str(&output.stdout)
        .unwrap_or_else(|error| panic!("no JSON, {error}: {output:#?}"))
}

/// Imports what must be imported whole.
#[track_caller]
fn imported(path: &Path, arguments: &[&str]) -> Json {
    let output = run(import(path, arguments).arg("--json"));
    assert_eq!(output.code, Some(0), "{output:#?}");
    report(&output)
}

/// Writes files into a folder of its own.
fn laid_out(files: &[(&str, &str)]) -> TempDir {
    let folder = folder();
    for (name, content) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("there is room");
        fs::write(path, content).expect("there is room");
    }
    folder
}

/// The packages in a folder, by name.
fn packages(folder: &Path) -> BTreeMap<String, Package> {
    let files = fs::read_dir(folder).expect("the folder is there");
    let packages = files.map(|file| {
        let file = fs::read(file.expect("it is a file").path()).expect("it can be read");
        let package = Package::read(file).expect("it is a package");
        (package.manifest().id.to_string(), package)
    });
    packages.collect()
}

/// `champollion decode` of a package or script, as JSON.
#[track_caller]
fn decoded(file: &Path, f_port: u8, payload: &str) -> Json {
    let mut command = champollion();
    command.args(["decode", "--json", "--decoder"]).arg(file);
    command.args(["--fport", &f_port.to_string(), "--hex", payload]);
    serde_json::from_str(&run(&mut command).success()).expect("--json prints JSON")
}

/// By which dialect a script is called, and whether that was recognized.
fn dialect(script: &ScriptDeclaration) -> (Option<&'static str>, bool) {
    (script.dialect.map(|dialect| dialect.as_str()), script.recognized)
}

#[test]
fn links_of_catalogues_are_carried_over() {
    for (layout, product, manual) in [
        ("ttn", "https://acme.example/t1", Some("https://acme.example/t1.pdf")),
        ("chirpstack", "https://acme.example/t1", None),
    ] {
        let out = folder();
        drop(run(&mut import(&catalogue(layout), &["--out", text(out.path())])));
        let packages = packages(out.path());
        let mut devices = packages.values().flat_map(|package| &package.manifest().devices);
        let device = devices.find(|device| device.product == product.parse().ok());
        let device = device.unwrap_or_else(|| panic!("{layout}: no device has the link"));
        assert_eq!(device.manual, manual.and_then(|link| link.parse().ok()), "{layout}");
    }
    let out = folder();
    drop(run(&mut import(&catalogue("actility"), &["--out", text(out.path())])));
    let packages = packages(out.path());
    let mut devices = packages.values().flat_map(|package| &package.manifest().devices);
    let manual = "https://acme.example/room-one.pdf".parse().ok();
    assert!(devices.any(|device| device.manual == manual), "the specification is its manual");
}

#[test]
fn the_device_repository_of_the_things_network() {
    let out = folder();
    let mut report = imported(&catalogue("ttn"), &["--from", "ttn", "--out", text(out.path())]);
    let counted = report.as_object_mut().and_then(|report| report.remove("fields"));
    let expected = json!({
        "codecs": 5,
        "packages": 5,
        "vectors": {"total": 10, "passed": 10, "failed": []},
        "skipped": [],
        "renamed": [],
        "problems": [],
    });
    assert_eq!(report, expected);

    let packages = packages(out.path());
    let fields = || packages.values().flat_map(|package| &package.manifest().fields);
    let known = json!({
        "total": fields().count(),
        "withUnit": fields().filter(|field| field.unit.is_some()).count(),
        "withQuantity": fields().filter(|field| field.quantity.is_some()).count(),
    });
    assert_eq!(counted, Some(known));
    let names: Vec<&str> = packages.keys().map(String::as_str).collect();
    let expected = ["acme/gate", "acme/meter", "acme/t1", "windy/old", "windy/wind-vane"];
    assert_eq!(names, expected);
    let source = fs::read_to_string(catalogue("ttn/vendor/acme/t1.js")).expect("it is there");
    let thermometer = &packages["acme/t1"];
    assert_eq!(thermometer.code(), Code::Script(&source), "the script is carried over unchanged");

    let manifest = thermometer.manifest();
    assert_eq!(manifest.version.to_string(), "1.0.0");
    assert_eq!(
        (manifest.name.as_str(), manifest.licence.as_str()),
        ("Acme Sensors T1", "Apache-2.0")
    );
    assert_eq!(manifest.description, "A thermometer for rooms.");
    let [device] = manifest.devices.as_slice() else { panic!("it is one device") };
    assert_eq!((device.vendor.as_str(), device.model.as_str()), ("Acme Sensors", "T1"));
    assert_eq!(device.firmware.as_deref(), Some("1.0, 1.1"));
    let ports: Vec<_> = manifest.ports.iter().map(|port| (port.port, port.direction)).collect();
    assert_eq!(ports, [(1, Direction::Up), (9, Direction::Up), (2, Direction::Down)]);
    assert_eq!(manifest.commands[0].example, r#"{"interval":600}"#);
    let field = |name: &str| {
        manifest.fields.iter().find(|field| field.name == name).expect("the field is there")
    };
    assert!(manifest.fields.iter().all(|field| field.inferred));
    assert_eq!(field("battery").kind, FieldType::Integer);
    let temperature = field("temperature");
    assert_eq!(temperature.kind, FieldType::Number);
    let unit = (temperature.quantity.as_deref(), temperature.unit.as_deref());
    assert_eq!(unit, (Some("air.temperature"), Some("Cel")), "normalizeUplink says what it is");

    let vector = &thermometer.vectors()[0];
    let reading = &vector.expect["reading"];
    assert_eq!(reading["data"], json!({"temperature": 21.5, "battery": 31}));
    assert_eq!(reading["measurements"][0]["quantity"], "air.temperature");
    let source = "vendor/acme/t1-codec.yaml, uplinkDecoder.examples[0]";
    assert_eq!(vector.source.as_deref(), Some(source));

    let meter = &packages["acme/meter"];
    let models: Vec<&str> =
        meter.manifest().devices.iter().map(|device| device.model.as_str()).collect();
    assert_eq!(models, ["Meter A", "Meter B"], "devices that share a script share a package");
    let names: Vec<&str> = meter.vectors().iter().map(|vector| vector.name.as_str()).collect();
    assert_eq!(names, ["Index", "Index (2)"], "what is repeated is a vector once");
    assert_eq!(meter.vectors()[0].expect["reading"]["data"]["index"], 12_074);

    assert!(packages["windy/old"].vectors().is_empty());
    let marks = packages["windy/old"].manifest().script.clone().expect("it is a script");
    assert!(marks.untested);
    assert_eq!(dialect(&marks), (Some("ttn-v2"), true));
    let marks = thermometer.manifest().script.clone().expect("it is a script");
    assert_eq!(dialect(&marks), (Some("ts013"), true));
}

#[test]
fn a_package_decodes_what_its_codec_decodes() {
    let out = folder();
    let _ = imported(&catalogue("ttn"), &["--from", "ttn", "--out", text(out.path())]);
    let file = |name: &str| out.path().join(format!("{name}-1.0.0.wasm"));
    let reading = decoded(&file("acme-t1"), 1, "FFF60A");
    assert_eq!(reading["data"], json!({"temperature": -1, "battery": 10}));
    assert_eq!(reading["warnings"], json!(["frost"]));
    // Two scripts that use one name for different things.
    assert_eq!(decoded(&file("acme-gate"), 1, "01")["data"], json!({"state": "open"}));
    let gate = file("acme-gate");
    let mut command = champollion();
    command.args(["decode", "--json", "--decoder", text(&gate)]);
    command.args(["--command", r#"{"command": "close"}"#]);
    let encoded: Json = serde_json::from_str(&run(&mut command).success()).expect("it is JSON");
    assert_eq!(encoded["downlink"]["payload"], "11");
    // An older convention, which the engine recognizes.
    assert_eq!(decoded(&file("windy-old"), 1, "07")["data"], json!({"speed": 7}));
}

#[test]
fn the_device_profiles_of_chirpstack() {
    let out = folder();
    let arguments = ["--from", "chirpstack", "--out", text(out.path())];
    let report = imported(&catalogue("chirpstack"), &arguments);
    assert_eq!((&report["codecs"], &report["packages"]), (&json!(1), &json!(1)));
    assert_eq!(report["vectors"], json!({"total": 2, "passed": 2, "failed": []}));
    assert_eq!(report["problems"], json!([]));
    let packages = packages(out.path());
    let manifest = packages["acme/thermometer"].manifest();
    assert_eq!(manifest.licence, "MIT");
    let devices: Vec<_> = manifest
        .devices
        .iter()
        .map(|device| (device.model.as_str(), device.firmware.as_deref()))
        .collect();
    assert_eq!(devices, [("T1 thermometer", Some("1.0")), ("T2 thermometer", Some("1.0"))]);
    let vector = &packages["acme/thermometer"].vectors()[0];
    let data = json!({"temperature": 31, "received": "2023-05-02T20:00:00.000Z"});
    assert_eq!(vector.expect["reading"]["data"], data, "the time of reception is carried over");
}

#[test]
fn the_catalogue_of_thingpark() {
    let out = folder();
    let arguments = ["--from", "actility", "--out", text(out.path()), "--json"];
    let output = run(&mut import(&catalogue("actility"), &arguments));
    assert_eq!(output.code, Some(1), "a driver that is not there is left out: {output:#?}");
    let report = report(&output);
    assert_eq!((&report["codecs"], &report["packages"]), (&json!(5), &json!(4)), "{report:#}");
    assert_eq!(report["vectors"], json!({"total": 13, "passed": 13, "failed": []}));
    let skipped = &report["skipped"][0];
    assert_eq!(skipped["codec"], "vendors/acme/drivers/nothing/driver.yaml");
    assert!(skipped["reason"].as_str().is_some_and(|reason| reason.contains("no script")));
    let problem = &report["problems"][0];
    assert_eq!(problem["place"], "vendors/acme/drivers/room/examples.json[8]");
    assert!(
        problem["problem"].as_str().is_some_and(|said| said.contains("the context must be a list"))
    );
    let problem = &report["problems"][1];
    assert_eq!(problem["place"], "vendors/acme/drivers/room/examples.json[9]");
    assert!(problem["problem"].as_str().is_some_and(|said| said.contains("the setup")));

    let packages = packages(out.path());
    let names: Vec<&str> = packages.keys().map(String::as_str).collect();
    assert_eq!(names, ["acme/bundle", "acme/gate", "acme/legacy", "acme/room"]);
    let manifest = packages["acme/room"].manifest();
    assert_eq!(
        (manifest.version.to_string().as_str(), manifest.maintainer.as_str()),
        ("2.1.0", "codecs@acme.example")
    );
    assert_eq!((manifest.name.as_str(), manifest.licence.as_str()), ("Room driver", "MIT"));
    let kept = packages["acme/room"]
        .vectors()
        .iter()
        .find(|vector| vector.name == "with what ThingPark keeps")
        .expect("the example became a vector");
    // [{"battery":3700}] goes in, and [{"battery":3600}] comes out.
    let (before, after) =
        ("5B7B2262617474657279223A333730307D5D", "5B7B2262617474657279223A333630307D5D");
    assert_eq!(json!(kept)["uplink"]["state"], before, "the context is the device's state");
    assert_eq!(kept.expect["reading"]["state"], after, "what the driver left is kept");
    let models: Vec<&str> = manifest.devices.iter().map(|device| device.model.as_str()).collect();
    assert_eq!(models, ["Room One", "Room Two"]);
    assert_eq!(manifest.sources, ["https://acme.example", "https://acme.example/room-one.pdf"]);
    let dialects = ["acme/bundle", "acme/gate", "acme/legacy"]
        .map(|name| dialect(packages[name].manifest().script.as_ref().expect("it is a script")));
    let expected = [(Some("ts013"), true), (Some("ts013"), false), (Some("ttn-v2"), false)];
    assert_eq!(dialects, expected);
    let bundle = packages["acme/bundle"].manifest();
    assert_eq!((bundle.version.to_string(), bundle.licence.as_str()), ("0.3.0".into(), "ISC"));
}

#[test]
fn points_of_thingpark_become_quantities() {
    let out = folder();
    let room = catalogue("actility");
    let output = run(&mut import(&room, &["--from", "actility", "--out", text(out.path())]));
    assert_eq!(output.code, Some(1), "a driver that is not there is left out: {output:#?}");
    let file = out.path().join("acme-room-2.1.0.wasm");
    let fields = packages(out.path())["acme/room"].manifest().fields.clone();
    let field = |name: &str| {
        let field = fields.iter().find(|field| field.name == name).expect("it was seen");
        (field.quantity.as_deref(), field.unit.as_deref(), field.data_unit.as_deref())
    };
    assert_eq!(field("room.temperature"), (Some("air.temperature"), Some("Cel"), None));
    assert_eq!(field("room.humidity"), (Some("air.humidity"), Some("%"), None));
    assert_eq!(field("battery"), (Some("battery.voltage"), Some("V"), Some("mV")));
    assert_eq!(field("at"), (None, None, None));
    let reading = decoded(&file, 2, "00d7320e10");
    assert_eq!(reading["data"]["room"], json!({ "temperature": 21.5, "humidity": 50 }));
    let measured = reading["measurements"].as_array().into_iter().flatten();
    let measured: BTreeMap<String, Json> = measured
        .map(|one| (one["quantity"].as_str().unwrap_or_default().to_owned(), one["value"].clone()))
        .collect();
    assert_eq!(measured["air.temperature"], 21.5, "a point is measured");
    assert_eq!(
        (&measured["air.humidity"], &measured["battery.voltage"]),
        (&json!(50.0), &json!(3.6))
    );
}

#[test]
fn an_example_of_thingpark_that_differs_fails() {
    let driver = "name: D\nprotocolId: a:b:1\nsignature: lora-alliance\n";
    let script = "function decodeUplink(input) { return { data: { v: input.bytes[0], at: input.recvTime } }; }";
    for (data, at) in [
        (r#"{"v": 2, "at": "2024-01-01T00:00:00Z"}"#, "data.v"),
        (r#"{"v": 1, "at": "2024-01-01T00:00:01Z"}"#, "data.at"),
        (r#"{"v": 1, "at": "2024-01-01T00:00:00Z", "w": 1}"#, "data.w"),
    ] {
        let examples = format!(
            r#"[{{"type": "uplink", "input": {{"bytes": "01", "fPort": 1, "recvTime": "2024-01-01T00:00:00Z"}},
                "output": {{"data": {data}}}}}]"#
        );
        let files = [
            ("vendors/a/drivers/b/driver.yaml", driver),
            ("vendors/a/drivers/b/index.js", script),
            ("vendors/a/drivers/b/examples.json", &examples),
        ];
        let output = run(import(laid_out(&files).path(), &["--json"]).current_dir("/"));
        assert_eq!(report(&output)["vectors"]["failed"][0]["at"], at, "{output:#?}");
    }
}

#[test]
fn folders_of_makers_are_imported_as_they_lie() {
    let report = imported(&catalogue("folders"), &["--licence", "MIT"]);
    assert_eq!((&report["codecs"], &report["packages"]), (&json!(4), &json!(4)), "{report:#}");
    assert_eq!(report["vectors"], json!({"total": 1, "passed": 1, "failed": []}));

    let out = folder();
    for maker in ["watt", "mile", "drag"] {
        let path = catalogue("folders").join(maker);
        imported(&path, &["--licence", "MIT", "--out", text(out.path())]);
    }
    let packages = packages(out.path());
    let names: Vec<&str> = packages.keys().map(String::as_str).collect();
    let expected = [
        "drag/level-01-chirpstack-v4",
        "drag/level-01-ttn-v1-2-decoder",
        "mile/as101",
        "vendor-0999/meter",
    ];
    assert_eq!(names, expected);
    assert_eq!(packages["vendor-0999/meter"].manifest().version.to_string(), "1.4.2");
    let pair = out.path().join("mile-as101-1.0.0.wasm");
    assert_eq!(decoded(&pair, 85, "017564")["data"], json!({"battery": 100, "table": "decoder"}));
    let commands = packages["mile/as101"].manifest().script.clone().expect("it is a script");
    assert_eq!(dialect(&commands), (Some("ts013"), true));
}

#[test]
fn a_package_is_the_script_that_its_main_names() {
    let script =
        |word: &str| format!("exports.decodeUplink = () => ({{ data: {{ from: '{word}' }} }});");
    let example = |word: &str| {
        format!(
            r#"[{{"type": "uplink", "input": {{"bytes": [1]}}, "output": {{"data": {{"from": "{word}"}}}}}}]"#
        )
    };
    let main =
        r#"{"name": "@acme/m", "version": "1.0.0", "license": "MIT", "main": "./dist/out.js"}"#;
    let (dist, index) = (script("dist"), script("index"));
    // Alone, and beside an index.js.
    for further in [None, Some(("index.js", index.as_str()))] {
        let examples = example("dist");
        let mut files =
            vec![("package.json", main), ("dist/out.js", &dist), ("examples.json", &examples)];
        files.extend(further);
        let report = imported(laid_out(&files).path(), &[]);
        assert_eq!(report["vectors"]["passed"], 1, "{report:#}");
    }
    // A source that takes further files is built into index.js.
    let source = "const part = require('./part'); exports.decodeUplink = part.decode;";
    let examples = example("index");
    let files = [
        ("package.json", main),
        ("dist/out.js", source),
        ("index.js", &index),
        ("examples.json", &examples),
    ];
    assert_eq!(imported(laid_out(&files).path(), &[])["vectors"]["passed"], 1);
    let alone = laid_out(&[("package.json", main), ("dist/out.js", &dist)]);
    assert_eq!(imported(alone.path(), &[])["packages"], 1, "it needs no other file");
}

#[test]
fn a_package_of_the_lora_alliance() {
    let out = folder();
    let report = imported(&catalogue("ts013"), &["--out", text(out.path())]);
    assert_eq!(report["vectors"], json!({"total": 5, "passed": 5, "failed": []}));
    let packages = packages(out.path());
    let manifest = packages["acme/t1"].manifest();
    assert_eq!(manifest.version.to_string(), "2.3.4", "the metadata say so");
    assert_eq!(manifest.licence, "BSD-3-Clause");
    assert_eq!(manifest.maintainer, "Ada Acme");
    assert_eq!(manifest.sources, ["https://acme.example/t1"]);
    assert_eq!(manifest.devices[0].vendor, "LoRa Alliance vendor 00FE");

    let out = folder();
    let arguments = ["--out", text(out.path()), "--version", "3.0.0", "--licence", "MIT"];
    let _ = imported(&catalogue("ts013"), &arguments);
    assert!(out.path().join("acme-t1-3.0.0.wasm").is_file());
}

#[test]
fn a_script_alone() {
    let out = folder();
    let script = catalogue("ttn/vendor/acme/t1.js");
    let arguments = ["--out", text(out.path()), "--id", "acme/t1", "--licence", "MIT"];
    let report = imported(&script, &arguments);
    assert_eq!((&report["packages"], &report["vectors"]["total"]), (&json!(1), &json!(0)));
    let file = out.path().join("acme-t1-1.0.0.wasm");
    let expected = json!({"temperature": 21.5, "battery": 31});
    assert_eq!(decoded(&file, 1, "00D71F")["data"], expected);
    // The script itself will do as well.
    assert_eq!(decoded(&script, 1, "00D71F")["data"], expected);
}

#[test]
fn people_get_sentences() {
    let said = run(&mut import(&catalogue("ttn"), &["--from", "ttn"])).success();
    assert!(said.starts_with("5 codecs, 5 packages\n10 examples, 10 passed, 0 failed\n"), "{said}");
}

/// A codec of one device with one example, by which a test shows one thing.
fn single(script: &str, example: &str) -> TempDir {
    let codec = format!("uplinkDecoder:\n  fileName: x.js\n  examples:\n    - {example}\n");
    laid_out(&[
        ("LICENSE", "Apache License\nVersion 2.0"),
        ("vendor/index.yaml", "vendors:\n  - id: acme\n    name: Acme\n"),
        ("vendor/acme/index.yaml", "endDevices: [x]\n"),
        ("vendor/acme/x.yaml", "name: X\nfirmwareVersions: [{profiles: {EU: {codec: x-codec}}}]\n"),
        ("vendor/acme/x-codec.yaml", &codec),
        ("vendor/acme/x.js", script),
    ])
}

const DOUBLE: &str = "function decodeUplink(input) { return { data: { a: input.bytes[0] * 2 } }; }";

#[test]
fn a_codec_that_fails_its_examples_is_marked() {
    let example = "{description: Twice, input: {fPort: 1, bytes: [2]}, output: {data: {a: 5}}}";
    let (source, out) = (single(DOUBLE, example), folder());
    let arguments = ["--from", "ttn", "--out", text(out.path()), "--json"];
    let refused = run(&mut import(source.path(), &arguments));
    assert!(refused.failure().contains("1 of 1 codecs"), "{refused:?}");
    let refused = report(&refused);
    assert_eq!((&refused["codecs"], &refused["packages"]), (&json!(1), &json!(0)));
    let failed = &refused["vectors"]["failed"][0];
    assert_eq!(failed["codec"], "vendor/acme/x-codec.yaml");
    assert_eq!(failed["example"], "Twice");
    assert_eq!(failed["expected"], json!({"data": {"a": 5}}));
    assert_eq!(failed["actual"]["data"], json!({"a": 4}));
    let reason = refused["skipped"][0]["reason"].as_str().expect("there is a reason");
    assert!(reason.contains("--keep-failing"), "{reason}");
    assert!(packages(out.path()).is_empty());

    let server = Server::start();
    let token = server.new_token("publisher", None);
    let kept = imported(
        source.path(),
        &["--from", "ttn", "--keep-failing", "--to", server.address(), "--token", &token],
    );
    assert_eq!((&kept["packages"], &kept["vectors"]["passed"]), (&json!(1), &json!(0)));
    let entry = server.anybody().get("/v1/catalogue/acme/x").success();
    assert_eq!(entry["script"]["failing"], json!(["Twice"]));
    let shown = server.cli("").run(&["catalogue", "acme/x"]).success();
    assert!(shown.contains("failing") && shown.contains("Twice"), "{shown}");
}

#[test]
fn what_an_example_says_is_compared_as_json() {
    for (script, output, passes) in [
        ("return { data: { a: 2 } }", "{data: {a: 2.0}}", true),
        ("return { data: { a: 2, b: undefined } }", "{data: {a: 2}}", true),
        ("return { data: { b: 1, a: 2 } }", "{data: {a: 2, b: 1}}", true),
        ("return { data: { a: 2, b: 1 } }", "{data: {a: 2}}", false),
        ("return { data: { a: '2' } }", "{data: {a: 2}}", false),
        ("return { data: { a: null } }", "{data: {}}", false),
        ("return { data: {}, warnings: ['w'] }", "{data: {}}", true),
        ("return { data: {}, warnings: ['w'] }", "{data: {}, warnings: [v]}", false),
        ("return { errors: ['e', 'f'] }", "{errors: [e, f]}", true),
        ("return { errors: ['e'] }", "{errors: [f]}", false),
        ("return { errors: ['e'] }", "{data: {}}", false),
        ("return { data: {} }", "{errors: [e]}", false),
        ("while (true) {}", "{data: {}}", false),
    ] {
        let codec = format!("function decodeUplink(input) {{ {script} }}");
        let example = format!("{{input: {{fPort: 1, bytes: []}}, output: {output}}}");
        let source = single(&codec, &example);
        let output = run(&mut import(source.path(), &["--from", "ttn", "--json"]));
        let count = &report(&output)["vectors"]["passed"];
        assert_eq!(*count, json!(usize::from(passes)), "{script}: {output:#?}");
    }
}

#[test]
fn what_is_normalized_is_compared_too() {
    let codec = "function decodeUplink(input) { return { data: { t: input.bytes[0] } }; }
        function normalizeUplink(input) {
            if (input.data.t > 99) return { errors: ['too hot'] };
            return { data: { air: { temperature: input.data.t } }, warnings: ['w'] };
        }";
    let exported = format!("{codec}\nmodule.exports = {{ decodeUplink, normalizeUplink }}; // end");
    let constant =
        codec.replace("function decodeUplink(input) {", "const decodeUplink = (input) => {");
    for (bytes, normalized, differs) in [
        ("[7]", "{data: [{air: {temperature: 7}}]}", None),
        ("[7]", "{data: {air: {temperature: 7.0}}, warnings: [w]}", None),
        ("[100]", "{errors: [too hot]}", None),
        ("[7]", "{data: [{air: {temperature: 8}}]}", Some("data[0].air.temperature")),
        ("[7]", "{data: [{air: {temperature: 7}}], warnings: []}", Some("warnings")),
        ("[7]", "{errors: [too hot]}", Some("errors")),
        ("[100]", "{data: [{air: {temperature: 100}}]}", Some("data")),
    ] {
        for script in [codec, &exported, &constant] {
            let output = if bytes == "[7]" { "{data: {t: 7}}" } else { "{data: {t: 100}}" };
            let example = format!(
                "{{description: D, input: {{fPort: 1, bytes: {bytes}}}, output: {output}, \
                 normalizedOutput: {normalized}}}"
            );
            let source = single(script, &example);
            let output = run(&mut import(source.path(), &["--from", "ttn", "--json"]));
            let failed = &report(&output)["vectors"]["failed"];
            match differs {
                None => assert_eq!(*failed, json!([]), "{normalized}"),
                Some(at) => {
                    assert_eq!(failed[0]["kind"], "normalized-output", "{output:#?}");
                    assert!(
                        failed[0]["at"].as_str().is_some_and(|found| found.contains(at)),
                        "{failed}"
                    );
                }
            }
        }
    }
    let wrong =
        single(codec, "{description: D, input: {fPort: 1, bytes: [7]}, output: {data: {t: 8}}}");
    let output = run(&mut import(wrong.path(), &["--from", "ttn", "--json"]));
    assert_eq!(report(&output)["vectors"]["failed"][0]["kind"], "output");
    let wrong =
        "{input: {fPort: 1, bytes: [7]}, output: {data: {t: 7}}, normalizedOutput: {data: 1}}";
    let said = run(&mut import(single(codec, wrong).path(), &["--from", "ttn"]));
    assert!(said.stdout.contains("what is normalized differs at"), "{said:#?}");
}

#[test]
fn a_server_gets_the_packages_and_shows_what_was_inferred() {
    let server = Server::start();
    let token = server.new_token("publisher", None);
    let path = catalogue("ttn");
    let to = ["--from", "ttn", "--to", server.address()];
    let mut command = import(&path, &to);
    let output = run(command.env("CHAMPOLLION_TOKEN", &token).arg("--json"));
    assert_eq!(report(&output)["packages"], 5, "{output:#?}");
    let entry = server.anybody().get("/v1/catalogue/acme/meter").success();
    let field = |name: &str| {
        let fields = entry["fields"].as_array().into_iter().flatten();
        fields.into_iter().find(|field| field["name"] == name).cloned().unwrap_or_default()
    };
    assert_eq!(field("history[].litres")["type"], "number");
    assert_eq!(field("history[].valid")["inferred"], true);
    assert_eq!(entry["versions"][0]["vectors"], 2);
    let shown = server.cli("").run(&["catalogue", "acme/meter"]).success();
    assert!(shown.contains("history[].litres") && shown.contains("(inferred)"), "{shown}");
    assert_eq!(entry["script"]["dialect"], "ts013");
    assert!(shown.contains("a script of the dialect ts013 (recognized)"), "{shown}");
    let inspector = server.anybody().token(&token);
    let uplink = json!({"decoder": "acme/t1", "uplink": {"fPort": 1, "payload": "00D71F"}});
    let decoded = inspector.post("/v1/decode", &uplink).success();
    assert_eq!(decoded["reading"]["data"]["temperature"], 21.5);

    // The same once more is no error; the same version of another package is.
    let again = imported(&path, &[&to[..], &["--token", &token]].concat());
    assert_eq!(
        (&again["packages"], again["unchanged"].as_array().map(Vec::len)),
        (&json!(0), Some(5))
    );
    let changed = [&to[..], &["--token", &token, "--licence", "MIT", "--json"]].concat();
    let changed = run(&mut import(&path, &changed));
    assert!(changed.failure().contains("5 of 5 codecs"), "{changed:?}");
    let reason = report(&changed)["skipped"][0]["reason"].to_string();
    assert!(reason.contains("1.0.0") && reason.contains("--bump"), "{reason}");
    let without = [&to[..], &["--licence", "MIT", "--bump", "--json"]].concat();
    let without = run(&mut import(&path, &without));
    assert!(report(&without)["skipped"][0]["reason"].to_string().contains("token-missing"));
}

#[test]
fn names_that_collide_are_told_apart_and_nothing_is_overwritten() {
    let codec = |script: &str| format!("uplinkDecoder: {{fileName: {script}}}\n");
    let source = laid_out(&[
        ("LICENSE", "Apache License\nVersion 2.0"),
        ("vendor/acme/T 1-codec.yaml", &codec("a.js")),
        ("vendor/acme/t-1-codec.yaml", &codec("b.js")),
        ("vendor/acme/a.js", DOUBLE),
        ("vendor/acme/b.js", "function decodeUplink(input) { return { data: { b: 1 } }; }"),
    ]);
    let out = folder();
    let arguments = ["--from", "ttn", "--out", text(out.path())];
    let first = imported(source.path(), &arguments);
    let renamed = json!([{
        "codec": "vendor/acme/t-1-codec.yaml",
        "id": "acme/t-1-2",
        "insteadOf": "acme/t-1",
        "holder": "vendor/acme/T 1-codec.yaml",
    }]);
    assert_eq!(first["renamed"], renamed);
    assert_eq!(packages(out.path()).len(), 2);
    let again = imported(source.path(), &arguments);
    assert_eq!(again["packages"], 2, "the same files are there already");

    let before = fs::read(out.path().join("acme-t-1-1.0.0.wasm")).expect("it is there");
    fs::write(source.path().join("vendor/acme/a.js"), format!("{DOUBLE}\n"))
        .expect("there is room");
    let changed = run(import(source.path(), &arguments).arg("--json"));
    assert!(changed.failure().contains("1 of 2 codecs"), "{changed:?}");
    let reason = report(&changed)["skipped"][0]["reason"].to_string();
    assert!(reason.contains("is there already") && reason.contains("--version"), "{reason}");
    let after = fs::read(out.path().join("acme-t-1-1.0.0.wasm")).expect("it is there");
    assert_eq!(before, after);
}

#[test]
fn what_is_broken_is_named_and_the_rest_is_imported() {
    let source = laid_out(&[
        ("LICENSE", "Apache License\nVersion 2.0"),
        ("secret.js", DOUBLE),
        ("vendor/index.yaml", "vendors:\n  - id: acme\n    name: Acme\n  - id: acme\n"),
        ("vendor/acme/index.yaml", "endDevices: [good, good, gone, bad]\n"),
        (
            "vendor/acme/good.yaml",
            "name: Good\nfirmwareVersions: [{profiles: {EU: {codec: good-codec}}}]\n",
        ),
        ("vendor/acme/bad.yaml", "name: Bad\n  firmwareVersions: [\n"),
        (
            "vendor/acme/good-codec.yaml",
            "uplinkDecoder:\n  fileName: good.js\n  examples:\n    \
             - {input: {fPort: 1, bytes: [1]}, output: {data: {a: 2}}}\n    \
             - {input: {fPort: 1, bytes: [1, 256]}, output: {data: {}}}\n    \
             - {input: {fPort: 300, bytes: [1]}, output: {data: {}}}\n    \
             - {input: {fPort: 1, bytes: [1]}}\n    \
             - {output: {data: {}}}\n",
        ),
        ("vendor/acme/good.js", DOUBLE),
        ("vendor/acme/missing-codec.yaml", "uplinkDecoder: {fileName: missing.js}\n"),
        ("vendor/acme/nothing-codec.yaml", "# nothing yet\n"),
        (
            "vendor/acme/outside-codec.yaml",
            "uplinkDecoder: {fileName: ../../../../../etc/passwd}\n",
        ),
        ("vendor/acme/list-codec.yaml", "uplinkDecoder: {fileName: good.js, examples: 5}\n"),
        ("vendor/acme/syntax-codec.yaml", "uplinkDecoder: {fileName: syntax.js}\n"),
        ("vendor/acme/syntax.js", "function decodeUplink(input) {\n  return {{;\n}"),
        ("vendor/acme/entry-codec.yaml", "uplinkDecoder: {fileName: entry.js}\n"),
        ("vendor/acme/entry.js", "function somethingElse() {}"),
        ("vendor/acme/latin-codec.yaml", "uplinkDecoder: {fileName: latin.js}\n"),
        ("vendor/acme/large-codec.yaml", "uplinkDecoder: {fileName: large.js}\n"),
    ]);
    let acme = source.path().join("vendor/acme");
    fs::write(acme.join("latin.js"), b"// temp\xE9rature").expect("there is room");
    let large = format!("{DOUBLE}\n//{}", "x".repeat(10 << 20));
    fs::write(acme.join("large.js"), large).expect("there is room");
    let output = run(import(source.path(), &["--from", "ttn", "--json"]).current_dir("/"));
    let report = report(&output);
    let said = |list: &str, place: &str, words: &[&str]| {
        let key = if list == "skipped" { ("codec", "reason") } else { ("place", "problem") };
        let lines = report[list].as_array().into_iter().flatten();
        let found = lines.into_iter().any(|line| {
            let problem = line[key.1].as_str().unwrap_or_default();
            line[key.0] == place && words.iter().all(|word| problem.contains(word))
        });
        assert!(found, "{place} with {words:?} is missing in {list}: {report:#}");
    };
    said("problems", "vendor/index.yaml", &["acme", "twice"]);
    said("problems", "vendor/acme/index.yaml", &["good", "twice"]);
    said("problems", "vendor/acme/gone.yaml", &["no such file"]);
    said("problems", "vendor/acme/bad.yaml", &["line"]);
    let example =
        |index: usize| format!("vendor/acme/good-codec.yaml, uplinkDecoder.examples[{index}]");
    said("problems", &example(1), &["input.bytes[1] is 256"]);
    said("problems", &example(2), &["input.fPort is 300"]);
    said("problems", &example(3), &["no output"]);
    said("problems", &example(4), &["no input"]);
    said("problems", "vendor/acme/nothing-codec.yaml", &["no script"]);
    said("problems", "vendor/acme/list-codec.yaml, uplinkDecoder.examples", &["list"]);
    said("skipped", "vendor/acme/missing-codec.yaml", &["missing.js", "no such file"]);
    said("skipped", "vendor/acme/outside-codec.yaml", &["etc/passwd", "outside"]);
    said("skipped", "vendor/acme/syntax-codec.yaml", &["2"]);
    said("skipped", "vendor/acme/entry-codec.yaml", &["decodeUplink"]);
    said("problems", "vendor/acme/latin.js", &["line 1, byte 8", "UTF-8", "Windows-1252"]);
    said("skipped", "vendor/acme/latin-codec.yaml", &["decodeUplink"]);
    said("skipped", "vendor/acme/large-codec.yaml", &["1048576", "limit"]);
    assert_eq!(report["packages"], 1, "{report:#}");
    assert_eq!(report["vectors"], json!({"total": 1, "passed": 1, "failed": []}));
    assert!(output.failure().contains("codecs were not imported"), "{output:?}");
}

#[test]
fn broken_device_profiles_are_named() {
    let source = laid_out(&[
        ("LICENSE", "Permission is hereby granted, free of charge, to any person obtaining a copy"),
        ("vendors/acme/vendor.toml", "[vendor\n"),
        (
            "vendors/acme/devices/t1.toml",
            "[device]\nname = \"T1\"\n[[device.firmware]]\ncodec = \"gone.js\"\n",
        ),
        ("vendors/acme/devices/t2.toml", "[device]\n"),
        ("vendors/acme/codecs/good.js", DOUBLE),
        ("vendors/acme/codecs/test_decode_good.json", "[{]"),
        ("vendors/acme/codecs/test_decode_other.json", "[]"),
        ("vendors/bare/codecs/good.js", DOUBLE),
    ]);
    let output = run(import(source.path(), &["--from", "chirpstack"]).current_dir("/"));
    for line in [
        "problem: vendors/acme/vendor.toml: line 1",
        "problem: vendors/acme/devices/t2.toml: line 1",
        "problem: vendors/acme/codecs/test_decode_good.json: ",
        "problem: vendors/acme/codecs/test_decode_other.json: there is no other.js",
        "problem: vendors/bare/vendor.toml: there is no such file",
        "not imported: vendors/acme/codecs/gone.js: there is no such file (named in vendors/acme/devices/t1.toml)",
        "3 codecs, 2 packages",
    ] {
        assert!(output.stdout.contains(line), "{line:?} is missing: {output:#?}");
    }
}

#[test]
fn what_cannot_be_imported_is_a_sentence() {
    let nothing = folder();
    let says = |arguments: &[&str], words: &[&str]| {
        let output = run(import(nothing.path(), arguments).current_dir("/"));
        let said = output.sentence();
        assert!(words.iter().all(|word| said.contains(word)), "{words:?}: {said}");
    };
    says(&[], &["--from", "ttn, chirpstack, actility, ts013 or folders"]);
    says(&["--from", "actility"], &["ThingPark", "vendors"]);
    says(&["--from", "folders"], &["folder of codecs", "TS013"]);
    says(&["--from", "ttn"], &["device repository", "vendor"]);
    says(&["--from", "chirpstack"], &["device profiles", "vendors"]);
    says(&["--from", "ts013"], &["TS013", "index.js"]);
    let output = run(&mut import(&nothing.path().join("gone.js"), &[]));
    assert!(output.sentence().contains("no such file"), "{output:?}");
    let output = run(&mut import(&catalogue("ttn"), &["--from", "ttn", "--id", "a/b"]));
    assert!(output.sentence().contains("5"), "{output:?}");
    let output = run(&mut import(&catalogue("ttn"), &["--from", "ttn", "--version", "one"]));
    assert!(output.failure().contains("--version"), "{output:?}");
}

#[test]
fn a_folder_with_a_script_is_built() {
    let manifest = r#"
        id = "acme/double"
        version = "1.2.3"
        name = "Acme Double"
        description = "Decodes it."
        licence = "MIT"
        maintainer = "Acme"
        [[devices]]
        vendor = "Acme"
        model = "Double"
        [[ports]]
        port = 1
        direction = "up"
        meaning = "Everything"
        [[fields]]
        name = "a"
        type = "number"
        quantity = "water.level"
        unit = "m"
        meaning = "Height of the water"
    "#;
    let vector = |measured: &str| {
        format!(
            r#"[{{"name": "a", "uplink": {{"fPort": 1, "payload": "15"}}, "expect": {{"reading": {{
                "data": {{"a": 42}},
                "measurements": [{{"quantity": "water.level", "value": {measured}}}]}}}}}}]"#
        )
    };
    let files = [("decoder.toml", manifest), ("vectors.json", &vector("42")), ("codec.js", DOUBLE)];
    let (sources, out) = (laid_out(&files), folder());
    let build = || {
        let mut command = champollion();
        command.arg("build").arg(sources.path()).args(["--out", text(out.path())]);
        run(&mut command)
    };
    assert!(build().success().starts_with("acme/double 1.2.3: 1 vector passed"));
    let reading = decoded(&out.path().join("acme-double-1.2.3.wasm"), 1, "15");
    let measured = reading["measurements"][0]["value"].as_f64();
    assert_eq!(measured, Some(42.0), "the table of fields measures it");
    let script = packages(out.path())["acme/double"].manifest().script.clone();
    assert_eq!(dialect(&script.expect("it is a script")), (Some("ts013"), true));

    fs::write(sources.path().join("vectors.json"), vector("41")).expect("there is room");
    assert!(build().sentence().contains("reading.measurements[0].value"));
    fs::write(sources.path().join("vectors.json"), "[]").expect("there is room");
    assert!(build().sentence().contains("no vector"), "only what is marked may have none");
    let marked = format!("{manifest}\n[script]\nuntested = true\n");
    fs::write(sources.path().join("decoder.toml"), marked).expect("there is room");
    assert!(build().success().contains("0 vectors"));
}
