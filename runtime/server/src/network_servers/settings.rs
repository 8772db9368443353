//! The network servers of the settings.

use std::collections::BTreeMap;

use champollion_lns::{Description, Kind, NetworkServerName};
use serde::Deserialize;

use crate::{
    chosen_word::{chosen_word, chosen_word_if_any},
    devices::PayloadState,
    downlinks::DownlinkSettings,
    mqtt::settings::MqttSettings,
};

/// The network servers of the settings, by their names.
pub type NetworkServers = BTreeMap<NetworkServerName, NetworkServer>;

/// A network server of the settings.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct NetworkServer {
    /// The kind of the network server, which says how its messages read.
    #[serde(deserialize_with = "chosen_word")]
    pub kind: Kind,
    /// The description of its messages, where no adapter knows them.
    pub json: Option<Description>,
    /// The state in which it hands payloads over, where its messages do not say it.
    #[serde(default, deserialize_with = "chosen_word_if_any")]
    pub payload: Option<PayloadState>,
    /// Its broker, where it has one.
    pub mqtt: Option<MqttSettings>,
    /// The way in which it is handed commands, where it takes any.
    pub downlink: Option<DownlinkSettings>,
}

/// A description of messages that does not fit the kind of the network server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DescriptionMismatch {
    /// The description is missing.
    #[error(
        "it is missing, and kind = \"{0}\" needs it: dev-eui, f-cnt, f-port and payload-hex or payload-base64, the JSON pointers to where they stand"
    )]
    Missing(Kind),
    /// There is one that nobody would read.
    #[error("it goes with kind = \"json\", and this network server is of the kind {0}")]
    Unread(Kind),
}

impl NetworkServer {
    /// Whether the settings describe messages exactly where the kind needs that.
    ///
    /// # Errors
    /// Says what does not fit.
    pub fn check_description(&self) -> Result<(), DescriptionMismatch> {
        match (self.kind.needs_description(), &self.json) {
            (true, None) => Err(DescriptionMismatch::Missing(self.kind)),
            (false, Some(_)) => Err(DescriptionMismatch::Unread(self.kind)),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::DEFAULTS;

    fn mismatch(toml: &str) -> Option<DescriptionMismatch> {
        let server: NetworkServer = toml::from_str(toml).unwrap();
        server.check_description().err()
    }

    #[test]
    fn messages_are_described_where_no_adapter_knows_them() {
        const DESCRIPTION: &str =
            "json = { dev-eui = \"/e\", f-cnt = \"/c\", f-port = \"/p\", payload-hex = \"/d\" }";
        for kind in Kind::all() {
            let bare = format!("kind = \"{kind}\"");
            let described = format!("{bare}\n{DESCRIPTION}");
            let (without, with) = (mismatch(&bare), mismatch(&described));
            if kind.name() == "json" {
                assert_eq!((without, with), (Some(DescriptionMismatch::Missing(kind)), None));
            } else {
                assert_eq!((without, with), (None, Some(DescriptionMismatch::Unread(kind))));
            }
        }
    }

    #[test]
    fn the_defaults_name_every_kind_and_show_a_description() {
        let kinds = DEFAULTS.lines().find(|line| line.contains("kind = ") && line.contains("or "));
        let kinds = kinds.expect("the kinds are named");
        for kind in Kind::all() {
            assert!(kinds.contains(kind.name()), "{kind}");
        }
        let at = DEFAULTS.find("# [network-servers.region]").expect("there is an example");
        let example: Vec<&str> = DEFAULTS[at..]
            .lines()
            .take_while(|line| line.starts_with("# "))
            .map(|line| line.trim_start_matches("# "))
            .collect();
        let example = example.join("\n").replace("network-servers.", "");
        let servers: NetworkServers = toml::from_str(&example).unwrap();
        assert_eq!(
            servers[&"region".parse::<NetworkServerName>().unwrap()].check_description(),
            Ok(())
        );
    }
}
