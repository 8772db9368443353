//! The part of `cargo xtask bench ingest` with alerts: frames of meters of which each has a rule of its own, beside frames
//! of as many meters without rules, in turn.

use anyhow::{Result, ensure};
use champollion_client::Blocking;
use serde_json::json;

use super::{groups, http::Connection, load::Load};
use crate::{
    meters::{Meter, Meters},
    say,
};

/// Connections, and meters of each. The meters of a connection are a group, which may have fifty rules.
const CONNECTIONS: usize = 64;
const METERS: usize = 32;

/// The times that both are measured. They take turns, since a shared machine is not equally fast all the time.
const ROUNDS: usize = 5;

/// A limit that no meter comes near to, in cubic metres: the rules are judged, and nothing is raised.
const LIMIT: u32 = 1_000_000;

/// Measures meters with the numbers from `first` on, and gives a line for each figure.
pub(super) fn measure(load: &Load<'_>, admin: &Blocking, first: usize) -> Result<Vec<String>> {
    let count = CONNECTIONS * METERS;
    say(format_args!("Registering {} water meters, half of them with a rule each", 2 * count));
    let mut free = register(admin, "free", first)?;
    let mut ruled = register(admin, "ruled", first + count)?;
    ruled.iter().flatten().try_for_each(|meter| put_rule(admin, meter))?;
    let load = Load { duration: load.duration / 2, ..*load };
    let (mut with, mut without, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let free = load.measure(&mut free, Connection::single)?.rate();
        let ruled = load.measure(&mut ruled, Connection::single)?.rate();
        ensure!(free > 0.0, "no frame was taken in time");
        without.push(free);
        with.push(ruled);
        ratios.push(ruled / free);
    }
    Ok(vec![
        format!("BENCH ingest.http.rules {:.0} frames/s", median(with)),
        format!("BENCH ingest.http.rules.without {:.0} frames/s", median(without)),
        format!("BENCH ingest.http.rules.ratio {:.3} times without rules", median(ratios)),
    ])
}

/// Registers the meters of each connection in a group of their own.
fn register(admin: &Blocking, beginning: &str, first: usize) -> Result<Vec<Vec<Meter>>> {
    let groups = groups(beginning, CONNECTIONS);
    let numbers = first..first + CONNECTIONS * METERS;
    let mut meters = Meters::register_more(admin, numbers, &groups)?.into_all();
    meters.sort_by(|one, other| one.group.cmp(&other.group));
    let mut of_groups = Vec::with_capacity(CONNECTIONS);
    while !meters.is_empty() {
        of_groups.push(meters.drain(..METERS.min(meters.len())).collect());
    }
    Ok(of_groups)
}

/// Arms a rule on the index of one meter.
fn put_rule(admin: &Blocking, meter: &Meter) -> Result<()> {
    let rule = json!({
        "scope": { "device": meter.dev_eui },
        "when": { "above": { "quantity": "water.volume", "limit": LIMIT } },
    });
    let name = format!("index-{}", meter.dev_eui.to_lowercase());
    admin.ask(|server| server.put_alert_rule(Some(&meter.group), &name, &rule))?;
    Ok(())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
