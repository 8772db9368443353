//! `cargo xtask bench ingest`: the real server of a release, and network servers that hand over frames of
//! water meters as fast as it takes them, on the same machine. What is measured is what a network server
//! sees: from the request to the answer that says that the record is durable, decoding included. After that, the same
//! with a rule of alerts for each meter.

use std::time::Duration;

use anyhow::Result;
use champollion_client::Role;

use super::{broker::Broker, http::Connection, load::Load, rules};
use crate::{
    client::{admin, create_token},
    meters::{self, Meters},
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
