//! The check of network servers: what is connected, what was seen, and what is wrong.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Answer, Client, ClientError, pages::all};

/// The network servers of a server's settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NetworkServerList {
    /// The network servers, in the order of their names.
    pub network_servers: Vec<NetworkServerCheck>,
    /// Sessions at brokers that the settings have no more, and that could not be ended yet.
    #[serde(default)]
    pub left_sessions: Vec<LeftSession>,
}

/// A network server: what is connected, what was seen, and what is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NetworkServerCheck {
    /// Its name in the settings.
    pub name: String,
    /// Its kind, as in the settings.
    pub kind: String,
    /// The start of the server, from which on everything is counted.
    pub since: Timestamp,
    /// The connection to its broker, where the settings name one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broker: Option<BrokerCheck>,
    /// The messages that came, over HTTP and through the broker.
    pub seen: Traffic,
    /// The findings, the worst first.
    pub findings: Vec<Finding>,
}

/// The connection to a broker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BrokerCheck {
    /// The address of the broker.
    pub url: String,
    /// The name by which the broker knows the session.
    pub client_id: String,
    /// Whether there is a connection.
    pub connected: bool,
    /// The beginning of the connection, or of the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connected_at: Option<Timestamp>,
    /// Connections since the start.
    pub connections: u64,
    /// Whether the broker had kept the session at the last connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_kept: Option<bool>,
    /// The number of times that it had not.
    pub sessions_lost: u64,
    /// Messages of QoS 0.
    pub qos0_messages: u64,
    /// Messages by their encoding.
    pub encodings: BTreeMap<String, u64>,
    /// The topics that are subscribed to.
    pub topics: Vec<TopicCheck>,
}

/// A topic that is subscribed to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicCheck {
    /// The topic, with its wildcards.
    pub topic: String,
    /// The messages that came under it.
    pub messages: u64,
}

/// The messages of a network server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Traffic {
    /// Messages that could be read.
    pub messages: u64,
    /// The moment of the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_message_at: Option<Timestamp>,
    /// Devices of which a frame was taken.
    pub devices: u64,
    /// Messages by what became of them.
    pub results: BTreeMap<String, u64>,
    /// Messages that hand nothing over, by their kind.
    pub ignored: BTreeMap<String, u64>,
    /// Frames that are missing over the times in which the server or the broker was away.
    pub missing_while_away: u64,
    /// Frames that are missing otherwise: what the radio loses.
    pub missing_while_connected: u64,
    /// Messages of its broker that could not be read.
    pub parked: u64,
}

/// The weight of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FindingSeverity {
    /// Nothing is wrong yet: it should be known.
    Note,
    /// Frames are lost, or may be.
    Warning,
    /// Nothing comes through the broker.
    Error,
}

/// A finding about a network server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The weight of the finding.
    pub severity: FindingSeverity,
    /// The kind of the finding, for programs.
    pub code: String,
    /// The fault, for people.
    pub detail: String,
    /// The remedy, for people.
    pub remedy: String,
}

/// A session at a broker that is to be ended, since the settings have it no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LeftSession {
    /// The network server that it was of.
    pub network_server: String,
    /// The address of the broker.
    pub url: String,
    /// The name by which the broker knows the session.
    pub client_id: String,
    /// The topics that the broker may go on keeping messages of.
    pub topics: Vec<String>,
    /// The reason why it could not be ended yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
}

impl Client {
    /// Checks the network servers of the server's settings: `GET /v1/network-servers`.
    pub async fn network_servers(&self) -> Result<Answer<NetworkServerList>, ClientError> {
        all("networkServers", None, || self.get("v1/network-servers")).await
    }
}
