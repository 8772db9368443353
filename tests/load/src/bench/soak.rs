//! `cargo xtask bench soak`: the real server of a release at the rate of all water meters of France for an hour, with
//! five partners to whom records are pushed. Each minute it prints the frames that were taken, the memory, the records
//! that wait, the disk and the time of the processor.

use std::{
    fmt,
    sync::atomic::{AtomicUsize, Ordering},
    thread::{self, ScopedJoinHandle},
    time::{Duration, Instant},
};

use anyhow::{Result, anyhow, ensure};
use champollion_client::{Blocking, Role};

use super::{
    delivery::{SETTINGS, behind, put_routes, to},
    groups,
    paced::{Door, Pace},
    processor,
    recipient::Recipient,
};
use crate::{
    client::{admin, create_token},
    meters::{self, Meters},
    say,
    server::{Server, Setup},
};

/// Partners, each with a route.
const DISTRICTS: usize = 5;

/// Records of a request to a partner, as many at most.
const BATCH: usize = 100;

/// Connections, and the requests that each sends in a second.
const CONNECTIONS: usize = 40;
const REQUESTS: usize = 10;

/// Seconds after which each meter is heard again.
const PERIOD: usize = 10;

/// The part of the run after which memory is compared with that at the end: until then caches fill.
const SETTLED: usize = 5;

const MINUTE: Duration = Duration::from_secs(60);

/// The length of a run and its rate.
#[derive(Clone, Copy)]
pub(super) struct Run {
    pub(super) minutes: usize,
    /// Frames in a second.
    pub(super) rate: usize,
}

/// The figures of a minute.
struct Minute {
    number: usize,
    frames: f64,
    memory: f64,
    behind: u64,
    disk: f64,
    /// Seconds of a processor that the server has taken for a thousand frames.
    processor: f64,
}

/// The figures that only grow, at a moment.
#[derive(Clone, Copy)]
struct Sums {
    at: Instant,
    frames: usize,
    processor: f64,
}

/// Measures, and prints the lines of each minute; gives those of the whole.
pub(super) fn measure(setup: &Setup, run: Run) -> Result<Vec<String>> {
    ensure!(run.minutes > 0, "a run takes a minute at least");
    let mut server = Server::start_with(setup, SETTINGS)?;
    let admin = admin(&server)?;
    meters::publish(&server, setup)?;
    let token = create_token(&admin, "load", Role::Lns, None)?;
    let recipient = Recipient::listen()?;
    let groups = groups("district", DISTRICTS);
    put_routes(&admin, &groups, &to(&recipient, false, BATCH))?;
    let pace = run.pace();
    let count = CONNECTIONS * pace.lines * REQUESTS * PERIOD;
    say(format_args!("Registering {count} water meters of {DISTRICTS} districts"));
    let meters = Meters::register_more(&admin, 0..count, &groups)?.into_all();

    let (address, taken) = (server.address.trim_start_matches("http://"), AtomicUsize::new(0));
    let door = Door { address, token: &token, taken: &taken };
    let duration = MINUTE * u32::try_from(run.minutes)?;
    let (minutes, late) = thread::scope(|scope| -> Result<(Vec<Minute>, Duration)> {
        let sending = scope.spawn(|| door.keep_pace(pace, meters, duration, |_| ()));
        let minutes = watch((&server, &admin), &taken, run.minutes, &sending);
        let late = sending.join().map_err(|_| anyhow!("a sender panicked"))??;
        Ok((minutes?, late))
    })?;
    server.stop()?;
    Ok(summary(&minutes, late))
}

impl Run {
    /// The rate in as many requests as leave the server time, whatever it is.
    fn pace(self) -> Pace {
        let lines = self.rate.div_ceil(CONNECTIONS * REQUESTS).max(1);
        Pace { rate: self.rate, lines, connections: CONNECTIONS }
    }
}

/// Looks at the server each minute, and prints what it sees, until nobody sends any more.
fn watch<T>(
    (server, admin): (&Server, &Blocking),
    taken: &AtomicUsize,
    minutes: usize,
    sending: &ScopedJoinHandle<'_, T>,
) -> Result<Vec<Minute>> {
    let mut before = Sums::of(server, taken)?;
    let began = before.at;
    let mut seen = Vec::with_capacity(minutes);
    for number in 1..=minutes {
        let end = began + MINUTE * u32::try_from(number)?;
        while Instant::now() < end && !sending.is_finished() {
            thread::sleep(Duration::from_millis(100));
        }
        let now = Sums::of(server, taken)?;
        let minute = Minute::between(number, (before, now), (server, admin))?;
        say(&minute);
        seen.push(minute);
        before = now;
        if sending.is_finished() {
            break;
        }
    }
    Ok(seen)
}

impl Sums {
    fn of(server: &Server, taken: &AtomicUsize) -> Result<Self> {
        let processor = processor::of_process(server.process_id())?.as_secs_f64();
        Ok(Self { at: Instant::now(), frames: taken.load(Ordering::Relaxed), processor })
    }
}

impl Minute {
    fn between(
        number: usize,
        (before, now): (Sums, Sums),
        (server, admin): (&Server, &Blocking),
    ) -> Result<Self> {
        let frames = (now.frames - before.frames) as f64;
        let storage = admin.ask(|server| server.storage())?;
        Ok(Self {
            number,
            frames: frames / (now.at - before.at).as_secs_f64(),
            memory: server.memory()? as f64 / 1e6,
            behind: behind(admin)?,
            disk: storage.file_bytes as f64 / 1e6,
            processor: (now.processor - before.processor) / (frames / 1_000.0).max(1.0),
        })
    }
}

impl fmt::Display for Minute {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { number, frames, memory, behind, disk, processor } = self;
        let name = format!("BENCH soak.{number:02}");
        writeln!(formatter, "{name}.frames {frames:.0} frames/s")?;
        writeln!(formatter, "{name}.memory {memory:.0} MB")?;
        writeln!(formatter, "{name}.behind {behind} records")?;
        writeln!(formatter, "{name}.disk {disk:.0} MB")?;
        write!(formatter, "{name}.processor {processor:.3} s/1000 frames")
    }
}

/// The lines of the whole run.
fn summary(minutes: &[Minute], late: Duration) -> Vec<String> {
    let count = minutes.len() as f64;
    let frames = minutes.iter().map(|minute| minute.frames).sum::<f64>() / count;
    let processor = minutes.iter().map(|minute| minute.processor).sum::<f64>() / count;
    let mut lines = vec![
        format!("BENCH soak.frames {frames:.0} frames/s"),
        format!("BENCH soak.processor {processor:.3} s/1000 frames"),
        format!("BENCH soak.late {:.2} s", late.as_secs_f64()),
    ];
    let settled = minutes.get(minutes.len() / SETTLED);
    if let (Some(settled), Some(last)) = (settled, minutes.last())
        && settled.number < last.number
    {
        let hours = (last.number - settled.number) as f64 / 60.0;
        let growth = (last.memory - settled.memory) / hours;
        lines.push(format!("BENCH soak.memory.growth {growth:.1} MB/h"));
    }
    lines
}
