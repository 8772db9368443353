//! `champollion nodes`: the nodes that share the store.

use champollion_client::Node;
use clap::Args;

use super::{Failure, connection::Connection, output};

/// Seconds by which a clock may differ from that of the database: servers warn in their logs beyond it too.
const WARNED_BEYOND_SECONDS: f64 = 1.0;

/// Lists the nodes that share the store.
#[derive(Args)]
pub(super) struct Nodes {
    #[command(flatten)]
    connection: Connection,
    /// Print JSON instead of text for people
    #[arg(long)]
    json: bool,
}

impl Nodes {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let list = self.connection.client()?.nodes().await?;
        if self.json {
            return output::answer(&list);
        }
        let headers = [
            "node", "address", "version", "protocol", "state", "frames/s", "lag", "clock",
            "started",
        ];
        output::table(headers, list.nodes.iter().map(row));
        Ok(())
    }
}

fn row(node: &Node) -> [String; 9] {
    let leads = node.leases.iter().any(|lease| lease == "lead");
    let state = match (node.alive, leads) {
        (false, _) => "silent",
        (true, true) => "leads",
        (true, false) => "follows",
    };
    [
        node.id.to_string(),
        node.address.clone(),
        node.version.clone(),
        format!("{} of {}", node.protocol.writes, node.protocol.reads_to),
        state.to_owned(),
        node.frames_per_second.to_string(),
        format!("{} s", node.lag_seconds),
        node.clock_ahead_seconds.map(clock).unwrap_or_default(),
        output::moment(node.started_at),
    ]
}

/// The difference of a node's clock to that of the database.
fn clock(ahead_seconds: f64) -> String {
    let far = if ahead_seconds.abs() > WARNED_BEYOND_SECONDS { " (wrong)" } else { "" };
    format!("{ahead_seconds:+.3} s{far}")
}
