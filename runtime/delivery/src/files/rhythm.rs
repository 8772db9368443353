//! When files are made: a cron expression, in a time zone.

use std::time::Duration;

use croner::{
    Cron,
    parser::{CronParser, Year},
};
use jiff::{Timestamp, Zoned, tz::TimeZone};
use serde::{Deserialize, Serialize};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};

/// Longest expression in bytes.
const BYTES: usize = 200;

/// So many moments are looked at for the longest time between two of them.
const LOOKED_AT: usize = 400;

/// When files are made: `0 6 * * *` in `Europe/Paris`. Five fields, minute, hour, day, month, weekday, or
/// six with the second in front.
///
/// Where clocks are put forward, a moment that is left out comes as soon as they have been; where they are
/// put back, a moment of the day comes once, and what comes each hour or oftener comes in both hours.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "Said", into = "Said")]
pub struct Rhythm {
    said: Said,
    cron: Cron,
    zone: TimeZone,
}

/// As it is said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Said {
    /// The cron expression: minute, hour, day, month, weekday, or six fields with the second in front.
    #[schema(example = "0 6 * * *")]
    cron: String,
    /// The time zone of the tz database; UTC where it is left out.
    #[serde(default = "utc")]
    time_zone: String,
}

// The members that stand in JSON.
impl PartialSchema for Rhythm {
    fn schema() -> RefOr<Schema> {
        Said::schema()
    }
}

impl ToSchema for Rhythm {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        Said::schemas(schemas);
    }
}

fn utc() -> String {
    "UTC".to_owned()
}

/// A fault of a rhythm.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RhythmError {
    /// The expression cannot be read.
    #[error(
        "the cron expression {cron:?} cannot be read: {reason}. It is written like 0 6 * * 1-5"
    )]
    Cron {
        /// The expression of the rhythm.
        cron: String,
        /// The fault of the expression.
        reason: String,
    },
    /// The moment never comes.
    #[error("the cron expression {cron:?} means no moment of the years to come")]
    Never {
        /// The expression of the rhythm.
        cron: String,
    },
    /// There is no such time zone.
    #[error("there is no time zone {0:?}: it must be one of the tz database, such as Europe/Paris")]
    Zone(String),
}

impl Rhythm {
    /// A rhythm of an expression in a time zone.
    ///
    /// # Errors
    /// Says which of them cannot be read.
    pub fn new(cron: &str, time_zone: &str) -> Result<Self, RhythmError> {
        let refused =
            |reason: String| RhythmError::Cron { cron: cron.chars().take(BYTES).collect(), reason };
        if cron.len() > BYTES {
            return Err(refused(format!("it has more than {BYTES} bytes")));
        }
        let zone = TimeZone::get(time_zone).map_err(|_| RhythmError::Zone(time_zone.to_owned()))?;
        let parser = CronParser::builder().year(Year::Disallowed).build();
        let parsed = parser.parse(cron).map_err(|error| refused(error.to_string()))?;
        let said = Said { cron: cron.to_owned(), time_zone: time_zone.to_owned() };
        let rhythm = Self { said, cron: parsed, zone };
        if rhythm.next(Timestamp::now()).is_none() {
            return Err(RhythmError::Never { cron: cron.to_owned() });
        }
        Ok(rhythm)
    }

    /// The first moment after this one.
    #[must_use]
    pub fn next(&self, after: Timestamp) -> Option<Timestamp> {
        let after = after.to_zoned(self.zone.clone());
        self.cron.find_next_occurrence(&after, false).ok().map(|next| next.timestamp())
    }

    /// The last moment up to this one.
    #[must_use]
    pub fn last(&self, until: Timestamp) -> Option<Timestamp> {
        let until = until.to_zoned(self.zone.clone());
        self.cron.find_previous_occurrence(&until, true).ok().map(|last| last.timestamp())
    }

    /// A moment as clocks show it where the rhythm is kept.
    #[must_use]
    pub fn clock(&self, moment: Timestamp) -> Zoned {
        moment.to_zoned(self.zone.clone())
    }

    /// The time zone in which the rhythm is kept.
    #[must_use]
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The longest time between two moments, of those that come next.
    #[must_use]
    pub fn longest_pause(&self, from: Timestamp) -> Duration {
        let (mut longest, mut last) = (Duration::ZERO, from);
        for _ in 0..LOOKED_AT {
            let Some(next) = self.next(last) else { break };
            if last != from {
                let pause = next.duration_since(last);
                longest = longest.max(Duration::try_from(pause).unwrap_or_default());
            }
            last = next;
        }
        longest
    }
}

impl PartialEq for Rhythm {
    fn eq(&self, other: &Self) -> bool {
        self.said == other.said
    }
}

impl Eq for Rhythm {}

impl TryFrom<Said> for Rhythm {
    type Error = RhythmError;

    fn try_from(said: Said) -> Result<Self, RhythmError> {
        Self::new(&said.cron, &said.time_zone)
    }
}

