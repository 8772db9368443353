//! Whether the server lives, whether it can take frames, and what it counted.

use serde::{Deserialize, Serialize};

use crate::{
    Answer, Client, ClientError,
    client::{ask, tell, text},
};

/// The room on the server's disk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StorageReport {
    /// Bytes that what is kept takes, about.
    pub used_bytes: u64,
    /// Bytes of the files; what of them is free is used again.
    pub file_bytes: u64,
    /// Bytes of the disk that are free.
    pub free_bytes: u64,
    /// The bound of the settings; 0 is none.
    pub max_bytes: u64,
    /// Bytes that the settings leave free.
    pub keep_free_bytes: u64,
    /// The reason why nothing more is taken, where that is so: `max-bytes` or `keep-free-bytes`.
    pub full: Option<String>,
    /// The further databases that have no room: frames of the groups in them are refused.
    #[serde(default)]
    pub full_databases: Vec<String>,
    /// The bytes by which it grows in an hour, or shrinks, at the present rate.
    pub bytes_per_hour: Option<i64>,
    /// The hours in which it is full at this rate.
    pub full_in_hours: Option<f64>,
}

impl Client {
    /// Asks whether the process answers: `GET /healthz`.
    pub async fn alive(&self) -> Result<(), ClientError> {
        tell(self.get("healthz")).await
    }

    /// Asks whether frames can be taken and kept: `GET /readyz`. The text says of every broker whether there
    /// is a connection to it, a line each.
    pub async fn ready(&self) -> Result<String, ClientError> {
        text(self.get("readyz")).await
    }

    /// Shows how full the disk is: `GET /v1/storage`.
    pub async fn storage(&self) -> Result<Answer<StorageReport>, ClientError> {
        ask(self.get("v1/storage")).await
    }

    /// Gets what was counted, as Prometheus text: `GET /metrics`.
    pub async fn metrics(&self) -> Result<String, ClientError> {
        text(self.get("metrics")).await
    }
}
