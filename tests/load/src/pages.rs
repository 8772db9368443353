//! Pictures of every page, in each language, theme and width, of a server with the demo's fleet.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde_json::{Map, Value as Json, json};

use crate::{
    client::admin,
    demo,
    fleet::Fleet,
    people,
    server::{Server, Setup},
};

/// The list of pages, which the tests share.
const PAGES: &str = include_str!("../../pages/pages.json");

/// The roles of those who look, and where they have them.
const ROLES: [&str; 4] = ["reader", "operator", "owner", "admin"];

/// Where pictures go, and what makes them.
#[derive(Args)]
pub(crate) struct Pictures {
    /// The folder for the pictures
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The folder of npm's packages
    #[arg(long, value_name = "DIR")]
    modules: PathBuf,
    /// The file of the browser
    #[arg(long, value_name = "FILE", default_value = "/usr/bin/chromium")]
    chromium: PathBuf,
}

/// Starts a server, fills it with the demo's fleet, and makes pictures of all pages.
pub(crate) fn pages(setup: &Setup, pictures: &Pictures) -> Result<()> {
    let fleet = Fleet::read()?;
    let server = Server::start_with(setup, people::SETTINGS)?;
    let admin = admin(&server)?;
    let group = demo::fill(&server, (&fleet, &setup.packages), &admin)?;
    let device = fleet.devices.iter().find(|device| device.registration.group == group);
    let device = device.context("the group has no device")?.dev_eui.to_string();
    let mut people = Map::new();
    for role in ROLES {
        let scope = if role == "admin" { "territory".to_owned() } else { format!("group:{group}") };
        let email = format!("{role}@city.example");
        people::add_with_password((&server, &admin), &email, (role, &scope))?;
        let person = json!({ "email": email, "password": people::PASSWORD });
        people.insert(role.to_owned(), person);
    }
    let silence = json!({ "when": { "silent": { "seconds": 172_800 } } });
    admin.ask(|server| server.put_alert_rule(Some(&group), "silence", &silence))?;
    let config = json!({
        "modules": pictures.modules, "chromium": pictures.chromium, "address": server.address,
        "people": people, "pages": listed(&group, &device)?, "pictures": pictures.out,
    });
    let file = setup.folder.join("walk.json");
    fs::write(&file, config.to_string())?;
    walk(&file)
}

/// The pages with the places in their paths filled in, and a status each.
fn listed(group: &str, device: &str) -> Result<Vec<Json>> {
    let filled = PAGES.replace("{group}", group).replace("{device}", device);
    let filled = filled.replace("{decoder}", "axioma/qalcosonic-w1");
    let mut pages: Vec<Json> = serde_json::from_str(&filled).context("the list of pages")?;
    for page in &mut pages {
        if page["status"].is_null() {
            page["status"] = json!(200);
        }
    }
    Ok(pages)
}

fn walk(config: &Path) -> Result<()> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../browser/walk.mjs");
    let mut node = Command::new("node");
    let status = node.arg(script).arg(config).stdin(Stdio::null()).status();
    let status = status.context("node cannot be started")?;
    ensure!(status.success(), "not every page could be shown");
    Ok(())
}
