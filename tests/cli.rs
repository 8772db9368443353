//! The command line: tables and sentences for people, JSON for programs, 0 only on success.

use std::{fs, net::TcpListener, process::Command};

use champollion_sdk::difference::difference;
use champollion_tests::{
    AXIOMA, DECODERS, ELSYS, LUMINAIRE, Output, Sensor, Server, Sources, champollion, mischief,
    run, with_sections, workspace,
};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

fn folder() -> TempDir {
    TempDir::new().expect("there is room for a folder")
}

/// `champollion decode` of a file.
fn decode(file: &str, f_port: u8, payload: &str) -> Command {
    let mut command = champollion();
    command.args(["decode", "--decoder", file, "--fport", &f_port.to_string(), "--hex", payload]);
    command
}

#[track_caller]
fn says(output: &Output, names: &[&str]) {
    let said = output.sentence();
    for name in names {
        assert!(said.contains(name), "it does not name {name:?}: {said}");
    }
}

#[test]
fn decode_prints_what_every_vector_expects() {
    for decoder in DECODERS {
        let (file, sources) = (Sources::file(decoder), Sources::of(decoder));
        let package = sources.package();
        // Some of each; the whole lot is run when a package is published.
        for (uplink, expected) in sources.readings().iter().step_by(9) {
            let (payload, at) = (uplink.payload.to_string(), uplink.received_at.to_string());
            let f_cnt = uplink.f_cnt.to_string();
            let mut command = decode(&file, uplink.f_port, &payload);
            command.args(["--at", &at, "--fcnt", &f_cnt]);
            let human = run(&mut command).success();
            let printed = run(command.arg("--json")).success();
            let printed: Json = serde_json::from_str(&printed).expect("--json prints JSON");

            let name = json!({
                "id": package.manifest().id, "version": "1.0.0", "digest": package.digest(),
            });
            assert_eq!(printed["decoder"], name);
            let fuel = printed["fuel"].as_u64().expect("a call takes fuel");
            assert!(fuel > 0);
            let mut reading = printed.clone();
            for member in ["decoder", "fuel"] {
                reading.as_object_mut().expect("it is an object").remove(member);
            }
            assert!(reading["warnings"].is_array() && reading["measurements"].is_array());
            assert_eq!(difference(expected, &json!({ "reading": reading })), None, "{decoder}");

            assert!(human.starts_with(&format!("{} 1.0.0 (sha256:", package.manifest().id)));
            assert!(human.contains(&format!("{fuel} units of fuel")), "{human}");
            let data = human.lines().find_map(|line| line.strip_prefix("data "));
            let data: Json = serde_json::from_str(data.unwrap_or_default()).expect("it is JSON");
            assert_eq!(data, reading["data"]);
            for measurement in reading["measurements"].as_array().into_iter().flatten() {
                let quantity = measurement["quantity"].as_str().expect("it has a quantity");
                let unit = measurement["unit"].as_str().unwrap_or_default();
                let line = human.lines().find(|line| {
                    line.trim().starts_with(&format!("{quantity} ")) && line.contains(unit)
                });
                assert!(line.is_some(), "{quantity} in {unit} is missing:\n{human}");
            }
            for warning in reading["warnings"].as_array().into_iter().flatten() {
                let warning = warning.as_str().expect("a warning is a text");
                assert!(human.contains(&format!("warning: {warning}")), "{human}");
            }
        }
    }
}

