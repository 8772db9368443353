//! Moments as files of payloads write them.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

/// Digits from which a number counts milliseconds: as seconds it would be after the year 5000.
const MILLISECOND_DIGITS: usize = 12;

/// Reads a moment: by RFC 3339, without an offset, which is UTC then, as spreadsheets write days (`2026/01/31`,
/// `31.01.2026`), or as seconds or milliseconds since 1970.
pub(super) fn read_moment(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Some(moment) = since_1970(text) {
        return Some(moment);
    }
    let hyphened = with_hyphens(text);
    let text = hyphened.as_deref().unwrap_or(text);
    if let Ok(moment) = text.parse() {
        return Some(moment);
    }
    let local: DateTime = text.parse().ok()?;
    local.to_zoned(TimeZone::UTC).ok().map(|moment| moment.timestamp())
}

/// Reads seconds or milliseconds, whole or with a fraction.
fn since_1970(text: &str) -> Option<Timestamp> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let digits = whole.trim_start_matches('-');
    if digits.is_empty() || !is_digits(digits) || !is_digits(fraction) {
        return None;
    }
    let number: i64 = whole.parse().ok()?;
    if digits.len() >= MILLISECOND_DIGITS {
        return Timestamp::from_millisecond(number).ok();
    }
    let nanoseconds: String = fraction.chars().chain("000000000".chars()).take(9).collect();
    let nanoseconds: i32 = nanoseconds.parse().ok()?;
    let sign = if whole.starts_with('-') { -1 } else { 1 };
    Timestamp::new(number, sign * nanoseconds).ok()
}

/// Writes a day of slashes or dots as RFC 3339 does. A day such as 01/02/2026 may be of two months, and is none.
fn with_hyphens(text: &str) -> Option<String> {
    let (day, time) = text.split_once([' ', 'T']).unwrap_or((text, ""));
    let part = |separator: char| -> Option<[&str; 3]> {
        let mut parts = day.split(separator);
        let three = [parts.next()?, parts.next()?, parts.next()?];
        parts.next().is_none().then_some(three)
    };
    let [year, month, day] = match (part('/'), part('.')) {
        (Some(parts), _) => parts,
        (_, Some([day, month, year])) => [year, month, day],
        _ => return None,
    };
    if year.len() != 4 {
        return None;
    }
    let time = time.trim();
    let time = match time.find(':') {
        Some(1) => format!("T0{time}"),
        Some(_) => format!("T{time}"),
        None => String::new(),
    };
    Some(format!("{year}-{month:0>2}-{day:0>2}{time}"))
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
            "2026/11/29 12:00:00",
            "29.11.2026 12:00",
            "2026/11/29T12:00:00Z",
            "1795953600",
            "1795953600.0",
            "1795953600000",
        ] {
            assert_eq!(read_moment(text), Some(noon), "{text}");
        }
        assert_eq!(read_moment("1.2.2026 9:05"), "2026-02-01T09:05:00Z".parse().ok());
        assert_eq!(read_moment("1795953600.5"), "2026-11-29T12:00:00.5Z".parse().ok());
        assert_eq!(read_moment("-0.5"), "1969-12-31T23:59:59.5Z".parse().ok());
        assert_eq!(read_moment("29.11.2026"), "2026-11-29T00:00:00Z".parse().ok());
        for none in ["yesterday", "11/29/2026 12:00", "2026/13/29 12:00", ".5", "1e9"] {
            assert_eq!(read_moment(none), None, "{none}");
        }
        assert_eq!(read_moment(""), None);
    }
}
