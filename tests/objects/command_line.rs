//! Objects and sheets of them on the command line.

use std::{fs, path::Path};

use champollion_tests::{Output, Sensor, Server, workspace};
use serde_json::json;
use tempfile::TempDir;

use super::{FLEET, KEY};

/// The path of a file that is written into a folder.
fn file(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    fs::write(&path, text).expect("there is room");
    path.display().to_string()
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
