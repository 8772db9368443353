//! Tables are opened by a spreadsheet, which must find numbers and dates in them.

use std::{fs, os::unix::fs::symlink, path::Path, process::Command};

use champollion_tests::{
    AXIOMA, Client, ELSYS, Sensor, Server, Setup, digits, eventually, run, target,
};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

/// No copies are waited for, and a folder for files.
const SETTINGS: &str =
    "[frames]\ncopies-window-ms = 0\n[delivery]\nfolders = \"files\"\nfirst-pause-ms = 20\n";

/// The filter of LibreOffice for a table of French layout: semicolons, UTF-8, all rows, French, what is in quotes is
/// a text, and dates are looked for.
const FRENCH: &str = "CSV:59,34,76,1,,1036,true,true";

/// A server with two devices of the group `water` that measure something, and one that nobody decodes. The routes of the
/// group are put before they are heard: what all routes have taken is kept no longer.
fn server(routes: impl FnOnce(&Client)) -> Server {
    let server = Setup::default().settings(SETTINGS).start();
    let meter = server.publish_own(AXIOMA);
    let room = server.publish_own(ELSYS);
    let sensors = [Sensor::new(1), Sensor::new(2), Sensor::new(3)];
    let mut registration = sensors[0].registration("water", Some("axioma/qalcosonic-w1@^1"));
    registration["name"] = json!("=1+1");
    registration["tags"] = json!({ "point": "PDS-7", "street": "Rue de la Paix" });
    server.admin().put(&sensors[0].path(), &registration).success();
    server.register(&sensors[1], "water", Some("elsys/ers-co2@^1"));
    server.register(&sensors[2], "water", None);
    routes(&server.partner("water"));
    let (metered, _) = meter.readings().swap_remove(0);
    let (measured, _) = room.readings().swap_remove(0);
    let lns = server.lns();
    for (sensor, port, payload, at) in [
        (&sensors[0], metered.f_port, &*metered.payload.0, "2019-07-22T11:37:52Z"),
        (&sensors[1], measured.f_port, &*measured.payload.0, "2020-03-28T15:49:12Z"),
        (&sensors[2], 1, &[1, 2][..], "2020-03-28T15:49:12Z"),
    ] {
        let frame = json!({
            "phyPayload": digits(&sensor.phy(7, port, payload)),
            "receivedAt": at,
            "gateways": [{ "gatewayId": "gw", "rssiDbm": -97.5, "snrDb": 5.25 }],
        });
        lns.ingest(&frame).success();
    }
    server
}

/// Has the records of the group put into a file of a route.
fn to_file(partner: &Client, name: &str, more: &Json) {
    to_file_of(partner, name, more, &json!({}));
}

/// Has those records of the group put into a file of a route that fit a filter.
fn to_file_of(partner: &Client, name: &str, more: &Json, filter: &Json) {
    let mut files = json!({
        "place": { "folder": { "path": name } },
        "rhythm": { "cron": "* * * * * *", "timeZone": "Europe/Paris" },
        "name": "{sequence}.{extension}",
    });
    for (member, value) in more.as_object().expect("it is an object") {
        files[member] = value.clone();
    }
    let route = json!({ "to": { "files": files }, "filter": filter });
    partner.put(&format!("/v1/routes/{name}"), &route).success();
}

/// Returns the bytes of the first file of a route.
fn file(server: &Server, name: &str) -> Vec<u8> {
    let folder = server.folder().join("files/water").join(name);
    eventually("the file is there", || {
        let entries = fs::read_dir(&folder).ok()?.flatten();
        let mut whole =
            entries.filter(|entry| !entry.file_name().to_string_lossy().ends_with(".part"));
        fs::read(whole.next()?.path()).ok()
    })
}

/// Returns the cells of a table as LibreOffice reads them: the text of a table of OpenDocument, a line for each cell.
fn opened(bytes: &[u8], extension: &str, filter: Option<&str>) -> String {
    let folder = TempDir::new().expect("there is room");
    let path = folder.path().join(format!("table.{extension}"));
    fs::write(&path, bytes).expect("there is room");
    let profile =
        format!("-env:UserInstallation=file://{}", folder.path().join("profile").display());
    let mut office = Command::new("soffice");
    office.args([&*profile, "--headless", "--convert-to", "fods", "--outdir"]).arg(folder.path());
    if let Some(filter) = filter {
        office.arg(format!("--infilter={filter}"));
    }
    let said = run(office.arg(&path));
    let read = read(&folder.path().join("table.fods"));
    read.unwrap_or_else(|| panic!("LibreOffice opened nothing: {said:?}"))
}

