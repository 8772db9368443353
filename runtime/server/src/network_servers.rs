//! The network servers of the settings.

use std::collections::BTreeMap;

use champollion_lns::{Kind, NetworkServerName};
use serde::Deserialize;

use crate::{downlinks::DownlinkSettings, mqtt::MqttSettings};

/// The network servers of the settings, by their names.
pub type NetworkServers = BTreeMap<NetworkServerName, NetworkServer>;

/// A network server.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct NetworkServer {
    /// Which program it is, and so how its messages read.
    pub kind: Kind,
    /// Its broker, where it has one.
    pub mqtt: Option<MqttSettings>,
    /// How it is handed commands, where it is.
    pub downlink: Option<DownlinkSettings>,
}
