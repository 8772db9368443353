//! `cargo xtask bench ingest`: the real server of a release, and network servers that hand over frames of
//! water meters as fast as it takes them, on the same machine. What is measured is what a network server
//! sees: from the request to the answer that says that the record is durable, decoding included; beside it the processor
//! time that the server alone takes. After that, the same with a rule of alerts for each meter.

use std::time::Duration;

use anyhow::{Result, bail};
use champollion_client::Role;

use super::{
    broker::Broker, figures_of_requests::Figures, http::Connection, load::Load, processor, rules,
};
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

/// Measures, and says each figure once it is there.
pub(super) fn measure(setup: &Setup, quick: bool) -> Result<()> {
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

    let process = server.process_id();
    let look = || processor::of_process(process);
    let single = &mut meters.take(SINGLE, METERS_OF_SINGLE);
    tell("ingest.http", &load.measure_and_look(single, Connection::single, look)?)?;
    let bulk = &mut meters.take(BULK, LINES);
    tell("ingest.ndjson", &load.measure_and_look(bulk, Connection::lines, look)?)?;
    let mut through_broker = meters.into_all();
    tell("ingest.mqtt", &broker.measure(&mut through_broker, duration, look)?)?;
    rules::measure(&load, &admin, count)?.into_iter().for_each(say);
    server.stop()
}

/// Says the figures of one way, and the processor time of the server, which was looked at before and after.
fn tell(name: &str, (figures, looks): &(Figures, [Result<Duration>; 2])) -> Result<()> {
    figures.lines(name).into_iter().for_each(say);
    let [Ok(before), Ok(after)] = looks else { bail!("the processor time is not known") };
    let seconds = after.saturating_sub(*before).as_secs_f64();
    let each = seconds * 1_000.0 / figures.frames.max(1) as f64;
    say(format_args!("BENCH {name}.processor {each:.4} s/1000frames"));
    Ok(())
}
