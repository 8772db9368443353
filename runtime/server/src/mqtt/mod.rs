//! Frames from the brokers of network servers, and commands to them.
//!
//! A message is acknowledged once what it hands over is durable, or once it is refused for good, or
//! parked. The session at the broker outlives the connection: what comes while we are away, and what
//! we had not acknowledged, the broker keeps and sends when we are back.
//!
//! The Things Stack's own broker sends each message once and waits for nothing (QoS 0). What is under
//! way there when this server ends is lost; where that must not be, have it send to a broker between,
//! or use its webhooks.

mod connection;
mod hearing;
mod inbox;
mod receiver;
mod settings;
mod status;

pub use connection::Connection;
pub use hearing::Hearing;
pub use receiver::{NotTaken, Receiver};
pub use settings::{MqttSettings, MqttSettingsError};
pub use status::Status;

use std::sync::Arc;

use champollion_delivery::destinations::mqtt::{OutgoingMessage, Publisher};
use champollion_lns::{Kind, NetworkServerName, outgoing::Via};
use tokio::sync::mpsc;

/// A connection that is prepared, and not opened yet.
pub struct Prepared {
    options: rumqttc::MqttOptions,
    topics: Vec<String>,
    status: Arc<Status>,
    hearing: Arc<Hearing>,
    orders: mpsc::Receiver<OutgoingMessage>,
    /// The network server of the broker.
    pub server: NetworkServerName,
    /// The kind of the network server.
    pub kind: Kind,
    /// Sends messages through it.
    pub publisher: Publisher,
}

impl Prepared {
    /// Prepares the connection to the broker of a network server.
    ///
    /// # Errors
    /// Says what is wrong with the settings, or which file cannot be used.
    pub fn new(
        server: &NetworkServerName,
        kind: Kind,
        settings: &MqttSettings,
    ) -> Result<Self, MqttSettingsError> {
        let (publisher, orders) = Publisher::new();
        let topics = settings.topics(kind)?;
        let commands = kind.commands_by(Via::Mqtt).ok();
        let told_by = commands.and_then(|commands| commands.told_by());
        Ok(Self {
            options: settings.options(server)?,
            hearing: Arc::new(Hearing::new(&topics, told_by)),
            topics,
            status: Arc::new(Status::new(server.clone())),
            orders,
            server: server.clone(),
            kind,
            publisher,
        })
    }

    /// Returns the status of the connection.
    #[must_use]
    pub fn status(&self) -> Arc<Status> {
        Arc::clone(&self.status)
    }

    /// Returns the knowledge of how the network server speaks.
    #[must_use]
    pub fn hearing(&self) -> Arc<Hearing> {
        Arc::clone(&self.hearing)
    }

    /// The connection, whose messages a receiver takes.
    #[must_use]
    pub fn with(self, receiver: Arc<Receiver>) -> Connection {
        let Self { options, topics, status, hearing, orders, .. } = self;
        Connection { options, topics, receiver, status, hearing, orders }
    }
}
