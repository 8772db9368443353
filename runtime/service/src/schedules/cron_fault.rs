//! Faults of cron expressions, by the part at which they are, and what may stand there.

use std::{fmt, time::Duration};

use croner::{
    Cron,
    parser::{CronParser, Seconds, Year},
};

/// The parts of an expression in their order, with what may stand there.
const PARTS: [(CronPart, &str); 5] = [
    (CronPart::Minute, "0 to 59"),
    (CronPart::Hour, "0 to 23"),
    (CronPart::Day, "1 to 31"),
    (CronPart::Month, "1 to 12, or JAN to DEC"),
    (CronPart::Weekday, "0 to 7, where 0 and 7 are Sunday, or SUN to SAT"),
];

/// Most letters of a part that are told.
const LETTERS: usize = 40;

/// A part of a cron expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CronPart {
    /// The minute of the hour.
    Minute,
    /// The hour of the day.
    Hour,
    /// The day of the month.
    Day,
    /// The month of the year.
    Month,
    /// The day of the week.
    Weekday,
}

/// A fault of a cron expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CronFault {
    /// The expression is longer than one may be.
    #[error("it has more than {0} bytes")]
    TooLong(usize),
    /// Parts are missing, or there are more than five, as where seconds are said.
    #[error("it has {0} parts, and five are needed")]
    Parts(usize),
    /// A part says what cannot be.
    #[error("the {part} is {said:?}, and goes from {range}, or is * for each of them")]
    Part {
        /// The part at fault.
        part: CronPart,
        /// The text of the part.
        said: String,
        /// The values that may stand there.
        range: &'static str,
    },
    /// The parts do not go together.
    #[error("{0}")]
    Whole(String),
}

impl CronPart {
    /// The word for the part.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Month => "month",
            Self::Weekday => "weekday",
        }
    }
}

impl fmt::Display for CronPart {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

/// Reads an expression of five parts.
pub(super) fn parsed(cron: &str) -> Result<Cron, CronFault> {
    let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
    parser.parse(cron).map_err(|error| {
        // The words of the parser name neither the part nor what may stand there.
        let parts: Vec<&str> = cron.split_whitespace().collect();
        if parts.len() != PARTS.len() {
            return CronFault::Parts(parts.len());
        }
        let is_wrong = |place: usize| {
            let mut alone = ["*"; PARTS.len()];
            alone[place] = parts[place];
            parser.parse(&alone.join(" ")).is_err()
        };
        match (0..PARTS.len()).find(|place| is_wrong(*place)) {
            Some(place) => {
                let (part, range) = PARTS[place];
                let said = parts[place].chars().take(LETTERS).collect();
                CronFault::Part { part, said, range }
            }
            None => CronFault::Whole(error.to_string()),
        }
    })
}

/// An expression that comes as often as may be: every few minutes or hours, as many as go into the next greater unit, or
/// once a day, or a month.
pub(super) fn as_often_as(least: Duration) -> String {
    let goes_into = |whole: u64, at_least: u64| {
        (1..whole).find(|count| *count >= at_least && whole.is_multiple_of(*count))
    };
    let minutes = least.as_secs().div_ceil(60).max(1);
    if let Some(minutes) = goes_into(60, minutes) {
        return format!("*/{minutes} * * * *");
    }
    match goes_into(24, minutes.div_ceil(60)) {
        Some(1) => "0 * * * *".to_owned(),
        Some(hours) => format!("0 */{hours} * * *"),
        None if minutes <= 24 * 60 => "0 0 * * *".to_owned(),
        // Seldom enough for any least time of some weeks.
        None => "0 0 1 * *".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_names_its_part() {
        let fault = |cron: &str| parsed(cron).unwrap_err();
        assert_eq!(fault("0 22 * *"), CronFault::Parts(4));
        for (cron, part) in [
            ("60 * * * *", CronPart::Minute),
            ("0 24 * * *", CronPart::Hour),
            ("0 0 32 * *", CronPart::Day),
            ("0 0 1 13 *", CronPart::Month),
            ("0 0 * * 8", CronPart::Weekday),
        ] {
            let CronFault::Part { part: at, .. } = fault(cron) else { panic!("{cron}") };
            assert_eq!(at, part);
        }
    }

    #[test]
    fn what_comes_as_often_as_may_be_fits_the_clock() {
        let written = |seconds| as_often_as(Duration::from_secs(seconds));
        assert_eq!(written(60), "*/1 * * * *");
        assert_eq!(written(300), "*/5 * * * *");
        assert_eq!(written(420), "*/10 * * * *");
        assert_eq!(written(3_600), "0 * * * *");
        assert_eq!(written(5 * 3_600), "0 */6 * * *");
        assert_eq!(written(24 * 3_600), "0 0 * * *");
        assert_eq!(written(30 * 3_600), "0 0 1 * *");
    }
}
