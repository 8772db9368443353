//! Objects: the fields of the territory's sheet, and whole sheets of them, through the real binary.

use std::{fs, io::Write, net::TcpStream, path::Path, thread};

use champollion_tests::{Client, Output, Sensor, Server, Setup, eventually, workspace};
use serde_json::{Value as Json, json};
use tempfile::TempDir;
use ureq::http::Method;

const KEY: &str = "2B7E151628AED2A6ABF7158809CF4F3C";

/// The sheet of two water meters, as a spreadsheet in French writes it.
const FLEET: &str = "\u{feff}DevEUI*;Nom*;N° de série*;Géolocalisation*;Latitude*;Longitude*;Cycle de vie;Groupe;\
                     Sous-groupe*;Classe*;AppEUI*;AppKey*;Rue\r\n\
                     70B3D549 9A000001;Compteur 1;00123;Manuel;48,8566;2,3522;En service;water;Secteur Nord;A;\
                     0000000000000000;2B7E151628AED2A6ABF7158809CF4F3C;Haute\r\n\
                     70-B3-D5-49-9A-00-00-02;Compteur 2;00124;Aucune;;;En stock;water;nord;A;\
                     0000000000000000;2B7E151628AED2A6ABF7158809CF4F3D;\r\n";

fn import(server: &Server, query: &str, sheet: &str) -> champollion_tests::Answer {
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

fn file(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    fs::write(&path, text).expect("there is room");
    path.display().to_string()
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
fn the_command_line_sets_the_fields_and_tells_who_is_silent() {
    let server = Server::start();
    let cli = server.admin_cli();
    let add = |dev_eui: &str, more: &[&str]| {
        let mut arguments = vec!["devices", "add", dev_eui, "--group", "water"];
        arguments.extend(more);
        cli.run(&arguments)
    };
    let place = ["--latitude", "-21.1", "--longitude", "55.5", "--geolocation", "manual"];
    let stored =
        [&place[..], &["--life-cycle", "stock", "--serial-number", "SN-1", "--class", "a"]]
            .concat();
    drop(add("70B3D5499A000001", &stored).success());
    drop(add("70B3D5499A000002", &["--life-cycle", "delivery"]).success());
    drop(add("70B3D5499A000003", &["--life-cycle", "service"]).success());
    drop(add("70B3D5499A000004", &[]).success());
    let shown = cli.json(&["devices", "show", "70B3D5499A000001"]);
    assert_eq!((&shown["latitude"], &shown["lifeCycle"]), (&json!(-21.1), &json!("STOCK")));
    assert_eq!((&shown["geolocation"], &shown["class"]), (&json!("MANUAL"), &json!("A")));
    for wrong in [
        &["--life-cycle", "sold"][..],
        &["--latitude", "48.5"][..],
        &["--latitude", "91", "--longitude", "2"][..],
    ] {
        assert!(!add("70B3D5499A000005", wrong).failure().is_empty(), "{wrong:?}");
    }
    let sensor = Sensor::new(9);
    server.register(&sensor, "water", None);
    let mut heard = sensor.frame(1, 1, &[1]);
    heard["receivedAt"] = json!(jiff::Timestamp::now().to_string());
    server.lns().ingest(&heard).success();
    let silent = cli.json(&["devices", "list", "--silent-hours", "1", "--json"]);
    let silent: Vec<&str> = silent["devices"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|device| device["devEui"].as_str())
        .collect();
    assert_eq!(silent, ["70B3D5499A000003", "70B3D5499A000004"], "neither stored nor heard");
    server.admin().get("/v1/devices?silentHours=0").problem(400, "invalid-query");
    server.admin().get("/v1/devices?silentHours=x").problem(400, "invalid-query");
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
fn the_command_line_imports_exports_and_writes_verdicts() {
    let server = Server::start();
    let (cli, folder) = (server.admin_cli(), TempDir::new().expect("there is room"));
    let path = |name: &str| folder.path().join(name).display().to_string();
    let fleet = file(folder.path(), "fleet.csv", FLEET);
    let tried = cli.run(&["devices", "import", &fleet, "--dry-run"]).success();
    assert!(
        tried.ends_with("would be imported: 2 created, 0 changed, 0 unchanged, 0 refused\n"),
        "{tried}"
    );
    let done = cli.json(&["devices", "import", &fleet, "--json"]);
    assert_eq!((&done["applied"], &done["created"]), (&json!(true), &json!(2)));

    // What is exported is what is registered, in each form and language.
    for (name, language) in
        [("all.xlsx", "en"), ("all.csv", "en"), ("alles.csv", "fr"), ("alles.xlsx", "fr")]
    {
        let exported = path(name);
        let said = cli.run(&["devices", "export", &exported, "--language", language]).success();
        assert!(said.starts_with("wrote 2 devices into "), "{said}");
        let again = cli.run(&["devices", "import", &exported]).success();
        assert!(
            again.ends_with("imported: 0 created, 0 changed, 2 unchanged, 0 refused\n"),
            "{name}: {again}"
        );
    }
    let exported = fs::read_to_string(path("alles.csv")).expect("it is there");
    assert!(exported.contains("Numéro de série") && exported.contains("48,8566"), "{exported}");
    assert!(!exported.contains(&KEY[..8]), "{exported}");

    // Everything that is wrong is told at once, in words and in the sheet.
    let wrong = FLEET.replace("48,8566", "488566").replace("En stock", "Vendu");
    let wrong = file(folder.path(), "wrong.csv", &wrong);
    let verdicts = path("verdicts.csv");
    let refused: Output = cli.run(&["devices", "import", &wrong, "--verdicts", &verdicts]);
    let said = refused.failure();
    assert!(said.contains("2 of 2 rows are refused, so nothing was taken"), "{said}");
    let judged = cli.run(&["devices", "import", &wrong, "--dry-run", "--good-rows"]);
    let judged = judged.failure();
    assert!(judged.contains("2 of 2 rows would be refused: correct them\n"), "{judged}");
    for expected in [
        "row 2: refused: Latitude* (E2): latitude 488566 is none",
        "row 3: refused: Cycle de vie (G3): \"Vendu\"",
    ] {
        assert!(refused.stdout.contains(expected), "{refused:#?}");
    }
    let told = fs::read_to_string(&verdicts).expect("it is there");
    assert!(told.lines().next().is_some_and(|line| line.ends_with(";Rue;Verdict")), "{told}");
    assert!(told.contains("latitude 488566 is none") && !told.contains(&KEY[..8]), "{told}");

    let template = path("template.xlsx");
    drop(cli.run(&["devices", "template", &template, "--language", "fr"]).success());
    let said = cli.run(&["devices", "import", &template]);
    assert!(said.failure().contains("no rows below"), "{said:#?}");
    for arguments in [
        &["devices", "template", "template.pdf"][..],
        &["devices", "export", "fleet.ods"][..],
        &["devices", "import", "/nowhere/fleet.csv"][..],
    ] {
        assert!(!cli.run(arguments).failure().is_empty(), "{arguments:?}");
    }
    let log = server.log();
    assert!(!log.contains(&KEY[..8]), "{log}");
}

#[test]
fn columns_are_mapped_and_what_is_asked_for_is_enforced() {
    let server = Server::start();
    let (cli, folder) = (server.admin_cli(), TempDir::new().expect("there is room"));
    let sheet = file(
        folder.path(),
        "own.csv",
        "Identifiant,Compteur,Étage,Remarque\n18200000001234,77,2,x\n",
    );
    let import = |more: &[&str]| {
        let columns = [
            "--column",
            "Identifiant=devEui",
            "--column",
            "Compteur=serialNumber",
            "--column",
            "Remarque=",
        ];
        let mut arguments = vec!["devices", "import", &sheet, "--group", "water"];
        arguments.extend(columns);
        arguments.extend(more);
        cli.run(&arguments)
    };
    let lost = import(&[]);
    assert!(lost.failure().contains("1 of 1 row is refused"), "{lost:#?}");
    assert!(lost.stdout.contains("0018200000001234"), "{lost:#?}");
    let incomplete = import(&["--restore-zeros", "--complete"]);
    for field in ["name", "geolocation", "latitude", "subGroup", "class", "appKey"] {
        let expected = format!("{field} is mandatory, and is missing");
        assert!(incomplete.stdout.contains(&expected), "{field}: {incomplete:#?}");
    }
    let done = import(&["--restore-zeros"]);
    assert!(done.stdout.contains("completed to 0018200000001234"), "{done:#?}");
    drop(done.success());
    let device = server.admin().get("/v1/devices/0018200000001234").success();
    assert_eq!(device["serialNumber"], "77", "{device}");
    assert_eq!(device["tags"], json!({ "Étage": "2" }), "{device}");
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
fn two_sheets_at_once_come_one_after_the_other() {
    let server = Server::start();
    let rows = |name: &str| {
        let rows: String =
            (0..300).map(|number| format!("70B3D5499A00{number:04X},{name},water\n")).collect();
        format!("DevEUI,Name,Group\n{rows}")
    };
    thread::scope(|scope| {
        for name in ["one", "two"] {
            let (server, sheet) = (&server, rows(name));
            scope.spawn(move || {
                let done = import(server, "", &sheet).success();
                assert_eq!((&done["applied"], &done["refused"]), (&json!(true), &json!(0)));
            });
        }
    });
    let list = server.admin().get("/v1/devices").success();
    let devices = list["devices"].as_array().expect("it is a list");
    let first = &devices[0]["name"];
    assert!(
        devices.len() == 300 && devices.iter().all(|device| device["name"] == *first),
        "{first}"
    );
}

/// A client of a person with a role somewhere.
fn person(server: &Server, role: &str, scope: &str) -> Client {
    let wanted = json!({
        "name": "Lovelace", "firstName": "Ada", "email": format!("{role}@{}.example", scope.replace([':', '/'], "-")),
        "grants": [{ "role": role, "scope": scope }],
    });
    let person = server.admin().post("/v1/people", &wanted).success();
    let wanted = json!({ "name": "a token", "role": "person", "person": person["id"] });
    let made = server.admin().post("/v1/tokens", &wanted).success();
    server.anybody().token(made["token"].as_str().expect("it is shown"))
}

#[test]
fn an_owner_imports_its_own_objects_and_learns_nothing_of_others() {
    let server = Server::start();
    for (id, groups) in [("city", ["water", "light"]), ("valley", ["waste", "parking"])] {
        let added = json!({ "id": id, "name": id, "groups": groups });
        server.admin().post("/v1/partners", &added).success();
    }
    let theirs = Sensor::new(9);
    server.register(&theirs, "waste", None);
    let owner = person(&server, "owner", "partner:city");
    let import = |client: &Client, query: &str, sheet: &str| {
        let path = format!("/v1/devices/import{query}");
        client.send(&Method::POST, &path, sheet.as_bytes())
    };
    let sheet = format!(
        "DevEUI,Name,Group\n70B3D5499A000001,a,water\n70B3D5499A000002,b,light\n70B3D5499A000003,c,waste\n\
         70B3D5499A000004,d,nowhere\n{},e,water\n",
        theirs.dev_eui()
    );
    for query in ["?goodRows=true&dryRun=true", "?goodRows=true"] {
        let done = import(&owner, query, &sheet).success();
        let words = ["created", "created", "refused", "refused", "refused"];
        assert_eq!(verdicts(&done).iter().map(|(_, word)| *word).collect::<Vec<_>>(), words);
        let reason = |row: usize| {
            let refused = &done["verdicts"][row]["refusals"];
            assert_eq!(refused.as_array().map(Vec::len), Some(1), "{refused}");
            refused[0]["reason"].as_str().expect("it is told").to_owned()
        };
        // A group of others is answered as one that does not exist.
        assert_eq!(reason(2).replace("waste", "nowhere"), reason(3));
        let elsewhere = reason(4);
        assert!(elsewhere.contains("your groups") && !elsewhere.contains("waste"), "{elsewhere}");
        assert!(!done.to_string().contains("valley"), "{done}");
    }
    let kept = server.admin().get(&theirs.path()).success();
    assert_eq!(kept["group"], "waste", "{kept}");
    // The group of the whole sheet is asked for like those of rows.
    let unnamed = "DevEUI,Name\n70B3D5499A000005,f\n";
    import(&owner, "?group=waste", unnamed).problem(422, "rows-refused");
    import(&owner, "?group=water", unnamed).success();

    // An owner of a part registers in that part.
    let of_part = person(&server, "owner", "sub-group:water/north");
    let parts = "DevEUI,Name,Group,Sub-group\n70B3D5499A000006,g,water,north\n70B3D5499A000007,h,water,south\n\
                 70B3D5499A000008,i,water,\n70B3D5499A000001,a,water,north\n";
    let done = import(&of_part, "?goodRows=true", parts).success();
    let words = verdicts(&done).iter().map(|(_, word)| (*word).to_owned()).collect::<Vec<_>>();
    assert_eq!(words, ["created", "refused", "refused", "refused"], "{done}");
    let reason = done["verdicts"][1]["refusals"][0]["reason"].as_str().unwrap_or_default();
    assert!(reason.contains("south"), "{reason}");
    for role in ["reader", "operator"] {
        let other = person(&server, role, "partner:city");
        import(&other, "", &sheet).problem(403, "forbidden");
    }

    // Points and exchanges of its own devices, and of no others.
    let own = "/v1/devices/70B3D5499A000001";
    owner.put(&format!("{own}/point"), &json!({ "point": "cellar" })).success();
    let by = |dev_eui: &str| json!({ "by": dev_eui });
    let replaced = owner.post(&format!("{own}/replacement"), &by("70B3D5499A000005")).success();
    assert_eq!(replaced["point"], "cellar", "{replaced}");
    let (other, none) = (theirs.dev_eui(), "70B3D5499A00FFFF");
    let answers = [&other[..], none].map(|dev_eui| {
        let path = format!("/v1/devices/{dev_eui}");
        let put = owner.put(&format!("{path}/point"), &json!({ "point": "cellar" }));
        let taken = owner.delete(&format!("{path}/point"));
        let replaced = owner.post(&format!("{own}/replacement"), &by(dev_eui));
        [put, taken, replaced].map(|answer| {
            let said = answer.problem(404, "unknown-device").replace(dev_eui, "…");
            (answer.status, said)
        })
    });
    assert_eq!(answers[0], answers[1]);
}

#[test]
fn a_slow_sheet_of_one_sender_holds_up_nobody_else() {
    let server = Server::start();
    let owner = person(&server, "owner", "group:water");
    let token = owner.post("/v1/me/tokens", &json!({ "name": "slow" })).success();
    let head = format!(
        "POST /v1/devices/import HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {}\r\nContent-Length: 100\r\n\r\nDev",
        token["token"].as_str().expect("it is shown")
    );
    let host = server.address().trim_start_matches("http://").to_owned();
    let _slow: Vec<TcpStream> = (0..2)
        .map(|_| {
            let mut stream = TcpStream::connect(&host).expect("the server takes a connection");
            stream.write_all(head.as_bytes()).expect("it takes the beginning");
            stream
        })
        .collect();
    let slow = server.anybody().token(token["token"].as_str().expect("it is shown"));
    let sheet = "DevEUI,Name,Group\n70B3D5499A000001,a,water\n";
    eventually("two sheets of the token are under way", || {
        let answer = slow.send(&Method::POST, "/v1/devices/import?dryRun=true", sheet.as_bytes());
        (answer.status == 429).then(|| answer.problem(429, "too-many-at-once").to_owned())
    });
    import(&server, "", sheet).success();
    // Its sender alone is told of it.
    let told = slow.get("/v1/devices/import").success();
    assert_eq!((&told["underWay"], &told["rows"]), (&json!(true), &json!(0)), "{told}");
    let nothing = json!({ "underWay": false, "rows": 0, "judged": 0, "taken": 0 });
    assert_eq!(server.admin().get("/v1/devices/import").success(), nothing);
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

#[test]
fn the_sheet_of_the_repository_is_tried_and_imported() {
    let server = Server::start();
    let cli = server.admin_cli();
    let sheet = workspace().join("tests/objects/fleet.xlsx").display().to_string();
    let tried = cli.run(&["devices", "import", &sheet, "--dry-run"]).success();
    let counts = "4 created, 0 changed, 0 unchanged, 0 refused\n";
    assert!(tried.ends_with(&format!("would be imported: {counts}")), "{tried}");
    assert!(tried.contains("row 4: subGroup: \"Secteur Nord\" is secteur-nord here"), "{tried}");
    let done = cli.run(&["devices", "import", &sheet]).success();
    assert!(done.ends_with(&format!("imported: {counts}")), "{done}");
    let again = cli.run(&["devices", "import", &sheet]).success();
    assert!(again.ends_with("0 created, 0 changed, 4 unchanged, 0 refused\n"), "{again}");
    let shown = server.admin().get("/v1/devices/70B3D5499A000002").success();
    assert_eq!((&shown["latitude"], &shown["tags"]), (&json!(48.857), &json!({ "Rue": "Haute" })));
}
