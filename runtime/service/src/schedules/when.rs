//! The time of a schedule as a person says it, and what is wrong with it.

use std::{collections::BTreeSet, time::Duration};

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};

use super::{
    calendar::{Calendar, Timing},
    cron_fault::{self, CronFault},
    place::Place,
    sun::{Sun, SunEvent},
};

/// Longest cron expression in bytes.
const CRON_BYTES: usize = 200;

/// Most days that are left out: some years of holidays.
const EXCEPTIONS: usize = 1_000;

/// Largest offset from the sun in minutes: half a day, beyond which the event of another day is meant.
const OFFSET_MINUTES: i32 = 12 * 60;

/// Moments that are looked at for the time between two of them.
const LOOKED_AT: usize = 60;

/// Times between moments that may be too short: one, where clocks are put forward.
const SHORT_ONCE: usize = 1;

/// The time of a schedule: one of `cron`, `sun` and `at`, with what goes with it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ScheduleTime)]
pub struct When {
    /// A cron expression: minute, hour, day, month, weekday.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "0 22 * * *")]
    pub cron: Option<String>,
    /// An event of the sun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sun: Option<SunEvent>,
    /// The one moment of a schedule that comes once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub at: Option<Timestamp>,
    /// Minutes after the event of the sun, or before it where the number is negative.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset_minutes: Option<i32>,
    /// The place whose sun is meant; that of the device where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The time zone of the tz database; the one of the settings where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "Europe/Paris")]
    pub time_zone: Option<String>,
    /// Days of the time zone that are left out.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[schema(value_type = Vec<String>, example = json!(["2026-12-25"]))]
    pub exceptions: BTreeSet<Date>,
}

/// A fault of the time of a schedule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WhenError {
    /// No rule is said, or several.
    #[error(
        "give one of cron, sun and at, such as \"cron\": \"0 22 * * *\", \"sun\": \"sunset\" or \
         \"at\": \"2030-01-01T00:00:00Z\"; {0} of them are there"
    )]
    NotOneRule(usize),
    /// A member is said that goes with the sun alone.
    #[error("{0} goes with sun: leave it out, or say \"sun\": \"sunset\" instead")]
    WithoutSun(&'static str),
    /// The expression cannot be read.
    #[error(
        "the cron expression {cron:?} cannot be read: {fault}. It is written like 0 22 * * 1-5: minute, hour, day, \
         month, weekday"
    )]
    Cron {
        /// The expression of the schedule.
        cron: String,
        /// The fault of the expression.
        fault: CronFault,
    },
    /// The moments come too often.
    #[error(
        "the moments are {seconds} s apart, and {least_seconds} s are the least: write {instead}, or less often"
    )]
    TooOften {
        /// The time between two moments in seconds.
        seconds: u64,
        /// The shortest time in seconds.
        least_seconds: u64,
        /// The expression that comes as often as may be.
        instead: String,
    },
    /// There is no such time zone.
    #[error("there is no time zone {0:?}: it must be one of the tz database, such as Europe/Paris")]
    Zone(String),
    /// Nobody knows whose sun is meant.
    #[error(
        "nobody knows whose sun is meant: say \"place\": {{\"latitude\": 48.8566, \"longitude\": 2.3522}}, or give the \
         device a latitude and a longitude; a group needs a place"
    )]
    NoPlace,
    /// The offset is that of another day.
    #[error(
        "offsetMinutes is {0}, and half a day is the most: from -{OFFSET_MINUTES} to {OFFSET_MINUTES}"
    )]
    Offset(i32),
    /// More days are left out than are kept.
    #[error("{0} days are left out, and {EXCEPTIONS} are the most: leave out those that are past")]
    TooManyExceptions(usize),
    /// The one moment is over.
    #[error("at is {0}, which is past: say a moment to come")]
    Past(Timestamp),
    /// The day of the expression is in no month that it names.
    #[error(
        "no moment of {0:?} ever comes, since no such day exists: say a day that the month has, such as 0 0 28 2 *"
    )]
    NoSuchDay(String),
    /// All moments are on days that are left out.
    #[error("all moments are on days that exceptions leaves out: take some of them out of it")]
    AllLeftOut,
    /// The sun neither rises nor sets at the place.
    #[error(
        "the sun does not rise or set there on any day to come: say another place, or cron instead of sun"
    )]
    NoSun,
}

