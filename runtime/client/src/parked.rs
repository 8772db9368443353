//! Messages from brokers that could not be read, for admins.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Answer, Client, ClientError,
    client::{ask, tell},
    pages::all,
};

/// The messages that are parked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParkedList {
    /// The messages, the oldest first.
    pub parked: Vec<ParkedMessage>,
}

/// A parked message without its payload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ParkedMessage {
    /// Its name. Names of later messages are greater.
    pub id: Uuid,
    /// The network server that it is of.
    pub network_server: String,
    /// The topic that it came under.
    pub topic: String,
    /// The moment at which it came first.
    pub parked_at: Timestamp,
    /// The moment at which it came last.
    pub last_at: Timestamp,
    /// The number of times that it came.
    pub times: u64,
    /// Its size in bytes.
    pub bytes: u64,
    /// The fault of the message, for programs.
    pub code: String,
    /// The fault of the message, for people.
    pub detail: String,
    /// The SHA-256 of network server, topic and what is kept of it.
    pub digest: String,
}

/// A message that is parked, with what it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParkedText {
    /// The message without its payload.
    #[serde(flatten)]
    pub message: ParkedMessage,
    /// The payload, where it is text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The payload, where it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base64: Option<String>,
    /// Whether that is the beginning only.
    pub truncated: bool,
}

/// The outcome of a message that was taken once more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retried {
    /// A word for it.
    pub result: String,
}

impl Client {
    /// Lists parked messages: `GET /v1/parked`.
    pub async fn parked(&self) -> Result<Answer<ParkedList>, ClientError> {
        all("parked", None, || self.get("v1/parked")).await
    }

    /// Shows what one says: `GET /v1/parked/{id}`.
    pub async fn parked_message(&self, id: Uuid) -> Result<Answer<ParkedText>, ClientError> {
        ask(self.get(format_args!("v1/parked/{id}"))).await
    }

    /// Forgets one: `DELETE /v1/parked/{id}`.
    pub async fn drop_parked(&self, id: Uuid) -> Result<(), ClientError> {
        tell(self.delete(format_args!("v1/parked/{id}"))).await
    }

    /// Takes one once more: `POST /v1/parked/{id}/retry`. It is forgotten where that succeeds.
    pub async fn retry_parked(&self, id: Uuid) -> Result<Answer<Retried>, ClientError> {
        ask(self.post(format_args!("v1/parked/{id}/retry"))).await
    }
}
