//! Where recipients may be: routes are made by partners, and must not reach into the operator's own
//! network.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use reqwest::{
    Url,
    dns::{Addrs, Name, Resolve, Resolving},
};

/// A rule for the addresses that recipients may have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AddressRule {
    /// Also those that are not of the internet: this machine's, and private networks'.
    pub private: bool,
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
    /// It is where recipients may not be.
    #[error(
        "{host} is at {address}, which is this machine or a private network; the operator may allow \
         that with [delivery] private-addresses"
    )]
    Private {
        /// The name of the host.
        host: String,
        /// The address of the host.
        address: IpAddr,
    },
}

impl AddressRule {
    /// The addresses of a host that may be reached.
    ///
    /// # Errors
    /// It has none.
    pub async fn resolve(self, host: &str, port: u16) -> Result<Vec<SocketAddr>, AddressError> {
        // An IPv6 address in a URL stands in brackets.
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let not_resolved = |reason: String| {
            let host = host.to_owned();
            AddressError::NotResolved { host, reason }
        };
        let found = tokio::net::lookup_host((bare, port))
            .await
            .map_err(|error| not_resolved(error.to_string()))?;
        let found: Vec<SocketAddr> = found.collect();
        let first = found.first().ok_or_else(|| not_resolved("it has no address".to_owned()))?.ip();
        let allowed: Vec<SocketAddr> =
            found.into_iter().filter(|address| self.allows(address.ip())).collect();
        if allowed.is_empty() {
            return Err(AddressError::Private { host: host.to_owned(), address: first });
        }
        Ok(allowed)
    }

    /// Checks an address that stands in a URL itself; names are checked when they are resolved.
    ///
    /// # Errors
    /// It is where recipients may not be.
    pub fn check(self, url: &Url) -> Result<(), AddressError> {
        let Some(host) = url.host_str() else { return Ok(()) };
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        match bare.parse::<IpAddr>() {
            Ok(address) if !self.allows(address) => {
                Err(AddressError::Private { host: host.to_owned(), address })
            }
            _ => Ok(()),
        }
    }

    fn allows(self, address: IpAddr) -> bool {
        self.private || is_of_the_internet(address)
    }
}

/// Whether an address is of the internet at large: not of this machine, of a private network, of a link,
/// of a group, or reserved.
fn is_of_the_internet(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let [a, b, ..] = address.octets();
            !(address.is_private()
                || address.is_loopback()
                || address.is_link_local()
                || address.is_multicast()
                || address.is_broadcast()
                || address.is_documentation()
                // "This network", shared address space, benchmarks, reserved.
                || a == 0
                || (a == 100 && (64..128).contains(&b))
                || (a == 198 && (18..20).contains(&b))
                || a >= 240)
        }
        IpAddr::V6(address) => match embedded_v4(address) {
            Some(embedded) => is_of_the_internet(embedded),
            None => {
                !(address.is_loopback()
                    || address.is_unspecified()
                    || address.is_multicast()
                    || address.is_unique_local()
                    || address.is_unicast_link_local())
            }
        },
    }
}

/// The IPv4 address that an IPv6 address stands for: mapped, or behind a translator (RFC 6052).
fn embedded_v4(address: Ipv6Addr) -> Option<IpAddr> {
    let translated = address.octets();
    let is_translated = translated[..12] == [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0];
    let [.., a, b, c, d] = translated;
    address
        .to_ipv4_mapped()
        .map(IpAddr::V4)
        .or_else(|| is_translated.then(|| IpAddr::from([a, b, c, d])))
}

impl Resolve for AddressRule {
    fn resolve(&self, name: Name) -> Resolving {
        let rule = *self;
        Box::pin(async move {
            let found = Self::resolve(rule, name.as_str(), 0).await?;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_internet_is_reached() {
        for address in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "fe80::1",
            "fd00::1",
            "::",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "ff02::1",
        ] {
            let address: IpAddr = address.parse().unwrap();
            assert!(!AddressRule::default().allows(address), "{address}");
            assert!(AddressRule { private: true }.allows(address), "{address}");
        }
        for address in ["1.1.1.1", "100.128.0.1", "2606:4700::1111", "64:ff9b::101:101"] {
            let address: IpAddr = address.parse().unwrap();
            assert!(AddressRule::default().allows(address), "{address}");
        }
    }

    #[tokio::test]
    async fn a_name_is_looked_at_when_it_is_resolved() {
        let rule = AddressRule::default();
        let error = rule.resolve("localhost", 80).await.unwrap_err().to_string();
        assert!(error.contains("private-addresses"), "{error}");
        let error = rule.resolve("[::1]", 80).await.unwrap_err().to_string();
        assert!(error.contains("::1"), "{error}");
        assert!(rule.check(&Url::parse("http://127.0.0.1/x").unwrap()).is_err());
        assert!(rule.check(&Url::parse("http://[::1]:8080/x").unwrap()).is_err());
        assert!(rule.check(&Url::parse("http://example.org/x").unwrap()).is_ok());
        let rule = AddressRule { private: true };
        assert!(!rule.resolve("localhost", 80).await.unwrap().is_empty());
    }
}
