//! The way of a decoder's author: from an empty folder to a published decoder, and each mistake on the way told as
//! what it is.

use std::{
    env, fs,
    path::PathBuf,
    process::{self, Command},
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use champollion_tests::{
    Output, Sensor, Server, Setup, champollion, compile_apart, follow_within, run, run_within,
    target, workspace,
};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

/// Compiling a decoder with all that it is made of takes its time, natively and for the sandbox; so do tens of
/// thousands of random payloads in a program that is not optimized.
const PATIENCE: Duration = Duration::from_secs(900);

/// A folder outside of the repository, with a new decoder in it.
struct Desk {
    folder: TempDir,
    decoder: PathBuf,
}

impl Desk {
    fn new(lang: &str) -> Self {
        Self::in_folder(empty(), lang)
    }

    fn in_folder(folder: TempDir, lang: &str) -> Self {
        let made = run(champollion()
            .args(["new", "acme/tank-level", "--lang", lang])
            .current_dir(folder.path()))
        .success();
        assert!(made.contains("champollion test"), "it does not say how to go on: {made}");
        let decoder = folder.path().join("tank-level");
        Self { folder, decoder }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = champollion();
        command.args(arguments).current_dir(&self.decoder).env("COLUMNS", "300");
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        run(&mut self.command(arguments))
    }

    /// Tries the decoder with fewer random payloads than usual, where they are not what is tried.
    fn test(&self, more: &[&str]) -> Output {
        self.run(&[&["test", "--random-payloads", "100"][..], more].concat())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.decoder.join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("the file is there")
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.path(name), text).expect("there is room");
    }

    fn replace(&self, name: &str, from: &str, to: &str) {
        let text = self.read(name);
        assert!(text.contains(from), "{name} has no {from:?}: {text}");
        self.write(name, text.replacen(from, to, 1));
    }

    fn vectors(&self, vectors: &Json) {
        self.write("vectors.json", vectors.to_string());
    }
}

fn uplink(name: &str, payload: &str, expect: Json) -> Json {
    json!({ "name": name, "uplink": { "fPort": 2, "payload": payload }, "expect": expect })
}

fn reading(level: f64, battery: u8) -> Json {
    json!({ "reading": {
        "data": { "level": level, "battery": battery },
        "measurements": [
            { "quantity": "water.level", "value": level },
            { "quantity": "battery.level", "value": battery },
        ],
    } })
}

#[track_caller]
fn says(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "it does not say {word:?}:\n{text}");
    }
}

#[test]
fn a_new_decoder_is_tested_built_and_decodes_as_it_stands() {
    let desk = Desk::new("js");
    let tested = desk.run(&["test"]).success();
    says(&tested, &["2 of 2 vectors passed", "10000 random payloads", "0 read on", "is met"]);
    let report: Json = serde_json::from_str(&desk.test(&["--json"]).success()).unwrap();
    assert_eq!((&report["passed"], &report["vectors"]), (&json!(true), &json!(2)), "{report}");
    let built = desk.run(&["build", "--out", "."]).success();
    assert!(built.starts_with("acme/tank-level 1.0.0: 2 vectors passed, "), "{built}");
    let file = "acme-tank-level-1.0.0.wasm";
    let report = desk.run(&["build", "--out", ".", "--json"]).success();
    let report: Json = serde_json::from_str(&report).unwrap();
    assert_eq!(report["id"], "acme/tank-level", "{report}");
    assert_eq!(report["vectors"], 2, "{report}");
    assert_eq!(report["bytes"], fs::metadata(desk.path(file)).unwrap().len(), "{report}");
    assert!(report["fuel"]["most"].as_u64() > Some(0), "{report}");
    let decoded = desk.run(&["decode", file, "--fport", "2", "--hex", "04D25F"]).success();
    says(&decoded, &["water.level", "1.234", "battery.level", "95"]);

    let again = run(champollion().args(["new", "acme/tank-level"]).current_dir(desk.folder.path()));
    says(again.sentence(), &["tank-level", "not empty", "--dir"]);
    let named = run(champollion().args(["new", "Acme"]).current_dir(desk.folder.path()));
    says(named.failure(), &["Acme", "vendor/model"]);
}

#[test]
fn each_failure_is_shown_as_what_it_is() {
    let desk = Desk::new("js");
    let vector = |name: &str, first: &str| uplink(name, &format!("{first}0000"), reading(0.0, 0));
    desk.vectors(&json!([
        vector("throws", "01"),
        vector("loops", "02"),
        vector("hoards", "03"),
        vector("reports", "04"),
        uplink("fails in vain", "050000", json!({ "failure": { "kind": "too-short" } })),
    ]));
    desk.write(
        "codec.js",
        "function decodeUplink(input) {\n  switch (input.bytes[0]) {\n  case 1:\n    return lengthOf(input);\n  \
         case 2: for (;;) {}\n  case 3: { const all = []; for (;;) all.push(new Uint8Array(100000)); }\n  \
         case 4: return { errors: ['no level in it'] };\n  }\n  return { data: { level: 0, battery: 0 } };\n}\n",
    );
    for (command, sentence) in
        [("build", "5 of 5"), ("test", "a server would refuse acme/tank-level 1.0.0")]
    {
        let output = if command == "test" { desk.test(&[]) } else { desk.run(&[command]) };
        let told = format!("{}{}", output.stdout, output.stderr);
        says(
            &told,
            &[
                "vector \"throws\" (FPort 2, 010000)",
                "ReferenceError",
                "at line 4",
                "vector \"loops\"",
                "used all of its 100000000 units of fuel",
                "vector \"hoards\"",
                "bytes of memory",
                "vector \"reports\"",
                "no level in it",
                "expects the failure too-short",
            ],
        );
        assert!(!told.contains("actual nothing"), "{told}");
        says(output.failure(), &[sentence]);
    }
    let for_programs = desk.run(&["build", "--json"]);
    assert_eq!(for_programs.stdout, "", "no text stands where JSON is expected");
    says(for_programs.failure(), &["5 of 5"]);
}

