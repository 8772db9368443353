//! Settings of the broker of a network server.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use champollion_delivery::destinations::{ClientCertificate, Secret, Tls, TlsPart};
use champollion_lns::{Kind, NetworkServerName};
use reqwest::Url;
use rumqttc::{MqttOptions, TlsConfiguration, Transport};
use rustls::ClientConfig;
use serde::Deserialize;

use crate::text_file::read;

/// The longest silence towards the broker where the settings have none.
const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// The largest message: what the protocol allows. A broker sends one again and again that is not
/// acknowledged, so none may be too large to be read; of those that are, only the beginning is kept.
const PACKET_BYTES: usize = 268_435_455;

/// Commands that the broker has not acknowledged yet.
pub(super) const UNACKNOWLEDGED: u16 = 32;

/// Requests to the broker that wait to be written: more than there are numbers for messages, so that
/// an acknowledgement always finds room.
pub(super) const REQUESTS: usize = 70_000;

/// The broker of a network server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct MqttSettings {
    /// Where it is: `mqtt://host[:1883]`, or with TLS `mqtts://host[:8883]`.
    pub url: String,
    /// The name that we have there.
    pub username: Option<String>,
    /// The file of the password.
    pub password_file: Option<PathBuf>,
    /// The file of the certificates that its own must come from; those of the system without.
    pub ca_file: Option<PathBuf>,
    /// The file of our own certificate.
    pub certificate_file: Option<PathBuf>,
    /// The file of its key.
    pub key_file: Option<PathBuf>,
    /// By which the broker knows our session again. No two clients may have the same.
    pub client_id: Option<String>,
    /// The topics that are subscribed to.
    pub topics: Option<Vec<String>>,
}

/// A fault of the settings of a broker.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MqttSettingsError {
    /// The address cannot be used.
    #[error("url {0:?} must read mqtt://host:port or mqtts://host:port")]
    Url(String),
    /// Something is given that goes with something else.
    #[error("{0} is of use only with {1}: say both, or neither")]
    GoesWith(&'static str, &'static str),
    /// The kind of network server has no topics of its own.
    #[error("topics is missing: {0} has none that are always the same")]
    NoTopics(&'static str),
    /// A file cannot be used.
    #[error("{0}")]
    Unusable(String),
}

impl MqttSettings {
    /// Returns the name by which the broker knows our session.
    pub(super) fn client_id(&self, server: &NetworkServerName) -> String {
        self.client_id.clone().unwrap_or_else(|| format!("champollion-{server}"))
    }

    /// Returns the topics that are subscribed to.
    ///
    /// # Errors
    /// Nothing is said, and the kind has no topics of its own.
    pub(super) fn topics(&self, kind: Kind) -> Result<Vec<String>, MqttSettingsError> {
        match &self.topics {
            Some(topics) if !topics.is_empty() => Ok(topics.clone()),
            _ => {
                let usual = kind.topics();
                if usual.is_empty() {
                    return Err(MqttSettingsError::NoTopics(kind.product()));
                }
                Ok(usual.iter().map(|&topic| topic.to_owned()).collect())
            }
        }
    }

