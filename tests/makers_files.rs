//! Files of makers as they lie, and JSON on its way to their codecs: encodings of Windows, the order of members,
//! several spellings of one value, and output that stays JSON.

use std::{fs, path::Path, process::Command};

use champollion_registry::package::Package;
use champollion_tests::{Output, Outside, Sensor, Server, Setup, champollion, run};
use data_encoding::{BASE64, HEXUPPER};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

fn folder() -> TempDir {
    TempDir::new().expect("there is room for a folder")
}

fn decode(file: &Path, arguments: &[&str]) -> Command {
    let mut command = champollion();
    command.args(["decode", "--decoder"]).arg(file).args(arguments);
    command
}

fn import(path: &Path, out: &Path) -> Command {
    let mut command = champollion();
    command.arg("import").arg(path).args(["--licence", "MIT", "--out"]).arg(out);
    command
}

#[track_caller]
fn as_json(output: &Output) -> Json {
    serde_json::from_str(&output.stdout)
        .unwrap_or_else(|error| panic!("no JSON, {error}: {output:#?}"))
}

/// Decodes an uplink with a file by `decode`, and with the package that `import` makes of the file. Both must say
/// the same; gives the data and what is said beside it.
#[track_caller]
fn data_of(name: &str, source: &[u8]) -> (Json, String) {
    let (folder, out) = (folder(), folder());
    let file = folder.path().join(name);
    fs::write(&file, source).expect("there is room");
    let uplink = ["--json", "--fport", "1", "--hex", "00"];
    let decoded = run(&mut decode(&file, &uplink));
    assert_eq!(decoded.code, Some(0), "{name}: {decoded:#?}");
    let imported = run(import(&file, out.path()).args(["--id", "acme/codec", "--json"]));
    assert_eq!(imported.code, Some(0), "{name}: {imported:#?}");
    let package = run(&mut decode(&out.path().join("acme-codec-1.0.0.wasm"), &uplink));
    let (from_file, from_package) = (as_json(&decoded), as_json(&package));
    assert_eq!(from_file["data"], from_package["data"], "{name}");
    let problems = as_json(&imported)["problems"].to_string();
    (from_file["data"].clone(), format!("{}{problems}", decoded.stderr))
}

