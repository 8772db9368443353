//! The members of a schedule as arguments: all of a new one, or some that are changed.

use champollion_client::{SchedulePlace, SchedulePlan, ScheduleTime};
use champollion_delivery::names::GroupId;
use champollion_frames::DevEui;
use clap::{ArgGroup, Args, ValueEnum};
use jiff::{Timestamp, civil::Date};
use serde_json::{Map, Value as Json};

use crate::{Failure, own_json::read_own_json, settings};

/// The members of a schedule that are said.
#[derive(Args)]
#[command(group = ArgGroup::new("rule").args(["cron", "sun", "at"]))]
#[command(group = ArgGroup::new("whom").args(["device", "group"]))]
pub(super) struct Changes {
    /// DevEUI of the device, 16 hexadecimal digits
    #[arg(long)]
    device: Option<DevEui>,
    /// All devices of a group
    #[arg(long)]
    group: Option<GroupId>,
    /// Only devices of the group that have this tag; may stand several times
    #[arg(long, value_name = "NAME=VALUE", value_parser = settings::pair)]
    tag: Vec<(String, String)>,
    /// Command to the devices, in the words of their decoder: a JSON object
    #[arg(long, value_name = "JSON", value_parser = object)]
    command: Option<Map<String, Json>>,
    /// Cron expression: minute, hour, day, month, weekday, such as "0 22 * * *"
    #[arg(long)]
    cron: Option<String>,
    /// Event of the sun
    #[arg(long, value_enum)]
    sun: Option<Sun>,
    /// Moment of a schedule that comes once, such as 2030-01-01T00:00:00Z
    #[arg(long)]
    at: Option<Timestamp>,
    /// Minutes after the event of the sun; negative: before it
    #[arg(long, value_name = "MINUTES", allow_negative_numbers = true)]
    offset_minutes: Option<i32>,
    /// Latitude of the place whose sun is meant; that of the device without it
    #[arg(long, value_name = "DEGREES", allow_negative_numbers = true, requires = "longitude")]
    latitude: Option<f64>,
    /// Longitude of the place whose sun is meant
    #[arg(long, value_name = "DEGREES", allow_negative_numbers = true, requires = "latitude")]
    longitude: Option<f64>,
    /// Time zone, such as Europe/Paris; that of the server's settings without it
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<String>,
    /// Day that is left out, such as 2026-12-25; may stand several times
    #[arg(long, value_name = "DATE")]
    except: Vec<Date>,
    /// Ask the devices to acknowledge the command
    #[arg(long)]
    confirmed: bool,
    /// high, normal or low
    #[arg(long)]
    priority: Option<String>,
    /// Seconds after its moment from which on nobody wants the command any more
    #[arg(long, value_name = "SECONDS")]
    expires_in: Option<u32>,
    /// Treatment of moments that were missed while the server was down
    #[arg(long, value_enum)]
    missed: Option<Missed>,
    /// Send nothing for the time being
    #[arg(long, conflicts_with = "resume")]
    pause: bool,
    /// Send again after a pause
    #[arg(long)]
    resume: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Sun {
    /// Appearance of the sun
    Sunrise,
    /// Disappearance of the sun
    Sunset,
}

#[derive(Clone, Copy, ValueEnum)]
enum Missed {
    /// Tell of them, and nothing else
    Tell,
    /// Tell of them, and make up for the latest
    MakeUp,
}

fn object(text: &str) -> Result<Map<String, Json>, String> {
    read_own_json(text).map_err(|error| format!("it is no JSON object: {error}"))
}

impl Changes {
    /// The schedule with what is said in the place of what it had.
    pub(super) fn made_to(&self, mut plan: SchedulePlan) -> Result<SchedulePlan, Failure> {
        self.change_target(&mut plan);
        self.change_time(&mut plan.when);
        if let Some(command) = &self.command {
            plan.command = command.clone();
        }
        plan.confirmed |= self.confirmed;
        plan.priority = self.priority.clone().or(plan.priority);
        plan.expires_in_seconds = self.expires_in.or(plan.expires_in_seconds);
        let missed = self.missed.map(|missed| match missed {
            Missed::Tell => "tell".to_owned(),
            Missed::MakeUp => "make-up".to_owned(),
        });
        plan.missed = missed.or(plan.missed);
        plan.paused = self.pause || plan.paused && !self.resume;
        if plan.command.is_empty() {
            let why = "give the command with --command, a JSON object in the words of the decoder";
            return Err(Failure::new("there is nothing to send", why));
        }
        Ok(plan)
    }

    fn change_target(&self, plan: &mut SchedulePlan) {
        if self.device.is_some() || self.group.is_some() {
            plan.device = self.device;
            plan.group = self.group.as_ref().map(ToString::to_string);
            plan.tags.clear();
        }
        if !self.tag.is_empty() {
            plan.tags = self.tag.iter().cloned().collect();
        }
    }

    /// Another rule takes the place of the one before with all that went with that.
    fn change_time(&self, when: &mut ScheduleTime) {
        if self.cron.is_some() || self.sun.is_some() || self.at.is_some() {
            when.cron.clone_from(&self.cron);
            when.at = self.at;
            let is_of_sun = self.sun.is_some() && when.sun.is_some();
            when.offset_minutes = when.offset_minutes.filter(|_| is_of_sun);
            when.place = when.place.filter(|_| is_of_sun);
            when.sun = self.sun.map(|sun| match sun {
                Sun::Sunrise => "sunrise".to_owned(),
                Sun::Sunset => "sunset".to_owned(),
            });
        }
        when.offset_minutes = self.offset_minutes.or(when.offset_minutes);
        let place = self.latitude.zip(self.longitude);
        let place = place.map(|(latitude, longitude)| SchedulePlace { latitude, longitude });
        when.place = place.or(when.place);
        when.time_zone = self.time_zone.clone().or(when.time_zone.take());
        if !self.except.is_empty() {
            when.exceptions = self.except.iter().map(ToString::to_string).collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        changes: Changes,
    }

    fn made(arguments: &[&str], plan: SchedulePlan) -> SchedulePlan {
        let line = ["line"].iter().chain(arguments);
        let Ok(made) = Line::parse_from(line).changes.made_to(plan) else {
            panic!("the line is refused: {arguments:?}")
        };
        made
    }

    #[test]
    fn what_is_not_said_stays_and_another_rule_takes_the_place_of_the_one_before() {
        let sunset = ["--group", "light", "--tag", "street=Rue X", "--sun", "sunset"];
        let more = ["--offset-minutes", "-10", "--latitude", "48.5", "--longitude", "2.5"];
        let command = ["--command", "{\"on\": true}", "--except", "2026-12-25"];
        let evening = made(&[&sunset[..], &more, &command].concat(), SchedulePlan::default());
        assert_eq!(evening.when.offset_minutes, Some(-10));
        assert_eq!(evening.tags.len(), 1);
        let paused = made(&["--pause", "--missed", "make-up"], evening.clone());
        let (when, tags) = (evening.when.clone(), evening.tags.clone());
        assert_eq!((&paused.when, &paused.tags, paused.paused), (&when, &tags, true));
        assert_eq!(paused.missed.as_deref(), Some("make-up"));
        let nightly = made(&["--cron", "0 22 * * *", "--resume"], paused);
        assert_eq!((nightly.when.sun, nightly.when.place, nightly.paused), (None, None, false));
        assert_eq!(nightly.when.exceptions, ["2026-12-25"]);
        let one = made(&["--device", "70B3D5499A000001"], evening);
        assert!(one.tags.is_empty() && one.group.is_none());
    }
}
