//! Sends messages through the connection to a broker.

use tokio::sync::{mpsc, oneshot};

/// Messages that wait for the connection to take them.
const WAITING: usize = 64;

/// Sends messages through a broker. A clone sends through the same connection.
#[derive(Clone)]
pub struct Publisher(mpsc::Sender<OutgoingMessage>);

/// A message that is to be sent.
pub struct OutgoingMessage {
    pub(super) topic: String,
    pub(super) payload: Vec<u8>,
    /// Told once the broker has it; dropped where that is not known.
    pub(super) result: oneshot::Sender<Result<(), NotPublished>>,
}

/// Why a message was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotPublished {
    /// There is no connection.
    #[error("there is no connection to the broker")]
    NotConnected,
    /// The broker did not acknowledge it, and may have it.
    #[error("the broker did not acknowledge the message")]
    Unanswered,
}

impl OutgoingMessage {
    /// There is no connection to send it over.
    pub fn refuse(self) {
        // Who asked may have stopped waiting.
        let _ = self.result.send(Err(NotPublished::NotConnected));
    }
}

impl Publisher {
    /// One, and what whoever keeps the connection takes from it.
    #[must_use]
    pub fn new() -> (Self, mpsc::Receiver<OutgoingMessage>) {
        let (orders, taken) = mpsc::channel(WAITING);
        (Self(orders), taken)
    }

    /// Whether somebody still keeps the connection.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !self.0.is_closed()
    }

    /// Sends a message, and waits until the broker has it.
    ///
    /// # Errors
    /// The broker does not have it, or nobody knows.
    pub async fn publish(&self, topic: String, payload: Vec<u8>) -> Result<(), NotPublished> {
        let (result, told) = oneshot::channel();
        let order = OutgoingMessage { topic, payload, result };
        self.0.send(order).await.map_err(|_| NotPublished::NotConnected)?;
        told.await.unwrap_or(Err(NotPublished::Unanswered))
    }
}
