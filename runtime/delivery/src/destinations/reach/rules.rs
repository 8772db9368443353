//! Rules for the addresses of recipients: of the internet, and what the operator lists.

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use serde::Deserialize;

use super::{
    networks::{Network, Ports, listed},
    special::{Kind, embedded, special},
};
use crate::names::GroupId;

/// Networks and ports that the operator allows or refuses. What is refused is refused also where it is
/// allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct Reach {
    /// Networks that are reached though they are not of the internet.
    #[serde(deserialize_with = "listed")]
    pub allow_networks: Vec<Network>,
    /// Networks that are not reached though they would be.
    #[serde(deserialize_with = "listed")]
    pub deny_networks: Vec<Network>,
    /// Ports that are reached.
    #[serde(deserialize_with = "listed")]
    pub allow_ports: Vec<Ports>,
    /// Ports that are not reached though they would be.
    #[serde(deserialize_with = "listed")]
    pub deny_ports: Vec<Ports>,
}

/// The rules for the addresses that recipients may have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressRules {
    /// Whether private networks are reached. Loopback, links and metadata services are not: these are
    /// opened by being listed alone.
    pub private: bool,
    /// Lists for the recipients of all groups.
    pub all: Arc<Reach>,
    /// Lists for the recipients of some groups, which come before those for all.
    pub groups: BTreeMap<GroupId, Arc<Reach>>,
}

/// The rules for the recipients of one group.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    private: bool,
    /// The group's own lists, then those for all.
    lists: Vec<Arc<Reach>>,
}

/// Why a recipient is not reached.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// Its name has no address.
    #[error("the name {host} cannot be resolved: {reason}")]
    NotResolved {
        /// The name of the host.
        host: String,
        /// The reason that the resolver gives.
        reason: String,
    },
    /// It is in a network where recipients may not be.
    #[error(
        "{host} leads to {kind}, where recipients may not be; the operator may list the network under \
         [delivery] allow-networks"
    )]
    Network {
        /// The host as the route says it. The address that a name has is not told: names of the
        /// operator's own network are nobody's business.
        host: String,
        /// The kind of the network.
        kind: &'static str,
    },
    /// The operator refuses the network.
    #[error("{host} leads to a network that the operator refuses with [delivery] deny-networks")]
    Denied {
        /// The host as the route says it.
        host: String,
    },
    /// It has a port that recipients may not have.
    #[error(
        "{host} has the port {port}, where recipients may not be; the operator may list it under \
         [delivery] allow-ports"
    )]
    Port {
        /// The host as the route says it.
        host: String,
        /// The port of the recipient.
        port: u16,
    },
}

impl AddressRules {
    pub(super) fn of(&self, group: &GroupId) -> Rule {
        let own = self.groups.get(group).into_iter();
        Rule { private: self.private, lists: own.chain([&self.all]).map(Arc::clone).collect() }
    }
}

impl Rule {
    /// Checks the address that is about to be connected to; `host` is the one that the route says.
    pub(super) fn check(&self, host: &str, address: SocketAddr) -> Result<(), AddressError> {
        self.check_network(host, address.ip())?;
        self.check_port(host, address.port())
    }

    pub(super) fn check_network(&self, host: &str, address: IpAddr) -> Result<(), AddressError> {
        let special = special(address);
        let host = || host.to_owned();
        for Reach { allow_networks, deny_networks, .. } in self.lists.iter().map(|reach| &**reach) {
            if deny_networks.iter().any(|network| network.contains(address)) {
                return Err(AddressError::Denied { host: host() });
            }
            let opens = |network: &&Network| {
                let is_meant = special.is_none_or(|(special, kind)| {
                    !kind.is_opened_by_name_alone() || special.contains(&network.0)
                });
                network.contains(address) && is_meant
            };
            if allow_networks.iter().any(|network| opens(&network)) {
                // A translator leads on to the address within: that one counts too.
                return embedded(address)
                    .map_or(Ok(()), |within| self.check_network(&host(), within));
            }
        }
        match special {
            None => Ok(()),
            Some((_, Kind::Private)) if self.private => Ok(()),
            Some((_, kind)) => Err(AddressError::Network { host: host(), kind: kind.words() }),
        }
    }

