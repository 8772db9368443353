//! Asks for configurations, FPort 49, and puts them back, FPort 50.

use champollion_sdk::{prelude::*, quoted};
use serde::{Deserialize, Serialize};

use crate::{
    address::Address,
    body::Body,
    values::{Bounded, NoProfiles, OrWord},
};

/// Stands for all profiles, or all devices of multicast.
const ALL: u8 = 0xFF;

/// Asks the device for a configuration, which it sends on FPort 50.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ConfigRequest {
    config: RequestedConfig,
    /// Of a profile; without it all are asked for. Firmware 1.0.x can be asked for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    profile_id: Option<OrWord<NoProfiles, 0, 254>>,
    /// Of `multicastConfig`; without it all are asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    multicast_device: Option<MulticastDevice>,
}

/// A device of multicast: 0 to 3 by firmware 1.1.x, 1 to 4 by 1.0.x.
type MulticastDevice = Bounded<0, 4>;

/// Reads a device of multicast; none is all of them.
fn read_multicast_device(payload: &mut Reader<'_>) -> Result<Option<MulticastDevice>, Failure> {
    let device = payload.u8()?;
    if device.value == ALL { Ok(None) } else { Bounded::from_device(device).map(Some) }
}

fn write_or_all<const HIGHEST: i64>(number: Option<Bounded<0, HIGHEST>>, bytes: &mut Vec<u8>) {
    match number {
        Some(number) => bytes.extend(number.bytes(1)),
        None => bytes.push(ALL),
    }
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
    LdrInputConfig = 0x01;
    DigInputConfigV10 = 0x03;
    LegacyDefaultsConfig = 0x0A;
    DefaultsConfig = 0x0E;
    LocationConfigV10 = 0x13;
    LocationConfig = 0x26;
    LumalinkConfig = 0x27;
    DigInputConfig = 0x28;
    LightSensorConfig = 0x29;
    DimNotifyConfig = 0x2A;
    InterfaceTypeConfig = 0x2B;
    MulticastConfig = 0x52;
}

impl Body for ConfigRequest {
    fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let header = payload.u8()?;
        let Some(config) = RequestedConfig::of(header.value) else {
            let message = format!("no known configuration is asked for by {:#04X}", header.value);
            return Err(Failure::unknown_message(message).at(header.span));
        };
        let (mut profile_id, mut multicast_device) = (None, None);
        match config {
            RequestedConfig::ProfileConfigV10 if payload.is_empty() => {
                profile_id = Some(OrWord::WORD);
            }
            RequestedConfig::ProfileConfig | RequestedConfig::ProfileConfigV10 => {
                let profile = payload.u8()?;
                if profile.value != ALL {
                    profile_id = Some(OrWord::from_device(profile)?);
                }
            }
            RequestedConfig::MulticastConfig => multicast_device = read_multicast_device(payload)?,
            _ => {}
        }
        Ok(Self { config, profile_id, multicast_device })
    }

    fn write(&self, _: u64, bytes: &mut Vec<u8>) -> Result<(), Failure> {
        let is_of_1_0 = self.config == RequestedConfig::ProfileConfigV10;
        let has_profiles = is_of_1_0 || self.config == RequestedConfig::ProfileConfig;
        let has_devices = self.config == RequestedConfig::MulticastConfig;
        if self.profile_id.is_some() && !has_profiles {
            return Err(Failure::invalid_command("profileId goes with profiles alone"));
        }
        if self.multicast_device.is_some() && !has_devices {
            return Err(Failure::invalid_command(
                "multicastDevice goes with multicastConfig alone",
            ));
        }
        bytes.push(self.config.header());
        match self.profile_id {
            Some(OrWord::Word(_)) if is_of_1_0 => {}
            Some(OrWord::Word(_)) => {
                return Err(Failure::invalid_command(
                    "no_profiles goes with profileConfigV10 alone",
                ));
            }
            Some(OrWord::Number(profile)) => bytes.extend(profile.bytes(1)),
            None if has_profiles => bytes.push(ALL),
            None => {}
        }
        if has_devices {
            write_or_all(self.multicast_device, bytes);
        }
        Ok(())
    }
}

