//! Keys of publishers, and the registry's own.

use std::fmt::Display;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    Answer, Client, ClientError,
    client::{ask, tell},
    pages::all,
};

/// The keys that the registry knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublisherKeyList {
    /// The keys of publishers.
    pub keys: Vec<PublisherKey>,
}

/// A key of a publisher.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublisherKey {
    /// The public key of the publisher.
    pub key: String,
    /// The publisher, for people.
    pub name: String,
    /// The vendors whose decoders it may sign.
    pub namespaces: Vec<String>,
    /// The reason why it may sign nothing any more; what it signed before stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<String>,
}

/// A key that is to be known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NewKey {
    /// The public key of the publisher.
    pub key: String,
    /// The publisher, for people.
    pub name: String,
    /// The vendors whose decoders it may sign, beside those of a key that is known already.
    pub namespaces: Vec<String>,
    /// Whether the key may sign for no other vendors any more.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub only: bool,
}

/// The registry's own key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnKey {
    /// The public key of the registry.
    pub key: String,
}

impl Client {
    /// Lists the keys of publishers: `GET /v1/registry/keys`.
    pub async fn publisher_keys(&self) -> Result<Answer<PublisherKeyList>, ClientError> {
        all("keys", None, || self.get("v1/registry/keys")).await
    }

    /// Lets a key sign the decoders of some vendors: `POST /v1/registry/keys`.
    pub async fn add_publisher_key(
        &self,
        new: &NewKey,
    ) -> Result<Answer<PublisherKey>, ClientError> {
        ask(self.post("v1/registry/keys").json(new)).await
    }

    /// Lets a key sign nothing any more: `POST /v1/registry/keys/{key}/revoke`.
    pub async fn revoke_publisher_key(
        &self,
        key: impl Display,
        reason: &str,
    ) -> Result<(), ClientError> {
        let request = self.post(format_args!("v1/registry/keys/{key}/revoke"));
        tell(request.json(&json!({ "reason": reason }))).await
    }

    /// Gives the registry a new key of its own: `POST /v1/registry/keys/rotate`.
    pub async fn rotate_registry_key(&self) -> Result<Answer<OwnKey>, ClientError> {
        ask(self.post("v1/registry/keys/rotate")).await
    }
}