#[test]
fn all_differences_of_all_vectors_are_shown_at_once() {
    let desk = Desk::new("js");
    let mut reordered = reading(1.234, 95);
    reordered["reading"]["measurements"].as_array_mut().unwrap().reverse();
    desk.vectors(&json!([
        uplink("wrong", "04D25F", reading(2.5, 96)),
        uplink(
            "misspelt",
            "000000",
            json!({ "reading": {
            "data": { "levl": 0, "battery": 0 },
            "measurements": reading(0.0, 0)["reading"]["measurements"],
        } })
        ),
        uplink("reordered", "04D25F", reordered),
    ]));
    let told = desk.test(&[]);
    says(
        &told.stdout,
        &[
            "reading.data.level",
            "reading.data.battery",
            "reading.measurements[0].value",
            "reading.measurements[1].value",
            "reading.data.levl",
            "level came out with 0",
            "in another order",
            "contradicts the vector",
        ],
    );
    says(told.failure(), &["3 of 3"]);
}

/// A component tells the bytes of each value.
#[test]
fn differences_stand_beside_the_bytes_that_they_come_from() {
    let folder = TempDir::new().unwrap();
    let sources = workspace().join("decoders/elsys-ers-co2");
    for name in ["decoder.toml", "Cargo.toml"] {
        fs::copy(sources.join(name), folder.path().join(name)).unwrap();
    }
    fs::write(
        folder.path().join("vectors.json"),
        json!([{ "name": "warm", "uplink": { "fPort": 5, "payload": "0100FC0225" }, "expect": { "reading": {
            "data": { "temperature": 25.3, "humidity": 37 },
            "measurements": [
                { "quantity": "air.temperature", "value": 25.3 }, { "quantity": "air.humidity", "value": 37 }
            ],
        } } }])
        .to_string(),
    )
    .unwrap();
    let module = target().join("guests/wasm32-unknown-unknown/guest/elsys_ers_co2.wasm");
    assert!(module.is_file(), "{}: run `cargo xtask guests` first", module.display());
    let tested = run(champollion()
        .args(["test", "--no-unit-tests", "--module"])
        .arg(&module)
        .arg(folder.path())
        .env("COLUMNS", "300"));
    says(&tested.stdout, &["reading.data.temperature", "25.3", "25.2", "1..3 00FC"]);
}

#[test]
fn all_faults_of_the_files_are_told_before_anything_is_compiled() {
    let desk = Desk::new("js");
    fs::remove_file(desk.path("codec.js")).unwrap();
    desk.write("Cargo.toml", "this is no manifest of cargo's");
    desk.write(
        "decoder.toml",
        "id = \"acme\"\nversion = \"1.0.0\"\nname = \"Tank\"\nlicense = \"MIT\"\nmaintainer = \"Acme\"\n\
         [[ports]]\nport = \"2\"\ndirection = \"up\"\n[[fields]]\nname = \"level\"\ntype = \"nummer\"\n",
    );
    desk.vectors(&json!([
        { "name": "a", "uplink": { "fPort": 2, "payload": "0" }, "expect": { "reading": {} } },
        { "name": "b", "uplink": { "fPort": 2, "payload": "00" }, "expect": { "failure": { "kind": "oops" } } },
    ]));
    for command in ["test", "build", "bench"] {
        let output = desk.run(&[command]);
        says(
            output.failure(),
            &[
                "faults",
                "decoder.toml: line 1: \"acme\" names no decoder",
                "missing field `description`",
                "missing field `licence`",
                "missing field `devices`",
                "line 4: unknown field `license`: did you mean `licence`?",
                "line 7: ports[0].port must be an integer",
                "missing field `meaning` of ports[0]",
                "line 11: fields[0].type is \"nummer\": it is one of boolean, integer",
                "vectors.json: vector 1 (\"a\")",
                "vectors.json: vector 2 (\"b\")",
                "oops",
            ],
        );
        assert!(!output.stderr.contains("cargo"), "something was compiled: {output:?}");
    }
}

#[test]
fn what_is_missing_is_told_with_what_to_do() {
    let desk = Desk::new("js");
    desk.write("Cargo.toml", "[package]");
    let both = desk.test(&[]);
    says(&both.stderr, &["codec.js is taken", "Cargo.toml"]);
    drop(both.success());
    for (arguments, words) in [
        (&["publish", "codec.js"][..], &["champollion build"][..]),
        (&["publish", "."], &["it is a folder", "champollion build"]),
        (&["catalogue", "--server", "http://127.0.0.1:9"], &["CHAMPOLLION_SERVER"]),
    ] {
        says(desk.run(arguments).failure(), words);
    }
    fs::remove_file(desk.path("Cargo.toml")).unwrap();
    desk.write("vectors.json", "");
    says(desk.test(&[]).sentence(), &["vectors.json: it is empty", "champollion vectors add"]);
    fs::remove_file(desk.path("codec.js")).unwrap();
    says(desk.test(&[]).failure(), &["neither codec.js nor Cargo.toml", "it is empty"]);
    fs::remove_file(desk.path("decoder.toml")).unwrap();
    says(desk.test(&[]).failure(), &["decoder.toml", "champollion new"]);
}

