//! Knowledge of the fields of imported codecs: inferred from names and units beside values, and given by admins
//! in mappings that have versions of their own.

use std::{
    fs,
    path::{Path, PathBuf},
};

use champollion_tests::{AXIOMA, Output, Sensor, Server, Setup, champollion, run};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

/// A codec whose fields have their units beside them, at the end of their names, or nowhere.
const CODEC: &str = "function decodeUplink(input) {
  var b = input.bytes;
  return { data: {
    water: { displayName: 'Water', value: b[0] * 256 + b[1], unit: b[4] ? 'cm' : 'mm' },
    battery_mV: b[2] * 100, TempC: b[3] / 2, Hum: 40, raw: b[3],
  } };
}
";

const EXAMPLES: &str = r#"[{ "type": "uplink", "description": "A level",
    "input": { "bytes": [16, 136, 36, 43, 0], "fPort": 1 },
    "output": { "data": {
        "water": { "displayName": "Water", "value": 4232, "unit": "mm" },
        "battery_mV": 3600, "TempC": 21.5, "Hum": 40, "raw": 43 } } }]"#;

/// The bytes of the example, and the same with a level in centimetres.
const LEVEL: [u8; 5] = [16, 136, 36, 43, 0];
const LEVEL_IN_CENTIMETRES: [u8; 5] = [1, 167, 36, 43, 1];

const MAPPING: &str = "decoder = \"acme/level\"\nversion = \"1.0.0\"\n\n[[fields]]\nname = \"raw\"\n\
                       quantity = \"water.temperature\"\nscale = 0.1\noffset = 5\nchannel = 2\n\
                       kind = \"instantaneous\"\n";

fn folder() -> TempDir {
    TempDir::new().expect("there is room for a folder")
}

/// A TS013 package of the codec.
fn package() -> TempDir {
    let folder = folder();
    let write = |name: &str, text: &str| {
        fs::write(folder.path().join(name), text).expect("there is room");
    };
    write("index.js", CODEC);
    write("examples.json", EXAMPLES);
    let package = json!({
        "name": "@acme/level", "main": "index.js", "license": "MIT", "version": "1.0.0",
        "description": "A gauge.", "author": "Acme",
    });
    write("package.json", &package.to_string());
    folder
}

fn file(folder: &TempDir, name: &str, text: &str) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, text).expect("there is room");
    path
}

/// `champollion import` with some arguments.
fn import(arguments: &[&str]) -> Output {
    let mut command = champollion();
    run(command.arg("import").args(arguments))
}

fn text(path: &Path) -> &str {
    path.to_str().expect("the path is text")
}

fn report(output: &Output) -> Json {
    serde_json::from_str(&output.stdout)
        .unwrap_or_else(|error| panic!("no JSON, {error}: {output:#?}"))
}

fn start() -> Server {
    Setup::default().variable("CHAMPOLLION_FRAMES__COPIES_WINDOW_MS", "0").start()
}

/// A server that has the codec, and a device that is decoded by it.
fn with_codec() -> (Server, Sensor) {
    let server = start();
    let package = package();
    let path = text(package.path());
    let to = ["--id", "acme/level", "--to", server.address(), "--token", server.admin_token()];
    let output = import(&[&[path, "--json"], &to[..]].concat());
    assert_eq!(output.code, Some(0), "{output:#?}");
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", Some("acme/level"));
    (server, sensor)
}

/// The record of a frame.
fn record(server: &Server, sensor: &Sensor, f_cnt: u32, payload: &[u8]) -> Json {
    server.lns().ingest(&sensor.frame(f_cnt, 1, payload)).success();
    let records =
        server.partner("water").pull_all().into_iter().map(|pulled| pulled["record"].clone());
    let mut of_frame = records.filter(|record| record["uplink"]["fCnt"] == f_cnt);
    of_frame.next().expect("every frame has a record")
}

/// The measurements of a record: quantity, channel and value.
fn measured(record: &Json) -> Vec<(String, u64, f64)> {
    let measurements = record["decoded"]["measurements"].as_array().cloned().unwrap_or_default();
    let mut measured: Vec<_> = measurements
        .iter()
        .map(|one| {
            let quantity = one["quantity"].as_str().unwrap_or_default().to_owned();
            let channel = one["channel"].as_u64().unwrap_or(0);
            (quantity, channel, one["value"].as_f64().unwrap_or(f64::NAN))
        })
        .collect();
    measured.sort_by(|one, other| one.0.cmp(&other.0));
    measured
}

