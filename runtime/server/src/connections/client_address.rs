//! The address of a client: the other end of its connection, or the address that a trusted proxy names.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::http::{HeaderMap, header::FORWARDED};

use super::settings::{ConnectionLimits, ForwardedHeader};

/// The header in which most reverse proxies name their clients.
const X_FORWARDED_FOR: &str = "x-forwarded-for";

/// The address of a client, for bounds by address. Each request carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress {
    /// The address that is counted.
    pub address: IpAddr,
    /// Whether a trusted proxy has named it.
    pub named_by_proxy: bool,
}

/// The network whose addresses are counted as one: of IPv6 a /64, of which every household has all addresses.
#[must_use]
pub fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        address @ IpAddr::V4(_) => address,
    }
}

impl ConnectionLimits {
    /// Whether an address is that of a proxy of the settings.
    #[must_use]
    pub fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.trusted_proxies.iter().any(|network| network.contains(&address))
    }

    /// Returns the address of the client that sent a request. A header counts only where the connection is a
    /// trusted proxy's: anybody can send one. Of a list the last address counts that is no trusted proxy's,
    /// since a proxy adds at the end.
    #[must_use]
    pub fn client(&self, peer: SocketAddr, headers: &HeaderMap) -> ClientAddress {
        let peer = peer.ip().to_canonical();
        let unnamed = ClientAddress { address: peer, named_by_proxy: false };
        if self.trusted_proxies.is_empty() || !self.trusts(peer) {
            return unnamed;
        }
        let mut named = None;
        for text in listed(headers, self.forwarded_header).into_iter().rev() {
            // An address that cannot be read ends the list: what stands before it was not checked by anybody.
            let Some(address) = address(text) else { break };
            named = Some(address);
            if !self.trusts(address) {
                break;
            }
        }
        named.map_or(unnamed, |address| ClientAddress { address, named_by_proxy: true })
    }
}

/// The addresses of the header, in its order.
fn listed(headers: &HeaderMap, header: ForwardedHeader) -> Vec<&str> {
    match header {
        ForwardedHeader::XForwardedFor => headers
            .get_all(X_FORWARDED_FOR)
            .into_iter()
            .flat_map(|value| value.to_str().unwrap_or_default().split(','))
            .collect(),
        ForwardedHeader::Forwarded => headers
            .get_all(FORWARDED)
            .into_iter()
            .flat_map(|value| value.to_str().unwrap_or_default().split(','))
            .map(|element| {
                let mut pairs = element.split(';').filter_map(|pair| pair.split_once('='));
                let named = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("for"));
                named.map_or("", |(_, value)| value)
            })
            .collect(),
    }
}

/// Reads an address with or without quotes, brackets and a port.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim().trim_matches('"');
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().or_else(|_| text.parse::<SocketAddr>().map(|address| address.ip()));
    address.ok().map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(header: &str) -> ConnectionLimits {
        let text = format!(
            "most = 1\nmost-by-address = 1\nhandshake-seconds = 1\nstreams = 1\nheader-seconds = 1\n\
             idle-seconds = 1\nbody-seconds = 1\n\
             write-seconds = 1\nheader-bytes = 8192\nforwarded-header = \"{header}\"\n\
             trusted-proxies = \"10.0.0.0/8, ::1\""
        );
        toml::from_str(&text).unwrap()
    }

    fn client(limits: &ConnectionLimits, peer: &str, name: &'static str, value: &str) -> String {
        let headers = [(name.parse().unwrap(), value.parse().unwrap())].into_iter().collect();
        limits.client(peer.parse().unwrap(), &headers).address.to_string()
    }

    #[test]
    fn a_header_counts_only_where_a_trusted_proxy_sent_it() {
        let limits = limits("x-forwarded-for");
        let of = |peer: &str, value: &str| client(&limits, peer, "x-forwarded-for", value);
        assert_eq!(of("192.0.2.9:1", "198.51.100.1"), "192.0.2.9");
        assert_eq!(of("10.1.2.3:1", "198.51.100.1"), "198.51.100.1");
        assert_eq!(of("[::1]:1", "198.51.100.1, 192.0.2.7, 10.0.0.9"), "192.0.2.7");
        assert_eq!(of("10.1.2.3:1", "198.51.100.1, 10.0.0.9"), "198.51.100.1");
        assert_eq!(of("10.1.2.3:1", "198.51.100.1, nonsense"), "10.1.2.3");
        assert_eq!(of("10.1.2.3:1", "[2001:db8::1]:4711"), "2001:db8::1");
        assert_eq!(of("[::ffff:10.1.2.3]:1", "198.51.100.1:80"), "198.51.100.1");
        assert_eq!(client(&limits, "10.1.2.3:1", "forwarded", "for=198.51.100.1"), "10.1.2.3");
    }

    #[test]
    fn the_standard_header_is_read_too() {
        let limits = limits("forwarded");
        let of = |value: &str| client(&limits, "10.1.2.3:1", "forwarded", value);
        assert_eq!(of("for=192.0.2.1;proto=https, For=\"[2001:db8::7]:80\""), "2001:db8::7");
        assert_eq!(of("proto=https;for=192.0.2.1"), "192.0.2.1");
        assert_eq!(of("for=unknown"), "10.1.2.3");
    }

    #[test]
    fn addresses_of_one_ipv6_network_are_one() {
        let network = |text: &str| network_of(text.parse().unwrap()).to_string();
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(network("::ffff:192.0.2.1"), "192.0.2.1");
    }
}
