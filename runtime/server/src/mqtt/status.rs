//! Status of the connection to a broker.

use parking_lot::Mutex;

use champollion_lns::NetworkServerName;

/// The status of the connection to a broker, for operators.
pub struct Status {
    server: NetworkServerName,
    /// Why it is not connected. Held for a look, never across an await.
    trouble: Mutex<Option<String>>,
}

impl Status {
    pub(super) fn new(server: NetworkServerName) -> Self {
        let status = Self { server, trouble: Mutex::new(Some("not connected yet".to_owned())) };
        status.gauge(false);
        status
    }

    /// The network server whose broker it is.
    #[must_use]
    pub fn server(&self) -> &NetworkServerName {
        &self.server
    }

    /// Why it is not connected; nothing where it is.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        self.trouble.lock().clone()
    }

    pub(super) fn connected(&self) {
        tracing::info!(network_server = %self.server, "connected to the broker");
        *self.trouble.lock() = None;
        self.gauge(true);
    }

    /// The same reason once more is not told again.
    pub(super) fn disconnected(&self, why: String) {
        self.gauge(false);
        let mut trouble = self.trouble.lock();
        if trouble.as_ref() != Some(&why) {
            tracing::error!(
                network_server = %self.server, why, "no connection to the broker; it is tried again"
            );
        }
        *trouble = Some(why);
    }

    fn gauge(&self, connected: bool) {
        metrics::gauge!("champollion_mqtt_connected", "network_server" => self.server.to_string())
            .set(if connected { 1.0 } else { 0.0 });
    }
}
