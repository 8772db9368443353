//! Every page in a real browser: accessible by the rules of axe-core, silent on the console, and asking no other server; and the
//! work of people, done by clicks.

mod clicks;
#[path = "../pages/list.rs"]
mod list;

use std::{fs, process::Command};

use champollion_tests::{Server, target, workspace};
use serde_json::{Value as Json, json};

use list::{Town, pages};

/// The roles of the people who look at pages.
const ROLES: [&str; 4] = ["reader", "operator", "owner", "admin"];

/// Set, each page is checked in each language, theme and width, and not in one of two looks: eight times as long.
const EVERY_LOOK: &str = "CHAMPOLLION_EVERY_LOOK";

/// The browser, the packages that drive it, and the server that it opens.
fn chromium(server: &Server) -> Json {
    let modules = target().join("npm/node_modules");
    assert!(modules.join("axe-core").is_dir(), "axe-core is missing: run `cargo xtask test`");
    json!({ "modules": modules, "chromium": "/usr/bin/chromium", "address": server.address() })
}

/// Runs a script of this folder, and gives the faults that it found.
fn script(server: &Server, name: &str, config: &Json) -> String {
    let file = server.folder().join("script.json");
    fs::write(&file, config.to_string()).expect("there is room");
    let mut node = Command::new("node");
    node.arg(workspace().join("tests/browser").join(name)).arg(&file);
    let output = node.output().expect("node is missing: `cargo xtask test` says how to have it");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() || !said.is_empty(), "{name} failed: {errors}");
    said
}

#[test]
fn of_npm_of_chromium_every_page_is_accessible_and_asks_nobody_else() {
    let town = Town::start();
    let people: serde_json::Map<String, Json> = ROLES
        .iter()
        .map(|role| ((*role).to_owned(), json!({ "cookie": town.visitor(role).cookie() })))
        .collect();
    let listed: Vec<Json> = pages()
        .into_iter()
        .map(|page| {
            json!({ "name": page.name, "path": page.path, "role": page.role, "status": page.status })
        })
        .collect();
    let mut config = chromium(&town.server);
    config["people"] = Json::Object(people);
    config["pages"] = json!(listed);
    config["search"] = json!({ "text": "qalcosonic", "found": 1 });
    config["everyLook"] = json!(std::env::var_os(EVERY_LOOK).is_some());
    let faults = script(&town.server, "walk.mjs", &config);
    assert!(faults.is_empty(), "{faults}");
}
