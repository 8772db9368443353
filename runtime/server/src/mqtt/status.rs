//! Status of the connection to a broker.

use std::sync::Arc;

use champollion_delivery::destinations::mqtt::sentence;
use champollion_lns::NetworkServerName;
use parking_lot::Mutex;
use rumqttc::{ConnectReturnCode, ConnectionError};

use crate::{
    network_servers::observations::Observed,
    sentence::{Sentence, servers},
};

/// The status of the connection to a broker, for operators.
pub struct Status {
    observed: Arc<Observed>,
    url: String,
    client_id: String,
    /// Why it is not connected. Held for a look, never across an await.
    trouble: Mutex<Option<Trouble>>,
}

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// The reason, for programs: `credentials-refused`, `subscription-refused`, `not-connected`.
    pub code: &'static str,
    /// The reason, for people.
    pub why: String,
    /// The reason as a value.
    pub told: Sentence,
}

impl Trouble {
    /// Makes one of an error of the client, which was given so many seconds to connect.
    pub(super) fn of(error: &ConnectionError, connect_seconds: u64) -> Self {
        use ConnectReturnCode::{BadClientId, BadUserNamePassword, NotAuthorized};
        let code = match error {
            ConnectionError::ConnectionRefused(
                BadUserNamePassword | NotAuthorized | BadClientId,
            ) => "credentials-refused",
            _ => "not-connected",
        };
        let told = servers::of_broker(error, connect_seconds);
        Self { code, why: sentence(error, connect_seconds), told }
    }

    /// Makes one of a topic that the broker does not let us read.
    pub(super) fn of_topic(topic: &str) -> Self {
        let why = format!("the broker does not let us subscribe to {topic:?}");
        let told = Sentence::new("broker-refuses-topic").with("topic", topic);
        Self { code: "subscription-refused", why, told }
    }

    /// Makes one of something else that is in the way, such as a file that cannot be read.
    pub(super) fn of_other(error: &impl std::fmt::Display) -> Self {
        let why = error.to_string();
        let told = Sentence::new("broker-other").with("why", why.as_str());
        Self { code: "not-connected", why, told }
    }
}

impl Status {
    pub(crate) fn new(observed: Arc<Observed>, url: String, client_id: String) -> Self {
        let why = "not connected yet".to_owned();
        let told = Sentence::new("broker-not-connected-yet");
        let trouble = Mutex::new(Some(Trouble { code: "not-connected", why, told }));
        let status = Self { observed, url, client_id, trouble };
        status.gauge(false);
        status
    }

    /// The network server whose broker it is.
    #[must_use]
    pub fn server(&self) -> &NetworkServerName {
        self.observed.server()
    }

    /// The address of the broker.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The name by which the broker knows our session.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// The traffic of the network server.
    pub(super) fn observed(&self) -> &Observed {
        &self.observed
    }

    /// Why it is not connected; nothing where it is.
    #[must_use]
    pub fn trouble(&self) -> Option<Trouble> {
        self.trouble.lock().clone()
    }

    pub(crate) fn connected(&self) {
        tracing::info!(network_server = %self.server(), "connected to the broker");
        *self.trouble.lock() = None;
        self.gauge(true);
    }

    /// The same reason once more is not told again.
    pub(super) fn disconnected(&self, new: Trouble) {
        self.gauge(false);
        let mut trouble = self.trouble.lock();
        if trouble.as_ref() != Some(&new) {
            tracing::error!(
                network_server = %self.server(), why = new.why,
                "no connection to the broker; it is tried again"
            );
        }
        *trouble = Some(new);
    }

    fn gauge(&self, connected: bool) {
        metrics::gauge!("champollion_mqtt_connected", "network_server" => self.server().to_string())
            .set(if connected { 1.0 } else { 0.0 });
    }
}
