//! Clocks of meters: moments as milliseconds since 1970, as the contract has them. A clock that knows no zone is
//! read as UTC; a decoder that knows better adds the offset.

use crate::{Failure, Reader, Spanned};

/// Milliseconds of a second, and of a day.
const SECOND: u64 = 1_000;
const DAY: u64 = 86_400 * SECOND;

/// 2000-01-01T00:00:00Z, from which many small clocks count.
const YEAR_2000: u64 = 946_684_800 * SECOND;

/// 1980-01-06T00:00:00Z, from which GPS counts. Leap seconds are not taken out.
const GPS_EPOCH: u64 = 315_964_800 * SECOND;

/// Days from the first of March of the year 0 to 1970-01-01.
const TO_1970: u32 = 719_468;

impl Reader<'_> {
    /// Seconds since 1970 in four bytes, least significant first.
    pub fn unix_le(&mut self) -> Result<Spanned<u64>, Failure> {
        Ok(self.u32_le()?.map(|seconds| u64::from(seconds) * SECOND))
    }

    /// Seconds since 1970 in four bytes, most significant first.
    pub fn unix_be(&mut self) -> Result<Spanned<u64>, Failure> {
        Ok(self.u32_be()?.map(|seconds| u64::from(seconds) * SECOND))
    }

    /// Seconds since 2000 in four bytes, least significant first.
    pub fn since_2000_le(&mut self) -> Result<Spanned<u64>, Failure> {
        Ok(self.u32_le()?.map(|seconds| YEAR_2000 + u64::from(seconds) * SECOND))
    }

    /// Seconds since 2000 in four bytes, most significant first.
    pub fn since_2000_be(&mut self) -> Result<Spanned<u64>, Failure> {
        Ok(self.u32_be()?.map(|seconds| YEAR_2000 + u64::from(seconds) * SECOND))
    }

    /// Seconds of GPS in four bytes, least significant first.
    pub fn gps_le(&mut self) -> Result<Spanned<u64>, Failure> {
        Ok(self.u32_le()?.map(|seconds| GPS_EPOCH + u64::from(seconds) * SECOND))
    }

    /// A date of EN 13757-3, type G, in two bytes: the day in 5 bits, the month in 4, the year since 2000 in 7.
    pub fn date_g(&mut self) -> Result<Spanned<u64>, Failure> {
        let word = self.u16_le()?;
        let date = date_of(word.value);
        moment(date, (0, 0, 0)).map(|value| Spanned { value, span: word.span }).ok_or_else(|| {
            Failure::invalid_value(format!("{:#06X} is no date", word.value)).at(word.span)
        })
    }

    /// A date and a time of EN 13757-3, type F, in four bytes: the minute, the hour, and a date of type G. A clock
    /// that says that it is not set is an invalid value.
    pub fn date_time_f(&mut self) -> Result<Spanned<u64>, Failure> {
        let word = self.u32_le()?;
        let [first, second, ..] = word.value.to_le_bytes();
        let [.., third, fourth] = word.value.to_le_bytes();
        let date = date_of(u16::from_le_bytes([third, fourth]));
        let time = (u32::from(second & 0x1F), u32::from(first & 0x3F), 0);
        let is_set = first & 0x80 == 0;
        let read = moment(date, time).filter(|_| is_set);
        read.map(|value| Spanned { value, span: word.span }).ok_or_else(|| {
            Failure::invalid_value(format!("{:#010X} is no date and time", word.value))
                .at(word.span)
        })
    }
}

/// Year, month and day of a date of type G.
fn date_of(word: u16) -> (u32, u32, u32) {
    let [low, high] = word.to_le_bytes();
    let year = u32::from(low >> 5) | u32::from(high >> 4) << 3;
    (2_000 + year, u32::from(high & 0x0F), u32::from(low & 0x1F))
}

/// The moment of a date in the Gregorian calendar and a time of the day, from 1970 on; none where there is no such day
/// or time.
#[must_use]
pub fn moment(
    (year, month, day): (u32, u32, u32),
    (hour, minute, second): (u32, u32, u32),
) -> Option<u64> {
    let is_day = (1..=12).contains(&month) && (1..=days_of(year, month)).contains(&day);
    if !is_day || !(1_970..=9_999).contains(&year) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    // Of a year that begins with March, February with its leap day is the last month.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year / 4 - year / 100 + year / 400;
    let days = 365 * year + leap_days + (153 * month + 2) / 5 + day - 1;
    let seconds = u64::from(hour * 3_600 + minute * 60 + second);
    Some(u64::from(days - TO_1970) * DAY + seconds * SECOND)
}

/// A date and a time of the day, in the order of a calendar.
pub type DateAndTime = ((u32, u32, u32), (u32, u32, u32));

