//! The nodes that share a store.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Answer, Client, ClientError, client::ask};

/// The nodes that share the server's store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeList {
    /// The nodes, those that were started first first.
    pub nodes: Vec<Node>,
}

/// A node that shares the server's store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Node {
    /// The id of the node, which is kept in its data folder.
    pub id: Uuid,
    /// The version of its software.
    pub version: String,
    /// The address at which other nodes reach it.
    pub address: String,
    /// When it was started.
    pub started_at: Timestamp,
    /// When it last wrote of itself.
    pub written_at: Timestamp,
    /// Whether it wrote of itself within ten seconds.
    pub alive: bool,
    /// The leases that it has; `lead` is of the node that does what only one may do.
    pub leases: Vec<String>,
    /// Frames that it took in a second, of late.
    pub frames_per_second: f64,
    /// Seconds since its memory was compared with what other nodes have changed.
    pub lag_seconds: f64,
    /// Seconds by which the clock of its machine is ahead of that of the database; negative where it is behind. Servers of
    /// earlier versions do not tell.
    #[serde(default)]
    pub clock_ahead_seconds: Option<f64>,
    /// The versions that it reads of what nodes tell each other, and the one that it writes. Servers of earlier versions
    /// know the first one alone.
    #[serde(default)]
    pub protocol: NodeProtocol,
    /// The newest schema of a database that it knows: the first one where its server does not tell.
    #[serde(default = "first_schema")]
    pub schema: i32,
}

const fn first_schema() -> i32 {
    1
}

/// The versions that a node reads of what nodes tell each other, and the one that it writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeProtocol {
    /// The oldest version that it reads.
    pub reads_from: u32,
    /// The newest version that it reads.
    pub reads_to: u32,
    /// The version that it writes.
    pub writes: u32,
}

/// Servers that do not tell know the first version alone.
impl Default for NodeProtocol {
    fn default() -> Self {
        Self { reads_from: 1, reads_to: 1, writes: 1 }
    }
}

impl Client {
    /// Lists the nodes that share the server's store: `GET /v1/nodes`.
    pub async fn nodes(&self) -> Result<Answer<NodeList>, ClientError> {
        ask(self.get("v1/nodes")).await
    }
}
