//! Conditions: what of a device, or of a route, breaks a rule.

use champollion_fleet::plain_name;
use serde::{Deserialize, Serialize};

use super::value::Value;

plain_name! {
    /// The name of a route that a rule watches.
    RouteName, "route"
}

/// The condition that breaks a rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = AlertCondition)]
pub enum Condition {
    /// A value is above a limit.
    Above(Limit),
    /// A value is below a limit.
    Below(Limit),
    /// A value is outside of a range.
    Outside(Range),
    /// A value is a certain one.
    Equals(Equality),
    /// A value is another than the one before.
    Changed(Change),
    /// Nothing is heard of the device.
    Silent(Silence),
    /// The battery is low, by its level or by the device's own alarm.
    Battery(Battery),
    /// The device raises an alarm.
    Alarm(AlarmWatch),
    /// No frame of the device can be decoded.
    DecoderFailures(DecoderFailures),
    /// A route does not deliver.
    Route(RouteFailure),
}

/// A limit, and the one at which all is well again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = AlertLimit)]
pub struct Limit {
    /// The quantity, a term of the vocabulary.
    pub quantity: String,
    /// The channel among alike inputs.
    #[serde(default)]
    pub channel: u16,
    /// The limit of the values.
    pub limit: f64,
    /// The value at which all is well again; the limit itself where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub back: Option<f64>,
    /// The unit of both; that of the vocabulary where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// The time for which it must be so.
    #[serde(default, rename = "for")]
    pub hold: Hold,
}

/// A range of values, and the narrower one in which all is well again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = AlertRange)]
pub struct Range {
    /// The quantity, a term of the vocabulary.
    pub quantity: String,
    /// The channel among alike inputs.
    #[serde(default)]
    pub channel: u16,
    /// The lowest value that is allowed.
    pub low: f64,
    /// The highest value that is allowed.
    pub high: f64,
    /// The lowest value at which all is well again; `low` where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub back_low: Option<f64>,
    /// The highest value at which all is well again; `high` where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub back_high: Option<f64>,
    /// The unit of all; that of the vocabulary where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// The time for which it must be so.
    #[serde(default, rename = "for")]
    pub hold: Hold,
}

/// A certain value of a quantity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = AlertEquality)]
pub struct Equality {
    /// The quantity, a term of the vocabulary.
    pub quantity: String,
    /// The channel among alike inputs.
    #[serde(default)]
    pub channel: u16,
    /// The value, of the type of the quantity.
    pub value: Value,
    /// The time for which it must be so.
    #[serde(default, rename = "for")]
    pub hold: Hold,
}

/// A value that changes. The alert ends with the next value that is the same as the one before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = AlertChange)]
pub struct Change {
    /// The quantity, a term of the vocabulary.
    pub quantity: String,
    /// The channel among alike inputs.
    #[serde(default)]
    pub channel: u16,
}

/// A time in which nothing is heard.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = AlertSilence)]
pub struct Silence {
    /// The seconds since the last frame.
    pub seconds: u64,
}

/// A level of the battery.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = AlertBattery)]
pub struct Battery {
    /// The level below which the battery is low.
    #[serde(default = "low_percent")]
    pub percent: f64,
    /// The level at which all is well again; that below which it is low where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub back: Option<f64>,
}

/// An alarm that the device raises by itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = AlertAlarm)]
pub struct AlarmWatch {
    /// The alarm, such as `alarm.leak`; any where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<String>,
}

/// Frames in a row that no decoder could read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = AlertDecoderFailures)]
pub struct DecoderFailures {
    /// The number of frames.
    #[serde(default = "one")]
    pub frames: u32,
}

/// A time in which a route hands nothing over though it should.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = AlertRouteFailure)]
pub struct RouteFailure {
    /// The route; any of the group where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route: Option<RouteName>,
    /// The seconds for which it must be so.
    pub seconds: u64,
}

/// The time for which a condition must hold: a duration, a number of frames, or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = AlertHold)]
#[serde(expecting = "seconds, frames or both, such as {\"seconds\": 600}")]
pub struct Hold {
    /// The seconds from the first frame that shows it to the one that raises the alert.
    #[serde(default)]
    pub seconds: u64,
    /// The number of frames in a row that show it.
    #[serde(default = "one")]
    pub frames: u32,
}

impl Default for Hold {
    fn default() -> Self {
        Self { seconds: 0, frames: 1 }
    }
}

const fn one() -> u32 {
    1
}

const fn low_percent() -> f64 {
    20.0
}

impl Condition {
    /// The time for which the condition must hold.
    #[must_use]
    pub fn hold(&self) -> Hold {
        match self {
            Self::Above(limit) | Self::Below(limit) => limit.hold,
            Self::Outside(range) => range.hold,
            Self::Equals(equality) => equality.hold,
            Self::DecoderFailures(failures) => Hold { seconds: 0, frames: failures.frames },
            Self::Route(failure) => Hold { seconds: failure.seconds, frames: 1 },
            Self::Changed(_) | Self::Silent(_) | Self::Battery(_) | Self::Alarm(_) => {
                Hold::default()
            }
        }
    }

    /// The quantity that the condition is about, where it is about one.
    #[must_use]
    pub fn quantity(&self) -> Option<&str> {
        match self {
            Self::Above(limit) | Self::Below(limit) => Some(&limit.quantity),
            Self::Outside(range) => Some(&range.quantity),
            Self::Equals(equality) => Some(&equality.quantity),
            Self::Changed(change) => Some(&change.quantity),
            Self::Alarm(alarm) => alarm.quantity.as_deref(),
            Self::Silent(_) | Self::Battery(_) | Self::DecoderFailures(_) | Self::Route(_) => None,
        }
    }

    /// The same with a value that is short enough to be told.
    pub(super) fn bounded(self) -> Self {
        match self {
            Self::Equals(equality) => {
                Self::Equals(Equality { value: equality.value.bounded(), ..equality })
            }
            other => other,
        }
    }
}
