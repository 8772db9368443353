//! The sun: when it rises and sets at a place, on the days on which it does.

use chrono::NaiveDate;
use jiff::{SignedDuration, Timestamp, ToSpan, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};
use sunrise::{Coordinates, SolarDay, SolarEvent};

use super::place::Place;

/// Days that are looked through: a year and a day, within which the sun rises wherever it ever does.
const DAYS: usize = 367;

/// Days by which the solar day of a place and the day of its clocks may differ: zones beside the date line.
const DAYS_APART: i64 = 2;

/// An event of the sun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SunEvent {
    /// The upper rim of the sun appears.
    Sunrise,
    /// The upper rim of the sun disappears.
    Sunset,
}

/// An event of the sun at a place, with the time by which the moment is moved.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sun {
    pub(super) event: SunEvent,
    pub(super) offset: SignedDuration,
    pub(super) place: Place,
}

impl Sun {
    /// The first moment after this one whose event is on a day that is not left out. In the polar day and the polar
    /// night there is no event, and so no moment.
    pub(super) fn next(
        &self,
        after: Timestamp,
        zone: &TimeZone,
        is_left_out: impl Fn(Date) -> bool,
    ) -> Option<Timestamp> {
        let event_after = after.checked_sub(self.offset).ok()?;
        let first = zone.to_datetime(event_after).date().checked_sub(DAYS_APART.days()).ok()?;
        first.series(1.day()).take(DAYS).find_map(|date| {
            let event = self.on(date)?;
            let moment = event.checked_add(self.offset).ok()?;
            let is_next = moment > after && !is_left_out(zone.to_datetime(event).date());
            is_next.then_some(moment)
        })
    }

    /// The event of a solar day, to the minute: it is not known better, for the air bends light differently each day.
    fn on(&self, date: Date) -> Option<Timestamp> {
        let (year, month, day) = (date.year(), date.month(), date.day());
        let date = NaiveDate::from_ymd_opt(
            i32::from(year),
            u32::try_from(month).ok()?,
            u32::try_from(day).ok()?,
        )?;
        let place = Coordinates::new(self.place.latitude(), self.place.longitude())?;
        let event = match self.event {
            SunEvent::Sunrise => SolarEvent::Sunrise,
            SunEvent::Sunset => SolarEvent::Sunset,
        };
        let seconds = SolarDay::new(place, date).event_time(event)?.timestamp();
        Timestamp::from_second(seconds - seconds.rem_euclid(60)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(
        event: SunEvent,
        (latitude, longitude): (f64, f64),
        zone: &str,
        from: &str,
    ) -> Vec<String> {
        let zone = TimeZone::get(zone).unwrap();
        let place = Place::new(latitude, longitude).unwrap();
        let sun = Sun { event, offset: SignedDuration::ZERO, place };
        let mut after: Timestamp = from.parse().unwrap();
        let mut found = Vec::new();
        while let Some(next) = sun.next(after, &zone, |_| false).filter(|_| found.len() < 2) {
            found.push(zone.to_datetime(next).to_string());
            after = next;
        }
        found
    }

    /// Whether a moment is within three minutes of the one that almanacs give.
    #[track_caller]
    fn is_near(found: &str, almanac: &str) {
        let (found, almanac): (jiff::civil::DateTime, jiff::civil::DateTime) =
            (found.parse().unwrap(), almanac.parse().unwrap());
        let apart = found.duration_since(almanac).abs();
        assert!(apart <= SignedDuration::from_mins(3), "{found} is not {almanac}");
    }

    #[test]
    fn the_sun_is_that_of_almanacs() {
        let paris = (48.8566, 2.3522);
        let rises = moments(SunEvent::Sunrise, paris, "Europe/Paris", "2026-06-20T22:00:00Z");
        is_near(&rises[0], "2026-06-21T05:47");
        let sets = moments(SunEvent::Sunset, paris, "Europe/Paris", "2026-12-20T23:00:00Z");
        is_near(&sets[0], "2026-12-21T16:56");
        // Oslo, at 60° N, on the longest and the shortest day.
        let oslo = (59.9139, 10.7522);
        let rises = moments(SunEvent::Sunrise, oslo, "Europe/Oslo", "2026-06-20T22:00:00Z");
        is_near(&rises[0], "2026-06-21T03:54");
        let sets = moments(SunEvent::Sunset, oslo, "Europe/Oslo", "2026-12-20T23:00:00Z");
        is_near(&sets[0], "2026-12-21T15:12");
        // Far in the east and in the west, the day is that of the clocks there.
        let auckland = moments(
            SunEvent::Sunrise,
            (-36.8485, 174.7633),
            "Pacific/Auckland",
            "2026-01-14T11:00:00Z",
        );
        is_near(&auckland[0], "2026-01-15T06:16");
        is_near(&auckland[1], "2026-01-16T06:17");
    }

    #[test]
    fn the_days_on_which_clocks_are_put_move_the_hour_and_not_the_sun() {
        let paris = (48.8566, 2.3522);
        let sets = moments(SunEvent::Sunset, paris, "Europe/Paris", "2026-03-28T12:00:00Z");
        is_near(&sets[0], "2026-03-28T19:13");
        is_near(&sets[1], "2026-03-29T20:15");
    }

    #[test]
    fn in_the_polar_night_nothing_comes_until_the_sun_does() {
        let tromso = (69.6492, 18.9553);
        let rises = moments(SunEvent::Sunrise, tromso, "Europe/Oslo", "2026-12-01T00:00:00Z");
        assert!(rises[0].starts_with("2027-01-1"), "{rises:?}");
        let sets = moments(SunEvent::Sunset, tromso, "Europe/Oslo", "2026-06-01T00:00:00Z");
        assert!(sets[0].starts_with("2026-07-2"), "{sets:?}");
    }

    #[test]
    fn an_offset_moves_the_moment_and_not_the_day_that_is_left_out() {
        let zone = TimeZone::get("Europe/Paris").unwrap();
        let place = Place::new(48.8566, 2.3522).unwrap();
        let offset = SignedDuration::from_hours(8);
        let sun = Sun { event: SunEvent::Sunset, offset, place };
        let after: Timestamp = "2026-12-24T10:00:00Z".parse().unwrap();
        let left_out = jiff::civil::date(2026, 12, 24);
        let next = sun.next(after, &zone, |date| date == left_out).unwrap();
        // Sunset on the 25th, eight hours later: the night of the 24th is left out.
        assert!(zone.to_datetime(next).to_string().starts_with("2026-12-26T00:5"), "{next}");
    }
}