impl From<Rhythm> for Said {
    fn from(rhythm: Rhythm) -> Self {
        rhythm.said
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn moments(cron: &str, zone: &str, from: &str, count: usize) -> Vec<String> {
        let rhythm = Rhythm::new(cron, zone).unwrap();
        let mut moment: Timestamp = from.parse().unwrap();
        let mut found = Vec::new();
        for _ in 0..count {
            moment = rhythm.next(moment).unwrap();
            found.push(moment.to_string());
        }
        found
    }

    #[test]
    fn moments_are_those_of_the_clocks_of_the_time_zone() {
        assert_eq!(
            moments("0 6 * * *", "Europe/Paris", "2026-07-01T00:00:00Z", 2),
            ["2026-07-01T04:00:00Z", "2026-07-02T04:00:00Z"]
        );
        assert_eq!(
            moments("0 6 * * 1-5", "UTC", "2026-11-27T06:00:00Z", 1),
            ["2026-11-30T06:00:00Z"]
        );
        assert_eq!(
            moments("*/15 * * * *", "Asia/Kolkata", "2026-11-25T08:01:00Z", 2),
            ["2026-11-25T08:15:00Z", "2026-11-25T08:30:00Z"]
        );
        assert_eq!(
            moments("*/2 * * * * *", "UTC", "2026-11-25T08:00:00Z", 1),
            ["2026-11-25T08:00:02Z"]
        );
    }

    #[test]
    fn what_comes_daily_comes_once_on_the_days_on_which_clocks_are_put() {
        // On 29 March 2026 clocks go from 2:00 to 3:00, on 25 October from 3:00 to 2:00.
        assert_eq!(
            moments("30 2 * * *", "Europe/Paris", "2026-03-28T12:00:00Z", 2),
            ["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]
        );
        assert_eq!(
            moments("30 2 * * *", "Europe/Paris", "2026-10-24T12:00:00Z", 2),
            ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]
        );
    }

    #[test]
    fn what_comes_hourly_comes_in_each_hour_that_passes() {
        assert_eq!(
            moments("0 * * * *", "Europe/Paris", "2026-10-24T23:30:00Z", 4),
            [
                "2026-10-25T00:00:00Z",
                "2026-10-25T01:00:00Z",
                "2026-10-25T02:00:00Z",
                "2026-10-25T03:00:00Z",
            ]
        );
        assert_eq!(
            moments("0 * * * *", "Europe/Paris", "2026-03-28T23:30:00Z", 3),
            ["2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"]
        );
    }

    #[test]
    fn the_last_moment_is_found_too() {
        let rhythm = Rhythm::new("0 6 * * *", "Europe/Paris").unwrap();
        for (until, last) in [
            ("2026-11-25T05:00:00Z", "2026-11-25T05:00:00Z"),
            ("2026-11-25T04:59:59Z", "2026-11-24T05:00:00Z"),
        ] {
            assert_eq!(rhythm.last(until.parse().unwrap()), Some(last.parse().unwrap()), "{until}");
        }
    }

    #[test]
    fn the_longest_pause_is_that_over_the_weekend() {
        let from = "2026-11-25T08:00:00Z".parse().unwrap();
        let hours = |cron| Rhythm::new(cron, "UTC").unwrap().longest_pause(from).as_secs() / 3_600;
        assert_eq!(hours("0 6 * * *"), 24);
        assert_eq!(hours("0 6 * * 1-5"), 72);
        assert_eq!(hours("0 6,18 * * *"), 12);
    }

    #[test]
    fn what_is_no_rhythm_is_refused() {
        for (cron, zone, says) in [
            ("", "UTC", "cannot be read"),
            ("61 * * * *", "UTC", "cannot be read"),
            ("* * *", "UTC", "cannot be read"),
            ("0 0 30 2 *", "UTC", "no moment"),
            ("0 6 * * *", "Europe/Nowhere", "time zone"),
        ] {
            let refused = Rhythm::new(cron, zone).unwrap_err().to_string();
            assert!(refused.contains(says), "{cron}: {refused}");
        }
        let said = serde_json::json!({ "cron": "0 6 * * *", "timeZone": "Europe/Paris" });
        let rhythm: Rhythm = serde_json::from_value(said.clone()).unwrap();
        assert_eq!(serde_json::to_value(rhythm).unwrap(), said);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Moments lie in order, and the last one before the next is the one that it was found after.
        #[test]
        fn moments_follow_each_other(minute in 0..60, hour in 0..24, start in 0_i64..63_072_000) {
            let rhythm = Rhythm::new(&format!("{minute} {hour} * * *"), "Europe/Paris").unwrap();
            let mut last = Timestamp::from_second(1_767_225_600 + start).unwrap();
            for index in 0..5 {
                let next = rhythm.next(last).unwrap();
                prop_assert!(next > last);
                prop_assert!(next.duration_since(last).as_hours() <= 25);
                if index > 0 {
                    prop_assert!(next.duration_since(last).as_hours() >= 22);
                }
                last = next;
            }
        }

        #[test]
        fn no_text_is_too_much(cron in ".{0,30}", fields in "[-0-9*/,#LW? ]{0,24}") {
            drop(Rhythm::new(&cron, "UTC"));
            drop(Rhythm::new(&fields, "UTC"));
        }
    }
}
