//! The places of alerts: devices, and routes.

use std::{fmt, str::FromStr};

use champollion_fleet::{
    names::{GroupId, SubGroup, UseCase},
    points::PointId,
};
use champollion_frames::DevEui;
use serde::{Deserialize, Serialize};

use super::{condition::RouteName, short::short};

/// Begins the keys of routes, which no DevEUI does.
const ROUTE: &str = "route:";

/// A key that is neither of a device nor of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is neither a DevEUI nor route:group/name")]
pub struct NoSubject;

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
    fn states_are_of_devices_and_of_routes() {
        for text in ["70B3D5499A000001", "route:water/city"] {
            assert_eq!(text.parse::<Subject>().unwrap().to_string(), text);
        }
        for text in ["", "water", "route:water", "route:/a"] {
            assert!(text.parse::<Subject>().is_err(), "{text}");
        }
    }
}
