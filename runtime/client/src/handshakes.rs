//! Handshakes of clouds that came to the doors of network servers, for admins.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Answer, Client, ClientError, client::ask};

/// The handshakes that wait for somebody to confirm them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandshakeList {
    /// The handshakes, the oldest first.
    pub handshakes: Vec<Handshake>,
}

/// A handshake of a cloud that wants to deliver to a door.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Handshake {
    /// The path that it came to.
    pub door: String,
    /// The kind of the message, in the cloud's word.
    pub what: String,
    /// The name of what is to deliver: the ARN of AWS, the topic of Azure.
    pub resource: String,
    /// The token that confirms by the interface of the cloud.
    pub confirmation_token: String,
    /// The address that confirms when it is opened.
    pub enable_url: String,
    /// The moment at which it came first.
    pub first_at: Timestamp,
    /// The moment at which it came last.
    pub last_at: Timestamp,
    /// The number of times that it came.
    pub times: u64,
    /// The address that it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}

impl Client {
    /// Lists the handshakes of clouds: `GET /v1/network-servers/handshakes`.
    pub async fn handshakes(&self) -> Result<Answer<HandshakeList>, ClientError> {
        ask(self.get("v1/network-servers/handshakes")).await
    }
}