fn read(path: &Path) -> Option<String> {
    Some(fs::read_to_string(path).ok()?.replace("<table:table-cell", "\n<table:table-cell"))
}

#[track_caller]
fn holds(table: &str, cells: &[&str]) {
    for cell in cells {
        let wanted: Vec<&str> = cell.split(' ').collect();
        let is_there = table.lines().any(|line| wanted.iter().all(|part| line.contains(part)));
        assert!(is_there, "there is no cell {cell}: {table}");
    }
}

#[test]
fn of_soffice_a_french_table_has_numbers_dates_and_truths() {
    let server = server(|partner| {
        to_file(partner, "french", &json!({ "format": "csv-columns", "layout": "french" }));
        let own = json!({
            "format": "csv-rows",
            "layout": "french",
            "table": { "quantities": ["water.volume"], "columns": "point;date;index" },
        });
        to_file(partner, "own", &own);
    });
    let csv = file(&server, "french");
    let table = opened(&csv, "csv", Some(FRENCH));
    holds(
        &table,
        &[
            // In summer France is two hours ahead, in winter one.
            "office:value-type=\"date\" office:date-value=\"2019-07-22T13:37:52\"",
            "office:value-type=\"date\" office:date-value=\"2020-03-28T16:49:12\"",
            "office:value-type=\"float\" office:value=\"25.2\"",
            "office:value-type=\"float\" office:value=\"-97.5\"",
            "office:value-type=\"float\" office:value=\"5.25\"",
            "office:value-type=\"string\"",
        ],
    );
    assert!(table.contains("=1+1") && !table.contains("table:formula"), "{table}");
    assert!(table.contains("PDS-7") && table.contains("Rue de la Paix"), "{table}");

    let csv = file(&server, "own");
    let said = String::from_utf8_lossy(&csv).into_owned();
    assert!(said.starts_with("\u{feff}point;date;index\r\n\"PDS-7\";2019-07-"), "{said}");
    let table = opened(&csv, "csv", Some(FRENCH));
    holds(&table, &["office:value-type=\"date\" 2019-07-", "office:value-type=\"float\""]);
    assert!(!table.contains("office:value=\"25.2\""), "{table}");
}

#[test]
fn of_soffice_a_workbook_has_numbers_dates_and_texts() {
    const FORMATS: [&str; 2] = ["xlsx-rows", "xlsx-columns"];
    let server = server(|partner| {
        FORMATS.into_iter().for_each(|name| to_file(partner, name, &json!({ "format": name })));
    });
    for format in FORMATS {
        let workbook = file(&server, format);
        let table = opened(&workbook, "xlsx", None);
        holds(
            &table,
            &[
                "office:value-type=\"date\" office:date-value=\"2019-07-22T13:37:52\"",
                "office:value-type=\"float\" office:value=\"25.2\"",
                "office:value-type=\"float\" office:value=\"-97.5\"",
                "office:value-type=\"string\"",
            ],
        );
        // In a workbook a text is a text, without a mark. LibreOffice shows its truths as functions.
        assert!(table.contains("<text:p>=1+1</text:p>"), "{format}: {table}");
        let without_truths = table.replace("of:=TRUE()", "").replace("of:=FALSE()", "");
        assert!(!without_truths.contains("of:="), "{format}: {table}");
    }
}

/// Prints the rows of a file of Parquet, and the types of its columns.
const READ_PARQUET: &str = r"
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, parquetSchema } from 'hyparquet'
const file = await asyncBufferFromFile(process.argv[1])
const rows = await parquetReadObjects({ file })
const { children } = parquetSchema(await parquetMetadataAsync(file))
const types = Object.fromEntries(children.map(({ element }) => [element.name, element.type]))
const plain = (_, value) => typeof value === 'bigint' ? Number(value) : value
console.log(JSON.stringify({ rows, types }, plain))
";

