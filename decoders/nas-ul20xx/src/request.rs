//! Asks for configurations, FPort 49, and puts them back, FPort 50.

use champollion_sdk::{prelude::*, quoted};
use serde::{Deserialize, Serialize};

use crate::body::Body;

/// Stands for all profiles.
const ALL_PROFILES: u8 = 0xFF;

/// Asks the device for a configuration, which it sends on FPort 50.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ConfigRequest {
    config: RequestedConfig,
}

macro_rules! configs {
    ($($name:ident = $header:literal;)*) => {
        /// A configuration that this decoder can read when it comes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase")]
        enum RequestedConfig {
            $($name,)*
        }

        impl RequestedConfig {
            fn of(header: u8) -> Option<Self> {
                match header {
                    $($header => Some(Self::$name),)*
                    _ => None,
                }
            }

            fn header(self) -> u8 {
                match self {
                    $(Self::$name => $header,)*
                }
            }
        }
    };
}

configs! {
    StatusConfig = 0x07;
    TimeConfig = 0x09;
    UsageConfig = 0x0B;
    BootDelayConfig = 0x0D;
    OnboardLedConfig = 0x15;
    MeteringAlertConfig = 0x16;
    CalendarConfigV10 = 0x06;
    ProfileConfigV10 = 0x08;
    HolidayConfigV10 = 0x0C;
    CalendarConfig = 0x20;
    ProfileConfig = 0x21;
    FadeConfig = 0x22;
    HolidayConfig = 0x23;
    DaliMonitorConfig = 0x24;
    FallbackDimConfig = 0x25;
}

impl Body for ConfigRequest {
    fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let header = payload.u8()?;
        let Some(config) = RequestedConfig::of(header.value) else {
            let message = format!("no known configuration is asked for by {:#04X}", header.value);
            return Err(Failure::unknown_message(message).at(header.span));
        };
        if asks_for_profiles(config) {
            let profile = payload.u8()?;
            if profile.value != ALL_PROFILES {
                let message = "a request of a single profile is not known to this decoder";
                return Err(Failure::unknown_message(message).at(profile.span));
            }
        }
        Ok(Self { config })
    }

    fn write(&self, _: u64, bytes: &mut Vec<u8>) -> Result<(), Failure> {
        bytes.push(self.config.header());
        if asks_for_profiles(self.config) {
            bytes.push(ALL_PROFILES);
        }
        Ok(())
    }
}

fn asks_for_profiles(config: RequestedConfig) -> bool {
    matches!(config, RequestedConfig::ProfileConfig | RequestedConfig::ProfileConfigV10)
}

/// Puts a configuration back to what it was when the device was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ClearConfig {
    reset_target: ResetTarget,
    /// Of the device, as a guard; for `factory_reset` alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    device_serial: Option<Serial>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ResetTarget {
    /// All profiles. To clear some of them NAS's decoder reads an address, and its encoder writes
    /// the number of a profile; they agree on all.
    ProfileConfig,
    HolidayConfig,
    DigInputConfig,
    LightSensorConfig,
    FactoryReset,
}

/// A serial number, eight hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
struct Serial(u32);

impl TryFrom<String> for Serial {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let is_hexadecimal = text.len() == 8 && text.bytes().all(|digit| digit.is_ascii_hexdigit());
        u32::from_str_radix(&text, 16).ok().filter(|_| is_hexadecimal).map(Self).ok_or_else(|| {
            format!("{} is no serial number of eight hexadecimal digits", quoted(&text))
        })
    }
}

impl From<Serial> for String {
    fn from(serial: Serial) -> Self {
        format!("{:08X}", serial.0)
    }
}

impl Body for ClearConfig {
    fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let target = payload.u8()?;
        let reset_target = match target.value {
            0x21 => {
                let profile = payload.u8()?;
                if profile.value != ALL_PROFILES {
                    let message = "what clears some of the profiles is not known for sure";
                    return Err(Failure::unknown_message(message).at(profile.span));
                }
                ResetTarget::ProfileConfig
            }
            0x23 => ResetTarget::HolidayConfig,
            0x28 => ResetTarget::DigInputConfig,
            0x29 => ResetTarget::LightSensorConfig,
            0xFF => {
                let device_serial = Some(Serial(payload.u32_le()?.value));
                return Ok(Self { reset_target: ResetTarget::FactoryReset, device_serial });
            }
            other => {
                let message = format!("no known configuration is cleared by {other:#04X}");
                return Err(Failure::unknown_message(message).at(target.span));
            }
        };
        Ok(Self { reset_target, device_serial: None })
    }

    fn write(&self, _: u64, bytes: &mut Vec<u8>) -> Result<(), Failure> {
        match (self.reset_target, self.device_serial) {
            (ResetTarget::FactoryReset, Some(serial)) => {
                bytes.push(0xFF);
                bytes.extend(serial.0.to_le_bytes());
            }
            (ResetTarget::FactoryReset, None) => {
                return Err(Failure::invalid_command(
                    "factory_reset needs deviceSerial, eight hexadecimal digits",
                ));
            }
            (_, Some(_)) => {
                return Err(Failure::invalid_command("deviceSerial goes with factory_reset alone"));
            }
            (ResetTarget::ProfileConfig, None) => bytes.extend([0x21, ALL_PROFILES]),
            (ResetTarget::HolidayConfig, None) => bytes.push(0x23),
            (ResetTarget::DigInputConfig, None) => bytes.push(0x28),
            (ResetTarget::LightSensorConfig, None) => bytes.push(0x29),
        }
        Ok(())
    }
}
