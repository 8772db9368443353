//! Alerts as they are kept and shown.

use std::{fmt, str::FromStr};

use champollion_fleet::{
    names::{GroupId, SubGroup, UseCase},
    points::PointId,
};
use champollion_frames::DevEui;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{condition::RouteName, rule::RuleName, state::Value};

/// Most bytes, as JSON has them, of a text that comes from a sheet or a decoder: the alerts of all rules that watch a
/// device, with their mails, must fit into the batch of its frame.
const BYTES: usize = 240;

/// The subject of an alert: a device with its place, or a route.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AlertPlace)]
pub struct Place {
    /// The group that the device or the route is of.
    pub group: GroupId,
    /// The part of the group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_group: Option<SubGroup>,
    /// The purpose of the device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub use_case: Option<UseCase>,
    /// The device that broke the rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DevEui>,
    /// The route that broke the rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route: Option<RouteName>,
    /// The name of the device for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The point that the device is on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub point: Option<PointId>,
    /// The postal address of the place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// The key of states: what they are of.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// A device, by its DevEUI.
    Device(DevEui),
    /// A route, by its group and its name.
    Route(GroupId, RouteName),
}

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
    /// The limit of the rule, in words.
    pub limit: String,
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

impl Place {
    /// The place of a route.
    #[must_use]
    pub fn of_route(group: GroupId, route: RouteName) -> Self {
        Self {
            group,
            sub_group: None,
            use_case: None,
            device: None,
            route: Some(route),
            name: String::new(),
            point: None,
            address: None,
        }
    }

    /// The same with texts that are short enough to be told.
    #[must_use]
    pub fn bounded(mut self) -> Self {
        self.name = short(&self.name);
        self.address = self.address.as_deref().map(short);
        self
    }

    /// The key that states of it are kept under; nothing of a place that is neither of a device nor of a route.
    #[must_use]
    pub fn subject(&self) -> Option<Subject> {
        match (self.device, &self.route) {
            (Some(device), _) => Some(Subject::Device(device)),
            (None, Some(route)) => Some(Subject::Route(self.group.clone(), route.clone())),
            (None, None) => None,
        }
    }

    /// The name for people: of the device, its point and its DevEUI as far as they are known, or of the route.
    #[must_use]
    pub fn title(&self) -> String {
        let device = self.device.map(|device| device.to_string());
        let route = self.route.as_ref().map(ToString::to_string);
        let name = Some(self.name.clone()).filter(|name| !name.is_empty());
        let point = self.point.as_ref().map(ToString::to_string);
        name.or(point).or(device).or(route).unwrap_or_default()
    }
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

/// Cuts a text, and a value that is one.
pub(super) fn short(text: &str) -> String {
    let mut left = BYTES;
    let fits = |letter: &char| match left.checked_sub(bytes_of(*letter)) {
        Some(rest) => {
            left = rest;
            true
        }
        None => false,
    };
    text.chars().take_while(fits).collect()
}

/// The bytes of a letter within a text of JSON.
fn bytes_of(letter: char) -> usize {
    match letter {
        '"' | '\\' => 2,
        letter if letter < ' ' => 6,
        letter => letter.len_utf8(),
    }
}

/// Begins the keys of routes, which no DevEUI does.
const ROUTE: &str = "route:";

/// A key that is neither of a device nor of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is neither a DevEUI nor route:group/name")]
pub struct NoSubject;

impl fmt::Display for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Device(device) => device.fmt(formatter),
            Self::Route(group, route) => write!(formatter, "{ROUTE}{group}/{route}"),
        }
    }
}

impl FromStr for Subject {
    type Err = NoSubject;

    fn from_str(text: &str) -> Result<Self, NoSubject> {
        let Some(route) = text.strip_prefix(ROUTE) else {
            return text.parse().map(Self::Device).map_err(|_| NoSubject);
        };
        let (group, name) = route.split_once('/').ok_or(NoSubject)?;
        let parsed = (group.parse().map_err(|_| NoSubject)?, name.parse().map_err(|_| NoSubject)?);
        Ok(Self::Route(parsed.0, parsed.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_two_letters() {
        assert_eq!(short("école"), "école");
        let cut = short(&format!("x{}", "é".repeat(BYTES)));
        assert!(cut.len() == BYTES - 1 && cut.ends_with('é'), "{cut}");
        for letter in ['"', '\\', '\u{1}', 'é', 'a'] {
            let cut = short(&letter.to_string().repeat(BYTES));
            let written = serde_json::to_string(&cut).unwrap().len() - "\"\"".len();
            assert!(written <= BYTES && written > BYTES - 6, "{letter:?}: {written}");
        }
    }

    #[test]
    fn states_are_of_devices_and_of_routes() {
        for text in ["70B3D5499A000001", "route:water/city"] {
            assert_eq!(text.parse::<Subject>().unwrap().to_string(), text);
        }
        for text in ["", "water", "route:water", "route:/a"] {
            assert!(text.parse::<Subject>().is_err(), "{text}");
        }
    }
}
