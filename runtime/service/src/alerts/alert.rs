//! Alerts as they are kept and shown.

use champollion_frames::DevEui;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{condition::Condition, place::Place, rule::RuleName, value::Value};

/// An alert: a rule that a device, or a route, has broken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Alert {
    /// The id of the alert. Ids of later alerts are greater.
    pub id: Uuid,
    /// The rule that was broken.
    pub rule: RuleName,
    /// The device or the route.
    #[serde(flatten)]
    pub place: Place,
    /// The quantity that the rule is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<String>,
    /// The value that broke the rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// The value with which all was well again, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_value: Option<Value>,
    /// The matter in words: the quantity with its value and unit, or words where no value tells.
    #[serde(default)]
    pub what: String,
    /// The limit of the rule, as a sentence.
    pub limit: String,
    /// The limit that was passed as a number; absent where the rule has none, as on alarms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_value: Option<f64>,
    /// The unit of the value and of the limit, a UCUM code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// The condition of the rule as it was when the alert was raised; absent of alerts of releases that did not keep it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition>,
    /// Since when the condition holds.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// The moment at which the alert was raised.
    #[schema(value_type = String, format = DateTime)]
    pub raised_at: Timestamp,
    /// The moment at which all was well again; absent of an alert that is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    /// Whether it ended since its rule was changed, or its device is watched no more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dropped: bool,
    /// The person who has seen it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledged: Option<Acknowledgement>,
    /// The end of the command of its rule; absent where the rule has none, or the command waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commanded: Option<Commanded>,
}

/// The end of an alert's command: it was sent, or was not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AlertCommanded)]
pub struct Commanded {
    /// The device that was to be commanded.
    pub device: DevEui,
    /// The id of the command that was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Uuid>,
    /// The reason why none was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// The word for the reason: the code that a command by hand would have got, or `device-gone`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// The mark of a person who looks after an alert.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AlertAcknowledgement)]
pub struct Acknowledgement {
    /// The name of the person.
    pub by: String,
    /// The moment of the mark.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The words of the person about it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

impl Alert {
    /// Whether the alert is not over.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.ended_at.is_none()
    }

    /// Returns the moment at which the server noted the alert, by its own clock: the id is made then.
    pub(super) fn noted_at(&self) -> Option<Timestamp> {
        let (seconds, _) = self.id.get_timestamp()?.to_unix();
        Timestamp::from_second(i64::try_from(seconds).ok()?).ok()
    }
}
