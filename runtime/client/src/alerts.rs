//! Alerts of a group, and the rules that raise them.

use std::fmt::Display;

use champollion_frames::DevEui;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::{
    Answer, Client, ClientError,
    client::{OfGroup, ask, tell},
    pages::all,
};

/// The alerts that are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AlertState {
    /// Those that are not over.
    #[default]
    Open,
    /// Those that are not over and that nobody has acknowledged.
    Unacknowledged,
    /// All that are kept.
    All,
}

/// The list of alerts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AlertList {
    /// The alerts, the latest first.
    pub alerts: Vec<Alert>,
}

/// An alert: a rule that a device, or a route, has broken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Alert {
    /// The id of the alert.
    pub id: String,
    /// The rule that was broken.
    pub rule: String,
    /// The group of the device or the route.
    pub group: String,
    /// The device that broke the rule.
    #[serde(default)]
    pub device: Option<DevEui>,
    /// The route that broke the rule.
    #[serde(default)]
    pub route: Option<String>,
    /// The name of the device for people.
    #[serde(default)]
    pub name: String,
    /// The point that the device is on.
    #[serde(default)]
    pub point: Option<String>,
    /// The quantity that the rule is about.
    #[serde(default)]
    pub quantity: Option<String>,
    /// The value that broke the rule.
    #[serde(default)]
    pub value: Option<Json>,
    /// The matter in words: the quantity with its value and unit, or words where no value tells.
    #[serde(default)]
    pub what: String,
    /// The limit of the rule, as a sentence.
    pub limit: String,
    /// The limit that was passed as a number.
    #[serde(default)]
    pub limit_value: Option<f64>,
    /// The unit of the value and of the limit, a UCUM code.
    #[serde(default)]
    pub unit: Option<String>,
    /// The value with which all was well again.
    #[serde(default)]
    pub end_value: Option<Json>,
    /// Since when the condition holds.
    pub since: Timestamp,
    /// The moment at which all was well again; absent of an alert that is open.
    #[serde(default)]
    pub ended_at: Option<Timestamp>,
    /// The person who has seen it.
    #[serde(default)]
    pub acknowledged: Option<AlertAcknowledgement>,
}

/// The mark of a person who looks after an alert.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AlertAcknowledgement {
    /// The name of the person.
    pub by: String,
    /// The moment of the mark.
    pub at: Timestamp,
    /// The words of the person about it.
    #[serde(default)]
    pub note: String,
}

/// The rules of a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AlertRuleList {
    /// The rules, by their names.
    pub rules: Vec<AlertRule>,
}

/// A rule as the server shows it. Its definition is as `docs/alerts.md` says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AlertRule {
    /// The group whose devices the rule watches.
    pub group: String,
    /// The name of the rule.
    pub name: String,
    /// The condition that breaks the rule, by its kind.
    pub when: Map<String, Json>,
    /// The condition in words.
    #[serde(default)]
    pub in_words: String,
    /// The number of devices, or of routes, that it watches, where it was made now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watched: Option<u64>,
    /// Whether the rule is not judged for now.
    #[serde(default)]
    pub paused: bool,
    /// The signing secret of its requests, where it was made now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signing_secret: Option<String>,
}

/// The alerts that a rule would have raised.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AlertTrial {
    /// The number of frames that were looked at.
    pub frames: u64,
    /// The number of devices that they are of.
    pub devices: u64,
    /// The number of alerts that would have been raised.
    pub raised: u64,
    /// The number of those that would be over.
    pub ended: u64,
    /// The first of them.
    pub alerts: Vec<TriedAlert>,
}

/// An alert that would have been raised.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TriedAlert {
    /// The device that broke the rule.
    #[serde(default)]
    pub device: Option<DevEui>,
    /// The name of the device for people.
    #[serde(default)]
    pub name: String,
    /// The moment of the alert.
    pub raised_at: Timestamp,
    /// The value that would have broken the rule.
    #[serde(default)]
    pub value: Option<Json>,
    /// The matter in words: the quantity with its value and unit, or words where no value tells.
    #[serde(default)]
    pub what: String,
    /// The moment at which all would have been well again.
    #[serde(default)]
    pub ended_at: Option<Timestamp>,
}

/// The query of a list of alerts.
#[derive(Serialize)]
struct Wanted<'of> {
    group: Option<&'of str>,
    state: AlertState,
}

/// The body of an acknowledgement.
#[derive(Serialize)]
struct Note<'of> {
    note: &'of str,
}

/// The functions take the group where the token is an admin's.
impl Client {
    /// Lists alerts, the latest first: `GET /v1/alerts`.
    pub async fn alerts(
        &self,
        group: Option<&str>,
        state: AlertState,
        most: Option<usize>,
    ) -> Result<Answer<AlertList>, ClientError> {
        all("alerts", most, || self.get("v1/alerts").query(&Wanted { group, state })).await
    }

    /// Shows an alert: `GET /v1/alerts/{id}`.
    pub async fn alert(
        &self,
        group: Option<&str>,
        id: impl Display,
    ) -> Result<Answer<Alert>, ClientError> {
        ask(self.get(format_args!("v1/alerts/{id}")).query(&OfGroup { group })).await
    }

    /// Acknowledges an alert: `POST /v1/alerts/{id}/acknowledge`.
    pub async fn acknowledge_alert(
        &self,
        group: Option<&str>,
        id: impl Display,
        note: &str,
    ) -> Result<Answer<Alert>, ClientError> {
        let request = self.post(format_args!("v1/alerts/{id}/acknowledge"));
        ask(request.query(&OfGroup { group }).json(&Note { note })).await
    }

    /// Lists the rules of a group: `GET /v1/alerts/rules`.
    pub async fn alert_rules(
        &self,
        group: Option<&str>,
    ) -> Result<Answer<AlertRuleList>, ClientError> {
        all("rules", None, || self.get("v1/alerts/rules").query(&OfGroup { group })).await
    }

    /// Shows a rule: `GET /v1/alerts/rules/{name}`.
    pub async fn alert_rule(
        &self,
        group: Option<&str>,
        name: impl Display,
    ) -> Result<Answer<AlertRule>, ClientError> {
        ask(self.get(format_args!("v1/alerts/rules/{name}")).query(&OfGroup { group })).await
    }

    /// Makes a rule, or changes one: `PUT /v1/alerts/rules/{name}`. The rule is as `docs/alerts.md` says.
    pub async fn put_alert_rule(
        &self,
        group: Option<&str>,
        name: impl Display,
        rule: &Json,
    ) -> Result<Answer<AlertRule>, ClientError> {
        let request = self.put(format_args!("v1/alerts/rules/{name}"));
        ask(request.query(&OfGroup { group }).json(rule)).await
    }

    /// Removes a rule: `DELETE /v1/alerts/rules/{name}`.
    pub async fn remove_alert_rule(
        &self,
        group: Option<&str>,
        name: impl Display,
    ) -> Result<(), ClientError> {
        tell(self.delete(format_args!("v1/alerts/rules/{name}")).query(&OfGroup { group })).await
    }

    /// Tries a rule on the records that are kept: `POST /v1/alerts/rules/try`.
    pub async fn try_alert_rule(
        &self,
        group: Option<&str>,
        rule: &Json,
    ) -> Result<Answer<AlertTrial>, ClientError> {
        ask(self.post("v1/alerts/rules/try").query(&OfGroup { group }).json(rule)).await
    }
}