fn utf_16(text: &str) -> Vec<u8> {
    format!("\u{FEFF}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[test]
fn files_of_windows_editors_are_read() {
    let source = "// °C\r\nfunction decodeUplink() { return { data: { unit: \"°C\" } }; }";
    let expected = json!({ "unit": "°C" });
    for (name, bytes) in [
        ("codec.js", source.as_bytes().to_vec()),
        ("codec.txt", source.as_bytes().to_vec()),
        ("codec", source.as_bytes().to_vec()),
        ("marked.js", format!("\u{FEFF}{source}").into_bytes()),
        ("utf-16.txt", utf_16(source)),
    ] {
        let (data, said) = data_of(name, &bytes);
        assert_eq!(data, expected, "{name}");
        assert!(!said.contains("no UTF-8"), "{name}: {said}");
    }
    let latin_1: Vec<u8> = source.chars().map(|character| character as u8).collect();
    let (data, said) = data_of("latin-1.js", &latin_1);
    assert_eq!(data, expected);
    // Twice: of `decode`, and in the report of `import`.
    assert_eq!(said.matches("line 1, byte 4 of the file: 0xB0").count(), 2, "{said}");
    // One byte of another code page changes nothing around it.
    let mut one_byte = b"// \xA1\xE6 \xB3\n".to_vec();
    one_byte.extend_from_slice(source.as_bytes());
    let (data, said) = data_of("dragino.txt", &one_byte);
    assert_eq!(data, expected);
    assert!(said.contains("2 bytes more"), "{said}");
}

#[test]
fn a_zero_in_a_literal_is_a_character_and_elsewhere_an_error() {
    let source = "/* \0 */ // \0\nfunction decodeUplink() {
        return { data: { n: 'a\0b'.length, t: `\0`.length, r: /^\0$/.test('\\0') } };
    }";
    let (data, _) = data_of("nul.js", source.as_bytes());
    assert_eq!(data, json!({ "n": 3, "t": 1, "r": true }));
    let folder = folder();
    let file = folder.path().join("broken.js");
    fs::write(&file, "function decodeUplink() {}\n\0;").expect("there is room");
    let refused = run(&mut decode(&file, &["--fport", "1", "--hex", "00"]));
    assert!(refused.failure().contains("SyntaxError"), "{refused:#?}");
}

#[test]
fn a_package_is_no_script_and_a_script_no_package() {
    let folder = folder();
    let file = folder.path().join("package.js");
    fs::write(&file, champollion_tests::mischief().file()).expect("there is room");
    let output = run(&mut decode(&file, &["--json", "--fport", "1", "--hex", "00"]));
    assert_eq!(as_json(&output)["data"], json!({ "fine": true }), "{output:#?}");
    let refused = run(&mut import(&file, folder.path()));
    assert!(refused.stdout.contains("it is WebAssembly and no script"), "{refused:#?}");
    let file = folder.path().join("script.wasm");
    fs::write(&file, "function decodeUplink() {}").expect("there is room");
    let refused = run(&mut decode(&file, &["--fport", "1", "--hex", "00"]));
    assert!(refused.failure().contains("no WebAssembly component"), "{refused:#?}");
}

/// The sources of a decoder in JavaScript, with a byte of a code page.
#[test]
fn build_reads_the_same_files() {
    let (folder, out) = (folder(), folder());
    let manifest = "id = \"acme/t1\"\nversion = \"1.0.0\"\nname = \"T1\"\ndescription = \"A thermometer.\"\n\
        licence = \"MIT\"\nmaintainer = \"Acme\"\n[[devices]]\nvendor = \"Acme\"\nmodel = \"T1\"\n\
        [[ports]]\nport = 1\ndirection = \"up\"\nmeaning = \"A reading\"\n\
        [[fields]]\nname = \"t\"\ntype = \"number\"\nmeaning = \"Temperature\"\n";
    let vectors = r#"[{"name":"a","uplink":{"fPort":1,"payload":"15"},"expect":{"reading":{"data":{"t":21}}}}]"#;
    let codec = b"// \xB0C\nfunction decodeUplink(i) { return { data: { t: i.bytes[0] } }; }";
    for (name, content) in [
        ("decoder.toml", format!("\u{FEFF}{manifest}").into_bytes()),
        ("vectors.json", utf_16(vectors)),
        ("codec.js", codec.to_vec()),
    ] {
        fs::write(folder.path().join(name), content).expect("there is room");
    }
    let built = run(champollion().arg("build").arg(folder.path()).arg("--out").arg(out.path()));
    assert_eq!(built.code, Some(0), "{built:#?}");
    assert!(built.stderr.contains("codec.js: line 1, byte 4"), "{built:#?}");
}

/// Writes the parts of a command as bytes in the order in which they come, and of variables too.
const ORDER: &str = "
    var codes = { targetTemperature: 14, childLock: 7, keepAlive: 2, 10: 10, 9: 9 };
    function encodeDownlink(input) {
        var bytes = [];
        function walk(parts) {
            for (var key of Object.keys(parts)) {
                if (typeof parts[key] === 'object') walk(parts[key]);
                else bytes.push(codes[key], parts[key]);
            }
        }
        walk(input.data);
        return { bytes: bytes, fPort: 1, warnings: Object.keys(input.variables || {}) };
    }
    function decodeUplink(input) {
        return { data: { zone: 1, area: { y: 1, x: 2 }, variables: Object.keys(input.variables) } };
    }";

/// As JavaScript has it: keys that are numbers first, the others as they are written.
const COMMAND: &str =
    r#"{"targetTemperature":20,"more":{"keepAlive":5,"childLock":1},"10":1,"9":2}"#;
const IN_ORDER: &str = "09020A010E1402050701";

#[test]
fn decode_and_import_keep_the_order_of_members() {
    let (folder, out) = (folder(), folder());
    let file = folder.path().join("order.js");
    fs::write(&file, ORDER).expect("there is room");
    let variables = ["--variable", "zulu=1", "--variable", "alpha=2"];
    let output = run(decode(&file, &["--json", "--command", COMMAND]).args(variables));
    let downlink = &as_json(&output)["downlink"];
    assert_eq!(downlink["payload"], IN_ORDER);
    assert_eq!(downlink["warnings"], json!(["zulu", "alpha"]));
    let uplink = run(decode(&file, &["--json", "--fport", "1", "--hex", "00"]).args(variables));
    let data = uplink.stdout.split_whitespace().collect::<String>();
    let expected = r#""data":{"zone":1,"area":{"y":1,"x":2},"variables":["zulu","alpha"]}"#;
    assert!(data.contains(expected), "{data}");

    let package = folder.path().join("package");
    fs::create_dir(&package).expect("there is room");
    fs::write(package.join("index.js"), ORDER).expect("there is room");
    let bytes = HEXUPPER.decode(IN_ORDER.as_bytes()).expect("they are digits");
    let output = json!({ "bytes": bytes, "fPort": 1 });
    let example = format!(
        r#"[{{"type":"downlink-encode","description":"all","input":{{"data":{COMMAND}}},"output":{output}}}]"#
    );
    fs::write(package.join("examples.json"), example).expect("there is room");
    let imported = run(import(&package, out.path()).args(["--id", "acme/order", "--json"]));
    assert_eq!(as_json(&imported)["vectors"]["passed"], 1, "{imported:#?}");
    // The vector of the package keeps it too, or the gate would refuse the package.
    let file = fs::read(out.path().join("acme-order-1.0.0.wasm")).expect("there is a package");
    assert_eq!(Package::read(file).expect("it is a package").vectors().len(), 1);
}

#[test]
fn commands_variables_and_records_keep_the_order_of_members_on_the_server() {
    let outside =
        Outside::start(|_| (200, r#"{"id":"54b70e4d-2b3c-4b8e-8f39-3f1f6e5b2a11"}"#.to_owned()));
    let settings = format!(
        "[network-servers.city]\nkind = \"chirpstack\"\n\
         [network-servers.city.downlink]\nvia = \"http\"\nurl = \"{}\"\n",
        outside.url()
    );
    let mut server = Setup::default().settings(&settings).start();
    let (folder, out) = (folder(), folder());
    let file = folder.path().join("order.js");
    fs::write(&file, ORDER).expect("there is room");
    drop(run(import(&file, out.path()).args(["--id", "acme/order"])).success());
    let package = fs::read(out.path().join("acme-order-1.0.0.wasm")).expect("there is a package");
    server.publish(&Package::read(package).expect("it is a package"));
    let sensor = Sensor::new(1);
    let mut registration = sensor.registration("water", Some("acme/order"));
    registration["networkServer"] = json!("city");
    let registration = registration.to_string();
    let with = registration.replacen('{', r#"{"variables":{"zulu":1,"alpha":2,"mike":"x"},"#, 1);
    let admin = server.admin();
    admin.send(&ureq::http::Method::PUT, &sensor.path(), with.as_bytes()).success();
    // It is read again from the disk.
    server.kill();
    server.restart();
    let shown = server.admin().get(&sensor.path()).text;
    assert!(shown.contains(r#""variables":{"zulu":1,"alpha":2,"mike":"x"}"#), "{shown}");

    let frame = sensor.frame(1, 1, &[0]);
    assert_eq!(server.admin().ingest(&frame).success()["decoded"], true);
    let records = server.partner("water").get("/v1/records").text;
    let data = r#""data":{"zone":1,"area":{"y":1,"x":2},"variables":["zulu","alpha","mike"]}"#;
    assert!(records.contains(data), "{records}");

    let body = format!(r#"{{"command":{COMMAND}}}"#);
    let path = format!("{}/downlinks", sensor.path());
    let queued = server.partner("water").send(&ureq::http::Method::POST, &path, body.as_bytes());
    assert_eq!(queued.status, 202, "{}", queued.text);
    assert!(queued.text.contains(r#""keepAlive":5,"childLock":1"#), "{}", queued.text);
    let asked = outside.wait_for(1);
    let payload = asked[0].body["queueItem"]["data"].as_str().expect("there is a payload");
    let payload = BASE64.decode(payload.as_bytes()).expect("it is base64");
    assert_eq!(HEXUPPER.encode(&payload), IN_ORDER);
}

#[test]
fn examples_are_compared_by_value() {
    let codec = "function decodeUplink(input) {
        return { data: { at: input.recvTime, zero: input.bytes[0] ? -0 : 0, sum: 0.1 + 0.2, count: input.bytes[0] } };
    }";
    let example = |name: &str, given: &str, expected: &str, sum: f64| {
        json!({
            "type": "uplink", "description": name,
            "input": { "bytes": "2A", "fPort": 1, "recvTime": given },
            "output": { "data": { "at": expected, "zero": 0, "sum": sum, "count": 42 } },
        })
    };
    let same = |name: &str, given: &str| example(name, given, given, 0.3);
    let examples = json!([
        same("nanoseconds", "2023-07-19T07:51:25.508306410Z"),
        same("offset", "2020-08-02T20:00:00.000+05:00"),
        same("no offset", "2025-01-01T12:00:00"),
        same("damaged offset", "2020-08-02T20:00:00.000.00005:00"),
        example("another moment", "2020-08-02T20:00:00Z", "2020-08-02T20:00:01Z", 0.3),
        example("another number", "2020-08-02T20:00:00Z", "2020-08-02T20:00:00.000Z", 0.3001),
    ]);
    let (folder, out) = (folder(), folder());
    fs::write(folder.path().join("index.js"), codec).expect("there is room");
    fs::write(folder.path().join("examples.json"), examples.to_string()).expect("there is room");
    let mut import = import(folder.path(), out.path());
    let report = as_json(&run(import.args(["--id", "acme/meter", "--json", "--keep-failing"])));
    let failed: Vec<&str> = report["vectors"]["failed"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|failed| failed["example"].as_str())
        .collect();
    assert_eq!(failed, ["another moment", "another number"], "{report}");
    assert_eq!(report["vectors"]["passed"], 4);
}

/// Every character that a terminal obeys or a parser stumbles over, as values, keys, errors, warnings and logs.
#[test]
fn json_stays_json_whatever_a_codec_says() {
    let characters = "
        var all = '';
        for (var code = 0; code < 0xA1; code++) all += String.fromCharCode(code);
        all += '\\u2028\\u2029\\ud800x\\udfff\\ufeff\\uffff\\u{1F321}\\\"\\\\';";
    let cases = [
        ("value", "return { data: { all: all, [all]: [all] } };"),
        ("warnings", "console.log(all); return { data: {}, warnings: [all] };"),
        ("errors", "return { errors: [all] };"),
        ("thrown", "throw new Error(all);"),
        ("bare", "throw all;"),
        ("object", "throw { [all]: all };"),
        ("bad", "return { data: { [all]: function () {} } };"),
        ("number", "return { data: { a: NaN, b: -Infinity, c: -0, d: 1e300, e: [undefined] } };"),
        ("own", "return { data: { toJSON: function () { return { a: all }; } } };"),
    ];
    let (folder, out) = (folder(), folder());
    for (name, body) in cases {
        let file = folder.path().join(format!("{name}\u{1b}[2J\u{7f}\u{9b}\n.js"));
        let source = format!("function decodeUplink(input) {{ {characters} {body} }}");
        fs::write(&file, &source).expect("there is room");
        let uplink = ["--json", "--verbose", "--fport", "1", "--hex", "00"];
        let decoded = run(&mut decode(&file, &uplink));
        let report = check(name, &decoded);
        if name == "value" {
            let all = report["data"]["all"].as_str().expect("it is a text");
            let expected: String = (0..0xA1_u8).map(char::from).collect();
            assert!(all.starts_with(&expected), "{all:?}");
        }
        let package = folder.path().join(name);
        fs::create_dir(&package).expect("there is room");
        fs::write(package.join("index.js"), source).expect("there is room");
        let example = json!([{
            "type": "uplink", "description": "\u{1b}\u{7f}\u{85}\u{2028}!",
            "input": { "bytes": "00", "fPort": 1 }, "output": { "data": { "\u{9b}": "\u{7f}" } },
        }]);
        fs::write(package.join("examples.json"), example.to_string()).expect("there is room");
        let imported = run(import(&package, out.path()).args(["--id", "acme/x", "--json"]));
        let report = check(name, &imported);
        assert_eq!(
            report["vectors"]["failed"][0]["example"], "\u{1b}\u{7f}\u{85}\u{2028}!",
            "{name}"
        );
        let file = run(import(&file, out.path()).args(["--id", "acme/x", "--json"]));
        check(name, &file);
    }
}

/// The output as JSON, with nothing in it that a terminal obeys.
#[track_caller]
fn check(name: &str, output: &Output) -> Json {
    let obeyed = output.stdout.chars().find(|said| said.is_control() && *said != '\n');
    assert_eq!(obeyed, None, "{name}: {output:#?}");
    as_json(output)
}

/// Records carry what codecs say; lists, streams and tries of payloads stay JSON too.
#[test]
fn records_stay_json_whatever_a_codec_says() {
    let server = Server::start();
    let (folder, out) = (folder(), folder());
    let file = folder.path().join("says.js");
    let source = "function decodeUplink() { return { data: { '\\x7f\\x9b\\u2028': '\\x85\\x1b\\ud800' } }; }";
    fs::write(&file, source).expect("there is room");
    drop(run(import(&file, out.path()).args(["--id", "acme/says"])).success());
    let package = fs::read(out.path().join("acme-says-1.0.0.wasm")).expect("there is a package");
    server.publish(&Package::read(package).expect("it is a package"));
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", Some("acme/says"));
    server.lns().ingest(&sensor.frame(1, 1, &[0])).success();
    let partner = server.cli(&server.new_token("partner", Some("water")));
    let output = partner.run(&["records", "pull", "--json"]);
    let report = check("pull", &output);
    let data = &report["records"][0]["record"]["decoded"]["data"];
    assert_eq!(*data, json!({ "\u{7f}\u{9b}\u{2028}": "\u{85}\u{1b}\u{fffd}" }));
}
