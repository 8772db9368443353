//! `cargo xtask bench delivery`: the real server of a release, a hundred partners to whom records are pushed,
//! and a recipient on the same machine that takes everything. First how fast a backlog leaves, then how long
//! a record takes from the frame's request to its arrival, at a rate that leaves the server time.

use std::{
    collections::HashMap,
    io::{BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use champollion_client::Role;
use serde_json::{Value as Json, json};

use super::{http::Connection, percentile};
use crate::{
    client::{admin, create_token, put_route},
    meters::{self, Meter, Meters},
    request::read_head,
    say,
    server::{Server, Setup},
};

/// Partners, each with a route of its own.
const ROUTES: usize = 100;

/// Meters of each partner.
const METERS_OF_PARTNER: usize = 40;

/// Frames of each meter that wait when the backlog begins to leave.
const BACKLOG_OF_METER: usize = 10;

/// Meters whose frames are handed over in one request while the backlog is made.
const LINES: usize = 500;

/// Frames a second while the way of each is timed, and connections that share them.
const RATE: usize = 1_000;
const SENDERS: usize = 40;

/// A backlog takes no longer to leave.
const PATIENCE: Duration = Duration::from_secs(120);

/// Addresses of this machine and HTTP, since the recipient is on this machine.
const SETTINGS: &str =
    "[delivery]\nallow-networks = [\"127.0.0.0/8\", \"::1\"]\nplain-http = true\n";

/// By device and counter, when something happened.
type Moments = HashMap<(String, u64), Instant>;

/// The recipient of the records.
struct Recipient {
    url: String,
    arrived: Arc<AtomicUsize>,
    /// When each record arrived, while that is of interest.
    moments: Arc<Mutex<Moments>>,
    times: Arc<AtomicBool>,
}

/// Measures, and gives a line for each figure.
pub(super) fn measure(setup: &Setup, quick: bool) -> Result<Vec<String>> {
    let mut server = Server::start_with(setup, SETTINGS)?;
    let admin = admin(&server)?;
    meters::publish(&server, setup)?;
    let token = create_token(&admin, "load", Role::Lns, None)?;
    let recipient = Recipient::listen()?;
    let groups: Vec<String> = (0..ROUTES).map(|number| format!("partner-{number}")).collect();
    for group in &groups {
        put_route(&admin, group, "all", &route(&recipient.url, true))?;
    }
    let count = ROUTES * METERS_OF_PARTNER;
    say(format_args!("Registering {count} water meters of {ROUTES} partners"));
    let names: Vec<&str> = groups.iter().map(String::as_str).collect();
    let mut meters = Meters::register_in(&admin, count, &names)?;
    let mut meters: Vec<Vec<Meter>> = meters.take(count / LINES, LINES);
    let address = server.address.trim_start_matches("http://").to_owned();

    let mut connection = Connection::open(&address, &token)?;
    for _ in 0..BACKLOG_OF_METER {
        for chunk in &mut meters {
            connection.lines(chunk)?;
        }
    }
    let backlog = count * BACKLOG_OF_METER;
    let began = Instant::now();
    for group in &groups {
        put_route(&admin, group, "all", &route(&recipient.url, false))?;
    }
    recipient.wait_for(backlog)?;
    let took = began.elapsed();
    let rate = backlog as f64 / took.as_secs_f64();

    let seconds = if quick { 5 } else { 20 };
    let sent = send(&address, &token, meters, seconds, &recipient)?;
    let mut ways = recipient.ways(&sent)?;
    ways.sort_unstable();
    server.stop()?;
    Ok(vec![
        format!("BENCH delivery.push {rate:.0} records/s"),
        format!("BENCH delivery.way.p50 {:.1} ms", percentile(&ways, 50)),
        format!("BENCH delivery.way.p99 {:.1} ms", percentile(&ways, 99)),
    ])
}

fn route(url: &str, paused: bool) -> Json {
    json!({ "paused": paused, "to": { "http": { "url": url } } })
}

/// Sends frames at an even rate, and says when each was sent.
fn send(
    address: &str,
    token: &str,
    meters: Vec<Vec<Meter>>,
    seconds: usize,
    recipient: &Recipient,
) -> Result<Moments> {
    let mut meters: Vec<Meter> = meters.into_iter().flatten().collect();
    let share = meters.len() / SENDERS;
    let pause = Duration::from_secs(1) * u32::try_from(SENDERS)? / u32::try_from(RATE)?;
    recipient.times.store(true, Ordering::Relaxed);
    thread::scope(|scope| {
        let senders: Vec<_> = (0..SENDERS)
            .map(|number| {
                let mut own: Vec<Meter> = meters.drain(..share.min(meters.len())).collect();
                scope.spawn(move || -> Result<Moments> {
                    let mut connection = Connection::open(address, token)?;
                    let mut sent = Moments::new();
                    // Not all at the same moment.
                    let begin = Instant::now() + pause * u32::try_from(number)? / SENDERS as u32;
                    for turn in 0..RATE * seconds / SENDERS {
                        let due = begin + pause * u32::try_from(turn)?;
                        thread::sleep(due.saturating_duration_since(Instant::now()));
                        let meter = turn % own.len();
                        let key = (own[meter].dev_eui.clone(), own[meter].next_f_cnt.into());
                        sent.insert(key, Instant::now());
                        connection.single(&mut own[meter..=meter])?;
                    }
                    Ok(sent)
                })
            })
            .collect();
        let mut all = Moments::new();
        for sender in senders {
            let Ok(sent) = sender.join() else { bail!("a sender panicked") };
            all.extend(sent?);
        }
        Ok(all)
    })
}

impl Recipient {
    fn listen() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("no port is free")?;
        let recipient = Self {
            url: format!("http://{}/", listener.local_addr()?),
            arrived: Arc::default(),
            moments: Arc::default(),
            times: Arc::default(),
        };
        let (arrived, moments, times) = (
            Arc::clone(&recipient.arrived),
            Arc::clone(&recipient.moments),
            Arc::clone(&recipient.times),
        );
        // They end with this program.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (arrived, moments, times) =
                    (Arc::clone(&arrived), Arc::clone(&moments), Arc::clone(&times));
                thread::spawn(move || take(&stream, &arrived, &moments, &times));
            }
        });
        Ok(recipient)
    }

    fn wait_for(&self, count: usize) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while self.arrived.load(Ordering::Relaxed) < count {
            ensure!(
                Instant::now() < deadline,
                "{} of {count} records arrived",
                self.arrived.load(Ordering::Relaxed)
            );
            thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }

    /// Returns the way of each record that was sent, as a time.
    fn ways(&self, sent: &Moments) -> Result<Vec<Duration>> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let moments = self.moments.lock().unwrap_or_else(PoisonError::into_inner);
            let ways: Vec<Duration> = sent
                .iter()
                .filter_map(|(key, at)| Some(moments.get(key)?.saturating_duration_since(*at)))
                .collect();
            drop(moments);
            if ways.len() == sent.len() {
                return Ok(ways);
            }
            ensure!(Instant::now() < deadline, "{} of {} records arrived", ways.len(), sent.len());
            thread::sleep(Duration::from_millis(100));
        }
    }
}

/// Takes all that comes over a connection. It ends when the server hangs up.
fn take(
    stream: &TcpStream,
    arrived: &AtomicUsize,
    moments: &Mutex<Moments>,
    times: &AtomicBool,
) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    let mut answers = stream;
    loop {
        let mut body = vec![0; read_head(&mut reader)?];
        reader.read_exact(&mut body)?;
        let now = Instant::now();
        answers.write_all(b"HTTP/1.1 204 No Content\r\n\r\n")?;
        if times.load(Ordering::Relaxed)
            && let Ok(body) = serde_json::from_slice::<Json>(&body)
            && let Some(dev_eui) = body["data"]["device"]["devEui"].as_str()
            && let Some(f_cnt) = body["data"]["uplink"]["fCnt"].as_u64()
        {
            let mut moments = moments.lock().unwrap_or_else(PoisonError::into_inner);
            moments.entry((dev_eui.to_owned(), f_cnt)).or_insert(now);
        }
        arrived.fetch_add(1, Ordering::Relaxed);
    }
}
