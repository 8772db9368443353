//! Faults of a trial: what a candidate did not make of a payload as its sponsor says.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// A fault of a payload in a trial.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TrialFault {
    /// The candidate does not read the payload, and says why.
    NotRead(String),
    /// A value did not come out as it must.
    Value(WrongValue),
}

/// A value that did not come out as it must.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WrongValue {
    /// The quantity of the value.
    pub quantity: String,
    /// The number among several alike inputs.
    pub channel: u16,
    /// The moment of the measurement, where the sponsor names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measured_at: Option<Timestamp>,
    /// The value that is right.
    #[schema(value_type = Value)]
    pub expected: Json,
    /// The first values that came out; none where nothing did.
    #[schema(value_type = Vec<Value>)]
    pub actual: Vec<Json>,
}

impl fmt::Display for TrialFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotRead(said) => write!(formatter, "it is not read: {said}"),
            Self::Value(wrong) => wrong.fmt(formatter),
        }
    }
}

impl fmt::Display for WrongValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.quantity)?;
        if self.channel > 0 {
            write!(formatter, ", channel {}", self.channel)?;
        }
        if let Some(moment) = self.measured_at {
            write!(formatter, ", measured at {moment}")?;
        }
        let actual: Vec<String> = self.actual.iter().map(Json::to_string).collect();
        let actual = if actual.is_empty() { "nothing".to_owned() } else { actual.join(", ") };
        write!(formatter, ": expected {}, actual {actual}", self.expected)
    }
}