/// The date in the Gregorian calendar and the time of the day of a moment; none after the year 9999.
#[must_use]
pub fn date_and_time(moment: u64) -> Option<DateAndTime> {
    const DAYS_OF_ERA: u32 = 146_097;
    let days = u32::try_from(moment / DAY).ok().filter(|days| *days <= 2_932_896)? + TO_1970;
    let second = u32::try_from(moment % DAY / SECOND).ok()?;
    // Of years that begin with March the leap day is the last, and eras of 400 years are of one length.
    let (era, day) = (days / DAYS_OF_ERA, days % DAYS_OF_ERA);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let date = (400 * era + year + next, month, day_of_month);
    Some((date, (second / 3_600, second % 3_600 / 60, second % 60)))
}

/// A moment as RFC 3339 writes it in UTC, without fractions of a second: for the `data` of a reading.
#[must_use]
pub fn rfc3339(moment: u64) -> String {
    date_and_time(moment).map_or_else(
        || format!("{moment} ms after 1970"),
        |((year, month, day), (hour, minute, second))| {
            format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
        },
    )
}

fn days_of(year: u32, month: u32) -> u32 {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 => 28 + u32::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn millisecond(text: &str) -> u64 {
        u64::try_from(text.parse::<Timestamp>().unwrap().as_millisecond()).unwrap()
    }

    #[test]
    fn moments_are_those_of_the_calendar() {
        for (date, time, text) in [
            ((1970, 1, 1), (0, 0, 0), "1970-01-01T00:00:00Z"),
            ((2000, 2, 29), (23, 59, 59), "2000-02-29T23:59:59Z"),
            ((2026, 11, 29), (12, 30, 0), "2026-11-29T12:30:00Z"),
            ((2100, 3, 1), (0, 0, 1), "2100-03-01T00:00:01Z"),
        ] {
            assert_eq!(moment(date, time), Some(millisecond(text)), "{text}");
        }
        for date in [(2100, 2, 29), (2026, 13, 1), (2026, 4, 31), (2026, 1, 0), (1969, 12, 31)] {
            assert_eq!(moment(date, (0, 0, 0)), None, "{date:?}");
        }
        assert_eq!(moment((2026, 1, 1), (24, 0, 0)), None);
        assert_eq!(rfc3339(253_402_300_799_000), "9999-12-31T23:59:59Z");
        assert_eq!(date_and_time(253_402_300_800_000), None);
        assert_eq!(date_and_time(u64::MAX), None);
    }

    #[test]
    fn clocks_of_meters_are_read() {
        let moment = Reader::new(&[0x9F, 0x1C]).date_g().unwrap();
        assert_eq!(*moment, millisecond("2012-12-31T00:00:00Z"));
        let moment = Reader::new(&[0x21, 0x0B, 0x9F, 0x1C]).date_time_f().unwrap();
        assert_eq!(*moment, millisecond("2012-12-31T11:33:00Z"));
        assert!(Reader::new(&[0xA1, 0x0B, 0x9F, 0x1C]).date_time_f().is_err(), "it is not set");
        assert!(Reader::new(&[0xFF, 0xFF]).date_g().is_err());
        assert_eq!(*Reader::new(&[0, 0, 0, 1]).unix_be().unwrap(), 1_000);
        assert_eq!(*Reader::new(&[1, 0, 0, 0]).since_2000_le().unwrap(), YEAR_2000 + 1_000);
        assert_eq!(*Reader::new(&[0; 4]).gps_le().unwrap(), millisecond("1980-01-06T00:00:00Z"));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_panic_and_what_is_read_is_a_moment(bytes: [u8; 4]) {
            if let Ok(moment) = Reader::new(&bytes).date_time_f() {
                let text = Timestamp::from_millisecond(i64::try_from(*moment).unwrap()).unwrap();
                assert!(text >= "2000-01-01T00:00:00Z".parse().unwrap());
            }
            let _ = Reader::new(&bytes).date_g();
        }

        #[test]
        fn all_days_are_those_of_the_calendar(seconds in 0_i64..250_000_000_000) {
            let moment_of = Timestamp::from_second(seconds).unwrap();
            let civil = moment_of.to_zoned(jiff::tz::TimeZone::UTC).datetime();
            let part = |number: i8| u32::try_from(number).unwrap();
            let date = (u32::try_from(civil.year()).unwrap(), part(civil.month()), part(civil.day()));
            let time = (part(civil.hour()), part(civil.minute()), part(civil.second()));
            let milliseconds = u64::try_from(seconds).unwrap() * 1_000;
            assert_eq!(moment(date, time), Some(milliseconds));
            assert_eq!(date_and_time(milliseconds), Some((date, time)));
            assert_eq!(rfc3339(milliseconds), moment_of.to_string());
        }
    }
}
