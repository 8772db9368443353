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
mod farewell;
mod hearing;
mod inbox;
mod receiver;
mod sessions;
pub(crate) mod settings;
mod status;

pub use connection::Connection;
pub use farewell::Farewell;
pub use hearing::Hearing;
pub use receiver::{NotTaken, Receiver};
pub use sessions::{BrokerSession, BrokerSessions, LeftSession};
pub use settings::{MqttSettings, MqttSettingsError};
pub use status::{Status, Trouble};

use std::{collections::BTreeSet, sync::Arc};

use champollion_delivery::destinations::mqtt::{OutgoingMessage, Publisher};
use champollion_lns::{Kind, NetworkServerName, outgoing::Via};
use tokio::sync::mpsc;

use crate::network_servers::observations::Observed;
use connection::Subscription;

/// A connection that is prepared, and not opened yet.
pub struct Prepared {
    options: rumqttc::MqttOptions,
    topics: Vec<String>,
    status: Arc<Status>,
    session: BrokerSession,
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
        observed: Arc<Observed>,
    ) -> Result<Self, MqttSettingsError> {
        let (publisher, orders) = Publisher::new();
        let options = settings.options(server)?;
        let topics = settings.topics(kind)?;
        let session = BrokerSession::of(server, settings, &topics);
        let (url, client_id) = (session.url.clone(), session.client_id.clone());
        let commands = kind.commands_by(Via::Mqtt).ok();
        let told_by = commands.and_then(|commands| commands.told_by());
        Ok(Self {
            options,
            hearing: Arc::new(Hearing::new(&topics, told_by)),
            topics,
            status: Arc::new(Status::new(observed, url, client_id)),
            session,
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
    pub fn with(self, receiver: Arc<Receiver>, sessions: Arc<BrokerSessions>) -> Connection {
        let Self { options, topics, status, session, hearing, orders, .. } = self;
        let subscription = Subscription { session, sessions, unsubscribing: 0 };
        Connection { options, topics, receiver, status, subscription, hearing, orders }
    }

    /// Returns the key of the session that it has at the broker.
    #[must_use]
    pub fn session_key(&self) -> String {
        self.session.key()
    }
}

/// Returns what ends the sessions that brokers keep for us and the settings have no more: all but these.
#[must_use]
pub fn farewells(kept: &BTreeSet<String>, sessions: &Arc<BrokerSessions>) -> Vec<Farewell> {
    let left = sessions.leave_all_but(kept).into_iter();
    left.map(|session| Farewell::new(session, Arc::clone(sessions))).collect()
}