impl WhenError {
    /// The most days that a schedule leaves out.
    pub const EXCEPTIONS: usize = EXCEPTIONS;

    /// The most minutes between the sun and a moment, before and after it.
    pub const OFFSET_MINUTES: i32 = OFFSET_MINUTES;
}

impl When {
    /// Returns the moments of this time, where it makes sense from `now` on. `usual_zone` and `usual_place` count where
    /// nothing is said; moments are at least `least` apart.
    ///
    /// # Errors
    /// Says what is wrong, and what to write instead.
    pub fn checked(
        &self,
        (usual_zone, usual_place): (&str, Option<Place>),
        now: Timestamp,
        least: Duration,
    ) -> Result<Calendar, WhenError> {
        if let Some(at) = self.at.filter(|at| *at <= now) {
            return Err(WhenError::Past(at));
        }
        let calendar = self.calendar(usual_zone, usual_place)?;
        if calendar.next(now).is_none() {
            return Err(self.never(calendar, now));
        }
        check_pace(&calendar, now, least)?;
        Ok(calendar)
    }

    /// The reason why no moment comes.
    fn never(&self, calendar: Calendar, now: Timestamp) -> WhenError {
        let whole = Calendar { exceptions: BTreeSet::new(), ..calendar };
        if whole.next(now).is_some() {
            return WhenError::AllLeftOut;
        }
        match &self.cron {
            Some(cron) => WhenError::NoSuchDay(cron.clone()),
            None => WhenError::NoSun,
        }
    }

    /// Returns the moments of this time, whether one is to come or not.
    ///
    /// # Errors
    /// Says what is wrong, and what to write instead.
    pub fn calendar(
        &self,
        usual_zone: &str,
        usual_place: Option<Place>,
    ) -> Result<Calendar, WhenError> {
        self.check_members()?;
        let name = self.time_zone.as_deref().unwrap_or(usual_zone);
        let unknown = || WhenError::Zone(name.chars().take(80).collect());
        let zone = TimeZone::get(name).map_err(|_| unknown())?;
        let exceptions = self.exceptions.clone();
        Ok(Calendar { timing: self.timing(usual_place)?, zone, exceptions })
    }

    fn check_members(&self) -> Result<(), WhenError> {
        let rules = [self.cron.is_some(), self.sun.is_some(), self.at.is_some()];
        let rules = rules.into_iter().filter(|is_said| *is_said).count();
        if rules != 1 {
            return Err(WhenError::NotOneRule(rules));
        }
        if self.sun.is_none() && self.offset_minutes.is_some() {
            return Err(WhenError::WithoutSun("offsetMinutes"));
        }
        if self.sun.is_none() && self.place.is_some() {
            return Err(WhenError::WithoutSun("place"));
        }
        let exceptions = self.exceptions.len();
        if exceptions > EXCEPTIONS { Err(WhenError::TooManyExceptions(exceptions)) } else { Ok(()) }
    }

    fn timing(&self, usual_place: Option<Place>) -> Result<Timing, WhenError> {
        if let Some(cron) = &self.cron {
            return read_cron(cron);
        }
        if let Some(at) = self.at {
            return Ok(Timing::Once(at));
        }
        let event = self.sun.ok_or(WhenError::NotOneRule(0))?;
        let minutes = self.offset_minutes.unwrap_or_default();
        if !(-OFFSET_MINUTES..=OFFSET_MINUTES).contains(&minutes) {
            return Err(WhenError::Offset(minutes));
        }
        let place = self.place.or(usual_place).ok_or(WhenError::NoPlace)?;
        let offset = SignedDuration::from_mins(i64::from(minutes));
        Ok(Timing::Sun(Sun { event, offset, place }))
    }
}

