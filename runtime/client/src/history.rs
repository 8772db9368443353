//! Index and audit of the registry as they are written, and the check of both.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use crate::{
    Answer, Client, ClientError, VersionName,
    client::{ask, bytes},
    lines::split,
};

/// Most bytes of one page of lines: a thousand, each of which the store bounds.
const PAGE_BYTES: usize = 64 << 20;

/// The end of a chain of lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The number of lines.
    pub sequence: u64,
    /// The SHA-256 of the last line.
    pub hash: String,
}

/// The end of the index, signed by the registry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignedHead {
    /// The end that is signed.
    pub head: Head,
    /// The moment at which it was signed.
    pub signed_at: Timestamp,
    /// The moment until which it may be shown.
    pub expires_at: Timestamp,
    /// The registry's public key.
    pub key: String,
    /// The signature by that key.
    pub signature: String,
}

/// The end of the audit, signed by the registry, with its archives and its space.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditHead {
    /// The signed end of the audit.
    #[serde(flatten)]
    pub signed: SignedHead,
    /// The archives, the oldest first, also those that were moved away.
    pub archives: Vec<AuditArchive>,
    /// The use of the space.
    pub usage: AuditUsage,
}

/// A file that lines of the audit were moved into.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditArchive {
    /// The name of the file.
    pub file: String,
    /// The size of the file in bytes.
    pub bytes: u64,
    /// The place of its first line.
    pub first: u64,
    /// The signed end of the file.
    pub checkpoint: Checkpoint,
}

/// The signed end of an archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Checkpoint {
    /// The end that is signed.
    pub head: Head,
    /// The moment at which it was signed.
    pub signed_at: Timestamp,
    /// The registry's public key.
    pub key: String,
    /// The signature by that key.
    pub signature: String,
}

/// The use of the audit's space.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditUsage {
    /// Bytes of the lines in the store.
    pub live_bytes: u64,
    /// Bytes of the archives that are still there.
    pub archived_bytes: u64,
    /// The bound of both.
    pub max_bytes: u64,
    /// Whether changes are refused.
    pub full: bool,
}

/// The files that lines of the audit were moved into.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Archived {
    /// The files that were written.
    pub archived: Vec<AuditArchive>,
}

/// The outcome of a check of the registry by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    /// The end of the index.
    pub index: Head,
    /// The end of the audit.
    pub audit: Head,
    /// The number of its lines that are in archives; older servers have none.
    #[serde(default, rename = "auditArchived")]
    pub audit_archived: u64,
    /// The number of versions that were checked.
    pub versions: u64,
    /// Everything that is not as it should be, a sentence each.
    pub problems: Vec<String>,
}

/// The outcome of a look at all packages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mended {
    /// The number of packages.
    pub versions: u64,
    /// Those that were damaged or missing and are whole again.
    pub mended: Vec<VersionName>,
    /// Those that are damaged or missing.
    pub left: Vec<VersionName>,
}

/// A line of the audit: something that was done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuditLine {
    /// Its place, from 1.
    pub sequence: u64,
    /// The SHA-256 of the line before.
    pub previous: String,
    /// The moment at which it was written.
    pub at: Timestamp,
    /// The holder of the token that did it.
    pub by: Actor,
    /// The action: `promote`, `token-create`.
    pub action: String,
    /// The thing that it was done to: `acme/thermometer 1.1.0`.
    pub subject: String,
    /// More of it, for programs.
    #[serde(default)]
    pub details: Json,
    /// The line of the index that came of it.
    #[serde(default)]
    pub index: Option<u64>,
}

/// A holder of a token, and the place that a request of that one came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The name of the token.
    pub name: String,
    /// The id of the token; absent on lines of older servers, and of acts of the server itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The address that the request came from, where there was one.
    #[serde(default)]
    pub from: Option<String>,
    /// The id of that request; absent on lines of older servers, and of sums of several requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
}

impl Client {
    /// Gets lines of the index, those after one: `GET /v1/registry/index`. They are as they were written,
    /// byte by byte, since each names the hash of the one before.
    pub async fn registry_index(&self, after: u64) -> Result<Vec<String>, ClientError> {
        let request = self.get("v1/registry/index").query(&[("after", after)]);
        Ok(split(&bytes(request, PAGE_BYTES).await?))
    }

    /// Shows where the index ends: `GET /v1/registry/head`.
    pub async fn registry_head(&self) -> Result<Answer<SignedHead>, ClientError> {
        ask(self.get("v1/registry/head")).await
    }

    /// Has the registry check itself: `GET /v1/registry/verify`.
    pub async fn verify_registry(&self) -> Result<Answer<Verification>, ClientError> {
        ask(self.get("v1/registry/verify")).await
    }

    /// Has the registry fetch packages that are damaged or missing: `POST /v1/registry/mend`.
    pub async fn mend_registry(&self, dry_run: bool) -> Result<Answer<Mended>, ClientError> {
        ask(self.post("v1/registry/mend").json(&json!({ "dryRun": dry_run }))).await
    }

    /// Shows where the audit ends: `GET /v1/audit/head`.
    pub async fn audit_head(&self) -> Result<Answer<AuditHead>, ClientError> {
        ask(self.get("v1/audit/head")).await
    }

    /// Has all lines of the audit moved into files: `POST /v1/audit/archive`.
    pub async fn archive_audit(&self) -> Result<Answer<Archived>, ClientError> {
        ask(self.post("v1/audit/archive")).await
    }

    /// Gets lines of the audit, those after one: `GET /v1/audit`.
    pub async fn audit(&self, after: u64) -> Result<Vec<Answer<AuditLine>>, ClientError> {
        let request = self.get("v1/audit").query(&[("after", after)]);
        split(&bytes(request, PAGE_BYTES).await?).into_iter().map(Answer::read).collect()
    }
}
