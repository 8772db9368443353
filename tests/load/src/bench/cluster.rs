//! `cargo xtask bench cluster`: one, two and three nodes of a release on one PostgreSQL, and network servers that hand
//! frames to each of them in turn, all on the same cores. More nodes make nothing faster there; the processor time that a
//! thousand frames take of the nodes and of the database, apart, says what more machines would bring.

use std::time::Duration;

use anyhow::Result;
use champollion_client::Role;

use super::{
    http::Connection,
    ingest::{METERS_OF_SINGLE, SINGLE},
    load::Load,
    processor,
};
use crate::{
    client::{admin, create_token},
    meters::{self, Meters},
    nodes, say,
    server::Setup,
};

/// The most nodes that are measured.
const NODES: usize = 3;

/// The parts that share the cores, in the order of their times.
const PARTS: [&str; 3] = ["nodes", "database", "senders"];

/// The processor time that each part took until a moment.
type Taken = [Duration; PARTS.len()];

/// Measures, and gives a line for each figure.
pub(super) fn measure(setup: &Setup, quick: bool) -> Result<Vec<String>> {
    let numbers = (1..=NODES).map(|nodes| measure_nodes(setup, quick, nodes));
    Ok(numbers.collect::<Result<Vec<_>>>()?.concat())
}

fn measure_nodes(setup: &Setup, quick: bool, count: usize) -> Result<Vec<String>> {
    let (server, beside) = nodes::on_postgres(setup, count)?;
    let admin = admin(&server)?;
    meters::publish(&server, setup)?;
    let token = create_token(&admin, "load", Role::Lns, None)?;
    let meters = SINGLE * METERS_OF_SINGLE;
    say(format_args!("Registering {meters} water meters with {count} nodes"));
    let mut groups = Meters::register(&admin, meters)?.take(SINGLE, METERS_OF_SINGLE);
    let addresses: Vec<&str> =
        std::iter::once(server.address.as_str()).chain(beside.addresses()).collect();
    let duration = Duration::from_secs(if quick { 3 } else { 10 });
    let load = Load { addresses: &addresses, token: &token, duration };
    let look = || -> Result<Taken> {
        let own = processor::of_process(server.process_id())?;
        let others = beside.process_ids().map(processor::of_process).sum::<Result<Duration>>()?;
        let database = processor::of_family(beside.database_process())?;
        Ok([own + others, database, processor::of_process(std::process::id())?])
    };
    let (figures, [before, after]) =
        load.measure_and_look(&mut groups, Connection::single, look)?;
    let (before, after) = (before?, after?);
    let name = format!("cluster.ingest.{count}");
    let mut lines = figures.lines(&name);
    for ((part, before), after) in PARTS.into_iter().zip(before).zip(after) {
        let seconds = after.saturating_sub(before).as_secs_f64();
        let each = seconds * 1_000.0 / figures.frames.max(1) as f64;
        lines.push(format!("BENCH {name}.{part} {each:.3} s/1000frames"));
    }
    Ok(lines)
}
