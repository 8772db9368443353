//! Moments as people read them: by the clocks of the territory, in the way of their language.

use jiff::{Timestamp, tz::TimeZone};

use super::Language;

/// The clocks of a territory, by which people read moments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalTime {
    zone: TimeZone,
}

impl LocalTime {
    /// The clocks of a time zone.
    #[must_use]
    pub const fn new(zone: TimeZone) -> Self {
        Self { zone }
    }

    /// Returns a moment to the second, with the offset of the clocks then: an hour comes twice in autumn.
    #[must_use]
    pub fn to_second(&self, at: Timestamp, language: Language) -> String {
        let format = match language {
            Language::En => "%F %H:%M:%S %:z",
            Language::Fr => "%d/%m/%Y %H:%M:%S %:z",
        };
        self.written(at, format)
    }

    /// Returns a moment to the minute, with the offset of the clocks then.
    #[must_use]
    pub fn to_minute(&self, at: Timestamp, language: Language) -> String {
        let format = match language {
            Language::En => "%F %H:%M %:z",
            Language::Fr => "%d/%m/%Y %H:%M %:z",
        };
        self.written(at, format)
    }

    fn written(&self, at: Timestamp, format: &str) -> String {
        at.to_zoned(self.zone.clone()).strftime(format).to_string()
    }
}

impl Default for LocalTime {
    fn default() -> Self {
        Self::new(TimeZone::UTC)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_told_by_the_clocks_of_the_territory_in_the_way_of_a_language() {
        let clocks = LocalTime::new(TimeZone::get("Europe/Paris").unwrap());
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let (summer, winter) = (at("2026-10-25T00:30:05Z"), at("2026-10-25T01:30:05Z"));
        assert_eq!(clocks.to_second(summer, Language::En), "2026-10-25 02:30:05 +02:00");
        assert_eq!(clocks.to_second(winter, Language::En), "2026-10-25 02:30:05 +01:00");
        assert_eq!(clocks.to_second(winter, Language::Fr), "25/10/2026 02:30:05 +01:00");
        assert_eq!(clocks.to_minute(winter, Language::En), "2026-10-25 02:30 +01:00");
        assert_eq!(clocks.to_minute(winter, Language::Fr), "25/10/2026 02:30 +01:00");
        assert_eq!(LocalTime::default().to_minute(winter, Language::En), "2026-10-25 01:30 +00:00");
    }
}
