//! Objects: the fields of the territory's sheet, and whole sheets of them, through the real binary.

mod command_line;
mod senders;

use champollion_tests::{Answer, Sensor, Server, Setup};
use serde_json::{Value as Json, json};
use ureq::http::Method;

const KEY: &str = "2B7E151628AED2A6ABF7158809CF4F3C";

/// The sheet of two water meters, as a spreadsheet in French writes it.
const FLEET: &str = "\u{feff}DevEUI*;Nom*;N° de série*;Géolocalisation*;Latitude*;Longitude*;Cycle de vie;Groupe;\
                     Sous-groupe*;Classe*;AppEUI*;AppKey*;Rue\r\n\
                     70B3D549 9A000001;Compteur 1;00123;Manuel;48,8566;2,3522;En service;water;Secteur Nord;A;\
                     0000000000000000;2B7E151628AED2A6ABF7158809CF4F3C;Haute\r\n\
                     70-B3-D5-49-9A-00-00-02;Compteur 2;00124;Aucune;;;En stock;water;nord;A;\
                     0000000000000000;2B7E151628AED2A6ABF7158809CF4F3D;\r\n";

fn import(server: &Server, query: &str, sheet: &str) -> Answer {
    let path = format!("/v1/devices/import{query}");
    server.admin().send(&Method::POST, &path, sheet.as_bytes())
}

/// The verdicts of a report, each with its row.
fn verdicts(report: &Json) -> Vec<(u64, &str)> {
    let rows = report["verdicts"].as_array().expect("a report has verdicts");
    rows.iter()
        .map(|row| {
            let number = row["row"].as_u64().expect("a row has a number");
            (number, row["verdict"].as_str().unwrap_or_default())
        })
        .collect()
}

#[test]
fn fields_of_the_sheet_are_set_shown_and_carried_by_records() {
    let mut server = Server::start();
    let sensor = Sensor::new(1);
    let fields = json!({
        "serialNumber": "SN-1", "reference": "R-7", "equipment": "Meter", "address": "1, rue Haute",
        "geolocation": "MANUAL", "latitude": 48.8566, "longitude": 2.3522, "lifeCycle": "STOCK", "class": "A",
        "offer": "basic",
    });
    let mut registration = sensor.registration("water", None);
    registration["name"] = json!("Meter 1");
    for (name, value) in fields.as_object().expect("it is an object") {
        registration[name] = value.clone();
    }
    server.admin().put(&sensor.path(), &registration).success();
    server.stop();
    server.restart();
    let shown = server.admin().get(&sensor.path()).success();
    for (name, value) in fields.as_object().expect("it is an object") {
        assert_eq!(shown[name], *value, "{shown}");
    }
    server.lns().ingest(&sensor.frame(1, 1, &[1])).success();
    registration["lifeCycle"] = json!("SERVICE");
    server.admin().put(&sensor.path(), &registration).success();
    server.lns().ingest(&sensor.frame(2, 1, &[1])).success();
    server.register(&sensor, "water", None);
    server.lns().ingest(&sensor.frame(3, 1, &[1])).success();
    let pulled = server.partner("water").pull_all();
    let records: Vec<&Json> = pulled.iter().map(|item| &item["record"]).collect();
    let object = |life_cycle: &str| {
        json!({
            "name": "Meter 1", "serialNumber": "SN-1", "reference": "R-7", "latitude": 48.8566,
            "longitude": 2.3522, "lifeCycle": life_cycle,
        })
    };
    let mut stored = object("STOCK");
    stored["inService"] = json!(false);
    assert_eq!(records[0]["object"], stored, "{}", records[0]);
    assert_eq!(records[1]["object"], object("SERVICE"), "{}", records[1]);
    assert!(records[2].get("object").is_none(), "no field is set: {}", records[2]);
}

