//! Days on which profiles for holidays count.

use champollion_sdk::{prelude::*, quoted};

/// A day of any year, month before day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MonthDay {
    month: u8,
    day: u8,
}

impl MonthDay {
    fn new(month: u8, day: u8) -> Option<Self> {
        let days = match month {
            2 => 29,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        (1..=days).contains(&day).then_some(Self { month, day })
    }

    /// Reads a day of two bytes.
    pub(crate) fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let bytes = payload.array()?;
        let [month, day] = bytes.value;
        Self::new(month, day).ok_or_else(|| {
            let message = format!("there is no day {day} in a month {month}");
            Failure::invalid_value(message).at(bytes.span)
        })
    }

    /// As it stands in payloads.
    pub(crate) fn bytes(self) -> [u8; 2] {
        [self.month, self.day]
    }
}

impl TryFrom<&str> for MonthDay {
    type Error = String;

    fn try_from(text: &str) -> Result<Self, String> {
        let parsed = text
            .split_once('/')
            .and_then(|(month, day)| Self::new(month.parse().ok()?, day.parse().ok()?));
        parsed.ok_or_else(|| {
            format!("must be days such as \"12/24\", month before day, not {}", quoted(text))
        })
    }
}

impl From<MonthDay> for String {
    fn from(MonthDay { month, day }: MonthDay) -> Self {
        format!("{month:02}/{day:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_exist() {
        assert!(MonthDay::new(2, 29).is_some());
        assert!(MonthDay::new(2, 30).is_none());
        assert!(MonthDay::new(13, 1).is_none());
        assert!(MonthDay::try_from("1224").is_err());
        assert_eq!(MonthDay::try_from("12/24").map(MonthDay::bytes), Ok([12, 24]));
    }
}