/// Returns the rows and types of a file of Parquet as a reader of others has them.
fn parquet(bytes: &[u8]) -> Json {
    let folder = TempDir::new().expect("there is room");
    let modules = target().join("npm/node_modules");
    assert!(modules.join("hyparquet").is_dir(), "run `cargo xtask test`, which installs it");
    symlink(&modules, folder.path().join("node_modules")).expect("a link can be made");
    let path = folder.path().join("table.parquet");
    fs::write(&path, bytes).expect("there is room");
    let mut node = Command::new("node");
    node.current_dir(folder.path()).args(["--input-type=module", "--eval", READ_PARQUET, "--"]);
    serde_json::from_str(&run(node.arg(&path)).success()).expect("it prints JSON")
}

#[test]
fn of_npm_parquet_has_numbers_moments_and_the_same_columns_in_each_file() {
    const FORMATS: [&str; 2] = ["parquet-rows", "parquet-columns"];
    let server = server(|partner| {
        FORMATS.into_iter().for_each(|name| to_file(partner, name, &json!({ "format": name })));
        let own = json!({ "format": "parquet-rows", "table": { "columns": "point;date;index" } });
        to_file(partner, "own", &own);
        let empty = json!({ "format": "parquet-columns", "emptyFiles": true });
        to_file_of(partner, "empty", &empty, &json!({ "ports": [200] }));
    });
    let [rows, columns] = FORMATS.map(|format| parquet(&file(&server, format)));
    let find = |table: &Json, holds: &dyn Fn(&Json) -> bool| {
        let all = table["rows"].as_array().expect("there are rows").clone();
        all.into_iter().find(holds).unwrap_or_else(|| panic!("there is no such row: {table}"))
    };
    for (column, kind) in [
        ("device", "BYTE_ARRAY"),
        ("measured_at", "INT64"),
        ("f_cnt", "INT64"),
        ("rssi", "DOUBLE"),
        ("value", "DOUBLE"),
        ("current", "BOOLEAN"),
    ] {
        assert_eq!(rows["types"][column], kind, "{column}");
    }
    let carbon = find(&rows, &|row| row["quantity"] == "air.temperature");
    assert_eq!(carbon["measured_at"], "2020-03-28T15:49:12.000Z");
    assert_eq!((&carbon["rssi"], &carbon["snr"]), (&json!(-97.5), &json!(5.25)));
    assert_eq!((&carbon["f_cnt"], &carbon["unit"]), (&json!(7), &json!("Cel")));
    let raw = find(&rows, &|row| row["quantity"].is_null());
    assert_eq!((&raw["value"], &raw["measurement"]), (&Json::Null, &Json::Null));
    // What is no text is none, and a text is what it was.
    let named = find(&columns, &|row| row["name"] == "=1+1");
    assert!(named["water_volume"].is_number() && named["air_temperature"].is_null(), "{named}");
    assert_eq!(columns["types"]["water_volume"], "DOUBLE");

    let own = parquet(&file(&server, "own"));
    assert_eq!(own["types"].as_object().expect("there are columns").len(), 3);
    let dated = find(&own, &|row| row["date"] == "2019-07-22T11:37:50.000Z");
    assert_eq!(dated["point"], "PDS-7");

    let empty = parquet(&file(&server, "empty"));
    assert_eq!((&empty["types"], &empty["rows"]), (&columns["types"], &json!([])));

    let partner = server.partner("water");
    let pulled = partner.get("/v1/records?format=parquet-columns");
    assert_eq!(pulled.headers["content-type"], "application/vnd.apache.parquet");
    assert!(pulled.text.starts_with("PAR1") && pulled.text.ends_with("PAR1"), "{}", pulled.text);
    let refused = partner.get("/v1/records?format=parquet-rows&layout=database");
    assert!(refused.problem(400, "invalid-query").contains("tables of CSV"));
}

/// The names of the columns of a table.
fn header(table: &str) -> Vec<String> {
    let line = table.trim_start_matches('\u{feff}').lines().next().unwrap_or_default();
    line.split([',', ';']).map(str::to_owned).collect()
}

