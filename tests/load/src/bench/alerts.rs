//! `cargo xtask bench alerts`: the real server of a release, and one rule of alerts that a hundred thousand meters break
//! as fast as the server takes their frames. How fast that is beside frames of the same meters before the rule was armed,
//! how much waits in the outbox at most, and how long it takes until the last alert is told.

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow};
use champollion_client::{Blocking, Role};
use serde_json::json;

use super::{delivery::SETTINGS, groups, paced::Door, recipient::Recipient};
use crate::{
    client::{admin, at, create_token},
    meters::{self, Meters},
    say,
    server::{Server, Setup},
};

/// Meters of the whole, and of a quick look.
const METERS: usize = 100_000;
const QUICK_METERS: usize = 10_000;

/// A limit that each meter is above, in cubic metres.
const LIMIT: u32 = 100;

/// The metric of the messages that wait.
const WAITING: &str = "champollion_outbox_waiting ";

/// The time between two looks at it.
const LOOK: Duration = Duration::from_millis(250);

/// The longest that it may take to tell all.
const PATIENCE: Duration = Duration::from_secs(1_800);

/// Measures, and gives a line for each figure.
pub(super) fn measure(setup: &Setup, quick: bool) -> Result<Vec<String>> {
    let (name, count) = if quick { ("10k", QUICK_METERS) } else { ("100k", METERS) };
    let mut server = Server::start_with(setup, SETTINGS)?;
    let admin = admin(&server)?;
    meters::publish(&server, setup)?;
    let token = create_token(&admin, "load", Role::Lns, None)?;
    let groups = groups("water", 1);
    say(format_args!("Registering {count} water meters"));
    let mut meters = Meters::register_more(&admin, 0..count, &groups)?.into_all();
    let (address, taken) = (server.address.trim_start_matches("http://"), AtomicUsize::new(0));
    let door = Door { address, token: &token, taken: &taken };
    // The decoder is compiled with the first.
    door.flood(&mut meters[..count / 100], 1)?;
    let before = door.flood(&mut meters, 1)?;

    let recipient = Recipient::listen()?;
    let rule = json!({
        "when": { "above": { "quantity": "water.volume", "limit": LIMIT } },
        "tell": { "webhook": { "url": recipient.url } },
    });
    admin.ask(|server| server.put_alert_rule(Some(&groups[0]), "index", &rule))?;
    let began = Instant::now();
    let (broken, most) = watching(&server, || {
        let broken = door.flood(&mut meters, 1)?;
        say(format_args!("All {count} meters are above the limit"));
        recipient.wait_for(count, PATIENCE)?;
        Ok(broken)
    })?;
    let told = began.elapsed();
    let memory = server.memory()?;
    server.stop()?;
    let rate = |took: Duration| count as f64 / took.as_secs_f64();
    let name = format!("BENCH alerts.{name}");
    Ok(vec![
        format!("{name}.before {:.0} frames/s", rate(before)),
        format!("{name}.raised {:.0} frames/s", rate(broken)),
        format!("{name}.outbox {most:.0} messages at most"),
        format!("{name}.told {:.1} s", told.as_secs_f64()),
        format!("{name}.told.rate {:.0} messages/s", rate(told)),
        format!("{name}.memory {:.0} MB", memory as f64 / 1e6),
    ])
}

/// Does something while the outbox is looked at; gives the most messages that waited in it beside.
fn watching<T>(server: &Server, work: impl FnOnce() -> Result<T>) -> Result<(T, f64)> {
    let client = at(&server.address, &server.admin_token)?;
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let watcher = scope.spawn(|| -> Result<f64> {
            let mut most = 0.0_f64;
            while !done.load(Ordering::Relaxed) {
                most = most.max(waiting(&client)?);
                thread::sleep(LOOK);
            }
            Ok(most)
        });
        let worked = work();
        done.store(true, Ordering::Relaxed);
        let most = watcher.join().map_err(|_| anyhow!("the watcher panicked"))??;
        Ok((worked?, most))
    })
}

/// The messages that wait, as the server last counted them.
fn waiting(client: &Blocking) -> Result<f64> {
    let metrics = client.ask(|server| server.metrics())?;
    let line = metrics.lines().find_map(|line| line.strip_prefix(WAITING));
    // Before the first look the server says nothing.
    line.map_or(Ok(0.0), |count| count.trim().parse().context("the metric is no number"))
}