fn one(quantity: &str, channel: u64, value: f64) -> (String, u64, f64) {
    (quantity.to_owned(), channel, value)
}

/// Puts a mapping by the command line.
fn put(server: &Server, mapping: &str) -> Output {
    let folder = folder();
    let map = file(&folder, "mapping.toml", mapping);
    import(&["--map", text(&map), "--to", server.address(), "--token", server.admin_token()])
}

#[test]
fn units_and_quantities_are_inferred_and_measured() {
    let (server, sensor) = with_codec();
    let entry = server.anybody().get("/v1/catalogue/acme/level").success();
    let fields = entry["fields"].as_array().expect("there are fields");
    let names: Vec<&str> = fields.iter().filter_map(|field| field["name"].as_str()).collect();
    assert_eq!(names, ["Hum", "TempC", "battery_mV", "raw", "water.value"], "pairs are one field");
    let field =
        |name: &str| fields.iter().find(|field| field["name"] == name).expect("it is there");
    let water = field("water.value");
    assert_eq!((&water["unit"], &water["meaning"]), (&json!("mm"), &json!("Water")));
    assert_eq!(water["toldUnit"], json!({ "member": "unit", "text": "mm" }));
    assert_eq!(water["inferredFrom"], "unit \"mm\" beside it");
    let battery = field("battery_mV");
    assert_eq!((&battery["quantity"], &battery["unit"]), (&json!("battery.voltage"), &json!("V")));
    assert_eq!(battery["dataUnit"], "mV");
    assert_eq!(battery["inferredFrom"], "suffix _mV, name battery");
    assert_eq!(field("TempC")["inferredFrom"], "suffix C, name temp beside air.humidity");
    assert_eq!((&field("raw")["unit"], &field("raw")["inferredFrom"]), (&Json::Null, &Json::Null));

    let record = record(&server, &sensor, 1, &LEVEL);
    let expected = [
        one("air.humidity", 0, 40.0),
        one("air.temperature", 0, 21.5),
        one("battery.voltage", 0, 3.6),
    ];
    assert_eq!(measured(&record), expected);
    assert_eq!(record["decoder"]["mapping"], Json::Null);
    let shown = server.cli("").run(&["catalogue", "acme/level"]).success();
    assert!(shown.contains("(inferred: suffix _mV, name battery)"), "{shown}");
}

#[test]
fn an_import_counts_what_is_known_of_fields() {
    let package = package();
    let output = import(&[text(package.path()), "--id", "acme/level", "--json"]);
    let fields = &report(&output)["fields"];
    assert_eq!(*fields, json!({ "total": 5, "withUnit": 4, "withQuantity": 3 }));
    let said = import(&[text(package.path()), "--id", "acme/level"]).success();
    assert!(said.contains("5 fields, 4 with unit, 3 with quantity"), "{said}");
}

