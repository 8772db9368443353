//! Backups of a server's embedded store. One may take minutes, so the answer comes line by line.

use serde::{Deserialize, Serialize};

use crate::{Client, ClientError, progress::Progress};

/// The backup that is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct BackupRequest {
    /// The name of the backup; the server names it by the moment where it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// The progress of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupProgress {
    /// Bytes of keys and values that were read.
    pub bytes: u64,
    /// Bytes of keys and values that there are, about.
    pub of: u64,
    /// Blobs that were copied.
    pub blobs: u64,
    /// The outcome, on the last line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done: Option<BackupDone>,
}

/// The outcome of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupDone {
    /// The name of the backup, a folder below the one of the server's settings.
    pub name: String,
    /// The backup, where it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made: Option<MadeBackup>,
    /// The reason why there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// A backup that was made and read again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeBackup {
    /// Keys that were read, with their values.
    pub pairs: u64,
    /// Changes that came meanwhile, and are in it.
    pub changes: u64,
    /// Blobs of all kinds.
    pub blobs: u64,
    /// Bytes of all files of the backup.
    pub bytes: u64,
    /// The SHA-256 of its manifest, which has that of every file.
    pub sha256: String,
}

impl Client {
    /// Backs up the server's embedded store: `POST /v1/backup`.
    pub async fn back_up(
        &self,
        wish: &BackupRequest,
    ) -> Result<Progress<BackupProgress>, ClientError> {
        Progress::of(self.post("v1/backup").json(wish)).await
    }
}
