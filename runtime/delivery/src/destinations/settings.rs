//! The settings of destinations.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

use serde::Deserialize;

use super::{
    DestinationLimits,
    reach::{AddressRules, Network, Ports, Reach, listed},
};
use crate::{names::GroupId, zone::Zone};

/// The places where records may go, and the pauses after failures: the section `[delivery]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DestinationSettings {
    /// Whether recipients may be in any private network.
    pub private_addresses: bool,
    /// Networks that recipients may be in beside the internet.
    #[serde(deserialize_with = "listed")]
    pub allow_networks: Vec<Network>,
    /// Networks that recipients may not be in.
    #[serde(deserialize_with = "listed")]
    pub deny_networks: Vec<Network>,
    /// Ports that recipients may have.
    #[serde(deserialize_with = "listed")]
    pub allow_ports: Vec<Ports>,
    /// Ports that recipients may not have.
    #[serde(deserialize_with = "listed")]
    pub deny_ports: Vec<Ports>,
    /// The same lists for the recipients of single groups, which come first.
    #[serde(default)]
    pub groups: BTreeMap<GroupId, Reach>,
    /// Whether records may go over HTTP without TLS.
    pub plain_http: bool,
    /// The folder below which files may be put; none may where it is empty.
    pub folders: PathBuf,
    /// Milliseconds before what failed is tried again for the first time.
    pub first_pause_ms: u64,
    /// The longest that this pause grows to, in seconds.
    pub longest_pause_seconds: u64,
    /// The zones of groups whose routes and queries name none.
    #[serde(default)]
    pub time_zones: BTreeMap<GroupId, Zone>,
}

impl DestinationSettings {
    /// Returns the limits that routes are held to.
    #[must_use]
    pub fn limits(&self) -> DestinationLimits {
        let all = Reach {
            allow_networks: self.allow_networks.clone(),
            deny_networks: self.deny_networks.clone(),
            allow_ports: self.allow_ports.clone(),
            deny_ports: self.deny_ports.clone(),
        };
        let own = |(group, reach): (&GroupId, &Reach)| (group.clone(), Arc::new(reach.clone()));
        DestinationLimits {
            addresses: AddressRules {
                private: self.private_addresses,
                all: Arc::new(all),
                groups: self.groups.iter().map(own).collect(),
            },
            plain_http: self.plain_http,
            folders: (!self.folders.as_os_str().is_empty()).then(|| self.folders.clone()),
            pauses: (
                Duration::from_millis(self.first_pause_ms),
                Duration::from_secs(self.longest_pause_seconds),
            ),
            time_zones: self.time_zones.clone(),
        }
    }
}
