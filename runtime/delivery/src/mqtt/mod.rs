//! Records are published through a partner's own broker. MQTT 3.1.1, QoS 1.

mod outbox;
mod publisher;
mod recipient;
mod topic;

use std::{sync::Arc, time::Duration};

use reqwest::Url;
use rumqttc::{MqttOptions, TlsConfiguration, Transport};
use serde::{Deserialize, Serialize};

use crate::{AddressError, Secret, Tls, TlsError, route::Surroundings};

pub use outbox::Outbox;
pub use publisher::{NotPublished, Order, Publisher};
pub use recipient::{MqttRecipient, sentence};
pub use topic::{TopicPattern, TopicPatternError};

/// Messages that may be on their way to the broker at once.
const UNACKNOWLEDGED: u16 = 64;

/// How often the broker hears of us where nothing is said.
const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// The largest message: a record as the store takes it, and the topic.
const PACKET_BYTES: usize = 256 << 10;

/// Where records are published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MqttPush {
    /// Where the broker is: `mqtts://host[:8883]`, or `mqtt://host[:1883]` without TLS.
    pub url: Url,
    /// The topic, in which `{group}`, `{route}`, `{devEui}` and `{port}` stand for those of the record.
    #[serde(default)]
    pub topic: TopicPattern,
    /// The name that we have there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Its password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
    /// By which the broker knows us; `champollion-`, the route and a number where it is left out. Only one
    /// of a name is let in, so who tries a route that has a name interrupts it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Certificates.
    #[serde(default)]
    pub tls: Tls,
}

/// Why records cannot be published like that.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MqttPushError {
    /// The URL is none of MQTT.
    #[error("url {0:?} must read mqtts://host:port")]
    Url(String),
    /// The URL is not secured.
    #[error(
        "url must begin with mqtts://; the operator may allow mqtt:// with [delivery] plain-http"
    )]
    Plain,
    /// There is a password and no name.
    #[error("password goes with user")]
    PasswordAlone,
    /// It is where recipients may not be.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// Certificates cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

impl MqttPush {
    /// All secrets in it.
    pub(crate) fn secrets(&mut self) -> Vec<&mut Secret> {
        self.password.iter_mut().chain(self.tls.secrets()).collect()
    }

    /// Whoever records are published through.
    ///
    /// # Errors
    /// Says what of the definition cannot be.
    pub fn recipient(&self, surroundings: &Surroundings) -> Result<MqttRecipient, MqttPushError> {
        let url = &self.url;
        let is_secure = match url.scheme() {
            "mqtts" => true,
            "mqtt" if surroundings.plain_http => false,
            "mqtt" => return Err(MqttPushError::Plain),
            _ => return Err(MqttPushError::Url(url.to_string())),
        };
        let host = url.host_str().filter(|host| !host.is_empty());
        let host = host.ok_or_else(|| MqttPushError::Url(url.to_string()))?;
        surroundings.addresses.check(url)?;
        let port = url.port().unwrap_or(if is_secure { 8883 } else { 1883 });
        // The name is made whole once the route is known.
        let mut options = MqttOptions::new(self.client_id.clone().unwrap_or_default(), host, port);
        options
            .set_keep_alive(KEEP_ALIVE)
            .set_inflight(UNACKNOWLEDGED)
            .set_max_packet_size(PACKET_BYTES, PACKET_BYTES);
        match (&self.user, &self.password) {
            (None, None) => {}
            (None, Some(_)) => return Err(MqttPushError::PasswordAlone),
            (Some(user), password) => {
                options.set_credentials(user, password.as_ref().map_or("", Secret::reveal));
            }
        }
        if is_secure {
            let tls = Arc::new(self.tls.config()?);
            options.set_transport(Transport::tls_with_config(TlsConfiguration::Rustls(tls)));
        }
        Ok(MqttRecipient::new(options, self.topic.clone(), surroundings.addresses))
    }
}