#[test]
fn a_mapping_is_put_beside_the_package_and_named_by_records() {
    let (mut server, sensor) = with_codec();
    let before = record(&server, &sensor, 1, &LEVEL);
    let said = put(&server, MAPPING).success();
    assert!(said.contains("the mapping 1.0.0 of acme/level is in force"), "{said}");

    let after = record(&server, &sensor, 2, &LEVEL);
    let mapping = &after["decoder"]["mapping"];
    assert_eq!(mapping["version"], "1.0.0");
    assert_eq!(after["decoder"]["digest"], before["decoder"]["digest"], "the package is the same");
    assert_eq!(
        after["decoder"]["fuel"], before["decoder"]["fuel"],
        "the host applies it afterwards"
    );
    assert_eq!(after["decoded"]["data"], before["decoded"]["data"]);
    assert!(measured(&after).contains(&one("water.temperature", 2, 9.3)), "{after:#}");
    assert!(measured(&after).contains(&one("battery.voltage", 0, 3.6)), "the rest stays");

    // The catalogue shows the fields that records are made of.
    let entry = server.anybody().get("/v1/catalogue/acme/level").success();
    assert_eq!(entry["mapping"], *mapping);
    let fields = entry["fields"].as_array().expect("there are fields");
    let raw = fields.iter().find(|field| field["name"] == "raw").expect("it is there");
    assert_eq!((&raw["quantity"], &raw["channel"]), (&json!("water.temperature"), &json!(2)));

    // A level in centimetres is not taken for one in millimetres, once the level is mapped.
    let more = format!(
        "{}\n[[fields]]\nname = \"water.value\"\nquantity = \"water.level\"\n",
        MAPPING.replace("1.0.0", "1.1.0")
    );
    let _ = put(&server, &more).success();
    let level = record(&server, &sensor, 3, &LEVEL);
    assert!(measured(&level).contains(&one("water.level", 0, 4.232)), "{level:#}");
    let centimetres = record(&server, &sensor, 4, &LEVEL_IN_CENTIMETRES);
    assert!(measured(&centimetres).iter().all(|one| one.0 != "water.level"));
    assert!(
        centimetres["decoded"]["warnings"][0].as_str().is_some_and(|said| said.contains("\"cm\""))
    );

    // Each version is kept, and after a restart the highest one is in force.
    server.kill();
    server.restart();
    assert_eq!(record(&server, &sensor, 5, &LEVEL)["decoder"]["mapping"]["version"], "1.1.0");
    let admin = server.admin_cli();
    let first = admin.json(&["registry", "mapping", "acme/level@1.0.0", "--json"]);
    assert_eq!(first["digest"], mapping["digest"]);
    assert!(first["putBy"].is_string() && first["putAt"].is_string(), "{first}");
    let shown = admin.run(&["registry", "mapping", "acme/level"]).success();
    assert!(shown.contains("acme/level mapping 1.1.0") && shown.contains("water.level"), "{shown}");
    let audit = server.admin().get("/v1/audit").text;
    assert_eq!(audit.matches("put-mapping").count(), 2, "{audit}");
}

#[test]
fn kept_records_are_decoded_once_more_by_a_new_mapping() {
    let (server, sensor) = with_codec();
    let before = record(&server, &sensor, 1, &LEVEL);
    let _ = put(&server, MAPPING).success();
    let redecode = || {
        let since = "2020-01-01T00:00:00Z";
        let base = ["records", "redecode", "--decoder", "acme/level@1.0.0", "--since", since];
        server.admin_cli().json(&[&base[..], &["--json"]].concat())
    };
    assert_eq!(redecode()["corrected"], 1);
    let records = server.partner("water").pull_all();
    let corrected = &records[1]["record"];
    assert_eq!(corrected["replaces"]["record"], before["id"]);
    assert!(measured(corrected).contains(&one("water.temperature", 2, 9.3)), "{corrected:#}");
    let again = redecode();
    assert_eq!((&again["corrected"], &again["already"]), (&json!(0), &json!(1)), "{again}");
}

#[test]
fn a_mapping_is_gated_like_a_version() {
    let (server, _) = with_codec();
    let _ = put(&server, MAPPING).success();
    let minor = MAPPING.replace("1.0.0", "1.1.0");
    for (from, to, change) in [
        ("water.temperature", "probe.temperature", "quantity probe.temperature"),
        ("scale = 0.1", "unit = \"[degF]\"\nscale = 0.1", "unit in data [degF]"),
        ("scale = 0.1", "scale = 0.2", "scale 0.2"),
        ("channel = 2", "channel = 3", "channel 3"),
    ] {
        let refused = put(&server, &minor.replace(from, to));
        let said = refused.sentence();
        assert!(said.contains(change) && said.contains("new major version"), "{said}");
    }
    // The same once more is no error, other content under a version that is taken is one.
    let _ = put(&server, MAPPING).success();
    let taken = put(&server, &MAPPING.replace("offset = 5", "offset = 6"));
    assert!(taken.sentence().contains("version-exists"), "{taken:?}");
    let major = MAPPING.replace("1.0.0", "2.0.0").replace("water.temp", "probe.temp");
    let _ = put(&server, &major).success();
    let admin = server.admin();
    let mapping = admin.get("/v1/registry/acme/level/mapping").success();
    assert_eq!(mapping["version"], "2.0.0");
    let dry = json!({ "version": "3.0.0", "fields": [], "dryRun": true });
    assert_eq!(admin.put("/v1/registry/acme/level/mapping", &dry).success()["dryRun"], true);
    assert_eq!(admin.get("/v1/registry/acme/level/mapping").success()["version"], "2.0.0");
}

