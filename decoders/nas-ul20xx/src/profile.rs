//! Levels over the day: FPort 50.

use champollion_sdk::{prelude::*, quoted};
use serde::{Deserialize, Serialize};

use crate::{
    address::Address,
    body::Body,
    values::{Bounded, Inactive, MOST_ITEMS, NoProfile, OrWord, Percent, count},
};

/// A day on which a profile counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Day {
    /// Any day of the list of holidays.
    Holiday,
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

/// Days in the order of their bits.
const DAYS: [Day; 8] =
    [Day::Holiday, Day::Mon, Day::Tue, Day::Wed, Day::Thu, Day::Fri, Day::Sat, Day::Sun];

/// A set of days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Day>", into = "Vec<Day>")]
pub(crate) struct Days(u8);

impl Days {
    /// Reads the days on which a profile is in force.
    pub(crate) fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        Ok(Self(payload.u8()?.value))
    }
}

impl From<Vec<Day>> for Days {
    fn from(days: Vec<Day>) -> Self {
        Self(days.into_iter().fold(0, |bits, day| bits | 1 << day as u8))
    }
}

impl From<Days> for Vec<Day> {
    fn from(days: Days) -> Self {
        DAYS.into_iter().filter(|day| days.0 >> (*day as u8) & 1 == 1).collect()
    }
}

/// A time of day in steps of ten minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
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

impl TryFrom<String> for StepTime {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        (0..Self::STEPS_PER_DAY).map(Self).find(|step| String::from(*step) == text).ok_or_else(
            || format!("{} is no time from 00:00 to 23:50 in steps of ten minutes", quoted(&text)),
        )
    }
}

impl From<StepTime> for String {
    fn from(StepTime(step): StepTime) -> Self {
        let hour = step / StepTime::STEPS_PER_HOUR;
        format!("{hour:02}:{:02}", step % StepTime::STEPS_PER_HOUR * 10)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DimmingStep {
    step_time: StepTime,
    dimming_level: Percent<Inactive>,
}

impl DimmingStep {
    fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        Ok(Self {
            step_time: StepTime::read(payload)?,
            dimming_level: Percent::from_device(payload.u8()?)?,
        })
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.push(self.step_time.0);
        bytes.extend(self.dimming_level.bytes(1));
    }
}

/// Levels over the day, for firmware 1.1.x.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ProfileConfig {
    profile_id: OrWord<NoProfile, 0, 7>,
    address: Address,
    days_active: Days,
    dimming_steps: Vec<DimmingStep>,
}

impl Body for ProfileConfig {
    fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let profile_id = OrWord::from_device(payload.u8()?)?;
        let length = payload.u8()?.value;
        let address = Address::read(payload)?.value;
        let days_active = Days::read(payload)?;
        payload.skip(RESERVED.len())?;
        let dimming_steps =
            (0..length).map(|_| DimmingStep::read(payload)).collect::<Result<_, _>>()?;
        Ok(Self { profile_id, address, days_active, dimming_steps })
    }

    fn write(&self, _: u64, bytes: &mut Vec<u8>) -> Result<(), Failure> {
        bytes.extend(self.profile_id.bytes(1));
        bytes.push(count("dimmingSteps", self.dimming_steps.len(), MOST_ITEMS)?);
        bytes.extend([self.address.byte(), self.days_active.0]);
        bytes.extend(RESERVED);
        self.dimming_steps.iter().for_each(|step| step.write(bytes));
        Ok(())
    }
}

/// The reserved byte before the steps of a profile.
const RESERVED: [u8; 1] = [0];

/// Levels over the day, for firmware 1.0.x.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ProfileConfigV10 {
    profile_id: OrWord<NoProfile, 0, 254>,
    /// Up to the operator; from 240 on numbers mean something else in status packets.
    profile_version: Bounded<0, 239>,
    address: Address,
    days_active: Days,
    dimming_steps: Vec<DimmingStep>,
}

impl Body for ProfileConfigV10 {
    fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let mut profile = Self {
            profile_id: OrWord::from_device(payload.u8()?)?,
            profile_version: Bounded::from_device(payload.u8()?)?,
            address: Address::read(payload)?.value,
            days_active: Days::read(payload)?,
            dimming_steps: Vec::new(),
        };
        while !payload.is_empty() {
            profile.dimming_steps.push(DimmingStep::read(payload)?);
        }
        Ok(profile)
    }

    fn write(&self, _: u64, bytes: &mut Vec<u8>) -> Result<(), Failure> {
        bytes.extend(self.profile_id.bytes(1));
        bytes.extend(self.profile_version.bytes(1));
        bytes.extend([self.address.byte(), self.days_active.0]);
        self.dimming_steps.iter().for_each(|step| step.write(bytes));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_ten_minutes() {
        assert_eq!(StepTime::try_from("05:30".to_owned()), Ok(StepTime(33)));
        assert_eq!(String::from(StepTime(143)), "23:50");
        for text in ["5:30", "05:35", "24:00", ""] {
            assert!(StepTime::try_from(text.to_owned()).is_err(), "{text}");
        }
        assert!(StepTime::read(&mut Reader::new(&[144])).is_err());
    }

    #[test]
    fn sets_of_days_come_back() {
        for bits in 0..=u8::MAX {
            assert_eq!(Days::from(Vec::from(Days(bits))), Days(bits));
        }
    }
}
