//! The way of a decoder's author: from an empty folder to a published decoder, and each mistake on the way told as
//! what it is.

mod in_rust;
mod many_payloads;
mod mistakes;

use std::{fs, path::PathBuf, process::Command};

use champollion_tests::{Output, Server, Setup, champollion, run, workspace};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

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

fn empty() -> TempDir {
    TempDir::new().expect("there is room")
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
