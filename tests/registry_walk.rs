//! The registry through the real binary: docs/registry.md, command by command, and what it means for
//! frames.

use std::{
    fs,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use champollion_registry::Package;
use champollion_tests::{AXIOMA, Sensor, Server, Setup, Sources, champollion, run, workspace};
use serde_json::{Value as Json, json};
use tempfile::TempDir;
use ureq::http::Method;

/// A server that asks of packages all that it does by default.
fn strict() -> Server {
    Setup::default()
        .variable("CHAMPOLLION_PUBLICATION__UNSIGNED", "false")
        .variable("CHAMPOLLION_PUBLICATION__RANDOM_PAYLOADS", "10000")
        .start()
}

/// A command of the document, and the lines that it must print.
struct Step {
    command: String,
    prints: Vec<String>,
}

/// The commands of a document: in blocks of the kind `console` the lines after `$ `.
fn steps(document: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut inside = false;
    for line in document.lines() {
        match line {
            "```console" => inside = true,
            "```" => inside = false,
            _ if !inside => {}
            line => match (line.strip_prefix("$ "), steps.last_mut()) {
                (Some(command), _) => {
                    steps.push(Step { command: command.to_owned(), prints: Vec::new() });
                }
                (None, Some(step)) => step.prints.push(line.to_owned()),
                (None, None) => panic!("a block begins with {line:?}"),
            },
        }
    }
    steps
}

/// Whether a line is as the document says, where `…` stands for anything.
fn is_like(line: &str, pattern: &str) -> bool {
    let mut parts = pattern.split('…');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = line.strip_prefix(first) else { return false };
    let mut last = None;
    for part in parts {
        last = Some(part);
        let Some(at) = rest.find(part.trim()) else { return false };
        rest = &rest[at + part.trim().len()..];
    }
    match last {
        None => rest.is_empty(),
        Some("") => true,
        Some(_) => rest.trim().is_empty(),
    }
}

#[test]
fn the_document_tells_what_happens() {
    let document = fs::read_to_string(workspace().join("docs/registry.md")).expect("it is there");
    let steps = steps(&document);
    assert!(steps.len() > 20, "{} commands", steps.len());
    let server = strict();
    let folder = TempDir::new().expect("there is room");
    std::os::unix::fs::symlink(workspace().join("tests"), folder.path().join("tests"))
        .expect("there is room");
    // One shell for all, so that what one command sets the next one sees.
    const END: &str = "@@ end of step";
    let script: String =
        steps.iter().map(|step| format!("{{ {}\n}} 2>&1\necho '{END}'\n", step.command)).collect();
    let binary = champollion();
    let binaries = std::path::Path::new(binary.get_program()).parent().expect("it is in a folder");
    let path = format!("{}:{}", binaries.display(), std::env::var("PATH").unwrap_or_default());
    let mut shell = Command::new("bash");
    shell.args(["-c", &script]).current_dir(folder.path()).env("PATH", path);
    shell.env("CHAMPOLLION_SERVER", server.address());
    // Wide enough that no table breaks its lines.
    shell.env("CHAMPOLLION_TOKEN", server.admin_token()).env("COLUMNS", "300");
    let printed = run(&mut shell).stdout;

    let outputs: Vec<&str> = printed.split(&format!("{END}\n")).collect();
    assert_eq!(outputs.len(), steps.len() + 1, "{printed}");
    for (step, output) in steps.iter().zip(outputs) {
        let lines: Vec<&str> = output.lines().collect();
        let same = lines.len() == step.prints.len()
            && lines.iter().zip(&step.prints).all(|(line, pattern)| is_like(line, pattern));
        assert!(
            same,
            "$ {}\nprinted:\n{output}\nand the document says:\n{}",
            step.command,
            step.prints.join("\n")
        );
    }
}

/// A package of the walk.
fn thermometer(version: &str) -> Package {
    let folder = workspace().join("tests/walk").join(version);
    let read = |name: &str| fs::read_to_string(folder.join(name)).expect("it is there");
    Package::assemble_script(&read("codec.js"), &read("decoder.toml"), &read("vectors.json"))
        .expect("it is a package")
}

fn publish_candidate(server: &Server, package: &Package) -> Json {
    let manifest = package.manifest();
    let path = format!("/v1/registry/{}/{}", manifest.id, manifest.version);
    server.admin().send(&Method::PUT, &path, package.file()).success()
}

/// Frames come all the while; a rollback is in force within a second, and none of them is lost.
#[test]
fn a_rollback_takes_effect_within_a_second_and_loses_no_frame() {
    let server = Setup::default().variable("CHAMPOLLION_FRAMES__COPIES_WINDOW_MS", "0").start();
    assert_eq!(publish_candidate(&server, &thermometer("1.0.0"))["channel"], "stable");
    assert_eq!(publish_candidate(&server, &thermometer("1.1.0"))["channel"], "candidate");
    let sensor = Sensor::new(1);
    server.register(&sensor, "office", Some("acme/thermometer@^1"));
    let (lns, partner) = (server.lns(), server.partner("office"));
    let stop = Arc::new(AtomicBool::new(false));
    let sender = {
        let (stop, sensor) = (Arc::clone(&stop), Sensor::new(1));
        thread::spawn(move || {
            let mut sent = 0_u32;
            while !stop.load(Ordering::Relaxed) {
                sent += 1;
                let receipt = lns.ingest(&sensor.frame(sent, 2, &[0, 0xD7, 40, 36])).success();
                assert_eq!(receipt["decoded"], true, "{receipt}");
            }
            sent
        })
    };
    let latest = || {
        let records = partner.pull_all();
        let version = records.last().map(|last| last["record"]["decoder"]["version"].clone());
        version.and_then(|version| version.as_str().map(str::to_owned)).unwrap_or_default()
    };
    // Bounded, and far above the second that is asked for, so that only what hangs fails here.
    let until = |version: &str| {
        let since = Instant::now();
        while latest() != version {
            assert!(since.elapsed() < Duration::from_secs(30), "{version} decodes nothing");
        }
        since.elapsed()
    };
    until("1.0.0");
    let change = |word: &str| {
        let path = format!("/v1/registry/acme/thermometer/{word}");
        server.admin().post(&path, &json!({})).success()
    };
    assert_eq!(change("promote")["effects"][0]["devices"], 1);
    until("1.1.0");
    change("rollback");
    let took = until("1.0.0");
    assert!(took < Duration::from_secs(1), "{took:?}");
    stop.store(true, Ordering::Relaxed);
    let sent = sender.join().expect("every frame was taken");

    let records = partner.pull_all();
    let counters: Vec<u64> =
        records.iter().filter_map(|entry| entry["record"]["uplink"]["fCnt"].as_u64()).collect();
    let all: Vec<u64> = (1..=u64::from(sent)).collect();
    assert_eq!(counters, all, "every frame has its record");
    let versions: Vec<&str> =
        records.iter().filter_map(|entry| entry["record"]["decoder"]["version"].as_str()).collect();
    let mut runs = versions.clone();
    runs.dedup();
    assert_eq!(runs, ["1.0.0", "1.1.0", "1.0.0"], "each change is one point in time");
    assert_eq!(versions.len(), records.len(), "and each record names its decoder");
}

#[test]
fn a_refusal_names_everything_and_a_trial_publishes_nothing() {
    let server = strict();
    let own = server.admin();
    let key = json!({
        "key": champollion_registry::SecretKey::generate().expect("randomness").public(),
        "name": "Somebody",
        "namespaces": ["other"],
    });
    own.post("/v1/registry/keys", &key).success();
    let package = thermometer("1.0.0");
    let path = "/v1/registry/acme/thermometer/1.0.0";
    own.send(&Method::PUT, path, package.file()).problem(403, "unsigned");

    let server = Server::start();
    publish_candidate(&server, &package);
    let next = thermometer("1.0.1");
    let path = "/v1/registry/acme/thermometer/1.0.2?dryRun=true";
    let refused = server.admin().send(&Method::PUT, path, next.file());
    refused.problem(422, "other-name");
    let codes: Vec<&str> = refused.body["findings"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|finding| finding["code"].as_str())
        .collect();
    assert_eq!(codes, ["other-name", "incompatible"]);

    let next = thermometer("1.1.0");
    let path = "/v1/registry/acme/thermometer/1.1.0";
    let tried = server.admin().send(&Method::PUT, &format!("{path}?dryRun=true"), next.file());
    assert_eq!(tried.status, 200, "{}", tried.text);
    let tried = tried.success();
    assert_eq!((&tried["dryRun"], &tried["report"]["previous"]), (&json!(true), &json!("1.0.0")));
    server.admin().get("/v1/catalogue/acme/thermometer/1.1.0").problem(404, "no-version");
}

#[test]
fn publishers_publish_and_admins_promote() {
    let server = Server::start();
    let publisher = server.anybody().token(&server.new_token("publisher", None));
    let sources = Sources::of(AXIOMA);
    let stable = format!("{}?channel=stable", sources.path());
    let file = sources.package();
    publisher.send(&Method::PUT, &stable, file.file()).problem(403, "forbidden");
    publisher.send(&Method::PUT, &sources.path(), file.file()).success();
    for word in ["promote", "rollback", "yank", "unyank", "deprecate"] {
        let path = format!("/v1/registry/axioma/qalcosonic-w1/{word}");
        publisher.post(&path, &json!({ "version": "1.0.0" })).problem(403, "forbidden");
    }
    publisher.get("/v1/audit").problem(403, "forbidden");
    let admin = server.admin();
    let at = |word: &str| format!("/v1/registry/axioma/qalcosonic-w1/{word}");
    for (word, body, status, code) in [
        ("promote", json!({ "version": "9.0.0" }), 404, "no-version"),
        ("promote", json!({ "version": "1.0.0" }), 409, "already-so"),
        ("promote", json!({}), 409, "no-candidate"),
        ("promote", json!({ "reason": "why" }), 400, "invalid-body"),
        ("promote", json!({ "to": "1.0.0" }), 400, "invalid-body"),
        ("rollback", json!({ "version": "1.0.0" }), 400, "invalid-body"),
        ("rollback", json!({}), 409, "nothing-before"),
        ("yank", json!({}), 400, "version-missing"),
        ("yank", json!({ "version": "one" }), 400, "invalid-body"),
        ("yank", json!({ "version": "1.0.0", "reason": "x".repeat(2_000) }), 400, "invalid-body"),
        ("unyank", json!({ "version": "1.0.0" }), 409, "not-yanked"),
        ("deprecate", json!({ "successor": "Acme" }), 400, "invalid-body"),
    ] {
        admin.post(&at(word), &body).problem(status, code);
    }
    let unknown = admin.post("/v1/registry/acme/none/promote", &json!({}));
    unknown.problem(404, "unknown-decoder");
}

/// A candidate decodes the same frames beside the stable version: who asks is told how many agree, where
/// the two differ and on which payloads; records name the stable version alone.
#[test]
fn a_shadow_is_compared_frame_by_frame() {
    let mut server = Setup::default().variable("CHAMPOLLION_FRAMES__COPIES_WINDOW_MS", "0").start();
    publish_candidate(&server, &thermometer("1.0.0"));
    publish_candidate(&server, &thermometer("1.1.0"));
    let sensors = [Sensor::new(1), Sensor::new(2), Sensor::new(3)];
    let wishes = ["acme/thermometer@^1", "acme/thermometer@=1.0.0", "acme/thermometer@<1.1"];
    for (sensor, wish) in sensors.iter().zip(wishes) {
        server.register(sensor, "office", Some(wish));
    }
    let path = "/v1/registry/acme/thermometer/shadow";
    let admin = server.admin();
    admin.get(path).problem(404, "no-shadow");
    admin.post(path, &json!({ "end": true })).problem(404, "no-shadow");
    admin.post(path, &json!({ "version": "1.0.0" })).problem(409, "already-so");
    admin.post(path, &json!({})).problem(400, "version-missing");
    admin.post(path, &json!({ "version": "1.1.0" })).success();
    let lns = server.lns();
    // Six that both read; three that are too short for the candidate, which wants the battery too.
    for f_cnt in 1..=9_u32 {
        let whole = [0, 0xD7, 40, 36];
        let payload = if f_cnt <= 6 { &whole[..] } else { &whole[..3] };
        for sensor in &sensors {
            let receipt = lns.ingest(&sensor.frame(f_cnt, 2, payload)).success();
            assert_eq!(receipt["decoded"], true, "{receipt}");
        }
    }
    let since = Instant::now();
    let tally = loop {
        let tally = admin.get(path).success();
        if tally["compared"] == 9 {
            break tally;
        }
        assert!(since.elapsed() < Duration::from_secs(30), "{tally}");
        thread::sleep(Duration::from_millis(10));
    };
    assert_eq!(
        (&tally["version"], &tally["agreeing"], &tally["skipped"]),
        (&json!("1.1.0"), &json!(6), &json!(0))
    );
    assert_eq!(
        (&tally["stable"]["failures"], &tally["candidate"]["failures"]),
        (&json!(0), &json!(3))
    );
    assert!(tally["candidate"]["fuel"].as_u64() > Some(0), "{tally}");
    assert_eq!(tally["added"]["data.battery"], 6, "{tally}");
    assert_eq!(tally["differing"]["data.temperature"], 3, "{tally}");
    let example = &tally["examples"][0];
    assert_eq!((&example["payload"], &example["fPort"]), (&json!("00D728"), &json!(2)));
    assert_eq!(example["differing"]["data.temperature"], json!([21.5, null]));
    let shown = server.admin_cli().run(&["registry", "shadow", "acme/thermometer"]).success();
    for said in [
        "acme/thermometer 1.1.0: 6 of 9 frames agree, 0 were skipped",
        "data.battery is added on 6 frames",
        "data.temperature differs on 3 frames",
        "port 2, 00D728: ",
    ] {
        assert!(shown.contains(said), "{said}: {shown}");
    }
    for record in server.partner("office").pull_all() {
        assert_eq!(record["record"]["decoder"]["version"], "1.0.0", "{record}");
    }

    // It goes on after a restart, and ends when the candidate is promoted.
    server.stop();
    server.restart();
    assert_eq!(server.admin().get(path).success()["compared"], 0);
    server.admin().post("/v1/registry/acme/thermometer/promote", &json!({})).success();
    server.admin().get(path).problem(404, "no-shadow");
    assert_eq!(server.admin().get("/v1/registry/verify").success()["problems"], json!([]));
}

/// A candidate that a share of the devices gets goes by itself when too many of their frames fail; until
/// then the others are left alone, and no frame is lost.
#[test]
fn a_canary_goes_by_itself() {
    const DEVICES: u8 = 40;
    let server = Setup::default().variable("CHAMPOLLION_FRAMES__COPIES_WINDOW_MS", "0").start();
    publish_candidate(&server, &thermometer("1.0.0"));
    publish_candidate(&server, &thermometer("1.1.0"));
    let sensors: Vec<Sensor> = (1..=DEVICES).map(Sensor::new).collect();
    for sensor in &sensors {
        server.register(sensor, "office", Some("acme/thermometer@^1"));
    }
    let (admin, lns, partner) = (server.admin(), server.lns(), server.partner("office"));
    let path = "/v1/registry/acme/thermometer/canary";
    admin.get(path).problem(404, "no-canary");
    for share in [0, 100] {
        let wish = json!({ "version": "1.1.0", "sharePercent": share });
        admin.post(path, &wish).problem(400, "invalid-body");
    }
    let wish = json!({
        "version": "1.1.0", "sharePercent": 50, "failurePercent": 10, "frames": 30,
    });
    admin.post(path, &wish).success();
    let mut sent = 0;
    let mut send = |f_cnt: u32, payload: &[u8]| {
        for sensor in &sensors {
            lns.ingest(&sensor.frame(f_cnt, 2, payload)).success();
            sent += 1;
        }
    };
    // The versions that decoded the frames of a counter, in the order of the devices.
    let versions = |f_cnt: u32| -> Vec<String> {
        let records = partner.pull_all();
        let of = |sensor: &Sensor| {
            let record = records.iter().map(|entry| &entry["record"]).find(|record| {
                record["device"]["devEui"] == sensor.dev_eui() && record["uplink"]["fCnt"] == f_cnt
            });
            let record = record.expect("every frame has a record");
            record["decoder"]["version"].as_str().unwrap_or("none").to_owned()
        };
        sensors.iter().map(of).collect()
    };
    send(1, &[0, 0xD7, 40, 36]);
    let first = versions(1);
    let share = first.iter().filter(|version| *version == "1.1.0").count();
    assert!((8..=32).contains(&share), "{share} of {DEVICES}");
    send(2, &[0, 0xD7, 40, 36]);
    assert_eq!(versions(2), first, "a device gets what it got");
    let report = admin.get(path).success();
    assert_eq!((&report["decoded"], &report["failures"]), (&json!(2 * share), &json!(0)));

    // The candidate cannot read what the stable version can.
    let mut f_cnt = 3;
    let since = Instant::now();
    while admin.get(path).status == 200 {
        assert!(since.elapsed() < Duration::from_secs(30), "{}", admin.get(path).text);
        send(f_cnt, &[0, 0xD7, 40]);
        f_cnt += 1;
    }
    send(f_cnt, &[0, 0xD7, 40]);
    assert!(versions(f_cnt).iter().all(|version| version == "1.0.0"));
    assert_eq!(partner.pull_all().len(), sent, "every frame has its record");
    let audit = server.admin_cli().json(&["registry", "audit", "--json"]);
    let ended = audit["entries"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|entry| entry["action"] == "end-canary" && entry["by"]["name"] == "the registry");
    let reason = ended.expect("it is in the audit")["details"]["reason"].to_string();
    assert!(reason.contains("frames failed, and 10 % may"), "{reason}");
    assert_eq!(admin.get("/v1/registry/verify").success()["problems"], json!([]));

    // What it was is what it can be again, and ends when it is asked to.
    let cli = server.admin_cli();
    let begin = ["registry", "canary", "acme/thermometer@1.1.0", "--share", "20"];
    let said = cli.run(&begin).success();
    assert!(said.starts_with("acme/thermometer is in 1.1.0 for 20 % of the devices"), "{said}");
    let said = cli.run(&["registry", "canary", "acme/thermometer"]).success();
    assert!(said.contains("is given to 20 % of the devices: 0 of 0 frames failed"), "{said}");
    let said = cli.run(&["registry", "canary", "acme/thermometer", "--end"]).success();
    assert!(said.starts_with("acme/thermometer is as it was for all devices"), "{said}");
    admin.get(path).problem(404, "no-canary");
}

/// How often the server is killed at most, each time a little later, and how often at least: in the end
/// it must have been killed before a change was durable and after.
const ROUNDS: u64 = 60;
const ENOUGH: u64 = 14;

/// Killed as `kill -9` does it at any moment of a change, the registry holds the old state or the new.
#[test]
fn killed_at_any_moment_it_is_as_before_or_as_after() {
    let mut server = Server::start();
    publish_candidate(&server, &thermometer("1.0.0"));
    publish_candidate(&server, &thermometer("1.1.0"));
    let mut stable = "1.0.0".to_owned();
    let (mut before, mut after) = (0, 0);
    for round in 0..ROUNDS {
        if round > ENOUGH && before > 0 && after > 0 {
            break;
        }
        let word = if stable == "1.0.0" { "promote" } else { "rollback" };
        let wanted = if stable == "1.0.0" { "1.1.0" } else { "1.0.0" };
        let path = format!("/v1/registry/acme/thermometer/{word}");
        let admin = server.admin();
        let asked = thread::spawn(move || {
            // Whether it is answered or cut off is what this is about.
            admin.attempt(&Method::POST, &path, b"{}").is_ok_and(|answer| answer.status == 200)
        });
        // From before the request arrives to after it was answered.
        thread::sleep(Duration::from_micros(round * round * 100));
        server.kill();
        let was_answered = asked.join().expect("it ends");
        server.restart();
        let entry = server.anybody().get("/v1/catalogue/acme/thermometer").success();
        let now = entry["version"].as_str().expect("it has a version").to_owned();
        let verified = server.admin().get("/v1/registry/verify").success();
        assert_eq!(verified["problems"], json!([]), "round {round}");
        assert!(now == stable || now == wanted, "round {round}: {now}");
        assert!(!was_answered || now == wanted, "round {round}: what was answered is durable");
        if now == wanted {
            after += 1
        } else {
            before += 1
        }
        stable = now;
    }
    assert!(before > 0 && after > 0, "{before} before and {after} after");
}

/// The same of a publication, with its file and its line.
#[test]
fn killed_while_it_publishes_it_has_the_version_whole_or_not() {
    let mut server = Server::start();
    publish_candidate(&server, &thermometer("1.0.0"));
    let sources = thermometer("1.1.0");
    let toml = sources.manifest_toml().to_owned();
    let vectors = fs::read_to_string(workspace().join("tests/walk/1.1.0/vectors.json"));
    let codec = fs::read_to_string(workspace().join("tests/walk/1.1.0/codec.js"));
    let (vectors, codec) = (vectors.expect("it is there"), codec.expect("it is there"));
    let (mut there, mut missing) = (0, 0);
    for round in 1..ROUNDS {
        if round > ENOUGH && there > 0 && missing > 0 {
            break;
        }
        let version = format!("1.{round}.0");
        let toml = toml.replacen("version = \"1.1.0\"", &format!("version = \"{version}\""), 1);
        let package = Package::assemble_script(&codec, &toml, &vectors).expect("it is a package");
        let path = format!("/v1/registry/acme/thermometer/{version}");
        let (admin, file) = (server.admin(), package.file().to_vec());
        let own = path.clone();
        let asked = thread::spawn(move || {
            admin.attempt(&Method::PUT, &own, &file).is_ok_and(|answer| answer.status == 201)
        });
        thread::sleep(Duration::from_millis(round * round));
        server.kill();
        let was_answered = asked.join().expect("it ends");
        server.restart();
        let verified = server.admin().get("/v1/registry/verify").success();
        assert_eq!(verified["problems"], json!([]), "round {round}");
        let got = server.admin().get(&path);
        if got.status == 200 {
            there += 1;
        } else {
            got.problem(404, "no-version");
            assert!(!was_answered, "round {round}: what was answered is durable");
            missing += 1;
            // It can be published again as if nothing had been.
            assert_eq!(publish_candidate(&server, &package)["version"], json!(version));
        }
    }
    assert!(there > 0 && missing > 0, "{there} there, {missing} missing");
}
