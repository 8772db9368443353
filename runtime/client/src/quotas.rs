//! Quotas of groups: what each may have, and what it has.

use serde::{Deserialize, Serialize};

use crate::{Answer, Client, ClientError, client::OfGroup, pages::all};

/// The quotas that the token sees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuotaList {
    /// The quotas, group by group.
    pub quotas: Vec<Quotas>,
}

/// The quotas of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Quotas {
    /// The group in question.
    pub group: String,
    /// Commands that wait to be handed over to a network server.
    pub waiting_commands: QuotaUse,
    /// Commands that are not at their end.
    pub open_commands: QuotaUse,
    /// Routes on which records leave.
    pub routes: QuotaUse,
    /// Tokens of the role partner.
    pub tokens: QuotaUse,
    /// Devices that are registered.
    pub devices: QuotaUse,
    /// Rules of alerts; absent from servers of before there was a quota of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alert_rules: Option<QuotaUse>,
    /// Messages of alerts and notices that wait to be sent; absent from older servers, as are the next three.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_messages: Option<QuotaUse>,
    /// Mails that alerts have sent in this hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mails_per_hour: Option<QuotaUse>,
    /// The same on this day, by UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mails_per_day: Option<QuotaUse>,
    /// Alerts that are kept, as they were counted in the last hour, with those raised since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept_alerts: Option<QuotaUse>,
    /// Streams of records, and requests that wait for one.
    pub open_streams: QuotaUse,
    /// Answers with records that are being sent.
    pub open_answers: QuotaUse,
    /// Tests of routes in the last minute.
    pub route_tests_per_minute: QuotaUse,
    /// Changes of routes in the last minute.
    pub route_changes_per_minute: QuotaUse,
    /// Whether its tokens may send commands with the priority `high`.
    pub high_priority: bool,
}

/// The use of a quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuotaUse {
    /// The number that the group has.
    pub used: u64,
    /// The most that it may have.
    pub limit: u64,
}

impl Client {
    /// Shows quotas, of all groups that the token sees or of one: `GET /v1/quotas`.
    pub async fn quotas(&self, group: Option<&str>) -> Result<Answer<QuotaList>, ClientError> {
        all("quotas", None, || self.get("v1/quotas").query(&OfGroup { group })).await
    }
}