#[test]
fn an_endless_loop_is_told_where_a_failure_is_expected() {
    let desk = Desk::new("js");
    desk.write("codec.js", "function decodeUplink(input) { for (;;) {} }");
    desk.vectors(&json!([uplink("a", "00", json!({ "failure": { "kind": "too-short" } }))]));
    let told = desk.test(&[]);
    says(&told.stdout, &["expects a failure of the kind too-short", "units of fuel"]);
    says(told.failure(), &["faults are told above"]);
    // As others may have it: a name that is misspelt in the code alone.
    let misspelt = Desk::new("js");
    misspelt.replace("codec.js", "battery:", "batery:");
    let blessed = misspelt.test(&["--bless"]);
    drop(blessed.success());
    says(&misspelt.test(&[]).stdout, &["battery (did you mean batery"]);
}

#[test]
fn what_passes_here_is_published_there_and_what_does_not_is_not() {
    let desk = Desk::new("js");
    let server =
        Setup::default().variable("CHAMPOLLION_PUBLICATION__RANDOM_PAYLOADS", "100").start();
    let cli = server.admin_cli();
    let publish = |desk: &Desk| {
        drop(desk.run(&["build", "--out", "."]).success());
        let file = desk.path("acme-tank-level-1.0.0.wasm").display().to_string();
        cli.run(&["publish", &file])
    };
    // The vectors pass, so the package is built; a field is declared as something else.
    desk.replace("decoder.toml", "type = \"integer\"", "type = \"text\"");
    let tested = desk.test(&[]);
    says(&tested.stdout, &["2 of 2 vectors passed", "fault: ", "battery", "text"]);
    says(tested.failure(), &["a server would refuse acme/tank-level 1.0.0"]);
    says(publish(&desk).failure(), &["battery", "text"]);

    desk.replace("decoder.toml", "type = \"text\"", "type = \"integer\"");
    // On a random payload it takes all fuel.
    let whole = desk.read("codec.js");
    desk.replace(
        "codec.js",
        "  const bytes",
        "  while (input.bytes.length > 40) {}\n  const bytes",
    );
    says(&desk.test(&[]).stdout, &["fault: ", "random payloads", "fuel"]);
    says(publish(&desk).failure(), &["random payloads", "fuel"]);

    desk.write("codec.js", whole);
    says(&desk.test(&[]).success(), &["is met"]);
    assert!(publish(&desk).success().starts_with("published acme/tank-level 1.0.0"));
}

/// A codec that checks no length makes a value of a byte that is not there.
#[test]
fn a_decoder_that_reads_on_is_told_so_everywhere() {
    let desk = Desk::new("js");
    desk.write(
        "codec.js",
        "function decodeUplink(input) {\n  const b = input.bytes;\n  \
         return { data: { level: ((b[0] << 8) | b[1]) / 1000, battery: b[2] } };\n}\n",
    );
    desk.vectors(&json!([uplink("half full", "04D25F", reading(1.234, 95))]));
    let tested = desk.test(&[]).success();
    says(&tested, &["3 vectors cut short", "warning: it reads on", "level as", "too-short"]);
    let report: Json = serde_json::from_str(&desk.test(&["--json"]).success()).unwrap();
    let cut = &report["cutPayloads"];
    assert_eq!(cut["tried"], 3, "{report}");
    assert!(cut["misread"].as_u64().is_some_and(|misread| misread >= 1), "{report}");
    assert_eq!(cut["example"]["path"], "level", "{report}");
    assert_eq!(
        (&cut["vectors"][0]["vector"], &cut["vectors"][0]["tried"]),
        (&json!("half full"), &json!(3))
    );

    let server = Server::start();
    drop(desk.run(&["build", "--out", "."]).success());
    let file = desk.path("acme-tank-level-1.0.0.wasm").display().to_string();
    let cli = server.admin_cli();
    let published = cli.json(&["publish", "--json", &file]);
    assert_eq!(published[0]["report"]["cutPayloads"]["example"]["path"], "level", "{published}");
    let entry = cli.json(&["catalogue", "acme/tank-level", "--json"]);
    let version = &entry["versions"][0];
    assert_eq!(version["readsOn"]["vector"], "half full", "{entry}");
    assert_eq!(version["cutPayloads"]["readsOn"][0]["vector"], "half full", "{entry}");
    assert_eq!(version["cutPayloads"]["tried"], 3, "{entry}");
    let parts = version["parts"].as_object().expect("the size is told by parts").values();
    assert_eq!(parts.filter_map(Json::as_u64).sum::<u64>(), version["bytes"].as_u64().unwrap());
    assert!(version["fuel"]["middle"].as_u64().is_some_and(|fuel| fuel > 0), "{entry}");
    says(&cli.run(&["catalogue", "acme/tank-level"]).success(), &["reads on", "half full"]);
}

