//! `cargo xtask bench delivery`: the real server of a release, partners to whom records are pushed, and a recipient on
//! the same machine that takes everything. First how fast a backlog leaves for a hundred partners, then how long a record
//! takes from the frame's request to its arrival, at a rate that leaves the server time; at last the same at the rate of
//! all water meters of France and five partners, and what waits after a minute of that.

use std::{
    sync::{Mutex, PoisonError, atomic::AtomicUsize},
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use champollion_client::{Blocking, Role};
use serde_json::{Value as Json, json};

use super::{
    groups,
    paced::{Door, Pace},
    percentile,
    recipient::{Moments, Recipient},
};
use crate::{
    client::{admin, create_token, put_route},
    meters::{self, Meter, Meters},
    say,
    server::{Server, Setup},
};

/// Partners, each with a route of its own.
const ROUTES: usize = 100;

/// Meters of each partner.
const METERS_OF_PARTNER: usize = 40;

/// Frames of each meter that wait when the backlog begins to leave.
const BACKLOG_OF_METER: usize = 10;

/// The rate while the way of each is timed: each frame in a request of its own.
const CALM: Pace = Pace { rate: 1_000, lines: 1, connections: 40 };

/// The rate of all water meters of France, and the partners that share it. Frames come as network servers hand over many:
/// ten requests a second over each connection.
const FRANCE: Pace = Pace { rate: 8_400, lines: 21, connections: 40 };
const DISTRICTS: usize = 5;

/// Meters of all districts: each is heard once a second.
const METERS_OF_FRANCE: usize = 8_400;

/// Records of a request to a partner, as many at most.
const BATCH: usize = 100;

/// A backlog takes no longer to leave.
const PATIENCE: Duration = Duration::from_secs(120);

/// Addresses of this machine and HTTP, since the recipient is on this machine. Registrations are bounded by token.
pub(super) const SETTINGS: &str = "[delivery]\nallow-networks = [\"127.0.0.0/8\", \"::1\"]\nplain-http = true\n\
                                   [requests]\nby-token-per-second = 0\nby-group-per-second = 0\n";

/// Measures, and gives a line for each figure.
pub(super) fn measure(setup: &Setup, quick: bool) -> Result<Vec<String>> {
    let mut server = Server::start_with(setup, SETTINGS)?;
    let admin = admin(&server)?;
    meters::publish(&server, setup)?;
    let token = create_token(&admin, "load", Role::Lns, None)?;
    let (address, taken) = (server.address.trim_start_matches("http://"), AtomicUsize::new(0));
    let door = Door { address, token: &token, taken: &taken };
    let mut lines = calm(&admin, &door, quick)?;
    lines.extend(france(&admin, &door, quick)?);
    server.stop()?;
    Ok(lines)
}

/// A backlog, and the way of each record while there is none.
fn calm(admin: &Blocking, door: &Door<'_>, quick: bool) -> Result<Vec<String>> {
    let recipient = Recipient::listen()?;
    let groups = groups("partner", ROUTES);
    put_routes(admin, &groups, &to(&recipient, true, 1))?;
    let count = ROUTES * METERS_OF_PARTNER;
    say(format_args!("Registering {count} water meters of {ROUTES} partners"));
    let names: Vec<&str> = groups.iter().map(String::as_str).collect();
    let mut meters = Meters::register_in(admin, count, &names)?.into_all();
    door.flood(&mut meters, BACKLOG_OF_METER)?;
    let backlog = count * BACKLOG_OF_METER;
    let began = Instant::now();
    put_routes(admin, &groups, &to(&recipient, false, 1))?;
    recipient.wait_for(backlog, PATIENCE)?;
    let rate = backlog as f64 / began.elapsed().as_secs_f64();

    let seconds = Duration::from_secs(if quick { 5 } else { 20 });
    let ways = recipient.ways(&timed(door, CALM, (meters, seconds), &recipient)?)?;
    Ok(vec![
        format!("BENCH delivery.push {rate:.0} records/s"),
        format!("BENCH delivery.way.p50 {:.1} ms", percentile(&ways, 50)),
        format!("BENCH delivery.way.p99 {:.1} ms", percentile(&ways, 99)),
    ])
}

/// The way of each record at the rate of France, and what waits at its end.
fn france(admin: &Blocking, door: &Door<'_>, quick: bool) -> Result<Vec<String>> {
    let recipient = Recipient::listen()?;
    let groups = groups("district", DISTRICTS);
    put_routes(admin, &groups, &to(&recipient, false, BATCH))?;
    say(format_args!("Registering {METERS_OF_FRANCE} water meters of {DISTRICTS} districts"));
    let first = ROUTES * METERS_OF_PARTNER;
    let numbers = first..first + METERS_OF_FRANCE;
    let meters = Meters::register_more(admin, numbers, &groups)?.into_all();
    let duration = Duration::from_secs(if quick { 10 } else { 60 });
    let began = Instant::now();
    let sent = timed(door, FRANCE, (meters, duration), &recipient)?;
    let rate = sent.len() as f64 / began.elapsed().as_secs_f64();
    let behind = behind(admin)?;
    let ways = recipient.ways(&sent)?;
    Ok(vec![
        format!("BENCH delivery.way.8400.rate {rate:.0} frames/s"),
        format!("BENCH delivery.way.8400.p50 {:.1} ms", percentile(&ways, 50)),
        format!("BENCH delivery.way.8400.p99 {:.1} ms", percentile(&ways, 99)),
        format!("BENCH delivery.way.8400.behind {behind} records"),
    ])
}

/// Hands over at an even rate, and says when each frame was sent.
fn timed(
    door: &Door<'_>,
    pace: Pace,
    (meters, duration): (Vec<Meter>, Duration),
    recipient: &Recipient,
) -> Result<Moments> {
    recipient.note_times();
    let sent = Mutex::new(Moments::new());
    door.keep_pace(pace, meters, duration, |meters| {
        let now = Instant::now();
        let mut sent = sent.lock().unwrap_or_else(PoisonError::into_inner);
        let key = |meter: &Meter| (meter.dev_eui.clone(), u64::from(meter.next_f_cnt));
        sent.extend(meters.iter().map(|meter| (key(meter), now)));
    })?;
    let sent = sent.into_inner().unwrap_or_else(PoisonError::into_inner);
    ensure!(!sent.is_empty(), "no frame was sent");
    Ok(sent)
}

/// Makes or changes a route of each group.
pub(super) fn put_routes(admin: &Blocking, groups: &[String], route: &Json) -> Result<()> {
    groups.iter().try_for_each(|group| put_route(admin, group, "all", route))
}

/// A route to the recipient.
pub(super) fn to(recipient: &Recipient, paused: bool, batch: usize) -> Json {
    let Recipient { url, .. } = recipient;
    json!({ "paused": paused, "to": { "http": { "url": url, "batch": batch } } })
}

/// The records that routes are not done with.
pub(super) fn behind(admin: &Blocking) -> Result<u64> {
    let kept = admin.ask(|server| server.retention(None))?;
    let of_routes = kept.backlogs.iter().filter(|backlog| backlog.route.is_some());
    Ok(of_routes.map(|backlog| backlog.waiting).sum())
}