#[test]
fn a_table_for_a_database_has_the_same_columns_in_each_file() {
    let server = server(|_| ());
    let partner = server.partner("water");
    for format in ["csv-rows", "csv-columns"] {
        let asked = format!("/v1/records?format={format}&layout=database");
        let all = partner.get(&asked).text;
        let one = partner.get(&format!("{asked}&device={}", Sensor::new(3).dev_eui())).text;
        let none = partner.get(&format!("{asked}&port=200")).text;
        assert!(all.lines().count() > one.lines().count(), "{all}");
        assert_eq!(none.lines().count(), 1, "{none}");
        assert_eq!((header(&all), header(&all)), (header(&one), header(&none)), "{format}");
        assert!(all.contains("2019-07-22T11:37:52.000Z") && all.contains("measured_at"), "{all}");
    }
}

#[test]
fn what_is_in_a_table_is_asked_for_by_http_and_by_the_command_line() {
    let server = server(|_| ());
    let partner = server.partner("water");
    let usual = partner.get("/v1/records?format=csv-columns").text;
    for absent in ["payload", "decoderDigest", "sha256:", "data"] {
        assert!(!header(&usual).iter().any(|name| name == absent), "{absent}: {usual}");
    }
    let asked = "/v1/records?format=csv-columns&details=payload,digest&tags=street";
    let detailed = partner.get(asked).text;
    assert!(header(&detailed).contains(&"payload".to_owned()), "{detailed}");
    assert!(detailed.contains("sha256:") && detailed.contains("Rue de la Paix"), "{detailed}");
    assert!(!detailed.contains("PDS-7"), "{detailed}");

    let cli = server.cli(&server.new_token("partner", Some("water")));
    let printed = cli
        .run(&[
            "records",
            "pull",
            "--format",
            "csv-rows",
            "--layout",
            "french",
            "--quantities",
            "water.volume",
            "--columns",
            "point;litres=value * 1000",
        ])
        .success();
    let mut lines = printed.lines();
    assert_eq!(lines.next(), Some("\u{feff}point;litres"));
    assert!(lines.all(|line| line.starts_with("\"PDS-7\";")) && printed.lines().count() > 1);

    for (query, says) in [
        ("format=csv-rows&quantities=water.vol", "water.vol"),
        ("format=csv-rows&quantities=air.co2,air.co2", "named twice"),
        ("format=csv-rows&details=all", "all"),
        ("format=csv-rows&columns=a%3Dsecret", "there is no secret"),
        ("format=csv-rows&columns=device&details=data", "columns of your own"),
        ("format=ndjson&tags=street", "of tables"),
        ("format=xlsx-rows&layout=french", "tables of CSV"),
        ("format=csv-rows&layout=german", "german"),
    ] {
        let answer = partner.get(&format!("/v1/records?{query}"));
        let said = answer.problem(400, "invalid-query");
        assert!(said.contains(says), "{query}: {said}");
    }
    let route = |files: &Json| {
        let mut to = json!({
            "place": { "folder": {} },
            "rhythm": { "cron": "0 6 * * *" },
        });
        for (member, value) in files.as_object().into_iter().flatten() {
            to[member] = value.clone();
        }
        json!({ "to": { "files": to } })
    };
    for (files, says) in [
        (json!({ "format": "json", "table": { "tags": ["street"] } }), "table says"),
        (json!({ "format": "xlsx-rows", "layout": "french" }), "tables of CSV"),
        (json!({ "format": "csv-rows", "table": { "tags": ["a", "a"] } }), "named twice"),
    ] {
        let answer = partner.put("/v1/routes/tables", &route(&files));
        let said = answer.problem(422, "invalid-route");
        assert!(said.contains(says), "{said}");
    }
    for (files, says) in [
        (json!({ "format": "csv-rows", "table": { "columns": "a=(" } }), "cannot be read"),
        (json!({ "format": "csv-rows", "table": { "quantities": ["x"] } }), "vocabulary"),
    ] {
        let answer = partner.put("/v1/routes/tables", &route(&files));
        let said = answer.problem(400, "invalid-body");
        assert!(said.contains(says), "{said}");
    }
}