#[test]
fn decode_of_commands_and_downlinks() {
    let file = Sources::file(LUMINAIRE);
    let command = r#"{"statusConfig": {"statusInterval": 3600}}"#;
    let encoded =
        run(champollion().args(["decode", "--decoder", &file, "--command", command, "--json"]));
    let encoded: Json = serde_json::from_str(&encoded.success()).expect("--json prints JSON");
    let downlink = &encoded["downlink"];
    let (f_port, payload) = (&downlink["fPort"], downlink["payload"].as_str().unwrap_or_default());
    assert_eq!(*f_port, 50, "{encoded}");
    let mut back = decode(&file, 50, payload);
    let back = run(back.args(["--downlink", "--json"])).success();
    let back: Json = serde_json::from_str(&back).expect("--json prints JSON");
    assert_eq!(back["data"]["statusConfig"]["statusInterval"], 3600, "{back}");

    let wrong = run(champollion().args(["decode", "--decoder", &file, "--command", "{]"]));
    says(&wrong, &["command", "JSON"]);
    let unknown =
        run(champollion().args(["decode", "--decoder", &file, "--command", r#"{"fly": {}}"#]));
    assert!(unknown.failure().contains("fly"), "{unknown:?}");
}

#[test]
fn decode_says_in_a_sentence_what_is_wrong() {
    let folder = folder();
    let path = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, content).expect("the file can be written");
        path.to_str().expect("the path is text").to_owned()
    };
    let real = Sources::of(AXIOMA);
    let file = Sources::file(AXIOMA);
    says(&run(&mut decode("nowhere.wasm", 100, "00")), &["nowhere.wasm", "No such file"]);
    let text = path("notes.txt", b"not a decoder");
    says(&run(&mut decode(&text, 100, "00")), &["notes.txt", "SyntaxError", "line 1"]);
    let empty = path("empty.wasm", b"");
    says(&run(&mut decode(&empty, 100, "00")), &["empty.wasm", "no WebAssembly"]);
    let module = path("module.wasm", &wat::parse_str("(module)").expect("this is a module"));
    says(
        &run(&mut decode(&module, 100, "00")),
        &["module.wasm", "core module", "champollion build"],
    );
    let bare = path("bare.wasm", &real.component);
    says(&run(&mut decode(&bare, 100, "00")), &["bare.wasm", "manifest", "champollion build"]);
    let here = folder.path().to_str().expect("the path is text");
    let nothing = run(&mut decode(here, 100, "00"));
    for missing in ["decoder.toml", "neither codec.js nor Cargo.toml", "champollion new"] {
        assert!(nothing.failure().contains(missing), "{nothing:?}");
    }

    let short = run(&mut decode(&file, 100, "0EA0"));
    assert_eq!(short.sentence().lines().count(), 1);
    says(&short, &["not decoded", "too-short"]);
    says(&run(&mut decode(&file, 102, "00")), &["not decoded", "unknown-port", "102"]);
    let looping = path("mischief.wasm", mischief().file());
    says(&run(&mut decode(&looping, 1, "01")), &["not decoded", "fuel"]);
    let code = run(decode(&file, 100, "0EA0").arg("--json"));
    let printed: Json = serde_json::from_str(&code.stdout).expect("--json prints JSON");
    assert_eq!(printed["error"]["code"], "decoder-failure");
    assert_eq!(printed["error"]["failure"]["kind"], "too-short");
    assert_eq!(printed["decoder"]["id"], "axioma/qalcosonic-w1");
    says(&code, &["too-short"]);

    for (payload, name) in [("0EA", "odd"), ("0G", "digit 2")] {
        let output = run(&mut decode(&file, 100, payload));
        let first = output.failure().lines().next().unwrap_or_default();
        assert!(first.contains("--hex") && first.contains(name), "{first}");
    }
    let output = run(champollion().args(["decode", "--decoder", &file, "--hex", "00"]));
    assert!(output.failure().contains("--fport"), "{output:?}");
    let output = run(decode(&file, 100, "00").args(["--variable", "litres"]));
    assert!(output.failure().contains("name=value"), "{output:?}");
    let output = run(decode(&file, 100, "00").args(["--at", "today"]));
    assert!(output.failure().contains("today"), "{output:?}");
}

#[test]
fn the_folder_that_one_stands_in_makes_no_difference() {
    let (folder, file) = (folder(), Sources::file(AXIOMA));
    let (uplink, _) = Sources::of(AXIOMA).readings().swap_remove(0);
    let at = uplink.received_at.to_string();
    for json in [false, true] {
        let printed = |here: &std::path::Path| {
            let mut command = decode(&file, uplink.f_port, &uplink.payload.to_string());
            command.args(["--at", &at]).args(json.then_some("--json"));
            run(command.current_dir(here)).success()
        };
        assert_eq!(printed(workspace()), printed(folder.path()));
    }
    let is_empty = fs::read_dir(folder.path()).expect("it is there").next().is_none();
    assert!(is_empty, "decoding leaves nothing behind");
}

#[test]
fn the_catalogue_for_people_and_for_programs() {
    let server = Server::start();
    let cli = server.cli("");
    assert!(
        run(cli.command().env_remove("CHAMPOLLION_TOKEN").arg("catalogue"))
            .success()
            .contains("decoder")
    );
    for decoder in DECODERS {
        server.publish_own(decoder);
    }
    let list = run(cli.command().env_remove("CHAMPOLLION_TOKEN").arg("catalogue")).success();
    for name in
        ["axioma/qalcosonic-w1", "elsys/ers-co2", "1.0.0", "Axioma Qalcosonic W1", "ERS CO2 Lite"]
    {
        assert!(list.contains(name), "{name} is missing:\n{list}");
    }
    let catalogue = cli.json(&["catalogue", "--json"]);
    assert_eq!(catalogue, server.anybody().get("/v1/catalogue").success());

    let meter = cli.run(&["catalogue", "axioma/qalcosonic-w1"]).success();
    for name in ["axioma/qalcosonic-w1 1.0.0", "100", "up", "currentVolume", "water.volume", "m3"] {
        assert!(meter.contains(name), "{name} is missing:\n{meter}");
    }
    let entry = cli.json(&["catalogue", "axioma/qalcosonic-w1", "--json"]);
    assert_eq!(entry, server.anybody().get("/v1/catalogue/axioma/qalcosonic-w1").success());
    says(&cli.run(&["catalogue", "axioma/nothing"]), &["unknown-decoder", "axioma/nothing"]);
    let wrong = cli.run(&["catalogue", "axioma"]);
    assert!(wrong.failure().contains("vendor/model"), "{wrong:?}");
}

#[test]
fn publish_says_what_was_published_and_what_was_not() {
    let (server, folder) = (Server::start(), folder());
    let cli = server.cli(&server.new_token("publisher", None));
    let file = Sources::file(ELSYS);
    let package = Sources::of(ELSYS).package();
    let said = cli.run(&["publish", &file]).success();
    let vectors = package.vectors().len();
    let expected =
        format!("published elsys/ers-co2 1.0.0: {vectors} vectors passed, {}\n", package.digest());
    assert_eq!(said, expected);
    let printed = cli.json(&["publish", "--json", &file]);
    assert_eq!(printed[0]["digest"], json!(package.digest()));

    let other = folder.path().join("other.wasm");
    let changed = Sources::of(ELSYS).manifest_with("Room sensor", "Sensor of rooms");
    fs::write(&other, changed.package().file()).expect("the file can be written");
    let other = other.to_str().expect("the path is text");
    says(
        &cli.run(&["publish", other]),
        &["other.wasm", "version-exists", "raise `version` in decoder.toml"],
    );
    // Larger than the server takes: the answer arrives, and not a broken connection.
    let large = folder.path().join("large.wasm");
    let real = Sources::of(ELSYS);
    let vectors = real.vectors + &" ".repeat(5 << 20);
    let file_of_before = with_sections(&real.component, Some(&real.manifest), Some(&vectors));
    fs::write(&large, file_of_before).expect("the file can be written");
    let large = large.to_str().expect("the path is text");
    says(&cli.run(&["publish", large]), &["large.wasm", "body-too-large", "4194304"]);
    says(&cli.run(&["publish", "nowhere.wasm"]), &["nowhere.wasm", "No such file"]);
    says(
        &server.cli(&server.new_token("lns", None)).run(&["publish", &file]),
        &["forbidden", "lns"],
    );
    says(&server.cli("wrong").run(&["publish", &file]), &["token-unknown"]);
    let without = run(cli.command().env_remove("CHAMPOLLION_TOKEN").args(["publish", &file]));
    says(&without, &["token-missing", "--token", "CHAMPOLLION_TOKEN"]);
}

#[test]
fn tokens_are_made_listed_and_revoked() {
    let server = Server::start();
    let cli = server.admin_cli();
    let made = cli.run(&["tokens", "create", "--name", "the LNS", "--role", "lns"]);
    assert!(made.stderr.contains("only time"), "{made:?}");
    let secret = made.success().trim().to_owned();
    assert!(secret.starts_with("chmp_lns_") && !secret.contains(char::is_whitespace), "{secret}");
    let partner = cli.json(&[
        "tokens",
        "create",
        "--name",
        "Water",
        "--role",
        "partner",
        "--group",
        "water",
        "--expires-at",
        "2100-01-01T00:00:00Z",
        "--json",
    ]);
    assert_eq!((&partner["role"], &partner["group"]), (&json!("partner"), &json!("water")));

    let list = cli.run(&["tokens", "list"]).success();
    for name in ["first admin", "the LNS", "lns", "Water", "partner", "water", "2100-01-01"] {
        assert!(list.contains(name), "{name} is missing:\n{list}");
    }
    assert!(!list.contains("chmp_"), "{list}");
    let list = cli.json(&["tokens", "list", "--json"]);
    let tokens = list["tokens"].as_array().expect("there are tokens");
    assert_eq!(tokens.len(), 3);
    let id = tokens[1]["id"].as_str().expect("a token has an id");

    let lns = server.anybody().token(&secret);
    lns.ingest(&json!({})).problem(400, "invalid-body");
    assert_eq!(cli.run(&["tokens", "revoke", id]).success(), format!("revoked {id}\n"));
    lns.ingest(&json!({})).problem(401, "token-unknown");
    says(&cli.run(&["tokens", "revoke", id]), &["unknown-token", id]);
    says(&server.cli(&secret).run(&["tokens", "list"]), &["token-unknown"]);
    says(&cli.run(&["tokens", "create", "--name", "x", "--role", "partner"]), &["group"]);
    let role = cli.run(&["tokens", "create", "--name", "x", "--role", "root"]);
    assert!(role.failure().contains("publisher"), "{role:?}");
}

#[test]
fn devices_are_added_listed_and_removed() {
    let server = Server::start();
    let cli = server.admin_cli();
    let sensor = Sensor::new(1);
    let dev_eui = sensor.dev_eui();
    let add = |more: &[&str]| {
        // Keys are better given where the list of processes does not show them.
        let mut command = cli.command();
        command
            .env("CHAMPOLLION_NWK_S_KEY", sensor.nwk_s_key())
            .env("CHAMPOLLION_APP_S_KEY", sensor.app_s_key())
            .args(["devices", "add", &dev_eui, "--dev-addr", &sensor.dev_addr()])
            .args(more);
        run(&mut command)
    };
    let told = add(&["--group", "water", "--name", "Meter 1", "--variable", "litres=10"]).success();
    assert_eq!(told, format!("registered {dev_eui} in water\n"));
    let device = add(&[
        "--group",
        "water",
        "--decoder",
        "a/b@^1",
        "--variable",
        "litres=10",
        "--tag",
        "a=b",
        "--json",
    ]);
    let device: Json = serde_json::from_str(&device.success()).expect("--json prints JSON");
    let mut expected = json!({
        "devEui": dev_eui, "devAddr": sensor.dev_addr(), "activation": "abp", "lorawan": "1.0.3",
        "name": "", "group": "water",
        "decoder": "a/b@^1", "variables": { "litres": 10 }, "tags": { "a": "b" },
        "warnings": ["no decoder of the name a/b is published"],
    });
    assert_eq!(device, expected);
    server.lns().ingest(&sensor.frame(1, 1, &[1])).success();

    let list = cli.run(&["devices", "list"]).success();
    for name in [&*dev_eui, &*sensor.dev_addr(), "water", "a/b@^1"] {
        assert!(list.contains(name), "{name} is missing:\n{list}");
    }
    let shown = cli.json(&["devices", "show", &dev_eui]);
    assert_eq!((&shown["devEui"], &shown["decoder"]), (&json!(dev_eui), &json!("a/b@^1")));
    assert!(!shown.to_string().contains(&sensor.nwk_s_key()), "keys are shown to nobody: {shown}");
    // The moment that the network server told.
    expected["lastHeardAt"] = json!("2026-01-31T12:00:00Z");
    assert_eq!(cli.json(&["devices", "list", "--json"]), json!({ "devices": [expected] }));
    let partner = server.cli(&server.new_token("partner", Some("lighting")));
    assert_eq!(partner.json(&["devices", "list", "--json"]), json!({ "devices": [] }));
    says(&partner.run(&["devices", "remove", &dev_eui]), &["forbidden", "partner"]);

    assert_eq!(cli.run(&["devices", "remove", &dev_eui]).success(), format!("removed {dev_eui}\n"));
    says(&cli.run(&["devices", "remove", &dev_eui]), &["unknown-device", &dev_eui]);
    says(&cli.run(&["devices", "show", &dev_eui]), &["unknown-device", &dev_eui]);
    let wrong = cli.run(&["devices", "remove", "02C4"]);
    assert!(wrong.failure().contains("16 hexadecimal digits"), "{wrong:?}");
    let wrong = add(&["--group", "The Water"]);
    assert!(wrong.failure().contains("small letters"), "{wrong:?}");
}

#[test]
fn records_are_pulled_and_acknowledged() {
    let server = Server::start();
    server.publish(&mischief());
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", Some("test/mischief"));
    let lns = server.lns();
    lns.ingest(&sensor.frame(1, 1, &[0])).success();
    lns.ingest(&sensor.frame(2, 1, &[2])).success();
    lns.ingest(&sensor.frame(3, 1, &[0])).success();
    let cli = server.cli(&server.new_token("partner", Some("water")));

    let table = cli.run(&["records", "pull"]).success();
    for name in ["2026-01-31T12:00:00Z", &sensor.dev_eui(), "\"fine\"", "not decoded", "next: 3"] {
        assert!(table.contains(name), "{name} is missing:\n{table}");
    }
    let page = cli.json(&["records", "pull", "--json"]);
    assert_eq!(page, server.partner("water").get("/v1/records").success());
    let page = cli.json(&["records", "pull", "--after", "1", "--limit", "1", "--json"]);
    assert_eq!(page["records"][0]["record"]["uplink"]["fCnt"], 2);
    let cursor = page["next"].as_str().expect("a page says where to go on");
    assert_eq!(cli.run(&["records", "ack", cursor]).success(), "removed 2 records\n");
    assert_eq!(cli.json(&["records", "ack", cursor, "--json"])["removed"], 0);
    says(&cli.run(&["records", "ack", "99"]), &["cursor-beyond-end", "99"]);
    says(&cli.run(&["records", "pull", "--group", "lighting"]), &["forbidden", "lighting"]);
    let admin = server.admin_cli();
    says(&admin.run(&["records", "pull"]), &["group-missing", "--group"]);
    let page = admin.json(&["records", "pull", "--group", "water", "--json"]);
    assert_eq!(page["records"].as_array().map(Vec::len), Some(1));
    let wrong = cli.run(&["records", "pull", "--after", "x"]);
    assert!(wrong.failure().contains("cursor"), "{wrong:?}");
}

#[test]
fn a_server_that_is_not_there_is_named() {
    let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let address = format!("http://{}", free.expect("a port is free"));
    for arguments in [
        &["catalogue"][..],
        &["tokens", "list"],
        &["devices", "list"],
        &["records", "pull"],
        &["publish", &Sources::file(ELSYS)],
    ] {
        let mut command = champollion();
        let output = run(command.args(arguments).args(["--server", &address]));
        says(&output, &["cannot be reached", &address, "refused"]);
    }
    for nonsense in ["nonsense", "localhost:8080", "ftp://127.0.0.1"] {
        let output = run(champollion().args(["catalogue", "--server", nonsense]));
        let first = output.failure().lines().next().unwrap_or_default();
        assert!(first.contains(nonsense) && first.contains("http://host:port"), "{first}");
    }
}

#[test]
fn help_and_versions() {
    let help = run(champollion().arg("--help")).success();
    for command in [
        "serve",
        "decode",
        "build",
        "publish",
        "catalogue",
        "devices",
        "frames",
        "records",
        "tokens",
    ] {
        assert!(help.contains(command), "{command} is missing:\n{help}");
        let own = run(champollion().args([command, "--help"])).success();
        assert!(own.contains("Usage: champollion"), "{own}");
    }
    assert!(run(champollion().arg("--version")).success().starts_with("champollion "));
    let unknown = run(champollion().arg("decipher"));
    assert!(unknown.failure().contains("decipher"), "{unknown:?}");
    assert_ne!(run(&mut champollion()).code, Some(0));
}

#[test]
fn shells_and_man_know_the_commands() {
    for shell in ["bash", "zsh", "fish"] {
        let script = run(champollion().args(["completions", shell])).success();
        assert!(script.contains("downlinks") && script.contains("rollback"), "{shell}: {script}");
    }
    assert!(run(champollion().args(["completions", "tcl"])).failure().contains("tcl"));

    let folder = TempDir::new().expect("there is room for a folder");
    let out = folder.path().join("man");
    let said = run(champollion().arg("man").arg("--out").arg(&out)).success();
    assert!(said.contains("man"), "{said}");
    for page in ["champollion.1", "champollion-registry-rollback.1"] {
        let page = fs::read_to_string(out.join(page)).expect("there is a page for each command");
        assert!(page.contains(".TH"), "{page}");
    }
    let taken = folder.path().join("file");
    fs::write(&taken, "").expect("the file can be written");
    let failure = run(champollion().arg("man").arg("--out").arg(&taken));
    assert!(failure.sentence().contains("cannot be written"), "{failure:?}");
}

/// Runs a command on a terminal of 80 columns, which `script` makes.
fn on_a_terminal(command: &Command, arguments: &str) -> String {
    let line = format!("stty cols 80 && {} {arguments}", command.get_program().display());
    let mut terminal = Command::new("script");
    for (name, value) in command.get_envs() {
        terminal.env(name, value.unwrap_or_default());
    }
    run(terminal.args(["-qec", &line, "/dev/null"])).success()
}

/// On a terminal lines are no wider than it, and what names a thing stays whole; elsewhere a row is a line.
#[test]
fn tables_fit_a_terminal_of_80_columns() {
    let server = Server::start();
    let cli = server.admin_cli();
    let sensors: Vec<Sensor> = (1..=3).map(Sensor::new).collect();
    for sensor in &sensors {
        let name = "the meter in the cellar of the town hall, behind the boiler";
        let group = "water-company-of-the-north";
        let device = ["devices", "add", &sensor.dev_eui(), "--group", group, "--name", name];
        drop(cli.run(&device).success());
    }
    for (arguments, whole) in [
        ("devices list", sensors[0].dev_eui()),
        ("registry audit", "device-register".to_owned()),
        ("tokens list", "first admin".to_owned()),
    ] {
        let shown = on_a_terminal(&cli.command(), arguments);
        assert!(shown.contains(&whole), "{shown}");
        // The signed end of the audit is a digest and a key, which people copy whole.
        let table = shown.lines().filter(|line| !line.starts_with("head "));
        let wide: Vec<&str> = table.filter(|line| line.trim_end().chars().count() > 80).collect();
        assert!(wide.is_empty(), "{arguments}: {wide:?}");
    }
    let rows = cli.run(&["devices", "list"]).success();
    assert_eq!(rows.lines().count(), 1 + sensors.len(), "a row is a line: {rows}");
}