#[test]
fn vectors_are_added_and_blessed_and_all_others_stay_as_they_are_written() {
    let desk = Desk::new("js");
    let before = desk.read("vectors.json");
    let added = desk.run(&["vectors", "add", "--port", "2", "--hex", "000164", "--name", "empty"]);
    says(&added.success(), &["water.level", "0.001", "added \"empty\""]);
    let after = desk.read("vectors.json");
    assert!(after.starts_with(before.trim_end_matches("\n]\n")), "{after}");
    let all: Json = serde_json::from_str(&after).unwrap();
    assert_eq!(all[2]["expect"], reading(0.001, 100), "whole numbers are written so: {after}");
    assert_eq!(all[2]["uplink"], json!({ "fPort": 2, "payload": "000164" }), "{after}");
    says(&desk.test(&[]).success(), &["3 of 3 vectors passed"]);

    let again = desk.run(&["vectors", "add", "--port", "2", "--hex", "000164"]);
    says(again.sentence(), &["\"empty\"", "same input"]);
    let named = desk.run(&["vectors", "add", "--port", "2", "--hex", "00", "--name", "empty"]);
    says(named.sentence(), &["--name"]);
    let short = desk.run(&["vectors", "add", "--port", "2", "--hex", "00", "--name", "short"]);
    says(&short.success(), &["unknown-message", "added"]);

    desk.replace("codec.js", "/ 1000", "/ 100");
    assert_ne!(desk.test(&[]).code, Some(0));
    let blessed = desk.test(&["--bless"]).success();
    says(&blessed, &["12.34", "blessed 2 of 4 vectors"]);
    says(&desk.test(&[]).success(), &["4 of 4 vectors passed"]);
    assert!(
        desk.read("vectors.json").contains("\"cut off\",\n    \"uplink\": {"),
        "it is as it was"
    );

    desk.write("codec.js", "function decodeUplink(input) { return lengthOf(input); }");
    let before = desk.read("vectors.json");
    says(desk.test(&["--bless"]).failure(), &["stay as they are"]);
    assert_eq!(desk.read("vectors.json"), before, "an exception is nothing to expect");
    let thrown = desk.run(&["vectors", "add", "--port", "2", "--hex", "FFFF", "--name", "b"]);
    says(thrown.sentence(), &["ReferenceError"]);
}

#[test]
fn a_change_is_tested_while_one_watches() {
    let desk = Desk::new("js");
    let log = desk.folder.path().join("log");
    let out = fs::File::create(&log).unwrap();
    let mut watching = desk
        .command(&["test", "--watch", "--random-payloads", "10"])
        .stdout(out.try_clone().unwrap())
        .stderr(out)
        .spawn()
        .unwrap();
    let wait_for = |words: &str| {
        champollion_tests::eventually(&format!("it prints {words:?}"), || {
            fs::read_to_string(&log).unwrap().contains(words).then_some(())
        });
    };
    wait_for("waiting for a change");
    wait_for("2 of 2 vectors passed");
    desk.replace("codec.js", "/ 1000", "/ 100");
    wait_for("1 of 2 vectors passed");
    wait_for("does not answer as its vectors say");
    watching.kill().unwrap();
    drop(watching.wait());
}

#[test]
fn fuel_time_memory_and_size_are_measured() {
    let desk = Desk::new("js");
    let printed = desk.run(&["bench", "--runs", "3"]).success();
    says(&printed, &["half full", "µs", "codec.js", "vectors.json", "the whole package"]);
    drop(desk.run(&["build", "--out", "."]).success());
    let file = ["bench", "acme-tank-level-1.0.0.wasm", "--runs", "1", "--json"];
    let figures: Json = serde_json::from_str(&desk.run(&file).success()).unwrap();
    assert!(figures["vectors"][0]["fuel"].as_u64().is_some_and(|fuel| fuel > 0), "{figures}");
    let memory = figures["vectors"][0]["memoryBytes"].as_u64().unwrap();
    assert!(memory > 0 && memory < 4 << 20, "it is not the limit: {figures}");
    let parts = figures["parts"].as_object().unwrap().values();
    assert_eq!(parts.filter_map(Json::as_u64).sum::<u64>(), figures["bytes"].as_u64().unwrap());
    let vectors = fs::metadata(desk.path("vectors.json")).unwrap().len();
    assert!(figures["parts"]["vectors"].as_u64().is_some_and(|packed| packed < vectors));
}

#[test]
fn the_vocabulary_is_found_by_words() {
    let found = run(champollion().args(["vocabulary", "temprature"])).success();
    says(&found, &["air.temperature", "Cel"]);
    let all = run(champollion().args(["vocabulary", "--json"])).success();
    let all: Json = serde_json::from_str(&all).unwrap();
    assert!(all.as_array().is_some_and(|all| all.len() > 50), "{all}");
    let apart = run(champollion().args(["vocabulary", "meter", "water"])).success();
    says(&apart, &["water.volume"]);
    let unit = run(champollion().args(["vocabulary", "°C"])).success();
    says(&unit, &["air.temperature"]);
    let nothing = run(champollion().args(["vocabulary", "bushels"]));
    says(nothing.sentence(), &["bushels", "champollion vocabulary"]);
}

#[test]
fn a_folder_decodes_while_its_vectors_fail() {
    let desk = Desk::new("js");
    desk.write("vectors.json", "nothing yet");
    let decoded = desk.run(&["decode", ".", "--fport", "2", "--hex", "04D25F"]).success();
    says(&decoded, &["water.level", "1.234"]);
    says(desk.run(&["build"]).failure(), &["vectors.json"]);
    let folder = desk.decoder.display().to_string();
    let elsewhere =
        run(champollion().args(["decode", "--decoder", &folder, "--fport", "2", "--hex", "00"]));
    says(elsewhere.sentence(), &["3 bytes"]);
}

