//! `cargo xtask bench cluster`: one, two and three nodes of a release on one PostgreSQL, and network servers that hand
//! frames to each of them in turn, all on the same cores. More nodes make nothing faster there; the processor time that a
//! thousand frames take of the nodes and of the database, apart, says what more machines would bring.

use std::time::Duration;

use anyhow::Result;
use champollion_client::Role;

use super::{
    http::Connection,
    ingest::{Load, METERS_OF_SINGLE, SINGLE},
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

/// The processor time that was taken until a moment.
struct Taken {
    nodes: Duration,
    database: Duration,
    senders: Duration,
}

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
    let groups = Meters::register(&admin, meters)?.take(SINGLE, METERS_OF_SINGLE);
    let addresses: Vec<&str> =
        std::iter::once(server.address.as_str()).chain(beside.addresses()).collect();
    let duration = Duration::from_secs(if quick { 3 } else { 10 });
    let load = Load { addresses: &addresses, token: &token, duration };
    let look = || -> Result<Taken> {
        let own = processor::of_process(server.process_id())?;
        let others = beside.process_ids().map(processor::of_process).sum::<Result<Duration>>()?;
        Ok(Taken {
            nodes: own + others,
            database: processor::of_family(beside.database_process())?,
            senders: processor::of_process(std::process::id())?,
        })
    };
    let (figures, [before, after]) = load.measure_and_look(groups, Connection::single, look)?;
    let (before, after) = (before?, after?);
    let name = format!("cluster.ingest.{count}");
    let mut lines = figures.lines(&name);
    let parts: [(&str, fn(&Taken) -> Duration); 3] = [
        ("nodes", |taken| taken.nodes),
        ("database", |taken| taken.database),
        ("senders", |taken| taken.senders),
    ];
    lines.extend(parts.map(|(part, of)| {
        let seconds = of(&after).saturating_sub(of(&before)).as_secs_f64();
        let each = seconds * 1_000.0 / figures.frames.max(1) as f64;
        format!("BENCH {name}.{part} {each:.3} s/1000frames")
    }));
    Ok(lines)
}
