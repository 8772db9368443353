//! Schedules of commands: made, changed, tried and removed.

use std::collections::BTreeMap;

use champollion_frames::DevEui;
use champollion_sdk::vectors::Hex;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use crate::{
    Answer, Client, ClientError, DecoderName, Refused,
    client::{ask, tell},
    pages::all,
};

/// A schedule as it is asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SchedulePlan {
    /// The name for people.
    pub name: String,
    /// The device that is commanded; left out where it is a group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DevEui>,
    /// The group whose devices are commanded; of a device it is the device's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Tags that all of the devices must have.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// The moments of the schedule.
    pub when: ScheduleTime,
    /// The command, in the words of the devices' decoders.
    pub command: Map<String, Json>,
    /// Whether the devices are asked to acknowledge it.
    #[serde(default)]
    pub confirmed: bool,
    /// `high`, `normal` or `low`: the order among several commands. Normal where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<String>,
    /// The seconds after its moment from which on nobody wants the command any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in_seconds: Option<u32>,
    /// `tell` or `make-up`: what becomes of moments that were missed while the server was down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missed: Option<String>,
    /// Whether nothing is sent for the time being.
    #[serde(default)]
    pub paused: bool,
}

/// The moments of a schedule: one of `cron`, `sun` and `at`, with what goes with it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScheduleTime {
    /// A cron expression: minute, hour, day, month, weekday.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cron: Option<String>,
    /// The event of the sun, `sunrise` or `sunset`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sun: Option<String>,
    /// The one moment of a schedule that comes once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// Minutes after the event of the sun, or before it where the number is negative.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset_minutes: Option<i32>,
    /// The place whose sun is meant; that of the device where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<SchedulePlace>,
    /// The time zone of the tz database; the one of the server's settings where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// Days that are left out, such as `2026-12-25`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<String>,
}

/// A place on earth, in degrees.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SchedulePlace {
    /// The latitude of the place.
    pub latitude: f64,
    /// The longitude of the place.
    pub longitude: f64,
}

/// A schedule as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Schedule {
    /// The name of the schedule for programs.
    pub id: Uuid,
    /// The group whose schedule it is.
    pub group: String,
    /// The schedule as it was asked for.
    pub plan: SchedulePlan,
    /// The name of the token, or of the person, that made it.
    pub made_by: String,
    /// The moment at which it was made.
    pub made_at: Timestamp,
    /// The moment of its last change.
    pub changed_at: Timestamp,
    /// The next moment; absent where none comes, or where it is paused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Timestamp>,
    /// The reason why no moment comes any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// The outcomes of the last moments, the latest first; lists of schedules have none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<ScheduleRun>,
}

/// The outcome of a moment of a schedule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScheduleRun {
    /// The moment; of several that were missed the first one.
    pub at: Timestamp,
    /// `sent`, `refused`, `missed` or `running`.
    pub state: String,
    /// The last of several moments that were missed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Timestamp>,
    /// The number of moments that were missed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moments: Option<u64>,
    /// Whether the moment was made up for.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub made_up: bool,
    /// The number of commands that were taken.
    pub queued: u64,
    /// The number of devices that could not be commanded.
    pub refused: u64,
    /// The commands that were sent: that of the device, or those to pieces of the group.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<Uuid>,
    /// The reason why a device could not be commanded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// The word for the reason; servers of before told none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// The schedules that the token sees.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScheduleList {
    /// The schedules, in the order in which they were made.
    pub schedules: Vec<Schedule>,
}

/// The next moments of a schedule, with every payload.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScheduleDryRun {
    /// The time zone of the schedule.
    pub time_zone: String,
    /// The next moments, ten at most.
    pub moments: Vec<PlannedMoment>,
}

/// A moment to come, with what would be sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedMoment {
    /// The moment in universal time.
    pub at: Timestamp,
    /// The same by the clocks of the time zone.
    pub local: String,
    /// The payloads, each with the devices that get it.
    pub payloads: Vec<PlannedPayload>,
}

/// A payload that some devices would get.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlannedPayload {
    /// The number of devices that would get it.
    pub devices: u64,
    /// Some of these devices.
    pub examples: Vec<DevEui>,
    /// The decoder that encodes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decoder: Option<DecoderName>,
    /// FPort, 1 to 223.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub f_port: Option<u8>,
    /// The FRMPayload in clear.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<Hex>,
    /// Warnings though the command could be encoded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// The reason why these devices would get nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Refused>,
}

impl Client {
    /// Makes a schedule: `POST /v1/schedules`.
    pub async fn add_schedule(&self, plan: &SchedulePlan) -> Result<Answer<Schedule>, ClientError> {
        ask(self.post("v1/schedules").json(plan)).await
    }

    /// Lists schedules: `GET /v1/schedules`.
    pub async fn schedules(&self) -> Result<Answer<ScheduleList>, ClientError> {
        all("schedules", None, || self.get("v1/schedules")).await
    }

    /// Shows a schedule with the outcomes of its last moments: `GET /v1/schedules/{id}`.
    pub async fn schedule(&self, id: Uuid) -> Result<Answer<Schedule>, ClientError> {
        ask(self.get(format_args!("v1/schedules/{id}"))).await
    }

    /// Puts another schedule in the place of one: `PUT /v1/schedules/{id}`.
    pub async fn change_schedule(
        &self,
        id: Uuid,
        plan: &SchedulePlan,
    ) -> Result<Answer<Schedule>, ClientError> {
        ask(self.put(format_args!("v1/schedules/{id}")).json(plan)).await
    }

    /// Removes a schedule: `DELETE /v1/schedules/{id}`.
    pub async fn remove_schedule(&self, id: Uuid) -> Result<(), ClientError> {
        tell(self.delete(format_args!("v1/schedules/{id}"))).await
    }

    /// Shows the next moments of a schedule and every payload: `GET /v1/schedules/{id}/next`.
    pub async fn schedule_dry_run(&self, id: Uuid) -> Result<Answer<ScheduleDryRun>, ClientError> {
        ask(self.get(format_args!("v1/schedules/{id}/next"))).await
    }
}
