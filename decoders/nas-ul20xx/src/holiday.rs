//! Days on which profiles for holidays count: FPort 50.

use champollion_sdk::{prelude::*, quoted};
use serde::{Deserialize, Serialize};

use crate::{
    body::Body,
    values::{MOST_ITEMS, count},
};

/// A day of any year, month before day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
struct MonthDay {
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

    fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let bytes = payload.array()?;
        let [month, day] = bytes.value;
        Self::new(month, day).ok_or_else(|| {
            let message = format!("there is no day {day} in a month {month}");
            Failure::invalid_value(message).at(bytes.span)
        })
    }
}

impl TryFrom<String> for MonthDay {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let parsed = text
            .split_once('/')
            .and_then(|(month, day)| Self::new(month.parse().ok()?, day.parse().ok()?));
        parsed.ok_or_else(|| {
            format!("{} is no day such as \"12/24\", month before day", quoted(&text))
        })
    }
}

impl From<MonthDay> for String {
    fn from(MonthDay { month, day }: MonthDay) -> Self {
        format!("{month:02}/{day:02}")
    }
}

/// Holidays of the year, for firmware 1.1.x.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct HolidayConfig {
    holidays: Vec<MonthDay>,
}

impl Body for HolidayConfig {
    fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let length = payload.u8()?.value;
        let holidays = (0..length).map(|_| MonthDay::read(payload)).collect::<Result<_, _>>()?;
        Ok(Self { holidays })
    }

    fn write(&self, _: u64, bytes: &mut Vec<u8>) -> Result<(), Failure> {
        bytes.push(count("holidays", self.holidays.len(), MOST_ITEMS)?);
        bytes.extend(self.holidays.iter().flat_map(|holiday| [holiday.month, holiday.day]));
        Ok(())
    }
}

/// Holidays of the year, for firmware 1.0.x.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct HolidayConfigV10 {
    holidays: Vec<MonthDay>,
}

impl Body for HolidayConfigV10 {
    fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let mut holidays = Vec::new();
        while !payload.is_empty() {
            holidays.push(MonthDay::read(payload)?);
        }
        Ok(Self { holidays })
    }

    fn write(&self, _: u64, bytes: &mut Vec<u8>) -> Result<(), Failure> {
        bytes.extend(self.holidays.iter().flat_map(|holiday| [holiday.month, holiday.day]));
        Ok(())
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
        assert!(MonthDay::try_from("1224".to_owned()).is_err());
    }
}
