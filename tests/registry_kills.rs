//! A registry that is killed in the middle of a change is as before or as after, never half.

use std::{fs, thread, time::Duration};

use champollion_registry::package::Package;
use champollion_tests::{Server, thermometer, workspace};
use serde_json::json;
use ureq::http::Method;

/// Rounds in which the server is killed at most, each time a little later, and at least: in the end it must
/// have been killed before a change was durable and after.
const ROUNDS: u64 = 60;
const ENOUGH: u64 = 14;

/// Killed as `kill -9` does it at any moment of a change, the registry holds the old state or the new.
#[test]
fn killed_at_any_moment_it_is_as_before_or_as_after() {
    let mut server = Server::start();
    server.publish_candidate(&thermometer("1.0.0"));
    server.publish_candidate(&thermometer("1.1.0"));
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
    server.publish_candidate(&thermometer("1.0.0"));
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
            assert_eq!(server.publish_candidate(&package)["version"], json!(version));
        }
    }
    assert!(there > 0 && missing > 0, "{there} there, {missing} missing");
}
