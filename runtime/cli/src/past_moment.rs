//! Moments of the past as arguments: told, or counted back from now.

use jiff::{SignedDuration, Timestamp};

/// Reads a moment, or how long ago it was.
pub(super) fn past_moment(text: &str) -> Result<Timestamp, String> {
    if let Ok(moment) = text.parse() {
        return Ok(moment);
    }
    let ago: SignedDuration = text
        .parse()
        .map_err(|_| "it must read 2026-01-31T12:00:00Z, or how long ago, as in 24h".to_owned())?;
    Timestamp::now().checked_sub(ago).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_told_or_counted_back() {
        assert_eq!(past_moment("1970-01-01T00:00:00Z"), Ok(Timestamp::UNIX_EPOCH));
        let day = Timestamp::now().duration_since(past_moment("24h").unwrap());
        assert!((day.as_secs() - 86_400).abs() < 60, "{day}");
        assert!(past_moment("yesterday").is_err());
    }
}