#[test]
fn what_a_mapping_cannot_say_is_told_by_line() {
    let folder = folder();
    for (from, to, line, said) in [
        ("water.temperature", "water.temprature", 6, "water.temprature"),
        ("scale = 0.1", "unit = \"V\"", 7, "\"V\""),
        ("scale = 0.1", "scale = \"big\"", 7, "big"),
        ("scale = 0.1", "scal = 0.1", 7, "scal"),
        ("instantaneous", "index", 10, "of the kind instantaneous"),
        ("instantaneous", "sometimes", 10, "sometimes"),
    ] {
        assert!(MAPPING.contains(from), "{from}");
        let map = file(&folder, "mapping.toml", &MAPPING.replacen(from, to, 1));
        let refused = import(&["--map", text(&map)]);
        let sentence = refused.sentence();
        let place = format!("line {line}: ");
        assert!(sentence.contains(&place) && sentence.contains(said), "{to}: {sentence}");
    }
    // With the codec beside it, names are looked at too, before anything is published.
    let package = package();
    let map = file(&folder, "mapping.toml", &MAPPING.replace("\"raw\"", "\"rwa\""));
    let refused = import(&[text(package.path()), "--id", "acme/level", "--map", text(&map)]);
    let sentence = refused.sentence();
    assert!(
        sentence.contains("line 5: ") && sentence.contains("which has Hum, TempC"),
        "{sentence}"
    );
    let gone = import(&["--map", text(&folder.path().join("gone.toml"))]);
    assert!(gone.sentence().contains("gone.toml"), "{gone:?}");
    let nobody = file(&folder, "mapping.toml", "version = \"1.0.0\"\n");
    assert!(import(&["--map", text(&nobody)]).sentence().contains("names no decoder"));
}

#[test]
fn a_server_refuses_mappings_that_cannot_be() {
    let (server, _) = with_codec();
    let admin = server.admin();
    let path = "/v1/registry/acme/level/mapping";
    assert!(admin.get(path).problem(404, "no-mapping").contains("acme/level"));
    let with = |field: Json| json!({ "version": "1.0.0", "fields": [field] });
    let unknown = with(json!({ "name": "rwa", "quantity": "water.temperature" }));
    let answer = admin.put(path, &unknown);
    assert!(answer.problem(422, "invalid-mapping").contains("rwa"));
    let unseen = json!({ "name": "rwa", "quantity": "water.temperature", "unseen": true });
    let unseen = json!({ "version": "1.0.0", "fields": [unseen], "dryRun": true });
    let _ = admin.put(path, &unseen).success();
    let text = with(json!({ "name": "raw", "quantity": "water.temperature", "scale": "2" }));
    let _ = admin.put(path, &text).problem(400, "invalid-body");
    let _ = admin
        .put("/v1/registry/acme/gone/mapping", &with(json!({ "name": "a" })))
        .problem(404, "unknown-decoder");
    let partner = server.partner("water");
    let _ = partner.put(path, &unseen).problem(403, "forbidden");

    let sources = server.publish_own(AXIOMA);
    let own = format!("/v1/registry/{}/mapping", sources.manifest().id);
    let component = admin.put(&own, &with(json!({ "name": "currentVolume" })));
    assert!(component.problem(409, "not-a-script").contains("component"));
}

#[test]
fn a_script_alone_is_asked_for_its_devices() {
    let folder = folder();
    let script = file(&folder, "codec.js", CODEC);
    let refused = import(&[text(&script), "--licence", "MIT"]);
    assert!(refused.sentence().contains("--vendor and --model"), "{refused:?}");
    let half = import(&[text(&script), "--licence", "MIT", "--vendor", "Acme"]);
    assert!(half.sentence().contains("--model"), "{half:?}");
    let out = folder.path().join("out");
    let named = ["--licence", "MIT", "--vendor", "Acme", "--model", "Level 1", "--out", text(&out)];
    let _ = import(&[&[text(&script)], &named[..]].concat()).success();
    assert!(out.join("acme-level-1-1.0.0.wasm").is_file());
    let package = package();
    let needless = import(&[text(package.path()), "--vendor", "Acme"]);
    assert!(needless.sentence().contains("single script"), "{needless:?}");
}

