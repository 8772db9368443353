//! The definition of a push through a broker, as a route has it.

use serde::{Deserialize, Serialize};
use url::Url;

use super::topic::TopicPattern;
use crate::destinations::{AddressError, Secret, Target, Tls, TlsError};

/// The usual ports of brokers, with TLS and without.
const TLS_PORT: u16 = 8883;
const PLAIN_PORT: u16 = 1883;

/// Where records are published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MqttPush {
    /// Where the broker is: `mqtts://host[:8883]`, or `mqtt://host[:1883]` without TLS.
    #[schema(value_type = String, format = "uri")]
    pub url: Url,
    /// The topic, in which `{group}`, `{route}`, `{devEui}` and `{port}` stand for those of the record.
    #[serde(default)]
    pub topic: TopicPattern,
    /// The name that we have there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The password of the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
    /// By which the broker knows us; `champollion-`, the route and a number where it is left out. Only one
    /// of a name is let in, so who tries a route that has a name interrupts it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// The certificates of the connection.
    #[serde(default)]
    pub tls: Tls,
}

/// Why records cannot be published like that.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MqttPushError {
    /// The URL is none of MQTT. It may hold a secret, so it is not repeated.
    #[error("url must read mqtts://host:port")]
    Url,
    /// The URL holds more than the place of the broker.
    #[error(
        "url must read mqtts://host:port, without a name, a password, a path or a query: say the name under \
         user, and the password under password"
    )]
    UrlParts,
    /// The URL is not secured.
    #[error(
        "url must begin with mqtts://; the operator may allow mqtt:// with [delivery] plain-http"
    )]
    Plain,
    /// There is a password and no name.
    #[error("password is of use only with user: say both, or neither")]
    PasswordAlone,
    /// It is where recipients may not be.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// Certificates cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

impl MqttPush {
    /// Returns where its secrets go.
    pub(crate) fn target(&self) -> Target {
        let target = Target::of_url("url", &self.url).trusting(&self.tls);
        // The URL crate knows no usual port of MQTT.
        target.with("url", self.port())
    }

    /// Returns the port of the broker.
    pub(super) fn port(&self) -> u16 {
        let usual = if self.url.scheme() == "mqtts" { TLS_PORT } else { PLAIN_PORT };
        self.url.port().unwrap_or(usual)
    }

    /// All secrets in it.
    pub(crate) fn secrets(&mut self) -> Vec<&mut Secret> {
        self.password.iter_mut().chain(self.tls.secrets()).collect()
    }
}
