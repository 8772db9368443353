//! Moments as files of payloads write them.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

/// Digits from which a number counts milliseconds: as seconds it would be after the year 5000.
const MILLISECOND_DIGITS: usize = 12;

/// Reads a moment: by RFC 3339, without an offset, which is UTC then, or as seconds or milliseconds since 1970.
pub(super) fn read_moment(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(moment) = text.parse() {
        return Some(moment);
    }
    if let Ok(number) = text.parse::<i64>() {
        let digits = text.trim_start_matches('-').len();
        let read = if digits < MILLISECOND_DIGITS {
            Timestamp::from_second(number)
        } else {
            Timestamp::from_millisecond(number)
        };
        return read.ok();
    }
    let local: DateTime = text.parse().ok()?;
    local.to_zoned(TimeZone::UTC).ok().map(|moment| moment.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_files_write_them() {
        let noon: Timestamp = "2026-11-29T12:00:00Z".parse().unwrap();
        for text in [
            "2026-11-29T12:00:00Z",
            "2026-11-29T13:00:00+01:00",
            " 2026-11-29 12:00:00 ",
            "2026-11-29T12:00:00",
            "1795953600",
            "1795953600000",
        ] {
            assert_eq!(read_moment(text), Some(noon), "{text}");
        }
        assert_eq!(read_moment("yesterday"), None);
        assert_eq!(read_moment(""), None);
    }
}
