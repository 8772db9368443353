//! Configurations whose values depend on each other or on the moment: FPort 50 (payloads 1.1, "payloads-configs").

use champollion_sdk::{decimal, prelude::*};
use serde::{Deserialize, Serialize};

use crate::{
    body::Body,
    given::Given,
    values::{
        AlertOff, Bounded, ForceDeviceTimeReq, Ignore, NeverSent, OrWord, PowerFactorLimit, Word,
    },
};

/// The interval of usage packets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct UsageConfig {
    /// Interval in seconds, or never.
    usage_interval: OrWord<NeverSent, 1, 0xFFFF_FFFF>,
    /// The mains voltage to compute with where the voltage is not measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mains_voltage: Option<Bounded<0, 254>>,
}

/// An instruction that sets the clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct TimeConfig {
    /// Seconds since 1970, not before 2000, where the controller's own count begins. Without it the
    /// moment when the command was issued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    device_unix_epoch: Option<OrWord<ForceDeviceTimeReq, 946_684_800, 0xFFFF_FFFF>>,
}

/// The longest delay of controllers after power comes back, in seconds; each waits a random part of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct BootDelayConfig {
    boot_delay_range: Bounded<0, 0xFFFF>,
}

/// When alerts are sent, in watts and volts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct MeteringAlertConfig {
    min_power: OrWord<AlertOff, 0, 0xFFFE>,
    max_power: OrWord<AlertOff, 0, 0xFFFE>,
    min_voltage: OrWord<AlertOff, 0, 0xFFFE>,
    max_voltage: OrWord<AlertOff, 0, 0xFFFE>,
    min_power_factor: PowerFactorLimit,
}

/// Seconds, one of sixteen steps that DALI has; `None` where the driver's own setting counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FadeDuration(Option<u8>);

/// IEC 62386-102, fade time, from half a second up.
const FADE_STEPS: [f64; 16] =
    [0.5, 0.71, 1.0, 1.41, 2.0, 2.83, 4.0, 5.66, 8.0, 11.31, 16.0, 22.63, 32.0, 45.25, 64.0, 90.51];

impl FadeDuration {
    /// Where the driver's own setting counts.
    const NONE: u8 = 0xFF;

    /// Reads the byte of a step.
    pub(crate) fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let step = payload.u8()?;
        match step.value {
            Self::NONE => Ok(Self(None)),
            known @ 0..16 => Ok(Self(Some(known))),
            other => {
                let message = format!("{other} is no step of fading from 0 to 15");
                Err(Failure::invalid_value(message).at(step.span))
            }
        }
    }

    /// As it stands in payloads.
    pub(crate) fn byte(self) -> u8 {
        self.0.unwrap_or(Self::NONE)
    }
}

impl TryFrom<Given> for FadeDuration {
    type Error = String;

    fn try_from(given: Given) -> Result<Self, String> {
        let shown = match (given.number(), given) {
            (_, Given::Text(text)) if text == Ignore::WORD => return Ok(Self(None)),
            (_, Given::Text(text)) => text,
            (Some(seconds), _) => {
                if let Some(step) = (0..).zip(FADE_STEPS).find(|(_, step)| *step == seconds) {
                    return Ok(Self(Some(step.0)));
                }
                decimal(seconds)
            }
            (None, _) => return Err("must be seconds or \"ignore\"".to_owned()),
        };
        let steps = FADE_STEPS.map(decimal).join(", ");
        Err(format!("{shown} is neither \"{}\" nor one of {steps} seconds", Ignore::WORD))
    }
}

impl From<FadeDuration> for Given {
    fn from(duration: FadeDuration) -> Self {
        let step = duration.0.and_then(|step| FADE_STEPS.get(usize::from(step)).copied());
        step.map_or_else(|| Self::Text(Ignore::WORD.to_owned()), Self::Number)
    }
}

impl UsageConfig {
    const NO_VOLTAGE: u8 = 0xFF;
}

impl Body for UsageConfig {
    fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let usage_interval = OrWord::from_device(payload.u32_le()?)?;
        let voltage = payload.u8()?;
        let mains_voltage = if voltage.value == Self::NO_VOLTAGE {
            None
        } else {
            Some(Bounded::from_device(voltage)?)
        };
        Ok(Self { usage_interval, mains_voltage })
    }

    fn write(&self, _: u64, bytes: &mut Vec<u8>) -> Result<(), Failure> {
        bytes.extend(self.usage_interval.bytes(4));
        match self.mains_voltage {
            Some(voltage) => bytes.extend(voltage.bytes(1)),
            None => bytes.push(Self::NO_VOLTAGE),
        }
        Ok(())
    }
}

impl Body for TimeConfig {
    fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        Ok(Self { device_unix_epoch: Some(OrWord::from_device(payload.u32_le()?)?) })
    }

    fn write(&self, issued_at: u64, bytes: &mut Vec<u8>) -> Result<(), Failure> {
        if let Some(epoch) = self.device_unix_epoch {
            bytes.extend(epoch.bytes(4));
            return Ok(());
        }
        let Ok(seconds) = u32::try_from(issued_at / 1000) else {
            return Err(Failure::invalid_command(
                "the moment of the command does not fit into the controller's clock, which ends in \
                 2106",
            ));
        };
        bytes.extend(seconds.to_le_bytes());
        Ok(())
    }
}

impl Body for BootDelayConfig {
    fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        // Early firmware sends one byte.
        let boot_delay_range = if payload.remaining() == 1 {
            Bounded::from_device(payload.u8()?)?
        } else {
            Bounded::from_device(payload.u16_le()?)?
        };
        Ok(Self { boot_delay_range })
    }

    fn write(&self, _: u64, bytes: &mut Vec<u8>) -> Result<(), Failure> {
        bytes.extend(self.boot_delay_range.bytes(2));
        Ok(())
    }
}

impl MeteringAlertConfig {
    /// The only version that there is.
    const VERSION: u8 = 1;
}

impl Body for MeteringAlertConfig {
    fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let version = payload.u8()?;
        if version.value != Self::VERSION {
            let message = format!("metering alerts are of version 1, not {}", version.value);
            return Err(Failure::unknown_message(message).at(version.span));
        }
        Ok(Self {
            min_power: OrWord::from_device(payload.u16_le()?)?,
            max_power: OrWord::from_device(payload.u16_le()?)?,
            min_voltage: OrWord::from_device(payload.u16_le()?)?,
            max_voltage: OrWord::from_device(payload.u16_le()?)?,
            min_power_factor: PowerFactorLimit::from_device(payload.u8()?)?,
        })
    }

    fn write(&self, _: u64, bytes: &mut Vec<u8>) -> Result<(), Failure> {
        bytes.push(Self::VERSION);
        for limit in [self.min_power, self.max_power, self.min_voltage, self.max_voltage] {
            bytes.extend(limit.bytes(2));
        }
        bytes.push(self.min_power_factor.byte());
        Ok(())
    }
}
