//! A catalogue that is imported once more: only what has changed is published, as the next version by the gate's own
//! judgement, and what has not costs nothing.

use std::{fs, path::Path};

use champollion_registry::package::Package;
use champollion_tests::{Output, Server, champollion, run};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

/// A codec of the layout `folders` with one example.
const THERMOMETER: &str =
    "function decodeUplink(input) {\n  return { data: { temperature: input.bytes[0] / 2 } };\n}\n";

const EXAMPLES: &str = r#"[{ "type": "uplink", "description": "21.5 degrees",
    "input": { "bytes": [43], "fPort": 1 },
    "output": { "data": { "temperature": 21.5 } } }]"#;

/// A catalogue of two codecs, each a TS013 package of its own.
fn catalogue() -> TempDir {
    let folder = TempDir::new().expect("there is room for a folder");
    for model in ["t1", "t2"] {
        write(folder.path(), model, "index.js", THERMOMETER);
        write(folder.path(), model, "examples.json", EXAMPLES);
        let package = json!({
            "name": format!("@acme/{model}"), "main": "index.js", "license": "MIT",
            "description": "A thermometer.", "author": "Acme",
        });
        write(folder.path(), model, "package.json", &package.to_string());
    }
    folder
}

fn write(folder: &Path, model: &str, name: &str, text: &str) {
    let folder = folder.join(model);
    fs::create_dir_all(&folder).expect("there is room");
    fs::write(folder.join(name), text).expect("there is room");
}

fn import(server: &Server, path: &Path, more: &[&str]) -> (Output, Json) {
    let mut command = champollion();
    command.arg("import").arg(path).args(["--from", "folders", "--json", "--to", server.address()]);
    command.args(["--token", server.admin_token()]).args(more);
    let output = run(&mut command);
    let report = serde_json::from_str(&output.stdout)
        .unwrap_or_else(|error| panic!("no JSON, {error}: {output:#?}"));
    (output, report)
}

#[track_caller]
fn imported(server: &Server, path: &Path, more: &[&str]) -> Json {
    let (output, report) = import(server, path, more);
    assert_eq!(output.code, Some(0), "{output:#?}");
    report
}

/// The published versions of all decoders, the highest first.
fn versions(server: &Server) -> Vec<(String, Vec<String>)> {
    let catalogue = server.admin().get("/v1/catalogue").success();
    let decoders = catalogue["decoders"].as_array().cloned().unwrap_or_default();
    let of = |decoder: &Json| {
        let versions = decoder["versions"].as_array().cloned().unwrap_or_default();
        let versions = versions.iter().filter_map(|one| one["version"].as_str().map(str::to_owned));
        (decoder["id"].as_str().unwrap_or_default().to_owned(), versions.collect())
    };
    decoders.iter().map(of).collect()
}

/// The versions of each member of a report, such as `unchanged`.
fn told(report: &Json, member: &str) -> Vec<String> {
    let list = report[member].as_array().cloned().unwrap_or_default();
    list.iter().filter_map(|one| one["version"].as_str().map(str::to_owned)).collect()
}

#[test]
fn what_has_not_changed_is_neither_run_nor_published_again() {
    let server = Server::start();
    let catalogue = catalogue();
    let first = imported(&server, catalogue.path(), &[]);
    assert_eq!(
        (&first["packages"], &first["vectors"]["total"]),
        (&json!(2), &json!(2)),
        "{first:#}"
    );
    assert_eq!(first.get("unchanged"), None);
    let before = versions(&server);
    let audited = || server.admin().get("/v1/audit").text.matches("publish").count();
    let lines = audited();
    for more in [&[][..], &["--bump"], &["--version", "1.0.0"]] {
        let again = imported(&server, catalogue.path(), more);
        assert_eq!(
            (&again["packages"], &again["vectors"]["total"]),
            (&json!(0), &json!(0)),
            "{again:#}"
        );
        assert_eq!(told(&again, "unchanged"), ["1.0.0", "1.0.0"], "{again:#}");
    }
    assert_eq!((versions(&server), audited()), (before, lines));
    let mut command = champollion();
    command.arg("import").arg(catalogue.path()).args(["--from", "folders", "--to"]);
    command.args([server.address(), "--token", server.admin_token()]);
    let said = run(&mut command).success();
    assert!(said.contains("2 codecs, 0 packages") && said.contains("2 unchanged"), "{said}");
}

