//! Retention: the records that wait, and when they will be removed undelivered.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Answer, Client, ClientError, client::OfGroup, pages::all};

/// The records that wait, by recipient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Retention {
    /// The hours after which a record is removed, delivered or not.
    pub hours: u32,
    /// The backlog of each recipient.
    pub backlogs: Vec<Backlog>,
}

/// The backlog of one recipient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Backlog {
    /// The group whose records they are.
    pub group: String,
    /// The route that is not done with them; absent where they wait in the inbox.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route: Option<String>,
    /// The number of records that wait.
    pub waiting: u64,
    /// The number of them that are older than some hours.
    pub older: Vec<Older>,
    /// The moment at which the oldest was stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest: Option<Timestamp>,
    /// The moment at which it will be removed, delivered or not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_expiry: Option<Timestamp>,
    /// The number of records that were removed undelivered so far.
    pub expired: u64,
}

/// Records that are older than some hours.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Older {
    /// The age in hours.
    pub hours: f64,
    /// The number of records.
    pub records: u64,
}

impl Client {
    /// Shows what waits, of one group or of all that the token sees: `GET /v1/retention`.
    pub async fn retention(&self, group: Option<&str>) -> Result<Answer<Retention>, ClientError> {
        all("backlogs", None, || self.get("v1/retention").query(&OfGroup { group })).await
    }
}
