//! `champollion doctor`: what it finds on a machine before the first start, beside a server that runs, and where
//! something is wrong.

use std::{
    fs::{self, Permissions},
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::Command,
};

use champollion_tests::{Server, Setup, champollion, run};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

/// The doctor on a folder, with settings in a file of it.
fn doctor(folder: &Path, settings: &str) -> Command {
    let file = folder.join("champollion.toml");
    fs::write(&file, settings).expect("there is room");
    let mut command = champollion();
    command.current_dir(folder).arg("doctor").arg("--config").arg(file);
    command
}

/// The report of a doctor as JSON, and whether the command succeeded.
fn report(command: &mut Command) -> (Json, bool) {
    let output = run(command.arg("--json"));
    let report = serde_json::from_str(&output.stdout)
        .unwrap_or_else(|error| panic!("no JSON, {error}: {output:?}"));
    (report, output.code == Some(0))
}

/// The states of a check's findings.
fn states(report: &Json, check: &str) -> Vec<String> {
    let checks = report["checks"].as_array().expect("they are listed");
    let own = checks.iter().filter(|finding| finding["check"] == check);
    own.map(|finding| finding["state"].as_str().expect("it has one").to_owned()).collect()
}

/// The messages of a check's findings.
fn messages(report: &Json, check: &str) -> String {
    let checks = report["checks"].as_array().expect("they are listed");
    let own = checks.iter().filter(|finding| finding["check"] == check);
    own.map(|finding| format!("{} {}\n", finding["message"], finding["remedy"])).collect()
}

fn folder() -> TempDir {
    TempDir::new().expect("there is room")
}

#[test]
fn a_machine_is_ready_before_the_first_start() {
    let folder = folder();
    let settings = "listen = \"127.0.0.1:0\"\n";
    let (found, succeeded) = report(&mut doctor(folder.path(), settings));
    assert!(succeeded, "{found:#}");
    for check in ["settings", "data", "room", "master key", "certificate", "port"] {
        assert_eq!(states(&found, check), ["ok"], "{check}: {found:#}");
    }
    assert_eq!(states(&found, "library"), ["warn"], "{found:#}");
    assert!(messages(&found, "library").contains("catalogue install"), "{found:#}");
    assert_eq!(found["state"], "warn", "the worst of all: {found:#}");
    assert!(!folder.path().join("champollion-data").exists(), "nothing is made");

    let told = run(&mut doctor(folder.path(), settings)).success();
    assert!(
        told.lines().all(|line| line.starts_with("ok  ") || line.starts_with("warn")),
        "{told}"
    );
    assert!(told.contains("warn  library "), "{told}");
}

#[test]
fn a_server_that_runs_is_known_with_its_recipients() {
    let server = Setup::default()
        .settings("[delivery]\nallow-networks = [\"127.0.0.0/8\", \"::1\"]\nplain-http = true\nallow-ports = [9]\n")
        .start();
    let route = json!({ "to": { "http": { "url": "http://localhost:9/" } } });
    server.admin().put("/v1/routes/here?group=water", &route).success();
    let folder = folder();
    let listen = server.address().trim_start_matches("http://");
    let settings = format!("listen = {listen:?}\ndata-dir = {:?}\n", server.data());
    let mut command = doctor(folder.path(), &settings);
    command.env("CHAMPOLLION_SERVER", server.address());
    command.env("CHAMPOLLION_TOKEN", server.admin_token());
    let (found, succeeded) = report(&mut command);
    assert!(succeeded, "{found:#}");
    assert!(messages(&found, "port").contains("the server listens on"), "{found:#}");
    assert_eq!(states(&found, "recipients"), ["ok"], "{found:#}");
    assert!(messages(&found, "recipients").contains("1 lead"), "{found:#}");
    assert_eq!(states(&found, "master key"), ["ok"], "{found:#}");
}

#[test]
fn a_fault_is_a_failure_with_its_remedy() {
    let server = Server::start();
    let key = server.folder().join("data.key");
    fs::set_permissions(&key, Permissions::from_mode(0o644)).expect("it is ours");
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    // Longer than the part of a name may be, so that no name server is asked.
    let name = "x".repeat(70);
    let settings = format!(
        "listen = \"{}\"\ndata-dir = {:?}\n[store]\nkeep-free-bytes = 9000000000000000000\n\
         [tls]\ncertificate-file = \"missing.pem\"\nkey-file = \"missing.key\"\n\
         [network-servers.city]\nkind = \"chirpstack\"\n[network-servers.city.mqtt]\n\
         url = \"mqtt://{name}.example\"\npassword-file = \"missing.password\"\n",
        taken.local_addr().expect("it has an address"),
        server.data(),
    );
    let folder = folder();
    let (found, succeeded) = report(&mut doctor(folder.path(), &settings));
    assert!(!succeeded, "{found:#}");
    assert_eq!(found["state"], "fail");
    for (check, says) in [
        ("master key", "chmod 600"),
        ("room", "507"),
        ("certificate", "missing.pem"),
        ("names", "network-servers.city"),
        ("files", "missing.password"),
    ] {
        assert_eq!(states(&found, check), ["fail"], "{check}: {found:#}");
        assert!(messages(&found, check).contains(says), "{check}: {found:#}");
    }
    let output = run(&mut doctor(folder.path(), &settings));
    assert!(output.sentence().contains("checks fail"), "{output:?}");
    drop(taken);
}

#[test]
fn a_port_of_another_program_and_settings_that_cannot_be_read_are_faults() {
    let folder = folder();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = taken.local_addr().expect("it has an address");
    // It hangs up, as no server of ours does.
    std::thread::spawn(move || taken.incoming().for_each(drop));
    let (found, succeeded) =
        report(&mut doctor(folder.path(), &format!("listen = \"{address}\"\n")));
    assert!(!succeeded, "{found:#}");
    assert_eq!(states(&found, "port"), ["fail"], "{found:#}");

    let (found, succeeded) = report(&mut doctor(folder.path(), "[retention]\nhuors = 1\n"));
    assert!(!succeeded, "{found:#}");
    assert!(messages(&found, "settings").contains("did you mean `hours`?"), "{found:#}");
}
