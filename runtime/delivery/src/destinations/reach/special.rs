//! Special networks: those that are not of the internet at large.
//!
//! Sources: the IANA registries of special-purpose IPv4 and IPv6 addresses (RFC 6890 and its updates), the
//! metadata services of clouds as their makers document them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// The kind of a special network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The server's own machine.
    ThisMachine,
    /// The link that the server is on.
    Link,
    /// A service by which a cloud tells its machines their secrets.
    Metadata,
    /// A network of private addresses.
    Private,
    /// An address that stands for another, behind a translator or at the end of a tunnel.
    Translated,
    /// Several machines at once.
    Multicast,
    /// Set aside: for protocols, for examples, for measurements, for later.
    Reserved,
}

impl Kind {
    /// Names the network in a sentence.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::ThisMachine => "the server's own machine",
            Self::Link => "the server's own link",
            Self::Metadata => "the metadata service of a cloud",
            Self::Private => "a private network",
            Self::Translated => "an address that stands for another one",
            Self::Multicast => "a multicast group",
            Self::Reserved => "a reserved network",
        }
    }

    /// Whether only a network within it opens it, and no wider one that includes it.
    pub(super) fn is_opened_by_name_alone(self) -> bool {
        matches!(self, Self::ThisMachine | Self::Link | Self::Metadata)
    }
}

const fn v4(a: u8, b: u8, c: u8, d: u8, length: u8) -> IpNet {
    IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), length))
}

const fn v6(parts: [u16; 8], length: u8) -> IpNet {
    let [a, b, c, d, e, f, g, h] = parts;
    IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, e, f, g, h), length))
}

/// The special networks. One within another stands before it.
const SPECIAL: [(IpNet, Kind); 47] = [
    // Amazon, Google, Azure and most others; Azure's second; Oracle; Alibaba.
    (v4(169, 254, 169, 254, 32), Kind::Metadata),
    (v4(169, 254, 170, 2, 32), Kind::Metadata),
    (v4(168, 63, 129, 16, 32), Kind::Metadata),
    (v4(192, 0, 0, 192, 32), Kind::Metadata),
    (v4(100, 100, 100, 200, 32), Kind::Metadata),
    (v4(0, 0, 0, 0, 8), Kind::ThisMachine),
    (v4(10, 0, 0, 0, 8), Kind::Private),
    (v4(100, 64, 0, 0, 10), Kind::Private),
    (v4(127, 0, 0, 0, 8), Kind::ThisMachine),
    (v4(169, 254, 0, 0, 16), Kind::Link),
    (v4(172, 16, 0, 0, 12), Kind::Private),
    (v4(192, 0, 0, 0, 24), Kind::Reserved),
    (v4(192, 0, 2, 0, 24), Kind::Reserved),
    (v4(192, 31, 196, 0, 24), Kind::Reserved),
    (v4(192, 52, 193, 0, 24), Kind::Reserved),
    (v4(192, 88, 99, 0, 24), Kind::Translated),
    (v4(192, 168, 0, 0, 16), Kind::Private),
    (v4(192, 175, 48, 0, 24), Kind::Reserved),
    (v4(198, 18, 0, 0, 15), Kind::Reserved),
    (v4(198, 51, 100, 0, 24), Kind::Reserved),
    (v4(203, 0, 113, 0, 24), Kind::Reserved),
    (v4(224, 0, 0, 0, 4), Kind::Multicast),
    (v4(240, 0, 0, 0, 4), Kind::Reserved),
    // Amazon's and Google's metadata services.
    (v6([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254], 128), Kind::Metadata),
    (v6([0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254], 128), Kind::Metadata),
    (v6([0, 0, 0, 0, 0, 0, 0, 0], 128), Kind::ThisMachine),
    (v6([0, 0, 0, 0, 0, 0, 0, 1], 128), Kind::ThisMachine),
    // IPv4-compatible, IPv4-mapped, IPv4-translated, and the prefixes of translators.
    (v6([0, 0, 0, 0, 0, 0, 0, 0], 96), Kind::Translated),
    (v6([0, 0, 0, 0, 0, 0xffff, 0, 0], 96), Kind::Translated),
    (v6([0, 0, 0, 0, 0xffff, 0, 0, 0], 96), Kind::Translated),
    (v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96), Kind::Translated),
    (v6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48), Kind::Translated),
    (v6([0x100, 0, 0, 0, 0, 0, 0, 0], 64), Kind::Reserved),
    (v6([0x100, 0, 0, 1, 0, 0, 0, 0], 64), Kind::Reserved),
    // Teredo, then all that protocols have been given.
    (v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 32), Kind::Translated),
    (v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23), Kind::Reserved),
    (v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32), Kind::Reserved),
    // 6to4.
    (v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16), Kind::Translated),
    (v6([0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0], 48), Kind::Reserved),
    (v6([0x3ffe, 0, 0, 0, 0, 0, 0, 0], 16), Kind::Reserved),
    (v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20), Kind::Reserved),
    (v6([0x5f00, 0, 0, 0, 0, 0, 0, 0], 16), Kind::Reserved),
    (v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7), Kind::Private),
    (v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10), Kind::Link),
    // Site-local, which some still route.
    (v6([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10), Kind::Private),
    (v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8), Kind::Multicast),
    // What is not in 2000::/3 has been given to nobody: see `special`.
    (v6([0, 0, 0, 0, 0, 0, 0, 0], 3), Kind::Reserved),
];

/// The only part of IPv6 that is given to the internet at large.
const GLOBAL_UNICAST: IpNet = v6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);

/// The network of all IPv6 addresses.
const ALL_OF_V6: IpNet = v6([0, 0, 0, 0, 0, 0, 0, 0], 0);

/// Returns the special network that an address is of, and its kind; nothing for one of the internet.
pub(super) fn special(address: IpAddr) -> Option<(IpNet, Kind)> {
    let listed = SPECIAL.iter().find(|(network, _)| network.contains(&address)).copied();
    listed.or_else(|| {
        let is_given = address.is_ipv4() || GLOBAL_UNICAST.contains(&address);
        (!is_given).then_some((ALL_OF_V6, Kind::Reserved))
    })
}

/// Returns the IPv4 address that an IPv6 address stands for, where it shows one: mapped, compatible or
/// translated at its end, 6to4 after its prefix, Teredo inverted at its end.
pub(super) fn embedded(address: IpAddr) -> Option<IpAddr> {
    let IpAddr::V6(v6) = address else { return None };
    let [.., a, b, c, d] = v6.octets();
    let at_end = IpAddr::from([a, b, c, d]);
    match v6.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        [0, 0, 0, 0, 0, 0 | 0xffff, ..] | [0, 0, 0, 0, 0xffff, 0, ..] | [0x64, 0xff9b, ..] => {
            Some(at_end)
        }
        [0x2002, high, low, ..] => {
            let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
            Some(IpAddr::from([a, b, c, d]))
        }
        [0x2001, 0, ..] => Some(IpAddr::from([!a, !b, !c, !d])),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_network_is_hidden_by_a_wider_one_before_it() {
        for (place, (network, _)) in SPECIAL.iter().enumerate() {
            let before = SPECIAL[..place].iter().find(|(wider, _)| wider.contains(network));
            assert!(before.is_none(), "{network} is never found: {before:?} is before it");
        }
    }
}
