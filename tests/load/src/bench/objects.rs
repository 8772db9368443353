//! `cargo xtask bench objects`: the real server of a release with a million objects in ten thousand groups. How fast
//! sheets of a hundred thousand rows are imported, how much memory the server has then, how long a start takes, and a page
//! of a group's list.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use champollion_client::{Blocking, ImportWish, Role};

use super::percentile;
use crate::{
    client::{admin, at, create_token},
    say,
    server::{Server, Setup},
};

/// Rows of a sheet: as many as the settings take.
const ROWS: usize = 100_000;

/// Objects of a group.
const OF_GROUP: usize = 100;

/// Sheets of the whole, and of a quick look.
const SHEETS: usize = 10;
const QUICK_SHEETS: usize = 1;

/// Pages that are asked for, each of another group.
const PAGES: usize = 200;

/// Tokens of groups are bounded, as are requests.
const SETTINGS: &str = "[requests]\nby-token-per-second = 0\nby-group-per-second = 0\n";

/// Measures, and gives a line for each figure.
pub(super) fn measure(setup: &Setup, quick: bool) -> Result<Vec<String>> {
    let sheets = if quick { QUICK_SHEETS } else { SHEETS };
    let (name, objects) = if quick { ("100k", sheets * ROWS) } else { ("1m", sheets * ROWS) };
    let mut server = Server::start_with(setup, SETTINGS)?;
    let client = admin(&server)?;
    say(format_args!("Importing {objects} objects of {} groups", objects / OF_GROUP));
    let mut took = Duration::ZERO;
    for sheet in 0..sheets {
        let text = rows(sheet * ROWS);
        let began = Instant::now();
        let wish = ImportWish::default();
        let report = client.ask(|server| server.import_devices(text.into_bytes(), &wish))?;
        took += began.elapsed();
        ensure!(report.created == ROWS, "{} of {ROWS} rows were created", report.created);
        say(format_args!("{} objects after {:.1} s", (sheet + 1) * ROWS, took.as_secs_f64()));
    }
    let rate = objects as f64 / took.as_secs_f64();
    let imported = server.memory()?;
    let groups: Vec<String> = (0..PAGES).map(|number| group(number * objects / PAGES)).collect();
    let mut tokens = Vec::with_capacity(groups.len());
    for group in &groups {
        tokens.push(create_token(&client, "page", Role::Partner, Some(group))?);
    }

    server.stop()?;
    let began = Instant::now();
    server.restart()?;
    let start = began.elapsed();
    let started = server.memory()?;
    let mut pages = Vec::with_capacity(tokens.len());
    let client = at(&server.address, &server.admin_token)?;
    for token in &tokens {
        pages.push(page(&client.with_token(token)?)?);
    }
    pages.sort_unstable();
    server.stop()?;
    let megabytes = |bytes: u64| bytes as f64 / 1e6;
    Ok(vec![
        format!("BENCH objects.{name}.import {rate:.0} rows/s"),
        format!("BENCH objects.{name}.memory.imported {:.0} MB", megabytes(imported)),
        format!("BENCH objects.{name}.memory.started {:.0} MB", megabytes(started)),
        format!("BENCH objects.{name}.start {:.2} s", start.as_secs_f64()),
        format!("BENCH objects.{name}.page.p50 {:.2} ms", percentile(&pages, 50)),
        format!("BENCH objects.{name}.page.p99 {:.2} ms", percentile(&pages, 99)),
    ])
}

/// The rows of a sheet: devices that join, each with a key of its own.
fn rows(first: usize) -> String {
    let mut text = String::from("DevEUI,Name,Serial number,Group,JoinEUI,AppKey\n");
    for number in first..first + ROWS {
        let group = group(number);
        text.push_str(&format!(
            "70B3D549{number:08X},Meter {number},SN-{number:08},{group},0000000000000000,{:032X}\n",
            key(number)
        ));
    }
    text
}

/// The group of an object.
fn group(number: usize) -> String {
    format!("group-{:05}", number / OF_GROUP)
}

/// The key of an object: no two have the same.
fn key(number: usize) -> u128 {
    // An odd factor keeps numbers apart.
    (number as u128 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835)
}

/// The time of a page of a group's list. The connection is open already.
fn page(client: &Blocking) -> Result<Duration> {
    client.ask(|server| server.me())?;
    let began = Instant::now();
    let list = client.ask(|server| server.devices())?;
    let took = began.elapsed();
    ensure!(list.devices.len() == OF_GROUP, "the page has {} objects", list.devices.len());
    Ok(took)
}