/// Puts a configuration back to what it was when the device was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ClearConfig {
    reset_target: ResetTarget,
    /// Of the device, as a guard; for `factory_reset` alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    device_serial: Option<Serial>,
    /// The output whose profiles are cleared; for `profile_config_v10` alone, all without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    address: Option<Address>,
    /// The profile that is cleared; for `profile_config_v10` alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    profile_id: Option<Bounded<0, 254>>,
    /// The device that is cleared; for `multicast_config` alone, all without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    multicast_device: Option<MulticastDevice>,
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
    MulticastConfig,
    LdrInputConfig,
    DigInputConfigV10,
    ProfileConfigV10,
    HolidayConfigV10,
    FactoryReset,
}

/// The targets that are a byte, and nothing else. Firmware 1.0.x has those from 0x01 to 0x06.
const BARE_TARGETS: [(u8, ResetTarget); 6] = [
    (0x01, ResetTarget::LdrInputConfig),
    (0x03, ResetTarget::DigInputConfigV10),
    (0x06, ResetTarget::HolidayConfigV10),
    (0x23, ResetTarget::HolidayConfig),
    (0x28, ResetTarget::DigInputConfig),
    (0x29, ResetTarget::LightSensorConfig),
];

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
        let mut cleared = Self {
            reset_target: ResetTarget::ProfileConfig,
            device_serial: None,
            address: None,
            profile_id: None,
            multicast_device: None,
        };
        match target.value {
            0x04 => {
                cleared.reset_target = ResetTarget::ProfileConfigV10;
                let address = Address::read(payload)?.value;
                cleared.address = (address != Address::AllDevices).then_some(address);
                if !payload.is_empty() {
                    cleared.profile_id = Some(Bounded::from_device(payload.u8()?)?);
                }
            }
            0x21 => {
                let profile = payload.u8()?;
                if profile.value != ALL {
                    let message = "what clears some of the profiles is not known for sure";
                    return Err(Failure::unknown_message(message).at(profile.span));
                }
            }
            0x52 => {
                cleared.reset_target = ResetTarget::MulticastConfig;
                cleared.multicast_device = read_multicast_device(payload)?;
            }
            0xFF => {
                cleared.reset_target = ResetTarget::FactoryReset;
                cleared.device_serial = Some(Serial(payload.u32_le()?.value));
            }
            other => match BARE_TARGETS.iter().find(|(byte, _)| *byte == other) {
                Some((_, known)) => cleared.reset_target = *known,
                None => {
                    let message = format!("no known configuration is cleared by {other:#04X}");
                    return Err(Failure::unknown_message(message).at(target.span));
                }
            },
        }
        Ok(cleared)
    }

    fn write(&self, _: u64, bytes: &mut Vec<u8>) -> Result<(), Failure> {
        let target = self.reset_target;
        for (is_given, name, its_target, words) in [
            (
                self.device_serial.is_some(),
                "deviceSerial",
                ResetTarget::FactoryReset,
                "factory_reset",
            ),
            (
                self.address.is_some(),
                "address",
                ResetTarget::ProfileConfigV10,
                "profile_config_v10",
            ),
            (
                self.profile_id.is_some(),
                "profileId",
                ResetTarget::ProfileConfigV10,
                "profile_config_v10",
            ),
            (
                self.multicast_device.is_some(),
                "multicastDevice",
                ResetTarget::MulticastConfig,
                "multicast_config",
            ),
        ] {
            if is_given && target != its_target {
                let message = format!("{name} goes with {words} alone");
                return Err(Failure::invalid_command(message));
            }
        }
        match target {
            ResetTarget::FactoryReset => {
                let serial = self.device_serial.ok_or_else(|| {
                    Failure::invalid_command(
                        "factory_reset needs deviceSerial, eight hexadecimal digits",
                    )
                })?;
                bytes.push(0xFF);
                bytes.extend(serial.0.to_le_bytes());
            }
            ResetTarget::ProfileConfig => bytes.extend([0x21, ALL]),
            ResetTarget::ProfileConfigV10 => {
                bytes.extend([0x04, self.address.map_or(ALL, Address::byte)]);
                bytes.extend(self.profile_id.into_iter().flat_map(|profile| profile.bytes(1)));
            }
            ResetTarget::MulticastConfig => {
                bytes.push(0x52);
                write_or_all(self.multicast_device, bytes);
            }
            bare => {
                let target = BARE_TARGETS.iter().find(|(_, target)| *target == bare);
                bytes.extend(target.map(|(byte, _)| *byte));
            }
        }
        Ok(())
    }
}