#[test]
fn a_folder_carries_the_mappings_of_a_registry_too() {
    let (from, _) = with_codec();
    let _ = put(&from, MAPPING).success();
    let folder = folder();
    let carried = folder.path().join("carried");
    let export = |server: &Server| {
        server.admin_cli().json(&["registry", "export", text(&carried), "--json"])
    };
    assert_eq!(export(&from)["mappings"], 1);
    let path = "/v1/registry/acme/level/mapping";
    let there = from.admin().get(path).success();

    let to = start();
    let import = |more: &[&str]| {
        to.admin_cli().run(&[&["registry", "import", text(&carried)], more].concat())
    };
    let said = import(&["--dry-run"]).success();
    assert!(said.contains("would be mapped: acme/level by 1.0.0"), "{said}");
    to.admin().get(path).problem(404, "unknown-decoder");
    let said = import(&[]).success();
    assert!(said.contains("mapped: acme/level by 1.0.0"), "{said}");
    let here = to.admin().get(path).success();
    assert_eq!((&here["digest"], &here["fields"]), (&there["digest"], &there["fields"]));
    let sensor = Sensor::new(1);
    to.register(&sensor, "water", Some("acme/level"));
    let measured_here = measured(&record(&to, &sensor, 1, &LEVEL));
    assert!(measured_here.contains(&one("water.temperature", 2, 9.3)), "{measured_here:?}");
    assert!(!import(&[]).success().contains("mapped:"), "what is there is not put again");

    // A higher version is put where this registry follows the other one.
    let _ = put(&from, &MAPPING.replace("1.0.0", "2.0.0").replace("offset = 5", "offset = 6"))
        .success();
    export(&from);
    let left = import(&[]).success();
    assert!(
        left.contains("the mapping 2.0.0 of acme/level") && left.contains("--follow"),
        "{left}"
    );
    assert_eq!(to.admin().get(path).success()["version"], "1.0.0");
    let _ = import(&["--follow"]).success();
    assert_eq!(to.admin().get(path).success()["version"], "2.0.0");

    // Another content under the same version is not taken, and neither is a file that was changed.
    let other = start();
    let _ = other.admin_cli().run(&["registry", "import", text(&carried)]).success();
    let _ = put(&from, &MAPPING.replace("1.0.0", "3.0.0")).success();
    let _ =
        put(&to, &MAPPING.replace("1.0.0", "3.0.0").replace("offset = 5", "offset = 7")).success();
    export(&from);
    let refused = import(&["--follow"]);
    assert!(refused.stdout.contains("was put here with the digest"), "{refused:?}");
    assert!(refused.failure().contains("1 mapping is left"), "{refused:?}");
    let mappings = carried.join("mappings.json");
    let good = fs::read_to_string(&mappings).expect("it is there");
    fs::write(&mappings, good.replace("5.0", "8.0")).expect("it can be changed");
    let refused = other.admin_cli().run(&["registry", "import", text(&carried), "--follow"]);
    assert!(refused.sentence().contains("it has the digest"), "{refused:?}");
    assert_eq!(other.admin().get(path).success()["version"], "2.0.0");
    // A folder that an earlier version wrote has no mappings.
    fs::remove_file(&mappings).expect("it can be removed");
    let _ = import(&[]).success();
}

#[test]
fn a_mirror_takes_over_mappings() {
    let (from, _) = with_codec();
    let _ = put(&from, MAPPING).success();
    let to = start();
    let mirror =
        ["registry", "mirror", from.address(), "--from-token", from.admin_token(), "--json"];
    let mirrored = to.admin_cli().json(&mirror);
    assert_eq!(mirrored["mappings"][0]["version"], "1.0.0", "{mirrored}");
    let path = "/v1/registry/acme/level/mapping";
    assert_eq!(
        to.admin().get(path).success()["digest"],
        from.admin().get(path).success()["digest"]
    );
}
