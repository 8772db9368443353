//! `cargo xtask bench rehearsal`: the real server of a release that has kept a day of a hundred thousand water meters, a
//! frame an hour of each. A version is rehearsed over all of it, as `champollion registry rehearse` does, while frames come
//! one by one, whose answers are timed before and meanwhile.

use std::{
    process::{Child, Command, Stdio},
    sync::atomic::AtomicUsize,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use champollion_client::Role;
use serde_json::Value as Json;

use super::{delivery::SETTINGS, groups, http::Connection, paced::Door, percentile};
use crate::{
    client::{admin, create_token},
    meters::{self, Meter, Meters},
    say,
    server::{Server, Setup},
};

/// Meters of the whole, and of a quick look; the groups that they are of.
const METERS: usize = 100_000;
const QUICK_METERS: usize = 10_000;
const GROUPS: usize = 20;

/// Frames of a day.
const FRAMES: usize = 24;

/// Frames whose answers are timed before the rehearsal, and the pause between two.
const BEFORE: usize = 200;
const PAUSE: Duration = Duration::from_millis(10);

/// Measures, and gives a line for each figure.
pub(super) fn measure(setup: &Setup, quick: bool) -> Result<Vec<String>> {
    let (name, count) = if quick { ("10k", QUICK_METERS) } else { ("100k", METERS) };
    let mut server = Server::start_with(setup, SETTINGS)?;
    let admin = admin(&server)?;
    meters::publish(&server, setup)?;
    let version = meters::version(setup)?;
    let token = create_token(&admin, "load", Role::Lns, None)?;
    say(format_args!("Registering {count} water meters of {GROUPS} groups"));
    let mut all = Meters::register_more(&admin, 0..count, &groups("district", GROUPS))?.into_all();
    let (address, taken) = (server.address.trim_start_matches("http://"), AtomicUsize::new(0));
    let door = Door { address, token: &token, taken: &taken };
    say(format_args!("Handing over {FRAMES} frames of each"));
    door.flood(&mut all, FRAMES)?;

    let mut live = Live { connection: Connection::open(address, &token)?, meters: all };
    let before = live.times(|count| Ok(count < BEFORE))?;
    let began = Instant::now();
    let mut command = rehearse(setup, &server, &version)?;
    let meanwhile = live.times(|_| Ok(command.try_wait()?.is_none()))?;
    let took = began.elapsed().as_secs_f64();
    let compared = compared(command)?;
    server.stop()?;
    ensure!(compared >= (count * FRAMES) as u64, "{compared} records were compared");
    let name = format!("BENCH rehearsal.{name}");
    Ok(vec![
        format!("{name} {:.0} records/s", compared as f64 / took),
        format!("{name}.day {took:.1} s"),
        format!("{name}.live.p50 {:.2} ms", percentile(&meanwhile, 50)),
        format!("{name}.live.p99 {:.2} ms", percentile(&meanwhile, 99)),
        format!("{name}.live.before.p99 {:.2} ms", percentile(&before, 99)),
    ])
}

/// Meters of which one after another is heard.
struct Live {
    connection: Connection,
    meters: Vec<Meter>,
}

impl Live {
    /// The times of answers, sorted, for as long as it is to go on.
    fn times(&mut self, mut goes_on: impl FnMut(usize) -> Result<bool>) -> Result<Vec<Duration>> {
        let mut times = Vec::new();
        while goes_on(times.len())? {
            let begun = Instant::now();
            self.connection.single(&mut self.meters)?;
            times.push(self.connection.latency(begun));
            thread::sleep(PAUSE);
        }
        times.sort_unstable();
        Ok(times)
    }
}

/// Starts the command, which ends with the rehearsal.
fn rehearse(setup: &Setup, server: &Server, version: &str) -> Result<Child> {
    let mut command = Command::new(&setup.champollion);
    command.args(["registry", "rehearse", &format!("{}@{version}", meters::DECODER_ID)]);
    command.args(["--json", "--server", &server.address]);
    command.env("CHAMPOLLION_TOKEN", &server.admin_token);
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    command.spawn().context("the rehearsal cannot be started")
}

/// The number of records that were decoded by both.
fn compared(command: Child) -> Result<u64> {
    let output = command.wait_with_output()?;
    ensure!(output.status.success(), "the rehearsal failed: {}", output.status);
    let last: Json = serde_json::from_slice(&output.stdout)?;
    last["done"]["compared"].as_u64().context("the command does not say what it has compared")
}
