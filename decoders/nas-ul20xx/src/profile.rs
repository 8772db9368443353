//! Days and times of day of profiles.

use champollion_sdk::{prelude::*, quoted};

/// Days on which a profile counts, in the order of their bits; `holiday` is any day of the list of holidays.
pub(crate) const DAYS: &[&str] = &["holiday", "mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// The words whose bits are set, in the order of the bits.
pub(crate) fn words_of(
    bits: u8,
    words: &'static [&'static str],
) -> impl Iterator<Item = &'static str> {
    words
        .iter()
        .copied()
        .enumerate()
        .filter(move |(bit, _)| bits >> bit & 1 == 1)
        .map(|(_, word)| word)
}

/// A time of day in steps of ten minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StepTime(u8);

impl StepTime {
    const STEPS_PER_HOUR: u8 = 6;
    const STEPS_PER_DAY: u8 = 24 * Self::STEPS_PER_HOUR;

    /// Reads a time of day.
    pub(crate) fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let step = payload.u8()?;
        if step.value < Self::STEPS_PER_DAY {
            return Ok(Self(step.value));
        }
        let message = format!("a day has 144 times ten minutes, not {}", step.value);
        Err(Failure::invalid_value(message).at(step.span))
    }

    /// As it stands in payloads.
    pub(crate) fn byte(self) -> u8 {
        self.0
    }
}

impl TryFrom<&str> for StepTime {
    type Error = String;

    fn try_from(text: &str) -> Result<Self, String> {
        (0..Self::STEPS_PER_DAY).map(Self).find(|step| String::from(*step) == text).ok_or_else(
            || {
                let text = quoted(text);
                format!("must be a time from 00:00 to 23:50 in steps of ten minutes, not {text}")
            },
        )
    }
}

impl From<StepTime> for String {
    fn from(StepTime(step): StepTime) -> Self {
        let hour = step / StepTime::STEPS_PER_HOUR;
        format!("{hour:02}:{:02}", step % StepTime::STEPS_PER_HOUR * 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_ten_minutes() {
        assert_eq!(StepTime::try_from("05:30"), Ok(StepTime(33)));
        assert_eq!(String::from(StepTime(143)), "23:50");
        for text in ["5:30", "05:35", "24:00", ""] {
            assert!(StepTime::try_from(text).is_err(), "{text}");
        }
        assert!(StepTime::read(&mut Reader::new(&[144])).is_err());
    }

    #[test]
    fn sets_of_days_are_told_by_their_bits() {
        assert_eq!(words_of(0b1000_0011, DAYS).collect::<Vec<_>>(), ["holiday", "mon", "sun"]);
        assert_eq!(words_of(0, DAYS).count(), 0);
    }
}
