//! The meter's clock, in the bytes of its telegrams.

use std::str;

use serde::{Serialize, Serializer, ser::Error};

/// Seconds of 2016-01-01: no W1 is that old, so an earlier time is that of a clock which was never
/// set and counts from 1970.
const NO_W1_BEFORE: u32 = 1_451_606_400;

/// Seconds of 2046-01-01: no W1 of today runs that long, so a later time is no time.
const NO_W1_AFTER: u32 = 2_398_377_600;

/// Seconds by which a clock may be ahead of the network before it is worth a word: it says that the
/// clock is wrong, and not that it runs a bit fast or was set to local time.
const TOLERANCE: u64 = 24 * HOUR as u64;

pub(crate) const HOUR: u32 = 3_600;
pub(crate) const DAY: u32 = 24 * HOUR;

/// A moment, by a clock that was set; serializes as RFC 3339.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct MeterTime(u32);

impl MeterTime {
    /// Takes the meter's seconds since 1970; `None` where its clock was not set.
    pub(crate) fn from_clock(seconds: u32) -> Option<Self> {
        (NO_W1_BEFORE..u32::MAX).contains(&seconds).then_some(Self(seconds))
    }

    /// Whether these seconds since 1970 are a moment at which a W1 with a set clock can be in use.
    pub(crate) fn is_in_use(seconds: u32) -> bool {
        (NO_W1_BEFORE..NO_W1_AFTER).contains(&seconds)
    }

    /// The latest moment up to this one that is a whole number of `step` seconds after 1970.
    pub(crate) fn floor(self, step: u32) -> Self {
        Self(self.0 - self.0 % step)
    }

    pub(crate) fn plus(self, seconds: u32) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    pub(crate) fn minus(self, seconds: u32) -> Self {
        Self(self.0.saturating_sub(seconds))
    }

    /// Milliseconds since 1970, as measurements count.
    pub(crate) fn milliseconds(self) -> u64 {
        u64::from(self.0) * 1000
    }

    fn rfc3339(self) -> [u8; 20] {
        let (year, month, day) = civil_from_days(self.0 / DAY);
        let second = self.0 % DAY;
        let mut text = *b"0000-00-00T00:00:00Z";
        let [y1, y2, y3, y4, _, m1, m2, _, d1, d2, _, h1, h2, _, n1, n2, _, s1, s2, _] = &mut text;
        let digits = [
            ([y1, y2], year / 100),
            ([y3, y4], year % 100),
            ([m1, m2], month),
            ([d1, d2], day),
            ([h1, h2], second / HOUR),
            ([n1, n2], second % HOUR / 60),
            ([s1, s2], second % 60),
        ];
        for ([tens, ones], number) in digits {
            *tens = ascii_digit(number / 10);
            *ones = ascii_digit(number % 10);
        }
        text
    }
}

impl Serialize for MeterTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(str::from_utf8(&self.rfc3339()).map_err(S::Error::custom)?)
    }
}

/// Returns a warning about the meter's clock where it cannot be right.
pub(crate) fn doubt(clock: u32, received_at: u64) -> Option<String> {
    let Some(time) = MeterTime::from_clock(clock) else {
        return Some(format!(
            "the clock of the meter is not set: it reads {clock} seconds after 1970"
        ));
    };
    let ahead = (time.milliseconds() / 1000).saturating_sub(received_at / 1000);
    (ahead > TOLERANCE).then(|| {
        format!(
            "the clock of the meter is wrong: it is {} hours ahead of the network's",
            ahead / u64::from(HOUR)
        )
    })
}

/// Year, month and day in the Gregorian calendar of a day counted from 1970-01-01.
///
/// Years are counted from March, so that the leap day is the last of a year, within eras of 400
/// years, which are all of the same length.
fn civil_from_days(days_since_1970: u32) -> (u32, u32, u32) {
    const DAYS_FROM_0000_03_01_TO_1970: u32 = 719_468;
    const DAYS_OF_ERA: u32 = 146_097;
    const DAYS_OF_CENTURY: u32 = 36_524;
    const DAYS_OF_FOUR_YEARS: u32 = 1_461;

    let days = days_since_1970 + DAYS_FROM_0000_03_01_TO_1970;
    let era = days / DAYS_OF_ERA;
    let day_of_era = days % DAYS_OF_ERA;
    let leap_days = day_of_era / (DAYS_OF_FOUR_YEARS - 1) - day_of_era / DAYS_OF_CENTURY
        + day_of_era / (DAYS_OF_ERA - 1);
    let year_of_era = (day_of_era - leap_days) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // From March on, months of 31, 30, 31, 30, 31 days come around: 153 days in five months.
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = 400 * era + year_of_era + u32::from(month <= 2);
    (year, month, day)
}

fn ascii_digit(digit: u32) -> u8 {
    char::from_digit(digit, 10).map_or(b'?', |digit| digit as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(seconds: u32) -> String {
        String::from_utf8(MeterTime(seconds).rfc3339().to_vec()).unwrap()
    }

    #[test]
    fn days_become_dates_over_leap_years_and_centuries() {
        assert_eq!(shown(0), "1970-01-01T00:00:00Z");
        assert_eq!(shown(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(shown(1_563_795_470), "2019-07-22T11:37:50Z");
        assert_eq!(shown(1_709_164_799), "2024-02-28T23:59:59Z");
        assert_eq!(shown(1_709_251_200), "2024-03-01T00:00:00Z");
        assert_eq!(shown(4_107_542_400), "2100-03-01T00:00:00Z");
        assert_eq!(shown(u32::MAX), "2106-02-07T06:28:15Z");
    }

    #[test]
    fn every_day_follows_the_day_before() {
        let mut before = civil_from_days(0);
        for day in 1..=u32::MAX / DAY {
            let (year, month, day_of_month) = civil_from_days(day);
            let follows = match before {
                (y, 12, 31) => (year, month, day_of_month) == (y + 1, 1, 1),
                (y, m, d) => {
                    (year, month, day_of_month) == (y, m, d + 1)
                        || (d >= 28 && (year, month, day_of_month) == (y, m + 1, 1))
                }
            };
            assert!(follows, "{before:?} is followed by {:?}", (year, month, day_of_month));
            before = (year, month, day_of_month);
        }
    }

    #[test]
    fn a_clock_that_was_not_set_gives_no_time() {
        assert_eq!(MeterTime::from_clock(0), None);
        assert_eq!(MeterTime::from_clock(NO_W1_BEFORE - 1), None);
        assert_eq!(MeterTime::from_clock(u32::MAX), None);
        assert!(MeterTime::from_clock(1_563_795_470).is_some());
    }

    #[test]
    fn a_clock_is_doubted_when_it_is_a_day_ahead() {
        let received_at = 1_563_795_470_000;
        assert_eq!(doubt(1_563_795_470 + DAY, received_at), None);
        assert!(doubt(1_563_795_470 + DAY + 1, received_at).unwrap().contains("24 hours ahead"));
        assert_eq!(doubt(1_563_795_470 - DAY, received_at), None);
        assert!(doubt(17, received_at).unwrap().contains("reads 17 seconds"));
    }
}