#[test]
fn what_has_changed_is_the_next_version_by_the_gates_judgement() {
    let server = Server::start();
    let catalogue = catalogue();
    drop(imported(&server, catalogue.path(), &[]));

    // Another way to the same answers: nothing that its users rely on has changed.
    write(catalogue.path(), "t1", "index.js", &THERMOMETER.replace("/ 2", "* 0.5"));
    let (output, refused) = import(&server, catalogue.path(), &[]);
    assert_eq!(output.code, Some(1), "{output:#?}");
    let reason = refused["skipped"][0]["reason"].as_str().unwrap_or_default();
    assert!(reason.contains("1.0.0") && reason.contains("--bump"), "{reason}");
    assert_eq!(told(&refused, "unchanged"), ["1.0.0"]);
    let patch = imported(&server, catalogue.path(), &["--bump"]);
    assert_eq!(
        (told(&patch, "bumped"), told(&patch, "unchanged")),
        (vec!["1.0.1".to_owned()], vec!["1.0.0".to_owned()]),
        "{patch:#}"
    );
    assert_eq!(patch["bumped"][0]["previous"], "1.0.0");
    // A candidate, and the next import knows it all the same.
    let same = imported(&server, catalogue.path(), &["--bump"]);
    assert_eq!(told(&same, "unchanged"), ["1.0.1", "1.0.0"], "{same:#}");

    // One field more.
    let more = THERMOMETER.replace("/ 2", "* 0.5, battery: input.bytes[1]");
    write(catalogue.path(), "t1", "index.js", &more);
    write(
        catalogue.path(),
        "t1",
        "examples.json",
        r#"[{ "type": "uplink", "input": { "bytes": [43, 9], "fPort": 1 },
              "output": { "data": { "temperature": 21.5, "battery": 9 } } }]"#,
    );
    let minor = imported(&server, catalogue.path(), &["--bump"]);
    assert_eq!(told(&minor, "bumped"), ["1.1.0"], "{minor:#}");

    // As it was at first: the field is gone.
    write(catalogue.path(), "t1", "index.js", THERMOMETER);
    write(catalogue.path(), "t1", "examples.json", EXAMPLES);
    let major = imported(&server, catalogue.path(), &["--bump"]);
    assert_eq!(told(&major, "bumped"), ["2.0.0"], "{major:#}");
    let all = versions(&server);
    let t1 = all.iter().find(|(id, _)| id == "acme/t1").expect("it is there");
    assert_eq!(t1.1, ["2.0.0", "1.1.0", "1.0.1", "1.0.0"]);
    let mut command = champollion();
    write(catalogue.path(), "t2", "index.js", &THERMOMETER.replace("/ 2", "* 0.5"));
    command.arg("import").arg(catalogue.path()).args(["--from", "folders", "--bump", "--to"]);
    command.args([server.address(), "--token", server.admin_token()]);
    let said = run(&mut command).success();
    assert!(said.contains("acme/t2 1.0.1, after 1.0.0") && said.contains("1 unchanged"), "{said}");
    let candidate =
        "a candidate, which `champollion registry promote acme/t2@1.0.1` gives to devices";
    assert!(said.contains(candidate), "{said}");
}

/// A package of an older version of this software has no imprint: it is made once more, and found to be the same.
#[test]
fn a_package_without_an_imprint_is_known_by_its_content() {
    let server = Server::start();
    let (catalogue, out) = (catalogue(), TempDir::new().expect("there is room"));
    let mut command = champollion();
    command.arg("import").arg(catalogue.path()).args(["--from", "folders", "--out"]);
    drop(run(command.arg(out.path())).success());
    let mut stamped = 0;
    for file in fs::read_dir(out.path()).expect("it is there") {
        let file = fs::read(file.expect("it is a file").path()).expect("it can be read");
        let package = Package::read(file).expect("it is a package");
        let script = package.manifest().script.clone().expect("it is a script");
        stamped += usize::from(script.import_digest.is_some());
        let older = champollion_import::restamped(&package, &package.manifest().version, None)
            .expect("it can be made without");
        assert_ne!(older.digest(), package.digest());
        server.publish(&older);
    }
    assert_eq!(stamped, 2);
    let again = imported(&server, catalogue.path(), &["--bump"]);
    assert_eq!(told(&again, "unchanged"), ["1.0.0", "1.0.0"], "{again:#}");
    assert_eq!((&again["packages"], &again["vectors"]["total"]), (&json!(0), &json!(2)));
}

#[test]
fn a_version_that_a_codec_states_is_published_where_it_is_new() {
    let server = Server::start();
    let catalogue = catalogue();
    drop(imported(&server, catalogue.path(), &[]));
    let stated = json!({
        "name": "@acme/t1", "main": "index.js", "license": "MIT", "version": "1.3.0",
        "description": "A thermometer.", "author": "Acme",
    });
    write(catalogue.path(), "t1", "package.json", &stated.to_string());
    let new = imported(&server, catalogue.path(), &["--bump"]);
    assert_eq!(
        (&new["packages"], told(&new, "unchanged")),
        (&json!(1), vec!["1.0.0".to_owned()]),
        "{new:#}"
    );
    assert_eq!(new.get("bumped"), None, "it is as the codec states it");
    let all = versions(&server);
    assert_eq!(all[0], ("acme/t1".to_owned(), vec!["1.3.0".to_owned(), "1.0.0".to_owned()]));
    let refused = import_args(&server, catalogue.path(), &["--bump", "--version", "2.0.0"]);
    assert!(refused.stderr.contains("--version"), "{refused:?}");
}

fn import_args(server: &Server, path: &Path, more: &[&str]) -> Output {
    let mut command = champollion();
    command.arg("import").arg(path).args(["--to", server.address()]).args(more);
    run(&mut command)
}
