//! A schedule: what is asked for, and what it means for the devices that there are.

use std::{collections::BTreeMap, sync::Arc};

use champollion_delivery::names::GroupId;
use champollion_frames::DevEui;
use champollion_lns::Priority;
use champollion_service::schedules::{Calendar, Missed, Place, When, WhenError};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use crate::{
    devices::{Device, Devices},
    downlinks::CommandRequest,
};

/// Longest name of a schedule in characters.
const NAME_LENGTH: usize = 80;

/// Seconds after its moment from which on nobody wants a command any more, where nothing is said.
const EXPIRY_SECONDS: u32 = 3_600;

/// The longest of these times: within it a command is recognized when it is sent once more.
const LONGEST_EXPIRY_SECONDS: u32 = 24 * 3_600;

/// A schedule as it is asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ScheduleRequest)]
pub struct ScheduleRequest {
    /// The name for people.
    #[schema(example = "Evening")]
    pub name: String,
    /// The device that is commanded; left out where it is a group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DevEui>,
    /// The group whose devices are commanded; of a device it is the device's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupId>,
    /// Only the devices of the group that have all of these tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// The moments of the schedule.
    pub when: When,
    /// The command, in the words of the devices' decoders.
    #[schema(value_type = Object)]
    pub command: Map<String, Json>,
    /// Whether the devices are asked to acknowledge it.
    #[serde(default)]
    pub confirmed: bool,
    /// The place among several commands.
    #[serde(default)]
    pub priority: Priority,
    /// Seconds after its moment from which on nobody wants the command any more, 60 to 86400; 3600 where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in_seconds: Option<u32>,
    /// The treatment of moments that were missed while the server was down.
    #[serde(default)]
    pub missed: Missed,
    /// Whether nothing is sent for the time being.
    #[serde(default)]
    pub paused: bool,
}

/// A schedule as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Schedule {
    /// The name of the schedule for programs.
    pub id: Uuid,
    /// The group whose schedule it is.
    pub group: GroupId,
    /// The schedule as it was asked for.
    pub wish: ScheduleRequest,
    /// The name of the token, or of the person, that made it.
    pub made_by: String,
    /// The moment at which it was made.
    pub made_at: Timestamp,
    /// The moment of its last change.
    pub changed_at: Timestamp,
}

/// A fault of a schedule beside its time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TargetError {
    /// The name cannot be used.
    #[error("the name must have 1 to {NAME_LENGTH} characters, none of them a control character")]
    Name,
    /// No device is meant.
    #[error("nobody is commanded: give \"device\": a DevEUI, or \"group\": the name of a group")]
    Nobody,
    /// Tags are given for a device.
    #[error("tags narrow a group: leave them out, or give the group without a device")]
    TagsOfDevice,
    /// The group is another one than that of the device.
    #[error("the device {0} is of another group: leave group out")]
    OtherGroup(DevEui),
    /// The time after which the command expires is out of bounds.
    #[error("expiresInSeconds is {0}: it is from 60 to {LONGEST_EXPIRY_SECONDS}, a day")]
    Expiry(u32),
}

impl TargetError {
    /// The most characters of a name.
    pub(crate) const NAME_LENGTH: usize = NAME_LENGTH;

    /// The longest time that a command may wait, in seconds.
    pub(crate) const SECONDS: u32 = LONGEST_EXPIRY_SECONDS;
}

impl ScheduleRequest {
    /// Checks what does not depend on the devices that there are.
    ///
    /// # Errors
    /// Says what is wrong, and what to write instead.
    pub fn check(&self) -> Result<(), TargetError> {
        let length = self.name.chars().count();
        if !(1..=NAME_LENGTH).contains(&length) || self.name.chars().any(char::is_control) {
            return Err(TargetError::Name);
        }
        if self.device.is_none() && self.group.is_none() {
            return Err(TargetError::Nobody);
        }
        if self.device.is_some() && !self.tags.is_empty() {
            return Err(TargetError::TagsOfDevice);
        }
        match self.expires_in_seconds {
            Some(seconds) if !(60..=LONGEST_EXPIRY_SECONDS).contains(&seconds) => {
                Err(TargetError::Expiry(seconds))
            }
            _ => Ok(()),
        }
    }

    /// Returns the seconds after its moment from which on nobody wants the command any more.
    #[must_use]
    pub fn expiry_seconds(&self) -> u32 {
        self.expires_in_seconds.unwrap_or(EXPIRY_SECONDS)
    }

    /// Returns the command as it is sent by hand, wanted until a moment.
    #[must_use]
    pub fn command_until(&self, expires_at: Timestamp) -> CommandRequest {
        CommandRequest {
            command: self.command.clone(),
            confirmed: self.confirmed,
            expires_at: Some(expires_at),
            expires_in_seconds: None,
            priority: self.priority,
        }
    }

    /// Whether a device of a group is meant.
    #[must_use]
    pub fn means(&self, device: &Device, group: &GroupId) -> bool {
        let has = |(name, value): (&String, &String)| device.tags.get(name) == Some(value);
        device.group == *group && self.tags.iter().all(has)
    }
}

impl Schedule {
    /// Returns the moments of the schedule as its device stands now.
    ///
    /// # Errors
    /// The device has no place any more whose sun could be followed.
    pub fn calendar(&self, devices: &Devices, usual_zone: &str) -> Result<Calendar, WhenError> {
        let device = self.wish.device.and_then(|dev_eui| devices.get(dev_eui));
        self.wish.when.calendar(usual_zone, device.as_deref().and_then(place_of))
    }

    /// Returns the devices that are commanded.
    #[must_use]
    pub fn devices(&self, devices: &Devices) -> Vec<Arc<Device>> {
        match self.wish.device {
            // A device that has gone to another group is not this partner's to command.
            Some(dev_eui) => devices
                .get(dev_eui)
                .filter(|device| device.group == self.group)
                .into_iter()
                .collect(),
            None => devices.of_group(&self.group, |device| self.wish.means(device, &self.group)),
        }
    }
}

/// Returns the place of a device, where its sheet says one.
#[must_use]
pub fn place_of(device: &Device) -> Option<Place> {
    let (latitude, longitude) = (device.object.latitude?, device.object.longitude?);
    Place::new(latitude.degrees(), longitude.degrees()).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(more: Json) -> Result<(), TargetError> {
        let mut whole = json!({ "name": "Evening", "command": { "on": true }, "when": { "cron": "0 22 * * *" } });
        for (name, value) in more.as_object().unwrap() {
            whole[name] = value.clone();
        }
        serde_json::from_value::<ScheduleRequest>(whole).unwrap().check()
    }

    #[test]
    fn a_schedule_means_somebody_and_expires_within_a_day() {
        assert_eq!(check(json!({ "group": "light", "tags": { "street": "Rue X" } })), Ok(()));
        assert_eq!(check(json!({ "device": "70B3D5499A000001", "group": "light" })), Ok(()));
        for (more, words) in [
            (json!({}), "nobody is commanded"),
            (json!({ "group": "light", "name": "" }), "1 to 80"),
            (json!({ "group": "light", "name": "a\nb" }), "control"),
            (json!({ "device": "70B3D5499A000001", "tags": { "a": "b" } }), "narrow a group"),
            (json!({ "group": "light", "expiresInSeconds": 59 }), "86400"),
            (json!({ "group": "light", "expiresInSeconds": 90_000 }), "86400"),
        ] {
            let refused = check(more).unwrap_err().to_string();
            assert!(refused.contains(words), "{refused}");
        }
    }
}
