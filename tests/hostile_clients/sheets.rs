//! Attacks by values that a spreadsheet would take for formulas.

use std::fs;

use champollion_tests::{Sensor, Server, Setup, champollion, eventually, run};
use serde_json::json;
use tempfile::TempDir;
use ureq::http::Method;

/// The characters with which a formula begins.
const SIGNS: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// Names that somebody could give a device.
const NAMES: [&str; 14] = [
    "=HYPERLINK(\"http://attacker.example\",\"x\")",
    "+1+1",
    "-1+1",
    "@SUM(1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "＝1+1",
    "－1+1",
    "Hall;=1+1;x",
    "Hall;\"\"=1+1;x",
    "Hall,=1+1,x",
    "Hall\n@SUM(1)",
];

/// The cells that a spreadsheet makes of a table that it splits at this character: quotes are heeded where a
/// cell begins with one, and what is after the closing one belongs to the cell.
fn cells(table: &str, separator: char) -> Vec<String> {
    let (mut cells, mut cell) = (Vec::new(), String::new());
    let (mut is_begin, mut is_quoted) = (true, false);
    let mut characters = table.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if is_quoted && characters.peek() == Some(&'"') => {
                characters.next();
                cell.push('"');
            }
            '"' if is_quoted => is_quoted = false,
            '"' if is_begin => is_quoted = true,
            _ if is_quoted => cell.push(character),
            '\r' | '\n' => {
                cells.push(std::mem::take(&mut cell));
                is_begin = true;
                continue;
            }
            _ if character == separator => {
                cells.push(std::mem::take(&mut cell));
                is_begin = true;
                continue;
            }
            _ => cell.push(character),
        }
        is_begin = false;
    }
    cells.push(cell);
    cells
}

/// No cell is a formula, whichever spreadsheet splits the table.
#[track_caller]
fn holds_no_formula(table: &str) {
    for separator in [',', ';', '\t'] {
        for cell in cells(table.trim_start_matches('\u{feff}'), separator) {
            let begin = cell.trim_start_matches(|first: char| first.is_whitespace());
            let is_formula = begin.starts_with(SIGNS);
            let is_number = begin.replace(',', ".").parse::<f64>().is_ok();
            assert!(!is_formula || is_number, "split at {separator:?}: {cell:?} in {table}");
        }
    }
}

fn filled() -> Server {
    let settings = "[frames]\ncopies-window-ms = 0\n[delivery]\nfolders = \"files\"\n";
    let server = Setup::default().settings(settings).start();
    for (number, name) in (1..).zip(NAMES) {
        let sensor = Sensor::new(number);
        let mut registration = sensor.registration("water", None);
        registration["name"] = json!(name);
        registration["tags"] = json!({ "street": name });
        server.admin().put(&sensor.path(), &registration).success();
        server.lns().ingest(&sensor.frame(1, 1, &[1, 2])).success();
    }
    server
}

#[test]
fn no_name_becomes_a_formula_in_any_layout_however_the_sheet_is_split() {
    let server = filled();
    let partner = server.partner("water");
    for format in ["csv-rows", "csv-columns"] {
        for layout in ["international", "french"] {
            let path = format!("/v1/records?format={format}&layout={layout}");
            let table = partner.get(&path);
            assert!(table.header("content-type").starts_with("text/csv"), "{}", table.text);
            holds_no_formula(&table.text);
            for name in ["HYPERLINK", "SUM(1)", "Hall"] {
                assert!(table.text.contains(name), "{format} {layout} {name}: {}", table.text);
            }
        }
    }
    let french = partner.get("/v1/records?format=csv-rows&layout=french").text;
    assert!(french.starts_with("\u{feff}record;group;device;"), "{french}");
    assert!(
        french.contains(";\"'=HYPERLINK(\"\"http://attacker.example\"\",\"\"x\"\")\";"),
        "{french}"
    );
    partner.get("/v1/records?format=senml&layout=french").problem(400, "invalid-query");
    partner.get("/v1/records?format=csv-rows&layout=german").problem(400, "invalid-query");
    let cli = server.cli(&server.new_token("partner", Some("water")));
    let printed = cli.run(&["records", "pull", "--format", "csv-rows", "--layout", "french"]);
    assert_eq!(printed.success(), french);
}

#[test]
fn files_have_the_layout_of_their_route() {
    let server = filled();
    let partner = server.partner("water");
    let route = |format: &str| {
        json!({ "to": { "files": {
            "place": { "folder": {} }, "format": format, "layout": "french",
            "rhythm": { "cron": "* * * * * *" }, "name": "{sequence}.csv",
        } } })
    };
    let refused = partner.put("/v1/routes/files", &route("json"));
    assert!(refused.problem(422, "invalid-route").contains("layout"), "{}", refused.text);
    partner.put("/v1/routes/files?from=oldest", &route("csv-columns")).success();
    let table = eventually("there is a file", || {
        let folder = fs::read_dir(server.folder().join("files/water")).ok()?;
        let file =
            folder.flatten().find(|file| !file.file_name().to_string_lossy().ends_with(".part"))?;
        fs::read_to_string(file.path()).ok()
    });
    assert!(table.starts_with("\u{feff}record;group;"), "{table}");
    holds_no_formula(&table);
}

#[test]
fn lists_have_the_layout_that_is_asked_for() {
    let server = filled();
    let partner = server.partner("water");
    let get = |path: &str, accepted: &str| {
        let answer = partner.attempt_with(&Method::GET, path, &[("Accept", accepted)], b"");
        answer.expect("the server answers")
    };
    for path in ["/v1/quality/silent?hours=1&", "/v1/alerts?", "/v1/schedules?", "/v1/notices?"] {
        let table = |layout: &str| get(&format!("{path}layout={layout}"), "text/csv");
        let (french, international) = (table("french"), table("international"));
        assert_eq!((french.status, international.status), (200, 200), "{path}");
        let headings = international.text.lines().next().expect("there are headings");
        let expected = format!("\u{feff}{}", headings.replace(',', ";"));
        assert_eq!(french.text.lines().next(), Some(expected.as_str()), "{path}");
        table("database").problem(400, "invalid-query");
        get(&format!("{path}layout=french"), "application/json").problem(400, "invalid-query");
    }
}

#[test]
fn no_word_of_a_decoder_becomes_a_formula_in_a_table_of_the_command_line() {
    let folder = TempDir::new().expect("there is room for a folder");
    let path = |name: &str| folder.path().join(name);
    let codec = "function decodeUplink(input) {
        if (input.bytes[0] === 0) { return { errors: [\"=1+1\"] }; }
        return {
            data: { state: \"=HYPERLINK(\\\"http://attacker.example\\\",1)\", note: \"a;@SUM(1)\" },
            warnings: [\"=1+1\", \"low\", \"-1+1\"],
        };
    }";
    fs::write(path("codec.js"), codec).expect("there is room");
    let payloads = "device,fPort,payload\n=1+1,1,01\na;+1,1,00\n";
    fs::write(path("payloads.csv"), payloads).expect("there is room");
    let mut decode = champollion();
    decode.arg("decode").arg("--decoder").arg(path("codec.js"));
    decode.arg("--in").arg(path("payloads.csv")).arg("--out").arg(path("readings.csv"));
    let output = run(decode.arg("--lenient"));
    assert_eq!(output.code, Some(0), "{output:#?}");
    let table = fs::read_to_string(path("readings.csv")).expect("it is written");
    for text in ["HYPERLINK", "SUM(1)", "'=1+1; low; '-1+1"] {
        assert!(table.contains(text), "it lacks {text}: {table}");
    }
    holds_no_formula(&table);
}
