//! `cargo xtask bench ingest`: the real server of a release, and network servers that hand over frames of
//! water meters as fast as it takes them, on the same machine. What is measured is what a network server
//! sees: from the request to the answer that says that the record is durable, decoding included. After that, the same
//! with a rule of alerts for each meter.

use std::{
    fmt,
    sync::{
        Barrier,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use champollion_client::Role;

use super::{broker::Broker, http::Connection, rules};
use crate::{
    client::{admin, create_token},
    meters::{self, Meter, Meters},
    say,
    server::{Server, Setup},
};

/// Connections that each wait for an answer before they send the next frame. What becomes durable with
/// one write to the disk is what came meanwhile, so with few of them the disk decides alone.
pub(super) const SINGLE: usize = 256;

/// Meters of each connection that hands over one frame in a request.
pub(super) const METERS_OF_SINGLE: usize = 8;

/// Connections that hand over many frames in a request.
const BULK: usize = 4;

/// Frames in one request of lines; each is of another meter, as in a network of many meters.
const LINES: usize = 500;

/// Meters whose frames come through a broker.
const METERS_OF_BROKER: usize = 2_000;

/// Before this the measurement does not count: the decoder is compiled, connections are opened.
const WARM_UP: Duration = Duration::from_secs(1);

/// The figures that were measured.
pub(super) struct Figures {
    pub(super) frames: usize,
    pub(super) elapsed: Duration,
    /// Of each request, from its first byte to the end of its answer, sorted.
    pub(super) latencies: Vec<Duration>,
}

/// Measures, and gives a line for each figure.
pub(super) fn measure(setup: &Setup, quick: bool) -> Result<Vec<String>> {
    let broker = Broker::listen()?;
    let mut server = Server::start_with(setup, &broker.settings())?;
    let admin = admin(&server)?;
    meters::publish(&server, setup)?;
    let token = create_token(&admin, "load", Role::Lns, None)?;

    let count = SINGLE * METERS_OF_SINGLE + BULK * LINES + METERS_OF_BROKER;
    say(format_args!("Registering {count} water meters"));
    let mut meters = Meters::register(&admin, count)?;
    let duration = Duration::from_secs(if quick { 3 } else { 10 });
    let load = Load { addresses: &[&server.address], token: &token, duration };

    let mut lines = Vec::new();
    let single = load.measure(&mut meters.take(SINGLE, METERS_OF_SINGLE), Connection::single)?;
    lines.extend(single.lines("ingest.http"));
    let bulk = load.measure(&mut meters.take(BULK, LINES), Connection::lines)?;
    lines.extend(bulk.lines("ingest.ndjson"));
    let mut through_broker = meters.into_all();
    lines.extend(broker.measure(&mut through_broker, duration)?.lines("ingest.mqtt"));
    lines.extend(rules::measure(&load, &admin, count)?);
    server.stop()?;
    Ok(lines)
}

/// Where frames are handed over, and how long.
#[derive(Clone, Copy)]
pub(super) struct Load<'a> {
    /// The addresses of the nodes, which connections go to in turn.
    pub(super) addresses: &'a [&'a str],
    pub(super) token: &'a str,
    pub(super) duration: Duration,
}

impl Load<'_> {
    /// Has each group of meters send over a connection of its own.
    pub(super) fn measure(
        &self,
        groups: &mut [Vec<Meter>],
        request: impl Fn(&mut Connection, &mut [Meter]) -> Result<usize> + Sync,
    ) -> Result<Figures> {
        Ok(self.measure_and_look(groups, request, || ())?.0)
    }

    /// The same, and looks at something when frames begin to count and when they do no longer.
    pub(super) fn measure_and_look<T>(
        &self,
        groups: &mut [Vec<Meter>],
        request: impl Fn(&mut Connection, &mut [Meter]) -> Result<usize> + Sync,
        look: impl Fn() -> T,
    ) -> Result<(Figures, [T; 2])> {
        let (start, stop) = (Barrier::new(groups.len() + 1), AtomicBool::new(false));
        let counts = AtomicBool::new(false);
        thread::scope(|scope| {
            let senders: Vec<_> = groups
                .iter_mut()
                .zip(self.addresses.iter().cycle())
                .map(|(meters, address)| {
                    let (start, stop, counts, request) = (&start, &stop, &counts, &request);
                    scope.spawn(move || -> Result<(usize, Vec<Duration>)> {
                        let address = address.trim_start_matches("http://");
                        let connection = Connection::open(address, self.token);
                        start.wait();
                        let mut connection = connection?;
                        let (mut frames, mut latencies) = (0, Vec::new());
                        while !stop.load(Ordering::Relaxed) {
                            let begun = Instant::now();
                            let counted = counts.load(Ordering::Relaxed);
                            let accepted = request(&mut connection, meters)?;
                            if counted && counts.load(Ordering::Relaxed) {
                                frames += accepted;
                                latencies.push(connection.latency(begun));
                            }
                        }
                        Ok((frames, latencies))
                    })
                })
                .collect();
            start.wait();
            thread::sleep(WARM_UP);
            let before = look();
            counts.store(true, Ordering::Relaxed);
            let begun = Instant::now();
            thread::sleep(self.duration);
            counts.store(false, Ordering::Relaxed);
            let elapsed = begun.elapsed();
            let looks = [before, look()];
            stop.store(true, Ordering::Relaxed);
            let mut figures = Figures { frames: 0, elapsed, latencies: Vec::new() };
            for sender in senders {
                let (frames, latencies) =
                    sender.join().map_err(|_| anyhow::anyhow!("a sender panicked"))??;
                figures.frames += frames;
                figures.latencies.extend(latencies);
            }
            figures.latencies.sort_unstable();
            ensure!(!figures.latencies.is_empty(), "no request was answered in time");
            Ok((figures, looks))
        })
    }
}

impl Figures {
    /// The frames of a second.
    pub(super) fn rate(&self) -> f64 {
        self.frames as f64 / self.elapsed.as_secs_f64()
    }

    pub(super) fn lines(&self, name: &str) -> Vec<String> {
        let rate = self.rate();
        vec![
            format!("BENCH {name} {rate:.0} frames/s"),
            format!("BENCH {name}.p50 {}", Milliseconds(self.percentile(50))),
            format!("BENCH {name}.p99 {}", Milliseconds(self.percentile(99))),
        ]
    }

    fn percentile(&self, percent: usize) -> Duration {
        let place = self.latencies.len() * percent / 100;
        self.latencies[place.min(self.latencies.len() - 1)]
    }
}

struct Milliseconds(Duration);

impl fmt::Display for Milliseconds {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:.2} ms", self.0.as_secs_f64() * 1e3)
    }
}
