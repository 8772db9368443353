//! Publish, promote and rollback, each ended at every step that it takes on the disk: the registry has the
//! old state or the new one. And the disk is full at these steps: an error says so, and nothing is lost.

use std::{path::PathBuf, thread};

use champollion_tests::{Mishap, Server, Tracer, thermometer};
use serde_json::{Value as Json, json};
use ureq::http::Method;

/// The state that the registry must have after a step.
#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Old,
    New,
    /// The change was handed to the system, so it survives the end of the process, but nobody has said that
    /// it would.
    Either,
}

/// The system calls of a change, in their order: what is done, on which file, and what there is when the
/// process ends before it.
fn steps_of_the_index(server: &Server) -> Vec<(&'static str, Option<PathBuf>, State)> {
    let store = server.data().join("store/sled/db");
    vec![
        ("pwrite64", Some(store.clone()), State::Old),
        ("sync_file_range", Some(store.clone()), State::Either),
        ("fdatasync", Some(store), State::Either),
        // The answer on its way to whoever asked.
        ("writev", None, State::New),
    ]
}

fn steps_of_the_package(server: &Server) -> Vec<(&'static str, Option<PathBuf>, State)> {
    let packages = server.data().join("packages");
    let unfinished = packages.join(".unfinished-0");
    vec![
        ("openat", Some(unfinished.clone()), State::Old),
        ("write", Some(unfinished.clone()), State::Old),
        ("fsync", Some(unfinished.clone()), State::Old),
        ("rename", Some(unfinished), State::Old),
        ("fsync", Some(packages), State::Old),
    ]
}

/// Asks for something, and has the server end at a step of it. Says whether it was answered.
fn ended_at(
    server: &mut Server,
    (call, file): (&str, Option<&PathBuf>),
    (method, path, body): (Method, &str, Vec<u8>),
) -> bool {
    let tracer = Tracer::attach(server, call, file.map(PathBuf::as_path), Mishap::Killed);
    let (admin, path) = (server.admin(), path.to_owned());
    let asked = thread::spawn(move || {
        admin.attempt(&method, &path, &body).is_ok_and(|answer| answer.status < 300)
    });
    let status = server.wait();
    assert!(!status.success(), "it was ended at {call}");
    drop(tracer);
    let was_answered = asked.join().expect("it ends");
    server.restart();
    let verified = server.admin().get("/v1/registry/verify").success();
    assert_eq!(verified["problems"], json!([]), "after {call}");
    was_answered
}

fn check(call: &str, expected: State, is_new: bool, was_answered: bool) {
    match expected {
        State::Old => assert!(!is_new, "before {call} nothing is done"),
        State::New => assert!(is_new, "before {call} it is durable"),
        State::Either => {}
    }
    assert!(is_new || !was_answered, "what was answered at {call} is durable");
}

#[test]
fn of_strace_promote_and_rollback_end_at_every_step() {
    let mut server = Server::start();
    server.publish_candidate(&thermometer("1.0.0"));
    server.publish_candidate(&thermometer("1.1.0"));
    let shown = |server: &Server| -> Json {
        server.anybody().get("/v1/catalogue/acme/thermometer").success()["version"].clone()
    };
    for word in ["promote", "rollback"] {
        let path = format!("/v1/registry/acme/thermometer/{word}");
        let (old, new) = if word == "promote" { ("1.0.0", "1.1.0") } else { ("1.1.0", "1.0.0") };
        for (call, file, expected) in steps_of_the_index(&server) {
            assert_eq!(shown(&server), old);
            let request = (Method::POST, path.as_str(), b"{}".to_vec());
            let was_answered = ended_at(&mut server, (call, file.as_ref()), request);
            let now = shown(&server);
            assert!(now == old || now == new, "{word} at {call}: {now}");
            check(call, expected, now == new, was_answered);
            if now == new && word == "promote" && expected != State::New {
                server.admin().post("/v1/registry/acme/thermometer/rollback", &json!({})).success();
            } else if now == new && word == "rollback" {
                server.admin().post("/v1/registry/acme/thermometer/promote", &json!({})).success();
            }
        }
    }
}

#[test]
fn of_strace_publish_ends_at_every_step() {
    const STEPS: usize = 9;
    let package = thermometer("1.0.0");
    let path = "/v1/registry/acme/thermometer/1.0.0";
    for step in 0..STEPS {
        // Each on a registry of its own, since a version is published once.
        let mut server = Server::start();
        let steps = [steps_of_the_package(&server), steps_of_the_index(&server)].concat();
        assert_eq!(steps.len(), STEPS);
        let (call, file, expected) = &steps[step];
        let request = (Method::PUT, path, package.file().to_vec());
        let was_answered = ended_at(&mut server, (call, file.as_ref()), request);
        let got = server.admin().get(path);
        let is_new = got.status == 200;
        check(call, *expected, is_new, was_answered);
        if !is_new {
            got.problem(404, "unknown-decoder");
        }
        // Published once more it is there, whatever there was, and nothing unfinished is left.
        assert_eq!(server.publish_candidate(&package)["channel"], "stable");
        assert_eq!(server.admin().get(path).status, 200);
        let left = std::fs::read_dir(server.data().join("packages")).expect("it is there");
        assert_eq!(left.count(), 1, "after {call}");
    }
}

#[test]
fn of_strace_a_full_disk_is_told_and_loses_nothing() {
    let mut server = Server::start();
    server.publish_candidate(&thermometer("1.0.0"));
    let package = thermometer("1.1.0");
    let path = "/v1/registry/acme/thermometer/1.1.0";
    let publish = |server: &Server| server.admin().send(&Method::PUT, path, package.file());
    // No room for the package: it is told, and with room again all goes on.
    let unfinished = server.data().join("packages/.unfinished-1");
    let tracer = Tracer::attach(&server, "write", Some(&unfinished), Mishap::DiskFull);
    let refused = publish(&server);
    drop(tracer);
    let detail = refused.problem(503, "not-kept");
    assert!(detail.contains("No space left on device"), "{detail}");
    server.admin().get(path).problem(404, "no-version");
    assert_eq!(server.publish_candidate(&package)["channel"], "candidate");

    // No room for the index: nothing is taken any more until a restart, and what was answered is there.
    let store = server.data().join("store/sled/db");
    let tracer = Tracer::attach(&server, "pwrite64", Some(&store), Mishap::DiskFull);
    let promote = "/v1/registry/acme/thermometer/promote";
    let refused = server.admin().post(promote, &json!({}));
    let detail = refused.problem(503, "not-kept");
    assert!(detail.contains("free space"), "{detail}");
    drop(tracer);
    server.admin().get("/readyz").problem(503, "store-failed");
    server.stop();
    server.restart();
    let verified = server.admin().get("/v1/registry/verify").success();
    assert_eq!((&verified["problems"], &verified["versions"]), (&json!([]), &json!(2)));
    let shown = server.anybody().get("/v1/catalogue/acme/thermometer").success();
    assert_eq!(shown["version"], "1.0.0");
    server.admin().post(promote, &json!({})).success();
}