#[test]
fn sources_of_any_editor_are_read() {
    let desk = Desk::new("js");
    let script = desk.read("codec.js");
    let utf_16: Vec<u8> =
        [0xFEFF].into_iter().chain(script.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    desk.write("codec.js", &utf_16);
    says(&desk.test(&[]).success(), &["2 of 2 vectors passed"]);
    let vectors = desk.read("vectors.json").replace('\n', "\r\n");
    desk.write("vectors.json", format!("\u{FEFF}{vectors}"));
    desk.write("codec.js", script.replace("/ 1000", "/ 100"));
    says(&desk.test(&["--bless"]).success(), &["blessed 1 of 2 vectors"]);
    let blessed = format!("\u{FEFF}{}", vectors.replace("1.234", "12.34"));
    assert_eq!(desk.read("vectors.json"), blessed, "nothing else changes");
    drop(desk.run(&["vectors", "add", "--fport", "2", "--hex", "000164"]).success());
    says(&desk.test(&[]).success(), &["3 of 3 vectors passed"]);
}

/// The lines of a file of readings.
fn lines(text: &str) -> Vec<Json> {
    text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
}

#[test]
fn a_file_of_payloads_is_decoded_in_its_order_and_broken_rows_are_told() {
    let desk = Desk::new("js");
    let mut csv = String::from("device;time;port;payload\n");
    for row in 0..10_000_u32 {
        let level = row % 5_000;
        csv.push_str(&format!("dev-{};2026-01-01 00:00:00;2;{level:04X}64\n", row % 7));
    }
    for broken in [
        "a;2026-01-01;2;xyz",
        "a;2026-01-01 00:00:00;0;04D25F",
        "a;2026-01-01 00:00:00;300;04D25F",
        "a;yesterday;2;04D25F",
        "a;2",
        "a;2026-01-01 00:00:00;2;",
        "a;2026-01-01 00:00:00;9;04D25F",
    ] {
        csv.push_str(broken);
        csv.push('\n');
    }
    desk.write("payloads.csv", csv);
    let done = desk.run(&["decode", "--in", "payloads.csv", "--out", "readings.ndjson"]);
    says(
        &done.stderr,
        &["10000 of 10007 payloads decoded", "7 of 10007 rows were not decoded", "--lenient"],
    );
    says(&done.stderr, &["read as hexadecimal digits: --encoding base64 reads them otherwise"]);
    assert_ne!(done.code, Some(0), "rows were not decoded");
    let readings = lines(&desk.read("readings.ndjson"));
    assert_eq!(readings.len(), 10_007);
    for (index, reading) in readings.iter().enumerate() {
        assert_eq!(reading["row"], index + 1);
        assert_eq!(reading["line"], index + 2, "the header is the first line");
        if index < 10_000 {
            let level = (index % 5_000) as f64 / 1000.0;
            assert_eq!(reading["data"]["level"].as_f64(), Some(level), "{reading}");
            assert_eq!(reading["measurements"][0]["quantity"], "water.level");
        } else {
            assert!(reading["error"]["message"].is_string(), "{reading}");
            assert!(reading["data"].is_null(), "{reading}");
        }
    }
    let error = |row: usize| readings[row]["error"].to_string();
    says(&error(10_000), &["broken-row", "hexadecimal"]);
    says(&error(10_002), &["FPort", "300"]);
    says(&error(10_003), &["yesterday"]);
    says(&error(10_004), &["2 cells"]);
    says(&error(10_006), &["decoder-failure", "port 9"]);

    let table = ["decode", "--in", "payloads.csv", "--out", "readings.csv", "--lenient"];
    let lenient = desk.run(&table);
    says(&lenient.stderr, &["10000 of 10007 payloads decoded", "7 were not"]);
    drop(lenient.success());
    let table = desk.read("readings.csv");
    assert_eq!(table.lines().count(), 10_008);
    says(table.lines().next().unwrap(), &["row,line,device,receivedAt", "error"]);
}

#[test]
fn lines_of_network_servers_are_decoded_too() {
    let desk = Desk::new("js");
    let payload = "BNJf";
    desk.write(
        "events.ndjson",
        format!(
            "{{\"time\":\"2026-01-01T00:00:00Z\",\"deviceInfo\":{{\"devEui\":\"70b3d5499a000001\"}},\"fCnt\":1,\
             \"fPort\":2,\"data\":\"{payload}\"}}\n\n{{\"fPort\":2\n"
        ),
    );
    let printed = desk.run(&["decode", "--in", "events.ndjson", "--lenient"]).success();
    let readings = lines(&printed);
    assert_eq!(readings[0]["data"]["level"], 1.234, "{printed}");
    assert_eq!(readings[0]["device"], "70b3d5499a000001");
    says(&readings[1]["error"].to_string(), &["no JSON object"]);
    assert_eq!(readings[1]["line"], 3);

    desk.write(
        "stack.ndjson",
        format!(
            "{{\"end_device_ids\":{{\"device_id\":\"tank\",\"dev_eui\":\"70B3D5499A000001\"}},\"received_at\":\
             \"2026-01-01T00:00:00Z\",\"uplink_message\":{{\"f_port\":2,\"f_cnt\":7,\"frm_payload\":\"{payload}\",\
             \"decoded_payload\":{{\"raw\":\"0001\"}}}}}}\n"
        ),
    );
    let decoded = desk.run(&["decode", "--in", "stack.ndjson"]);
    says(&decoded.stderr, &["read as base64: --encoding hex reads them otherwise"]);
    let reading = &lines(&decoded.success())[0];
    assert_eq!(reading["data"]["level"], 1.234, "{reading}");
    assert_eq!((&reading["fCnt"], &reading["device"]), (&json!("7"), &json!("70B3D5499A000001")));
    let column = "payload=uplink_message.decoded_payload.raw";
    let named = desk.run(&["decode", "--in", "stack.ndjson", "--column", column]);
    says(&lines(&named.stdout)[0]["error"].to_string(), &["decoder-failure"]);
}

/// As spreadsheets and programs of statistics write them.
#[test]
fn tables_of_other_programs_are_read_and_told_by_their_lines() {
    let desk = Desk::new("js");
    desk.write(
        "payloads.csv",
        "\u{FEFF}sep=;\r\n# our tanks, by hand\r\ntime;port;payload;decoder\r\n\
         31.01.2026 12:00;2.0;04D25F;the usual\r\n1769860800.5;2;\"04D25F;x\r\n\
         2026/01/31 12:00:00;2;04D25F;\r\n",
    );
    let decoded = desk.run(&["decode", "--in", "payloads.csv"]);
    says(&decoded.stderr, &["2 of 3 payloads decoded", "1 of 3 rows were not decoded"]);
    let readings = lines(&decoded.stdout);
    assert_eq!(readings.len(), 3, "{decoded:?}");
    assert_eq!(readings[0]["data"]["level"], 1.234, "one decoder needs no choice: {readings:?}");
    assert_eq!(readings[0]["line"], 4);
    says(&readings[1]["error"].to_string(), &["the quote that opens in line 5"]);
    assert_eq!(readings[2]["data"]["level"], 1.234);
    let named = ["decode", "--in", "payloads.csv", "--column", "decoder=decoder"];
    says(&lines(&desk.run(&named).stdout)[0]["error"].to_string(), &["unknown-decoder"]);
}

#[cfg(unix)]
#[test]
fn payloads_come_through_a_pipe_and_a_reader_may_have_enough() {
    let desk = Desk::new("js");
    let rows = "2,04D25F\n".repeat(100_000);
    desk.write("payloads.csv", format!("port,payload\n{rows}"));
    let program = champollion().get_program().to_owned();
    for from in ["-", "/dev/stdin"] {
        let script = "head -n 3 payloads.csv | \"$0\" decode --in \"$1\"";
        let mut shell = Command::new("sh");
        shell.args(["-c", script]).arg(&program).arg(from).current_dir(&desk.decoder);
        assert_eq!(lines(&run(&mut shell).success()).len(), 2, "{from}");
    }
    let mut shell = Command::new("sh");
    let script = "\"$0\" decode --in payloads.csv | head -n 1";
    shell.args(["-c", script]).arg(&program).current_dir(&desk.decoder);
    let enough = run(&mut shell);
    assert_eq!((enough.stdout.lines().count(), enough.stderr.as_str()), (1, ""), "it is quiet");
}

#[test]
fn a_file_of_payloads_that_tells_too_little_is_refused() {
    let desk = Desk::new("js");
    for (content, words) in [
        ("a,b\n1,2\n", &["no column holds payloads", "\"a\"", "--column payload="][..]),
        ("payload\n00\n", &["FPort", "--fport"]),
        ("", &["empty"]),
        ("[{}]", &["one object on each line"]),
    ] {
        desk.write("payloads.csv", content);
        says(desk.run(&["decode", "--in", "payloads.csv"]).sentence(), words);
    }
    desk.write("payloads.csv", "wert\n04D25F\n");
    let named = ["decode", "--in", "payloads.csv", "--column", "payload=wert", "--fport", "2"];
    assert_eq!(lines(&desk.run(&named).success())[0]["data"]["level"], 1.234);
    let same = ["decode", "--in", "payloads.csv", "--out", "payloads.csv", "--fport", "2"];
    says(desk.run(&same).sentence(), &["same file"]);
    desk.write("payloads.csv", "payload,port\nzz,2\n");
    says(desk.run(&["decode", "--in", "payloads.csv"]).failure(), &["no row of it can be"]);
}

/// A decoder remembers a device's frame before, on whichever core it is decoded.
#[test]
fn the_rows_of_a_device_are_decoded_one_after_another() {
    let desk = Desk::new("js");
    desk.write(
        "codec.js",
        "function decodeUplink(input) {\n  const before = context.length > 0 ? context[0] : 0;\n  \
         context.length = 0;\n  context.push(before + 1);\n  \
         return { data: { level: before, battery: input.bytes[2] } };\n}\n",
    );
    let mut csv = String::from("devEui,fPort,payload\n");
    for row in 0..3_000 {
        csv.push_str(&format!("70B3D5499A00000{},2,00000{}\n", row % 3, row % 10));
    }
    desk.write("payloads.csv", csv);
    let printed = desk.run(&["decode", "--in", "payloads.csv"]).success();
    for (row, reading) in lines(&printed).iter().enumerate() {
        assert_eq!(reading["data"]["level"], row / 3, "{reading}");
    }
}

#[test]
fn records_are_verified_by_the_packages_that_they_name() {
    let desk = Desk::new("js");
    let server = Server::start();
    let cli = server.admin_cli();
    drop(desk.run(&["build", "--out", "."]).success());
    let package = desk.path("acme-tank-level-1.0.0.wasm").display().to_string();
    drop(cli.run(&["publish", &package]).success());
    let sensor = Sensor::new(1);
    server.register(&sensor, "office", Some("acme/tank-level@^1"));
    let lns = server.lns();
    for f_cnt in 1..=5 {
        lns.ingest(&sensor.frame(f_cnt, 2, &[4, 0xD2, 90 + f_cnt as u8])).success();
    }
    lns.ingest(&sensor.frame(6, 2, &[4])).success();
    let page = cli.run(&["records", "pull", "--group", "office", "--json"]).success();
    let file = desk.path("records.json");
    let path = file.display().to_string();
    fs::write(&file, &page).unwrap();
    let verify = ["records", "verify", &path];
    says(&cli.run(&verify).success(), &["6 of 6 records are what their payloads say"]);
    // The same without a server, by the package.
    let offline = desk.run(&["records", "verify", &path, "--decoder", &package]).success();
    says(&offline, &["6 of 6 records"]);

    let mut forged: Json = serde_json::from_str(&page).unwrap();
    forged["records"][2]["record"]["decoded"]["data"]["level"] = json!(9.5);
    fs::write(&file, forged.to_string()).unwrap();
    let differs = cli.run(&verify);
    says(&differs.stdout, &["data.level", "9.5", "1.234", "5 of 6"]);
    says(differs.failure(), &["1 of 6 records differ"]);
    let report: Json =
        serde_json::from_str(&cli.run(&[&verify[..], &["--json"]].concat()).stdout).unwrap();
    assert_eq!((&report["same"], &report["differing"]), (&json!(5), &json!(1)), "{report}");

    let other = Desk::new("js");
    other.replace("decoder.toml", "version = \"1.0.0\"", "version = \"1.0.1\"");
    drop(other.run(&["build", "--out", "."]).success());
    let wrong = other.path("acme-tank-level-1.0.1.wasm").display().to_string();
    let refused = desk.run(&["records", "verify", &path, "--decoder", &wrong]);
    says(&refused.stderr, &["acme/tank-level 1.0.0", "is not given", "could be decoded again"]);
    assert_ne!(refused.code, Some(0));
    fs::write(&file, "[{\"id\": 1}]").unwrap();
    let unreadable = cli.run(&verify);
    says(&unreadable.stderr, &["line 1: record 1", "nothing in it is a record"]);
    assert_ne!(unreadable.code, Some(0));

    // A line that is torn, and one of another unit, hide none of the others.
    let page: Json = serde_json::from_str(&page).unwrap();
    let records = page["records"].as_array().unwrap();
    let mut lines: Vec<String> =
        records.iter().map(|record| record["record"].to_string()).collect();
    lines.insert(1, "{\"id\": \"torn".to_owned());
    fs::write(&file, format!("\u{FEFF}{}\r\n", lines.join("\r\n"))).unwrap();
    let torn = cli.run(&verify);
    says(&torn.stdout, &["6 of 7 records"]);
    says(&torn.stderr, &["line 2: no JSON", "1 of 7 records are not verified", "--lenient"]);
    assert_ne!(torn.code, Some(0));
    says(&cli.run(&[&verify[..], &["--lenient"]].concat()).success(), &["6 of 7 records"]);
    let mut other_unit = records[0]["record"].clone();
    other_unit["decoded"]["measurements"][0]["unit"] = json!("[ft_i]");
    fs::write(&file, other_unit.to_string()).unwrap();
    says(&cli.run(&verify).stdout, &["measurements[0].unit", "[ft_i]"]);
}

/// Held while a decoder in Rust is compiled: all of them have one name, and are compiled into one folder.
static COMPILER: Mutex<()> = Mutex::new(());

fn compiler() -> MutexGuard<'static, ()> {
    COMPILER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An empty folder that has the same name each time, for one decoder in Rust after the other: the folder of a decoder is
/// in the flags of the compiler, and all that a decoder is made of is compiled anew where they differ.
fn same_folder() -> TempDir {
    static NAME: OnceLock<String> = OnceLock::new();
    let name = NAME.get_or_init(|| {
        let moment = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
        format!("champollion-desk-{}-{}", process::id(), moment.as_nanos())
    });
    let folder = tempfile::Builder::new().prefix(name).rand_bytes(0).tempdir();
    folder.expect("there is room, and nobody else is at it")
}

fn in_rust(desk: &Desk, arguments: &[&str]) -> Output {
    run_within(compile_apart(&mut desk.command(arguments)), PATIENCE)
}

#[test]
fn of_target_a_decoder_in_rust_is_tested_and_its_panics_are_told() {
    let _turn = compiler();
    let desk = Desk::in_folder(same_folder(), "rust");
    let tested = in_rust(&desk, &["test"]);
    says(&tested.stdout, &["2 of 2 vectors passed", "0 read on", "is met"]);
    assert!(!tested.stderr.contains("warning: "), "{}", tested.stderr);
    drop(tested.success());

    desk.replace(
        "src/lib.rs",
        "    payload.end()?;",
        "    let _ = uplink_byte(&[], *battery);\n    payload.end()?;",
    );
    let line = 1 + desk.read("src/lib.rs").lines().count();
    let lib = desk.read("src/lib.rs");
    desk.write(
        "src/lib.rs",
        format!("{lib}\nfn uplink_byte(bytes: &[u8], index: u8) -> u8 {{\n    bytes[usize::from(index)]\n}}\n"),
    );
    let panics = in_rust(&desk, &["test", "--no-unit-tests"]);
    says(
        &panics.stdout,
        &["it panicked at src/lib.rs:", "index out of bounds", &(line + 2).to_string()],
    );
    let built = in_rust(&desk, &["build"]);
    says(&built.stdout, &["index out of bounds"]);

    desk.write("src/lib.rs", "fn broken( {");
    let broken = in_rust(&desk, &["build"]);
    says(&broken.stderr, &["cannot be compiled", "cargo says why above"]);
    assert!(!broken.stderr.contains("rustup target add"), "{}", broken.stderr);
}

/// The digest of a package tells what it was made of, and not where.
#[test]
fn of_target_the_same_sources_give_the_same_package_in_any_folder() {
    let _turn = compiler();
    let built = |desk: &Desk, build: &mut Command| {
        drop(run_within(build, PATIENCE).success());
        fs::read(desk.path("acme-tank-level-1.0.0.wasm")).expect("it is built")
    };
    let (one, other) = (Desk::in_folder(same_folder(), "rust"), Desk::new("rust"));
    // A folder of another depth and length.
    let deeper = other.folder.path().join("a/deeper/folder");
    fs::create_dir_all(&deeper).unwrap();
    fs::rename(&other.decoder, deeper.join("tank-level")).unwrap();
    let other = Desk { decoder: deeper.join("tank-level"), folder: other.folder };
    let whole = built(&one, compile_apart(&mut one.command(&["build", "--out", "."])));
    let compiled = other.folder.path().join("compiled");
    // Another home too: cargo finds what it has downloaded behind a link.
    let home = other.folder.path().join("home");
    std::os::unix::fs::symlink(cargo_home(), &home).unwrap();
    let mut elsewhere = other.command(&["build", "--out", "."]);
    elsewhere.env("CARGO_HOME", &home);
    let same = built(&other, compile_apart(&mut elsewhere).env("CARGO_TARGET_DIR", compiled));
    assert!(whole == same, "the packages differ");
    let names = String::from_utf8_lossy(&whole);
    assert!(!names.contains("acme_tank_level"), "names of functions are in it");
    let here = one.folder.path().display().to_string();
    for folder in [here, cargo_home().display().to_string(), home.display().to_string()] {
        assert!(!names.contains(&folder), "it tells the folder {folder} that it was built in");
    }
}

/// The folder in which cargo keeps what it has downloaded.
fn cargo_home() -> PathBuf {
    let in_home = || PathBuf::from(env::var_os("HOME").expect("there is a home")).join(".cargo");
    env::var_os("CARGO_HOME").map_or_else(in_home, PathBuf::from)
}

/// Where a page says so, the reader stands in an empty folder.
fn tutorial(heading: &str) -> String {
    let page = fs::read_to_string(workspace().join("docs/first-decoder.md")).expect("it is there");
    let part = page.split("\n## ").find(|part| part.starts_with(heading));
    part.unwrap_or_else(|| panic!("the page has no part {heading:?}")).to_owned()
}

fn empty() -> TempDir {
    TempDir::new().expect("there is room")
}

fn usual() -> Server {
    Setup::default()
        .variable("CHAMPOLLION_PUBLICATION__UNSIGNED", "false")
        .variable("CHAMPOLLION_PUBLICATION__RANDOM_PAYLOADS", "10000")
        .start()
}

#[test]
fn of_jq_the_first_decoder_in_javascript_is_what_the_page_shows() {
    let server = usual();
    let folder = empty();
    let page = tutorial("In JavaScript") + &tutorial("Publish it");
    follow_within(&page, folder.path(), server.address(), server.admin_token(), PATIENCE);
}

#[test]
fn of_target_the_first_decoder_in_rust_is_what_the_page_shows() {
    let _turn = compiler();
    let server = usual();
    let folder = same_folder();
    follow_within(
        &tutorial("In Rust"),
        folder.path(),
        server.address(),
        server.admin_token(),
        PATIENCE,
    );
}

#[test]
fn the_page_of_decoders_names_every_key() {
    let page = fs::read_to_string(workspace().join("docs/decoders.md")).expect("it is there");
    for schema in ["decoder.json", "vectors.json"] {
        let schema = fs::read_to_string(workspace().join("docs/schemas").join(schema)).unwrap();
        let schema: Json = serde_json::from_str(&schema).unwrap();
        let mut keys = Vec::new();
        for definition in schema["$defs"].as_object().unwrap().values() {
            let properties = definition["properties"].as_object().into_iter().flatten();
            keys.extend(properties.map(|(key, _)| key.clone()));
        }
        assert!(keys.len() > 10, "{keys:?}");
        let missing: Vec<&String> =
            keys.iter().filter(|key| !page.contains(&format!("`{key}`"))).collect();
        assert!(missing.is_empty(), "docs/decoders.md does not name {missing:?}");
    }
}

/// Nothing of a path is left where a name is asked for.
#[test]
fn nothing_is_laid_out_where_something_is() {
    let folder = empty();
    fs::write(folder.path().join("tank-level"), "a file").unwrap();
    let taken = run(champollion().args(["new", "acme/tank-level"]).current_dir(folder.path()));
    says(taken.sentence(), &["tank-level"]);
    assert!(folder.path().join("tank-level").is_file());
}