#[test]
fn fields_that_cannot_be_are_refused_with_the_reason() {
    let server = Server::start();
    let sensor = Sensor::new(1);
    for (fields, code, expected) in [
        (json!({ "latitude": 48.5 }), "impossible-registration", "longitude is missing"),
        (json!({ "geolocation": "MANUAL" }), "impossible-registration", "are missing"),
        (json!({ "latitude": 90.5, "longitude": 2 }), "invalid-body", "latitude"),
        (json!({ "latitude": "48.5", "longitude": 2 }), "invalid-body", "latitude"),
        (json!({ "lifeCycle": "SOLD" }), "invalid-body", "lifeCycle"),
        (json!({ "geolocation": "manual" }), "invalid-body", "geolocation"),
        (json!({ "class": "D" }), "invalid-body", "class"),
        (json!({ "serialNumber": "" }), "invalid-body", "serialNumber"),
        (json!({ "serial": "1" }), "invalid-body", "serial"),
    ] {
        let mut registration = sensor.registration("water", None);
        for (name, value) in fields.as_object().expect("it is an object") {
            registration[name] = value.clone();
        }
        let answer = server.admin().put(&sensor.path(), &registration);
        let said = answer.problem(400, code);
        assert!(said.contains(expected), "{fields}: {said}");
    }
    server.admin().get(&sensor.path()).problem(404, "unknown-device");
}

#[test]
fn a_sheet_is_tried_imported_repeated_and_changed() {
    let server = Server::start();
    let tried = import(&server, "?dryRun=true", FLEET).success();
    assert_eq!(verdicts(&tried), [(2, "created"), (3, "created")], "{tried}");
    assert_eq!((&tried["dryRun"], &tried["applied"]), (&json!(true), &json!(false)));
    server.admin().get("/v1/devices/70B3D5499A000001").problem(404, "unknown-device");

    let done = import(&server, "", FLEET).success();
    assert_eq!((&done["applied"], &done["created"]), (&json!(true), &json!(2)), "{done}");
    let device = server.admin().get("/v1/devices/70B3D5499A000001").success();
    for (name, expected) in [
        ("name", json!("Compteur 1")),
        ("serialNumber", json!("00123")),
        ("latitude", json!(48.8566)),
        ("lifeCycle", json!("SERVICE")),
        ("subGroup", json!("secteur-nord")),
        ("joinEui", json!("0000000000000000")),
        ("activation", json!("otaa")),
        ("tags", json!({ "Rue": "Haute" })),
    ] {
        assert_eq!(device[name], expected, "{device}");
    }
    let again = import(&server, "", FLEET).success();
    assert_eq!(verdicts(&again), [(2, "unchanged"), (3, "unchanged")], "{again}");

    let other_key = "2B7E151628AED2A6ABF7158809CF4FFF";
    let changed = FLEET
        .replace("Compteur 2", "Compteur II")
        .replace("2B7E151628AED2A6ABF7158809CF4F3D", other_key);
    let changed = import(&server, "", &changed).success();
    assert_eq!(verdicts(&changed), [(2, "unchanged"), (3, "changed")], "{changed}");
    let changes = &changed["verdicts"][1]["changes"];
    let name = json!({ "field": "name", "before": "Compteur 2", "after": "Compteur II" });
    let told = changes.as_array().expect("a changed row says what");
    assert!(told.len() == 2 && told.contains(&name), "{changes}");
    assert!(told.contains(&json!({ "field": "appKey" })), "{changes}");

    // A sheet without columns leaves their fields alone, an empty cell takes them away.
    let fewer = "DevEUI,Name,Rue\n70B3D5499A000001,Compteur 1,\n";
    let fewer = import(&server, "", fewer).success();
    let changes = &fewer["verdicts"][0]["changes"];
    assert_eq!(changes, &json!([{ "field": "tags", "before": { "Rue": "Haute" } }]), "{fewer}");
    let audit = server.admin().get("/v1/audit").text;
    assert!(audit.contains("device-import") && !audit.contains(KEY), "{audit}");
}

