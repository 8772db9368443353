//! Levels by the sun, at dusk and at dawn: FPort 50.

use champollion_sdk::{decimal, prelude::*};
use serde::{Deserialize, Serialize};

use crate::{
    body::Body,
    values::{Bounded, Degrees, Disabled, Percent, count},
};

/// The sun's distance from straight above, in sixths of a degree from the horizon, which is 90.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
struct ZenithAngle(i8);

impl ZenithAngle {
    const HORIZON: f64 = 90.0;
    const STEPS_PER_DEGREE: f64 = 6.0;
}

impl TryFrom<f64> for ZenithAngle {
    type Error = String;

    fn try_from(degrees: f64) -> Result<Self, String> {
        let steps = ((degrees - Self::HORIZON) * Self::STEPS_PER_DEGREE).round();
        if !(f64::from(i8::MIN)..=f64::from(i8::MAX)).contains(&steps) {
            let degrees = decimal(degrees);
            return Err(format!("{degrees} is no zenith angle from 68.67 to 111.17 degrees"));
        }
        #[expect(clippy::cast_possible_truncation, reason = "within an i8, as was just checked")]
        Ok(Self(steps as i8))
    }
}

impl From<ZenithAngle> for f64 {
    fn from(ZenithAngle(steps): ZenithAngle) -> Self {
        // Two decimals, as NAS's codec shows: more than the steps have.
        let degrees = ZenithAngle::HORIZON + Self::from(steps) / ZenithAngle::STEPS_PER_DEGREE;
        (degrees * 100.0).round() / 100.0
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ZenithStep {
    zenith_angle: ZenithAngle,
    dimming_level: Percent<Disabled>,
}

/// Levels by the height of the sun, for firmware 1.1.x.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CalendarConfig {
    #[serde(default)]
    calendar_prefers_meta_pos: bool,
    #[serde(default)]
    calendar_clamps_profiles: bool,
    #[serde(default)]
    calendar_clamps_dig: bool,
    #[serde(default)]
    ignore_gnss: bool,
    latitude: Degrees<90>,
    longitude: Degrees<180>,
    sunrise_steps: Vec<ZenithStep>,
    sunset_steps: Vec<ZenithStep>,
}

impl Body for CalendarConfig {
    fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let counts = payload.u8()?;
        let flags = payload.u8()?;
        let latitude = Degrees::from_device(payload.i16_le()?)?;
        let longitude = Degrees::from_device(payload.i16_le()?)?;
        let mut read_steps = |count: u8| -> Result<Vec<ZenithStep>, Failure> {
            (0..count)
                .map(|_| {
                    Ok(ZenithStep {
                        zenith_angle: ZenithAngle(payload.i8()?.value),
                        dimming_level: Percent::from_device(payload.u8()?)?,
                    })
                })
                .collect()
        };
        Ok(Self {
            calendar_prefers_meta_pos: *flags.bit(0),
            calendar_clamps_profiles: *flags.bit(1),
            calendar_clamps_dig: *flags.bit(2),
            ignore_gnss: *flags.bit(3),
            latitude,
            longitude,
            sunrise_steps: read_steps(counts.bits(0, 4).value)?,
            sunset_steps: read_steps(counts.bits(4, 4).value)?,
        })
    }

    fn write(&self, _: u64, bytes: &mut Vec<u8>) -> Result<(), Failure> {
        // The two counts share a byte.
        const MOST_STEPS: usize = 15;
        let sunrises = count("sunriseSteps", self.sunrise_steps.len(), MOST_STEPS)?;
        let sunsets = count("sunsetSteps", self.sunset_steps.len(), MOST_STEPS)?;
        bytes.push(sunrises | sunsets << 4);
        bytes.push(
            u8::from(self.calendar_prefers_meta_pos)
                | u8::from(self.calendar_clamps_profiles) << 1
                | u8::from(self.calendar_clamps_dig) << 2
                | u8::from(self.ignore_gnss) << 3,
        );
        bytes.extend(self.latitude.bytes());
        bytes.extend(self.longitude.bytes());
        for step in self.sunrise_steps.iter().chain(&self.sunset_steps) {
            bytes.extend(step.zenith_angle.0.to_le_bytes());
            bytes.extend(step.dimming_level.bytes(1));
        }
        Ok(())
    }
}

/// On at dusk and off at dawn, for firmware 1.0.x. Without offsets the calendar is disabled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CalendarConfigV10 {
    /// In minutes, before sunrise where negative.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sunrise_offset: Option<Bounded<-128, 127>>,
    /// In minutes, before sunset where negative.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sunset_offset: Option<Bounded<-128, 127>>,
    latitude: Degrees<90>,
    longitude: Degrees<180>,
}

impl CalendarConfigV10 {
    /// Both offsets where the calendar is disabled. One of them alone is a minute.
    const DISABLED: [u8; 2] = [0xFF, 0xFF];
}

impl Body for CalendarConfigV10 {
    fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let sunrise = payload.i8()?;
        let sunset = payload.i8()?;
        let is_disabled = sunrise.value == -1 && sunset.value == -1;
        let offset = |minutes| {
            if is_disabled { Ok(None) } else { Bounded::from_device(minutes).map(Some) }
        };
        Ok(Self {
            sunrise_offset: offset(sunrise)?,
            sunset_offset: offset(sunset)?,
            latitude: Degrees::from_device(payload.i16_le()?)?,
            longitude: Degrees::from_device(payload.i16_le()?)?,
        })
    }

    fn write(&self, _: u64, bytes: &mut Vec<u8>) -> Result<(), Failure> {
        let offsets = match (self.sunrise_offset, self.sunset_offset) {
            (None, None) => Self::DISABLED.to_vec(),
            (Some(sunrise), Some(sunset)) => sunrise.bytes(1).chain(sunset.bytes(1)).collect(),
            _ => {
                return Err(Failure::invalid_command(
                    "sunriseOffset and sunsetOffset go together, -128 to 127 minutes each; without \
                     both the calendar is disabled",
                ));
            }
        };
        if offsets == Self::DISABLED && self.sunrise_offset.is_some() {
            return Err(Failure::invalid_command(
                "-1 minute for both offsets is how the calendar is disabled; take another offset, \
                 or leave both out to disable it",
            ));
        }
        bytes.extend(offsets);
        bytes.extend(self.latitude.bytes());
        bytes.extend(self.longitude.bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_zenith_angles_come_back() {
        for steps in i8::MIN..=i8::MAX {
            assert_eq!(
                ZenithAngle::try_from(f64::from(ZenithAngle(steps))),
                Ok(ZenithAngle(steps))
            );
        }
        assert!(ZenithAngle::try_from(60.0).is_err());
        assert!(ZenithAngle::try_from(f64::NAN).is_err());
    }
}
