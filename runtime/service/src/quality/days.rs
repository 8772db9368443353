//! Days of the territory: in its time zone, so that two days of a year have 23 and 25 hours.

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};

/// The days of a time zone.
#[derive(Clone, Debug)]
pub struct Days {
    zone: TimeZone,
}

/// A day with its first moment and the first one after it, in milliseconds since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DaySpan {
    pub(super) day: Date,
    begin: i64,
    end: i64,
}

impl DaySpan {
    /// Whether a moment is of the day.
    pub(super) fn has(&self, at_ms: i64) -> bool {
        (self.begin..self.end).contains(&at_ms)
    }
}

impl Days {
    /// The days of this time zone.
    #[must_use]
    pub fn new(zone: TimeZone) -> Self {
        Self { zone }
    }

    /// Returns the day of a moment.
    #[must_use]
    pub fn of(&self, moment: Timestamp) -> Date {
        self.zone.to_datetime(moment).date()
    }

    /// Returns the first moment of a day: midnight, or the first one after it where the clocks skip midnight.
    #[must_use]
    pub fn begin(&self, day: Date) -> Timestamp {
        // Only the first and the last day of all have no moment in a zone.
        day.to_zoned(self.zone.clone()).map_or(Timestamp::MIN, |zoned| zoned.timestamp())
    }

    /// Returns the first moment after a day.
    #[must_use]
    pub fn end(&self, day: Date) -> Timestamp {
        day.tomorrow().map_or(Timestamp::MAX, |next| self.begin(next))
    }

    /// Returns the length of a day: 24 hours, or 23 or 25 where the clocks are changed.
    #[must_use]
    pub fn length(&self, day: Date) -> SignedDuration {
        self.begin(day).duration_until(self.end(day))
    }

    /// Returns the day of a moment with its bounds.
    pub(super) fn span(&self, moment: Timestamp) -> DaySpan {
        let day = self.of(moment);
        let (begin, end) = (self.begin(day).as_millisecond(), self.end(day).as_millisecond());
        DaySpan { day, begin, end }
    }
}

/// Returns the day that is so many days before another.
pub(super) fn before(day: Date, days: i64) -> Date {
    day.saturating_sub(SignedDuration::from_hours(24 * days))
}

/// Returns the days from one to another, both included.
pub(super) fn between(first: Date, last: Date) -> impl Iterator<Item = Date> {
    let next = |day: &Date| day.tomorrow().ok();
    std::iter::successors(Some(first), next).take_while(move |day| *day <= last)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn paris() -> Days {
        Days::new(TimeZone::get("Europe/Paris").unwrap())
    }

    #[test]
    fn two_days_of_a_year_have_23_and_25_hours() {
        let hours = |day| paris().length(day).as_hours();
        assert_eq!(hours(date(2026, 3, 28)), 24);
        assert_eq!(hours(date(2026, 3, 29)), 23);
        assert_eq!(hours(date(2026, 10, 25)), 25);
        assert_eq!(hours(date(2026, 12, 31)), 24);
    }

    #[test]
    fn each_moment_is_of_the_day_that_the_clocks_of_the_territory_show() {
        let days = paris();
        for (moment, day) in [
            ("2026-03-28T22:59:59Z", date(2026, 3, 28)),
            ("2026-03-28T23:00:00Z", date(2026, 3, 29)),
            ("2026-03-29T21:59:59.999Z", date(2026, 3, 29)),
            ("2026-03-29T22:00:00Z", date(2026, 3, 30)),
            // The hour that comes twice is of one day both times.
            ("2026-10-25T00:30:00Z", date(2026, 10, 25)),
            ("2026-10-25T01:30:00Z", date(2026, 10, 25)),
            ("2026-10-25T22:59:59Z", date(2026, 10, 25)),
            ("2026-10-25T23:00:00Z", date(2026, 10, 26)),
        ] {
            let moment: Timestamp = moment.parse().unwrap();
            assert_eq!(days.of(moment), day, "{moment}");
            assert!(days.span(moment).has(moment.as_millisecond()));
            assert!(days.begin(day) <= moment && moment < days.end(day));
        }
    }

    #[test]
    fn days_are_counted_on_the_calendar() {
        assert_eq!(before(date(2026, 3, 30), 2), date(2026, 3, 28));
        let of_february = between(date(2028, 2, 27), date(2028, 3, 1));
        assert_eq!(of_february.count(), 4, "it is a leap year");
        assert_eq!(between(date(2026, 1, 2), date(2026, 1, 1)).count(), 0);
    }
}