#[test]
fn all_rows_are_taken_or_none_unless_the_good_ones_are_asked_for() {
    let server = Server::start();
    let sheet = "DevEUI;Name;AppKey;Group\n\
                 70B3D5499A000001;a;2B7E151628AED2A6ABF7158809CF4F3C;water\n\
                 7,0B3D5E+15;b;2B7E151628AED2A6ABF7158809CF4F3C;water\n\
                 70B3D5499A000003;c;2B7E151628AED2A6ABF7158809CF4F3;water\n\
                 70B3D5499A000004;d;;water\n\
                 70B3D5499A000005;e;2B7E151628AED2A6ABF7158809CF4F3C;\n\
                 70B3D5499A000006;f;2B7E151628AED2A6ABF7158809CF4F3C;water\n\
                 70B3D5499A000006;g;2B7E151628AED2A6ABF7158809CF4F3C;water\n";
    let answer = import(&server, "", sheet);
    let said = answer.problem(422, "rows-refused");
    assert!(said.starts_with("6 of 7 rows are refused"), "{said}");
    let expected = ["created", "refused", "refused", "refused", "refused", "refused", "refused"];
    assert_eq!(verdicts(&answer.body).iter().map(|(_, word)| *word).collect::<Vec<_>>(), expected);
    for (place, cell, reason) in [
        (1, "A3", "7,0B3D5E+15 is no DevEUI: did a spreadsheet make a number of it?"),
        (2, "C4", "the AppKey has 31 digits"),
        (3, "C5", "the cell is empty, and a device that joins has an AppKey"),
        (4, "D6", "a device has a group"),
        (5, "A7", "the rows 7 and 8 have the same DevEUI"),
        (6, "A8", "the rows 7 and 8 have the same DevEUI"),
    ] {
        let refusal = &answer.body["verdicts"][place]["refusals"][0];
        assert_eq!(refusal["cell"], cell, "{refusal}");
        assert!(
            refusal["reason"].as_str().is_some_and(|said| said.starts_with(reason)),
            "{refusal}"
        );
    }
    assert!(!answer.text.contains(&KEY[..8]), "{}", answer.text);
    assert_eq!(server.admin().get("/v1/devices").success()["devices"], json!([]));

    let taken = import(&server, "?goodRows=true&group=street", sheet).success();
    assert_eq!((&taken["created"], &taken["refused"]), (&json!(2), &json!(5)), "{taken}");
    let devices = server.admin().get("/v1/devices").success();
    assert_eq!(devices["devices"][0]["group"], "water", "{devices}");
    assert_eq!(devices["devices"][1]["group"], "street", "{devices}");
}

#[test]
fn devices_of_a_sheet_are_heard_and_go_on_where_they_were() {
    let server = Server::start();
    let sensor = Sensor::new(1);
    let keys = sensor.keys();
    let key = |name: &str| keys[name].as_str().expect("it has the key").to_owned();
    let sheet = |name: &str| {
        format!(
            "DevEUI;Nom;Groupe;DevAddr;NwkSKey;AppSKey\n{};{name};water;{};{};{}\n",
            sensor.dev_eui(),
            sensor.dev_addr(),
            key("nwkSKey"),
            key("appSKey"),
        )
    };
    import(&server, "", &sheet("a")).success();
    let lns = server.lns();
    lns.ingest(&sensor.frame(5, 1, &[1])).success();
    let renamed = import(&server, "", &sheet("b")).success();
    assert_eq!(verdicts(&renamed), [(2, "changed")], "{renamed}");
    lns.ingest(&sensor.frame(6, 1, &[2])).success();
    let pulled = server.partner("water").pull_all();
    let records: Vec<&Json> = pulled.iter().map(|item| &item["record"]).collect();
    let names: Vec<&Json> = records.iter().map(|record| &record["device"]["name"]).collect();
    assert_eq!(names, ["a", "b"]);
    // Nothing is known of what a new session has missed: this one went on.
    assert_eq!(records[1]["uplink"]["missedFrames"], 0, "{}", records[1]);
}