fn read_cron(cron: &str) -> Result<Timing, WhenError> {
    let refused =
        |fault: CronFault| WhenError::Cron { cron: cron.chars().take(CRON_BYTES).collect(), fault };
    if cron.len() > CRON_BYTES {
        return Err(refused(CronFault::TooLong(CRON_BYTES)));
    }
    cron_fault::parsed(cron).map(|parsed| Timing::Cron(Box::new(parsed))).map_err(refused)
}

/// Checks the times between the moments that come next.
fn check_pace(calendar: &Calendar, now: Timestamp, least: Duration) -> Result<(), WhenError> {
    let moments: Vec<Timestamp> = calendar.after(now).take(LOOKED_AT).collect();
    let pauses = moments.windows(2).filter_map(|pair| match pair {
        [before, next] => Duration::try_from(next.duration_since(*before)).ok(),
        _ => None,
    });
    let short: Vec<Duration> = pauses.filter(|pause| *pause < least).collect();
    if short.len() <= SHORT_ONCE {
        return Ok(());
    }
    let seconds = short.iter().min().map(Duration::as_secs).unwrap_or_default();
    let (least_seconds, instead) = (least.as_secs(), cron_fault::as_often_as(least));
    Err(WhenError::TooOften { seconds, least_seconds, instead })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: Duration = Duration::from_secs(60);

    fn when(json: &str) -> When {
        serde_json::from_str(json).unwrap()
    }

    fn checked(json: &str) -> Result<Calendar, WhenError> {
        let now = "2026-03-01T00:00:00Z".parse().unwrap();
        when(json).checked(("Europe/Paris", None), now, LEAST)
    }

    fn local(json: &str, after: &str, count: usize) -> Vec<String> {
        let calendar = when(json).calendar("Europe/Paris", None).unwrap();
        let moments = calendar.after(after.parse().unwrap()).take(count);
        moments.map(|moment| calendar.zone().to_datetime(moment).to_string()).collect()
    }

    #[test]
    fn what_comes_daily_comes_once_on_days_of_23_and_25_hours() {
        // On 29 March 2026 clocks go from 2:00 to 3:00, on 25 October from 3:00 to 2:00.
        let nightly = r#"{"cron": "30 2 * * *"}"#;
        assert_eq!(
            local(nightly, "2026-03-28T12:00:00Z", 2),
            ["2026-03-29T03:00:00", "2026-03-30T02:30:00"]
        );
        assert_eq!(
            local(nightly, "2026-10-24T12:00:00Z", 2),
            ["2026-10-25T02:30:00", "2026-10-26T02:30:00"]
        );
    }

    #[test]
    fn what_comes_hourly_comes_each_hour_on_days_of_23_and_25_hours() {
        let hourly = r#"{"cron": "0 * * * *"}"#;
        assert_eq!(
            local(hourly, "2026-03-29T00:30:00Z", 2),
            ["2026-03-29T03:00:00", "2026-03-29T04:00:00"]
        );
        assert_eq!(
            local(hourly, "2026-10-24T23:30:00Z", 3),
            ["2026-10-25T02:00:00", "2026-10-25T02:00:00", "2026-10-25T03:00:00"]
        );
        let left_out = r#"{"cron": "0 * * * *", "exceptions": ["2026-10-25"]}"#;
        assert_eq!(
            local(left_out, "2026-10-24T21:30:00Z", 1),
            ["2026-10-26T00:00:00"],
            "a day of 25 hours is left out whole"
        );
    }

    #[test]
    fn days_that_are_left_out_have_no_moment() {
        let json = r#"{"cron": "*/5 * * * *", "exceptions": ["2026-12-25", "2026-12-26"]}"#;
        assert_eq!(
            local(json, "2026-12-24T22:50:00Z", 2),
            ["2026-12-24T23:55:00", "2026-12-27T00:00:00"]
        );
        let zoned =
            r#"{"cron": "0 12 * * *", "timeZone": "Indian/Reunion", "exceptions": ["2026-12-25"]}"#;
        assert_eq!(local(zoned, "2026-12-24T22:50:00Z", 1), ["2026-12-26T12:00:00"]);
    }

    #[test]
    fn once_is_once() {
        let json = r#"{"at": "2026-07-14T21:00:00Z"}"#;
        assert_eq!(local(json, "2026-07-14T20:59:59Z", 3), ["2026-07-14T23:00:00"]);
        assert_eq!(local(json, "2026-07-14T21:00:00Z", 3), Vec::<String>::new());
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_what_to_write() {
        for (json, words) in [
            ("{}", "give one of cron, sun and at"),
            (r#"{"cron": "0 1 * * *", "sun": "sunset"}"#, "2 of them"),
            (r#"{"cron": "0 25 * * *"}"#, "the hour is \"25\", and goes from 0 to 23"),
            (r#"{"cron": "0 0 * * Mo"}"#, "the weekday is \"Mo\""),
            (r#"{"cron": "* * * * * *"}"#, "it has 6 parts, and five are needed"),
            (r#"{"cron": "0 0 30 2 *"}"#, "no such day exists"),
            (r#"{"sun": "sunset", "place": {"latitude": 90, "longitude": 0}}"#, "another place"),
            (r#"{"cron": "0 1 * * *", "offsetMinutes": 3}"#, "goes with sun"),
            (r#"{"cron": "0 1 * * *", "place": {"latitude": 1, "longitude": 2}}"#, "goes with sun"),
            (r#"{"cron": "0 1 * * *", "timeZone": "Paris"}"#, "Europe/Paris"),
            (r#"{"sun": "sunset"}"#, "latitude"),
            (
                r#"{"sun": "sunset", "place": {"latitude": 1, "longitude": 2}, "offsetMinutes": 999}"#,
                "720",
            ),
            (r#"{"at": "2026-02-28T00:00:00Z"}"#, "past"),
            (
                r#"{"at": "2026-12-25T00:00:00Z", "exceptions": ["2026-12-25"]}"#,
                "exceptions leaves out",
            ),
        ] {
            let refused = checked(json).unwrap_err().to_string();
            assert!(refused.contains(words), "{json}: {refused}");
        }
        let often = when(r#"{"cron": "* * * * *"}"#);
        let now = "2026-03-01T00:00:00Z".parse().unwrap();
        let least = Duration::from_secs(300);
        let refused = often.checked(("UTC", None), now, least).unwrap_err().to_string();
        assert!(
            refused.contains("60 s apart") && refused.contains("write */5 * * * *"),
            "{refused}"
        );
        for place in
            ["{\"latitude\": 91, \"longitude\": 0}", "{\"latitude\": 0, \"longitude\": 181}"]
        {
            let json = format!(r#"{{"sun": "sunset", "place": {place}}}"#);
            let refused = serde_json::from_str::<When>(&json).unwrap_err().to_string();
            assert!(refused.contains("degrees"), "{refused}");
        }
    }

    #[test]
    fn what_makes_sense_is_written_as_it_was_said() {
        for json in [
            r#"{"cron":"0 22 * * *"}"#,
            r#"{"sun":"sunset","offsetMinutes":-10,"place":{"latitude":48.5,"longitude":2.5}}"#,
            r#"{"at":"2026-12-25T00:00:00Z","timeZone":"Europe/Oslo","exceptions":["2026-12-24"]}"#,
        ] {
            checked(json).unwrap();
            assert_eq!(serde_json::to_string(&when(json)).unwrap(), json);
        }
        // The place of the device is the one where none is said.
        let sun = when(r#"{"sun": "sunrise"}"#);
        let place = Place::new(43.3, 5.4).unwrap();
        let now = "2026-03-01T00:00:00Z".parse().unwrap();
        sun.checked(("Europe/Paris", Some(place)), now, LEAST).unwrap();
    }
}
