//! The check of a network server: what is connected, what was seen, and what is wrong.

use std::collections::BTreeMap;

use champollion_lns::NetworkServerName;
use jiff::Timestamp;
use serde::Serialize;

use super::{
    finding::Finding, judgement::findings, observations::Seen, surroundings::Surroundings,
};
use crate::{mqtt::Status, parked::ParkedInfo};

/// A network server of the settings: what is connected, what was seen, and what is wrong.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NetworkServerCheck {
    /// Its name in the settings.
    pub name: NetworkServerName,
    /// Its kind, as in the settings.
    pub kind: String,
    /// The start of the server, from which on everything is counted.
    pub since: Timestamp,
    /// The connection to its broker, where the settings name one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broker: Option<BrokerCheck>,
    /// The messages that came, over HTTP and through the broker.
    pub seen: Traffic,
    /// The findings, the worst first; none where all is well.
    pub findings: Vec<Finding>,
}

/// The connection to a broker.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BrokerCheck {
    /// The address of the broker.
    pub url: String,
    /// The name by which the broker knows our session.
    pub client_id: String,
    /// Whether there is a connection.
    pub connected: bool,
    /// Since when, or when the last one began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connected_at: Option<Timestamp>,
    /// Connections since the start.
    pub connections: u64,
    /// Whether the broker had kept our session when we came back last; missing where there was none before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_kept: Option<bool>,
    /// The number of times that it had not.
    pub sessions_lost: u64,
    /// Messages of QoS 0, which the broker keeps for nobody.
    pub qos0_messages: u64,
    /// Messages by their encoding: `json` or `binary`.
    #[schema(value_type = BTreeMap<String, u64>)]
    pub encodings: BTreeMap<&'static str, u64>,
    /// The topics that are subscribed to.
    pub topics: Vec<TopicCheck>,
}

/// A topic that is subscribed to.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct TopicCheck {
    /// The topic, with its wildcards.
    pub topic: String,
    /// The messages that came under it.
    pub messages: u64,
}

/// The messages of a network server.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Traffic {
    /// Messages that could be read.
    pub messages: u64,
    /// The moment of the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_message_at: Option<Timestamp>,
    /// Devices of which a frame was taken.
    pub devices: usize,
    /// Messages by what became of them, in the words of `champollion_frames_total`.
    #[schema(value_type = BTreeMap<String, u64>)]
    pub results: BTreeMap<&'static str, u64>,
    /// Messages that hand nothing over, by their kind.
    pub ignored: BTreeMap<String, u64>,
    /// Frames that are missing over the times in which we were away, by gaps in the FCnt.
    pub missing_while_away: u64,
    /// Frames that are missing while we were there: what the radio loses.
    pub missing_while_connected: u64,
    /// Messages of its broker that could not be read and are parked.
    pub parked: usize,
}

/// Checks a network server.
pub(crate) fn check(of: &Surroundings<'_>, now: Timestamp) -> NetworkServerCheck {
    let name = of.observed.server().clone();
    let parked: Vec<&ParkedInfo> =
        of.parked.iter().filter(|info| info.network_server == name).map(|info| &**info).collect();
    let (broker, seen, mut findings) = of.observed.look(|seen| {
        let broker = of.broker.map(|status| broker_check(status, seen));
        (broker, traffic(seen, parked.len()), findings(of, seen, &parked, now))
    });
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let (kind, since) = (of.kind.to_string(), of.observed.since());
    NetworkServerCheck { name, kind, since, broker, seen, findings }
}

fn broker_check(status: &Status, seen: &Seen) -> BrokerCheck {
    let at = &seen.broker;
    let topics = at
        .topics
        .iter()
        .map(|(topic, messages)| TopicCheck { topic: topic.clone(), messages: *messages });
    BrokerCheck {
        url: status.url().to_owned(),
        client_id: status.client_id().to_owned(),
        connected: status.trouble().is_none(),
        connected_at: at.entered_at,
        connections: at.connections,
        session_kept: at.session_kept,
        sessions_lost: at.sessions_lost,
        qos0_messages: at.unassured,
        encodings: at.encodings.clone(),
        topics: topics.collect(),
    }
}

fn traffic(seen: &Seen, parked: usize) -> Traffic {
    Traffic {
        messages: seen.messages,
        last_message_at: seen.last_message_at,
        devices: seen.devices(),
        results: seen.results.clone(),
        ignored: seen.ignored.clone(),
        missing_while_away: seen.missing_away().frames,
        missing_while_connected: seen.missing_connected().frames,
        parked,
    }
}