#[test]
fn quotas_hold_for_sheets() {
    let server = Setup::default().settings("[quotas.groups.water]\ndevices = 2\n").start();
    let sheet = "DevEUI,Group\n70B3D5499A000001,water\n70B3D5499A000002,water\n70B3D5499A000003,water\n\
                 70B3D5499A000004,street\n";
    let refused = import(&server, "", sheet);
    refused.problem(422, "rows-refused");
    let reason = &refused.body["verdicts"][2]["refusals"][0]["reason"];
    assert!(reason.as_str().is_some_and(|said| said.contains("[quotas.groups.water]")), "{reason}");
    let taken = import(&server, "?goodRows=true", sheet).success();
    assert_eq!((&taken["created"], &taken["refused"]), (&json!(3), &json!(1)), "{taken}");
    let again = import(&server, "?goodRows=true", sheet).success();
    assert_eq!((&again["unchanged"], &again["refused"]), (&json!(3), &json!(1)), "{again}");
}

#[test]
fn files_that_are_no_sheets_are_refused() {
    let server = Setup::default().settings("[sheets]\nfile-bytes = 2000\nrows = 3\n").start();
    let long = format!("DevEUI\n{}", "70B3D5499A000001\n".repeat(200));
    import(&server, "", &long).problem(413, "body-too-large");
    for (sheet, expected) in [
        ("", "DevEUI"),
        ("{}", "DevEUI"),
        ("Name;Group\na;water\n", "\"Name\", \"Group\""),
        ("%PDF-1.7", "a PDF"),
        ("PK\u{3}\u{4}", "damaged"),
        ("DevEUI\n1\n2\n3\n4\n", "more than 3 rows"),
    ] {
        let answer = import(&server, "", sheet);
        let said = answer.problem(400, "unreadable-sheet");
        assert!(said.contains(expected), "{sheet:?}: {said}");
    }
    import(&server, "?columns=name", "DevEUI\n1\n").problem(400, "invalid-query");
    import(&server, "?dryrun=true", "DevEUI\n1\n").problem(400, "invalid-query");
    let partner = server.partner("water");
    partner.send(&Method::POST, "/v1/devices/import", b"DevEUI\n1\n").problem(403, "forbidden");
}

#[test]
fn keys_in_texts_that_readers_see_are_refused_and_never_shown() {
    let server = Server::start();
    let sheet = format!(
        "DevEUI,Name,Group,Clef applicative,Note\n70B3D5499A000001,Meter,water,{KEY},pose\n\
         70B3D5499A000002,Meter,water,{KEY},\"clef {KEY}, cave\"\n"
    );
    let answer = import(&server, "?goodRows=true", &sheet);
    let report = answer.success();
    assert_eq!(verdicts(&report), [(2, "created"), (3, "refused")], "{report}");
    assert!(!report.to_string().contains(KEY), "{report}");
    assert_eq!(report["verdicts"][1]["refusals"][0]["cell"], "E3", "{report}");
    let shown = server.admin().get("/v1/devices/70B3D5499A000001").success();
    assert_eq!(shown["activation"], "otaa", "{shown}");
    assert_eq!(shown["tags"], json!({ "Note": "pose" }), "{shown}");
    let sensor = Sensor::new(3);
    for more in [
        json!({ "tags": { "note": format!("clef {KEY}") } }),
        json!({ "variables": { "clef": KEY } }),
        json!({ "name": KEY }),
    ] {
        let mut registration = sensor.registration("water", None);
        for (name, value) in more.as_object().expect("it is an object") {
            registration[name] = value.clone();
        }
        let refused = server.admin().put(&sensor.path(), &registration);
        let said = refused.problem(400, "impossible-registration");
        assert!(said.contains("may be a key") && !said.contains(KEY), "{said}");
    }
    server.admin().get(&sensor.path()).problem(404, "unknown-device");
}

#[test]
fn a_place_by_hand_without_coordinates_is_refused_with_its_cell() {
    let server = Server::start();
    let sheet = "DevEUI;Groupe;Géolocalisation;Latitude;Longitude\n\
                 70B3D5499A000001;water;Manuel;;\n70B3D5499A000002;water;Manuel;48,8;2,3\n";
    let report = import(&server, "?goodRows=true", sheet).success();
    assert_eq!(verdicts(&report), [(2, "refused"), (3, "created")], "{report}");
    assert_eq!(report["verdicts"][0]["refusals"][0]["cell"], "C2", "{report}");
}