    /// The same for the client.
    ///
    /// # Errors
    /// Says what does not fit together, or which file cannot be used.
    pub(super) fn options(
        &self,
        server: &NetworkServerName,
    ) -> Result<MqttOptions, MqttSettingsError> {
        let bad_url = || MqttSettingsError::Url(self.url.clone());
        let url = Url::parse(&self.url).map_err(|_| bad_url())?;
        let secure = match url.scheme() {
            "mqtt" => false,
            "mqtts" => true,
            _ => return Err(bad_url()),
        };
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(bad_url)?;
        let port = url.port().unwrap_or(if secure { 8883 } else { 1883 });
        let mut options = MqttOptions::new(self.client_id(server), host, port);
        options
            .set_keep_alive(KEEP_ALIVE)
            .set_clean_session(false)
            .set_manual_acks(true)
            .set_inflight(UNACKNOWLEDGED)
            .set_max_packet_size(PACKET_BYTES, PACKET_BYTES);
        match (&self.username, &self.password_file) {
            (None, None) => {}
            (None, Some(_)) => {
                return Err(MqttSettingsError::GoesWith("password-file", "username"));
            }
            (Some(username), None) => {
                options.set_credentials(username, "");
            }
            (Some(username), Some(file)) => {
                let password = read(file).map_err(MqttSettingsError::Unusable)?;
                options.set_credentials(username, password);
            }
        }
        if secure {
            let tls = Arc::new(self.tls()?);
            options.set_transport(Transport::tls_with_config(TlsConfiguration::Rustls(tls)));
        } else if self.ca_file.is_some() || self.certificate_file.is_some() {
            return Err(MqttSettingsError::GoesWith("ca-file or certificate-file", "mqtts://"));
        }
        Ok(options)
    }

    fn tls(&self) -> Result<ClientConfig, MqttSettingsError> {
        let client = match (&self.certificate_file, &self.key_file) {
            (None, None) => None,
            (Some(certificate), Some(key)) => Some(ClientCertificate {
                certificate: read(certificate).map_err(MqttSettingsError::Unusable)?,
                key: Secret::new(read(key).map_err(MqttSettingsError::Unusable)?),
            }),
            _ => return Err(MqttSettingsError::GoesWith("certificate-file", "key-file")),
        };
        let ca = self.ca_file.as_deref().map(read).transpose();
        let ca = ca.map_err(MqttSettingsError::Unusable)?;
        Tls { ca, client }.config().map_err(|error| {
            let file = match error.part() {
                TlsPart::Ca => &self.ca_file,
                TlsPart::Certificate => &self.certificate_file,
                TlsPart::Key => &self.key_file,
            };
            // Without a file there are those of the system, which cannot be wrong.
            let file = file.as_deref().unwrap_or(Path::new(""));
            let (file, reason) = (file.display(), error.reason());
            MqttSettingsError::Unusable(format!("the file {file} cannot be used: {reason}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(toml: &str) -> String {
        let settings: MqttSettings = toml::from_str(toml).unwrap();
        let server = "city".parse().unwrap();
        settings.options(&server).map(drop).unwrap_err().to_string()
    }

    #[test]
    fn what_does_not_fit_together_is_refused() {
        for (toml, says) in [
            ("url = \"http://broker\"", "mqtts://host:port"),
            ("url = \"broker:1883\"", "mqtts://host:port"),
            ("url = \"mqtt://b\"\npassword-file = \"p\"", "username"),
            ("url = \"mqtt://b\"\nusername = \"u\"\npassword-file = \"/no/p\"", "/no/p"),
            ("url = \"mqtt://b\"\nca-file = \"c\"", "mqtts://"),
            ("url = \"mqtts://b\"\nca-file = \"/no/c\"", "/no/c"),
            ("url = \"mqtts://b\"\nca-file = \"Cargo.toml\"", "the file Cargo.toml cannot be used"),
            ("url = \"mqtts://b\"\nkey-file = \"k\"", "certificate-file"),
        ] {
            let said = refused(toml);
            assert!(said.contains(says), "{toml}: {said}");
        }
    }

    #[test]
    fn the_session_outlives_the_connection() {
        let settings: MqttSettings = toml::from_str("url = \"mqtt://broker\"").unwrap();
        let options = settings.options(&"city".parse().unwrap()).unwrap();
        assert_eq!(options.broker_address(), ("broker".to_owned(), 1883));
        assert_eq!(options.client_id(), "champollion-city");
        assert!(!options.clean_session() && options.manual_acks());
        let topics = |kind: &str| settings.topics(Kind::named(kind).unwrap());
        assert!(topics("loriot").unwrap_err().to_string().contains("Loriot"));
        assert_eq!(topics("chirpstack").unwrap().len(), 1);
    }
}
