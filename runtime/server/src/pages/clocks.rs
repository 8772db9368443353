//! Moments and days of forms: people fill them in by the clocks of the territory, and the interface takes universal
//! time.

use jiff::{
    RoundMode, Timestamp, ToSpan, Unit,
    civil::{Date, DateTime, DateTimeRound},
    tz::TimeZone,
};

use super::viewer::Viewer;

/// The clocks by which the moments of forms are meant.
pub(super) struct Clocks(TimeZone);

impl Clocks {
    /// The clocks of the territory.
    pub(super) fn of(viewer: &Viewer) -> Self {
        Self(viewer.service().config.territory.zone())
    }

    #[cfg(test)]
    pub(super) fn named(zone: &str) -> Self {
        Self(TimeZone::get(zone).unwrap())
    }

    /// Returns what a field has sent as the interface takes it: `2027-03-01T07:00:00Z` of `2027-03-01T08:00` in Paris. Of an hour
    /// that comes twice the first one is meant. A text that says its own zone, or is no moment, stays as it is.
    pub(super) fn sent(&self, text: &str) -> String {
        if text.parse::<Timestamp>().is_ok() {
            return text.to_owned();
        }
        let local = text.parse::<DateTime>().and_then(|local| local.to_zoned(self.0.clone()));
        local.map_or_else(|_| text.to_owned(), |moment| moment.timestamp().to_string())
    }

    /// Returns the moment at which a day begins as the interface takes it: `2027-02-28T23:00:00Z` of `2027-03-01` in
    /// Paris. A text that is no day stays as it is, and is refused by the interface, which says so at the field.
    pub(super) fn sent_begin(&self, day: &str) -> String {
        self.begin_of(day).map_or_else(|| day.to_owned(), |moment| moment.to_string())
    }

    /// Returns the last second of a day as the interface takes it. A text that is no day stays as it is.
    pub(super) fn sent_end(&self, day: &str) -> String {
        let last = self.after(day).and_then(|next| next.checked_sub(1.second()).ok());
        last.map_or_else(|| day.to_owned(), |moment| moment.to_string())
    }

    /// Returns the moment at which a day begins; nothing where the text is no day.
    pub(super) fn begin_of(&self, day: &str) -> Option<Timestamp> {
        self.midnight(day.parse().ok()?)
    }

    /// Returns the moment at which the next day begins; nothing where the text is no day.
    pub(super) fn after(&self, day: &str) -> Option<Timestamp> {
        self.midnight(day.parse::<Date>().ok()?.tomorrow().ok()?)
    }

    fn midnight(&self, day: Date) -> Option<Timestamp> {
        Some(day.to_zoned(self.0.clone()).ok()?.timestamp())
    }

    /// Returns the day that it is now.
    pub(super) fn today(&self) -> Date {
        Timestamp::now().to_zoned(self.0.clone()).date()
    }

    /// Returns what a field shows of a moment of the interface. A text that is none stays as it is.
    pub(super) fn shown(&self, text: &str) -> String {
        let Ok(moment) = text.parse::<Timestamp>() else { return text.to_owned() };
        let local = moment.to_zoned(self.0.clone()).datetime();
        // Browsers leave a field empty whose moment is finer.
        let finest = DateTimeRound::new().smallest(Unit::Millisecond).mode(RoundMode::Trunc);
        local.round(finest).unwrap_or(local).to_string()
    }
}

/// Returns the hint of a field, which names the zone of its clocks: the text of a key with `zone` in it.
pub(super) fn hint(viewer: &Viewer, key: &str) -> String {
    let zone = viewer.service().config.territory.time_zone.name();
    viewer.say_with(key, [("zone", zone.into())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_of_a_form_is_meant_by_the_clocks_of_the_territory() {
        let clocks = Clocks::named("Europe/Paris");
        for (sent, meant) in [
            ("2027-03-01T08:00", "2027-03-01T07:00:00Z"),
            ("2027-07-01T08:00:30.5", "2027-07-01T06:00:30.5Z"),
            // The hour that there is not, and the one that comes twice.
            ("2027-03-28T02:30", "2027-03-28T01:30:00Z"),
            ("2027-10-31T02:30", "2027-10-31T00:30:00Z"),
            ("2027-03-01T08:00:00Z", "2027-03-01T08:00:00Z"),
            ("2027-03-01T08:00:00+05:00", "2027-03-01T08:00:00+05:00"),
            ("tomorrow", "tomorrow"),
        ] {
            assert_eq!(clocks.sent(sent), meant);
        }
    }

    #[test]
    fn a_day_has_the_hours_that_the_clocks_of_the_territory_give_it() {
        let clocks = Clocks::named("Europe/Paris");
        for (day, begin, end) in [
            ("2027-03-01", "2027-02-28T23:00:00Z", "2027-03-01T22:59:59Z"),
            // The days of 23 and of 25 hours.
            ("2027-03-28", "2027-03-27T23:00:00Z", "2027-03-28T21:59:59Z"),
            ("2027-10-31", "2027-10-30T22:00:00Z", "2027-10-31T22:59:59Z"),
            ("March", "March", "March"),
        ] {
            assert_eq!((&*clocks.sent_begin(day), &*clocks.sent_end(day)), (begin, end));
        }
        assert_eq!(clocks.after("2027-10-31"), clocks.begin_of("2027-11-01"));
        assert!(clocks.after("March").is_none());
    }

    #[test]
    fn a_field_shows_what_it_would_send() {
        let clocks = Clocks::named("Europe/Paris");
        for moment in ["2021-07-09T03:51:29Z", "2021-01-09T03:51:29.25Z"] {
            assert_eq!(clocks.sent(&clocks.shown(moment)), moment);
        }
        assert_eq!(clocks.shown("2021-07-09T03:51:29.1234567Z"), "2021-07-09T05:51:29.123");
        assert_eq!(clocks.shown("noon"), "noon");
    }
}