    pub(super) fn check_port(&self, host: &str, port: u16) -> Result<(), AddressError> {
        let contain = |ports: &[Ports]| ports.iter().any(|ports| ports.contains(port));
        for Reach { allow_ports, deny_ports, .. } in self.lists.iter().map(|reach| &**reach) {
            if contain(deny_ports) {
                break;
            }
            if contain(allow_ports) {
                return Ok(());
            }
        }
        Err(AddressError::Port { host: host.to_owned(), port })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(allow: &[&str], deny: &[&str]) -> Arc<Reach> {
        let networks = |all: &[&str]| all.iter().map(|network| network.parse().unwrap()).collect();
        let ports = |all: &[&str]| all.iter().map(|ports| ports.parse().unwrap()).collect();
        Arc::new(Reach {
            allow_networks: networks(allow),
            deny_networks: networks(deny),
            allow_ports: ports(&["443", "1024-65535"]),
            deny_ports: ports(&["5432"]),
        })
    }

    fn allows(rules: &AddressRules, address: &str) -> bool {
        let rule = rules.of(&"water".parse().unwrap());
        rule.check("h", SocketAddr::new(address.parse().unwrap(), 443)).is_ok()
    }

    /// Addresses that nobody reaches unless they are listed, by what they are.
    const NEVER: [&str; 26] = [
        "127.0.0.1",
        "127.255.255.254",
        "0.0.0.0",
        "0.1.2.3",
        "169.254.169.254",
        "169.254.1.1",
        "168.63.129.16",
        "192.0.0.192",
        "192.0.0.1",
        "100.100.100.200",
        "192.88.99.1",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "::ffff:0:127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::7f00:1",
        "fe80::1",
        "fd00:ec2::254",
        "2002:7f00:1::",
        "2001:0:1::1",
        "ff02::1",
    ];

    const RESERVED: [&str; 12] = [
        "192.0.2.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "240.0.0.1",
        "100::1",
        "2001:2::1",
        "2001:db8::1",
        "3fff::1",
        "4000::1",
        "5f00::1",
    ];

    const PRIVATE: [&str; 8] = [
        "10.1.2.3",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "100.64.0.1",
        "fc00::1",
        "fd12::1",
        "fec0::1",
    ];

    const INTERNET: [&str; 8] = [
        "1.1.1.1",
        "100.128.0.1",
        "172.32.0.1",
        "192.0.1.1",
        "198.20.0.1",
        "223.255.255.254",
        "2606:4700::1111",
        "2a01:cb00::1",
    ];

    #[test]
    fn only_the_internet_is_reached_unless_more_is_said() {
        let rules = AddressRules { all: reach(&[], &[]), ..AddressRules::default() };
        for address in NEVER.iter().chain(&RESERVED).chain(&PRIVATE) {
            assert!(!allows(&rules, address), "{address}");
        }
        for address in INTERNET {
            assert!(allows(&rules, address), "{address}");
        }
    }

    #[test]
    fn the_general_switch_opens_private_networks_and_nothing_else() {
        let rules = AddressRules { private: true, ..AddressRules::default() };
        let rules = AddressRules { all: reach(&[], &[]), ..rules };
        for address in NEVER.iter().chain(&RESERVED) {
            assert!(!allows(&rules, address), "{address}");
        }
        for address in PRIVATE.iter().chain(&INTERNET) {
            assert!(allows(&rules, address), "{address}");
        }
    }

    #[test]
    fn a_wide_network_opens_neither_this_machine_nor_its_link_nor_metadata() {
        let all = reach(&["0.0.0.0/0", "::/0"], &[]);
        let rules = AddressRules { all, ..AddressRules::default() };
        for address in ["127.0.0.1", "0.0.0.0", "169.254.1.1", "169.254.169.254", "::1", "fe80::1"]
        {
            assert!(!allows(&rules, address), "{address}");
        }
        assert!(!allows(&rules, "64:ff9b::7f00:1") && !allows(&rules, "2002:7f00:1::"));
        assert!(allows(&rules, "64:ff9b::101:101") && allows(&rules, "10.0.0.1"));
        let all = reach(&["127.0.0.0/8", "169.254.0.0/16", "::1"], &[]);
        let rules = AddressRules { all, ..AddressRules::default() };
        assert!(allows(&rules, "127.0.0.9") && allows(&rules, "::1"));
        assert!(allows(&rules, "169.254.1.1") && !allows(&rules, "169.254.169.254"));
    }

    #[test]
    fn a_group_has_lists_of_its_own_that_come_first() {
        let own = reach(&["10.5.0.0/16"], &["1.1.1.0/24"]);
        let all = reach(&["10.9.0.0/16"], &["10.5.0.0/16", "10.9.9.0/24", "9.9.9.9"]);
        let groups = BTreeMap::from([("water".parse().unwrap(), own)]);
        let rules = AddressRules { all: Arc::clone(&all), groups, private: false };
        for (address, expected) in [
            ("10.5.1.1", true),
            ("1.1.1.1", false),
            ("10.9.1.1", true),
            ("10.9.9.1", false),
            ("9.9.9.9", false),
            ("8.8.8.8", true),
        ] {
            assert_eq!(allows(&rules, address), expected, "{address}");
        }
        let rules = AddressRules { all, ..AddressRules::default() };
        assert!(!allows(&rules, "10.5.1.1") && allows(&rules, "1.1.1.1"));
    }

    #[test]
    fn a_port_is_reached_that_is_listed() {
        let rules = AddressRules { all: reach(&[], &[]), ..AddressRules::default() };
        let rule = rules.of(&"water".parse().unwrap());
        for (port, expected) in [(443, true), (8443, true), (25, false), (5432, false), (0, false)]
        {
            assert_eq!(rule.check_port("h", port).is_ok(), expected, "{port}");
        }
    }
}
