//! The vault of keys.

use serde::{Deserialize, Serialize};

use crate::{Answer, Client, ClientError, client::ask};

/// The master key in force, by its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MasterKeyRotation {
    /// The name of the master key in force, which tells nothing of the key itself.
    pub master_key: String,
    /// The name of the master key before.
    pub before: String,
    /// The place of the key, in words.
    pub place: String,
}

impl Client {
    /// Gives the vault a new master key: `POST /v1/vault/master-key/rotate`.
    pub async fn rotate_master_key(&self) -> Result<Answer<MasterKeyRotation>, ClientError> {
        ask(self.post("v1/vault/master-key/rotate")).await
    }
}
