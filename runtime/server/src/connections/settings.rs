//! The settings of connections: their number, their times, and the proxies before them.

use std::{net::IpAddr, time::Duration};

use ipnet::IpNet;
use serde::{Deserialize, Deserializer, de::Error};

use crate::chosen_word::chosen_word;

/// The smallest buffer that the HTTP library takes, in bytes.
const HEADER_BYTES_AT_LEAST: usize = 8 << 10;

/// The bounds of connections.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ConnectionLimits {
    /// Connections that are open at once.
    pub most: usize,
    /// The same of one client address.
    pub most_by_address: usize,
    /// Seconds in which the handshake of TLS must be over.
    pub handshake_seconds: u64,
    /// Requests that one connection of HTTP/2 may have under way at once.
    pub streams: u32,
    /// Seconds in which the header of a request must have arrived.
    pub header_seconds: u64,
    /// Seconds that a connection may be idle between two requests.
    pub idle_seconds: u64,
    /// Seconds in which the body of a request must have arrived.
    pub body_seconds: u64,
    /// Seconds after which a client that reads nothing of its answer is given up.
    pub write_seconds: u64,
    /// Bytes that the header of a request may have.
    pub header_bytes: usize,
    /// The networks of the proxies whose word on the address of a client counts.
    #[serde(deserialize_with = "networks")]
    pub trusted_proxies: Vec<IpNet>,
    /// The header in which they name it.
    #[serde(deserialize_with = "chosen_word")]
    pub forwarded_header: ForwardedHeader,
}

/// A header in which a proxy names the address of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`, of most proxies.
    XForwardedFor,
    /// `Forwarded`, of RFC 7239.
    Forwarded,
}

impl ConnectionLimits {
    /// The same with no more connections than there are descriptors for.
    #[must_use]
    pub fn within(self, descriptors: Option<usize>) -> Self {
        match descriptors {
            Some(most) if most < self.most => {
                tracing::warn!(
                    wanted = self.most,
                    most,
                    "[connections] most is more than the descriptors of the process allow: raise them \
                     (LimitNOFILE of systemd, ulimit -n)"
                );
                Self { most, ..self }
            }
            _ => self,
        }
    }

    pub(super) fn handshake_time(&self) -> Duration {
        Duration::from_secs(self.handshake_seconds)
    }

    pub(super) fn header_time(&self) -> Duration {
        Duration::from_secs(self.header_seconds)
    }

    pub(super) fn idle_time(&self) -> Duration {
        Duration::from_secs(self.idle_seconds)
    }

    pub(super) fn body_time(&self) -> Duration {
        Duration::from_secs(self.body_seconds)
    }

    pub(super) fn write_time(&self) -> Duration {
        Duration::from_secs(self.write_seconds)
    }

    pub(super) fn header_bytes(&self) -> usize {
        self.header_bytes.max(HEADER_BYTES_AT_LEAST)
    }
}

/// Reads networks or single addresses: a list, or a text with commas as the environment has it.
fn networks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<IpNet>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Text(String),
        List(Vec<String>),
    }
    let texts = match Written::deserialize(deserializer)? {
        Written::Text(text) => text.split(',').map(|part| part.trim().to_owned()).collect(),
        Written::List(texts) => texts,
    };
    let texts = texts.iter().filter(|text| !text.is_empty());
    texts
        .map(|text| {
            let network = text.parse::<IpNet>();
            network.or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).map_err(|_| {
                D::Error::custom(format_args!(
                    "trusted-proxies: {text:?} is no network, as in 10.0.0.0/8, and no address"
                ))
            })
        })
        .collect()
}
