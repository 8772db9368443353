//! Programs of others read the document: a validator, one that looks for answers that it does not describe, and
//! one that makes a client of it. `cargo xtask test` installs them.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
};

use champollion_tests::{ELSYS, Sensor, Server, run, target};
use serde_json::json;
use tempfile::TempDir;

use crate::served::document;

/// Cases of each operation; more find nothing new and take minutes.
const CASES: &str = "6";

/// The longest that cases are made up, in seconds.
const SECONDS: &str = "20";

/// The same for each role beside the admin's.
const SECONDS_OF_ROLE: &str = "12";

/// The faults that are looked for.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_schema_conformance";

/// Parameters that are not made up: no answer is waited with, and the group is one that has records.
const SETTINGS: &str = "[parameters]\n\"query.wait\" = 0\n\"query.group\" = \"rooms\"\n";

/// The program that uses the client.
const USER: &str = r#"
import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

declare const process: { env: Record<string, string>; exit(code: number): void };

const client = createClient<paths>({
  baseUrl: process.env.CHAMPOLLION_SERVER!,
  headers: { authorization: `Bearer ${process.env.CHAMPOLLION_TOKEN}` },
});

const catalogue = await client.GET("/v1/catalogue");
for (const decoder of catalogue.data!.decoders) {
  console.log(`decoder ${decoder.id} ${decoder.version} ${decoder.versions.length}`);
}

const pulled = await client.GET("/v1/records", { params: { query: { limit: 10 } } });
// Without an Accept header the answer is JSON.
const page = pulled.data as components["schemas"]["RecordPage"];
for (const { cursor, record } of page.records) {
  const value = record.decoded?.measurements[0];
  console.log(`record ${cursor} ${record.device.devEui} ${record.uplink.fCnt} ${value?.quantity} ${value?.value}`);
}

const removed = await client.POST("/v1/records/ack", { body: { cursor: page.next } });
console.log(`removed ${removed.data!.removed}`);

const refused = await client.GET("/v1/devices/{dev_eui}", {
  params: { path: { dev_eui: "02C4A3FFFE10FFFF" } },
});
console.log(`refused ${refused.error!.code}`);
"#;

/// A server with something of everything.
fn server() -> Server {
    let server = Server::start();
    server.publish_own(ELSYS);
    let sensor = Sensor::new(1);
    server.register(&sensor, "rooms", Some("elsys/ers-co2@^1"));
    let lns = server.lns();
    lns.ingest(&sensor.frame(1, 5, &[0x01, 0x00, 0xFC, 0x02, 0x25])).success();
    lns.ingest(&sensor.frame(2, 5, &[0x01])).success();
    let route = json!({ "to": { "pull": {} } });
    server.partner("rooms").put("/v1/routes/all", &route).success();
    server
}

fn program(name: &str) -> PathBuf {
    let program = target().join("pypi/bin").join(name);
    assert!(program.is_file(), "{} is missing: run `cargo xtask test`", program.display());
    program
}

/// The document of a server in a file.
fn written(server: &Server, folder: &Path) -> PathBuf {
    let file = folder.join("openapi.json");
    fs::write(&file, document(server).to_string()).expect("there is room");
    file
}

#[test]
fn of_pypi_the_document_is_valid() {
    let folder = TempDir::new().expect("there is room");
    let file = written(&Server::start(), folder.path());
    let validated = run(Command::new(program("openapi-spec-validator")).arg(file));
    assert!(validated.success().contains("OK"));
}

/// Has schemathesis ask for everything with a token for some seconds; no answer may be other than described.
#[track_caller]
fn explored(server: &Server, token: &str, seconds: &str) {
    let folder = TempDir::new().expect("there is room");
    fs::write(folder.path().join("schemathesis.toml"), SETTINGS).expect("there is room");
    let mut command = Command::new(program("schemathesis"));
    command.current_dir(folder.path()).arg("run");
    command.arg(format!("{}/openapi.json", server.address()));
    command.args(["--header", &format!("Authorization: Bearer {token}")]);
    command.args(["--checks", CHECKS, "--phases", "coverage,fuzzing"]);
    command.args(["--max-examples", CASES, "--seed", "17", "--max-time", seconds]);
    command.args(["--exclude-path", "/v1/records/stream", "--workers", "1", "--no-color"]);
    command.args(["--continue-on-failure", "--generation-database", "none", "--warnings", "off"]);
    command.args(["--generation-with-security-parameters", "false", "--no-shrink"]);
    command.args(["--suppress-health-check", "all", "--request-timeout", "30"]);
    let tested = run(&mut command);
    let said = format!("{}{}", tested.stdout, tested.stderr);
    assert!(tested.code == Some(0), "{said}");
    assert!(said.contains("No issues found"), "{said}");
}

#[test]
fn of_pypi_no_answer_is_other_than_described() {
    let server = server();
    explored(&server, server.admin_token(), SECONDS);
}

/// A token of a machine in a role, within the group of the records where the role has one.
fn token_of(server: &Server, role: &str) -> String {
    let wanted = match role {
        "reader" | "operator" | "owner" => {
            json!({ "name": role, "role": role, "scope": "group:rooms" })
        }
        "partner" => json!({ "name": role, "role": role, "group": "rooms" }),
        _ => json!({ "name": role, "role": role }),
    };
    let made = server.admin().post("/v1/tokens", &wanted).success();
    made["token"].as_str().expect("a new token is shown").to_owned()
}

#[test]
fn of_pypi_readers_operators_and_owners_get_what_is_described() {
    for role in ["reader", "operator", "owner"] {
        let server = server();
        explored(&server, &token_of(&server, role), SECONDS_OF_ROLE);
    }
}

#[test]
fn of_pypi_machines_and_auditors_get_what_is_described() {
    for role in ["partner", "lns", "publisher", "auditor"] {
        let server = server();
        explored(&server, &token_of(&server, role), SECONDS_OF_ROLE);
    }
}

#[test]
fn of_npm_a_client_that_is_made_of_the_document_pulls_records() {
    let server = server();
    let folder = TempDir::new().expect("there is room");
    let modules = target().join("npm/node_modules");
    assert!(modules.join("openapi-fetch").is_dir(), "run `cargo xtask test`, which installs it");
    symlink(&modules, folder.path().join("node_modules")).expect("a link can be made");
    let file = written(&server, folder.path());
    let node = |script: &str| {
        let mut node = Command::new("node");
        node.current_dir(folder.path()).arg(modules.join(script));
        node
    };
    let _ = run(node("openapi-typescript/bin/cli.js").arg(file).args(["-o", "api.d.ts"])).success();
    fs::write(folder.path().join("package.json"), r#"{"type": "module"}"#).expect("there is room");
    fs::write(folder.path().join("user.ts"), USER).expect("there is room");
    let mut compiler = node("typescript/bin/tsc");
    compiler.args([
        "--strict",
        "--target",
        "es2022",
        "--module",
        "nodenext",
        "--lib",
        "es2022,dom",
    ]);
    let _ = run(compiler.args(["--skipLibCheck", "user.ts"])).success();
    let mut user = Command::new("node");
    user.current_dir(folder.path()).arg("user.js");
    user.env("CHAMPOLLION_SERVER", server.address());
    user.env("CHAMPOLLION_TOKEN", server.new_token("partner", Some("rooms")));
    let printed = run(&mut user).success();
    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!(
        lines,
        [
            "decoder elsys/ers-co2 1.0.0 1",
            "record 1 02C4A3FFFE100001 1 air.temperature 25.2",
            "record 2 02C4A3FFFE100001 2 undefined undefined",
            "removed 2",
            "refused unknown-device",
        ]
    );
}
