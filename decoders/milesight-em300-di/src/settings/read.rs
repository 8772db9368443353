//! Settings as they travel, read.

use champollion_sdk::{hexadecimal, prelude::*};

use super::{Condition, Event, Mode, Setting, Switch, Timeout};

impl Setting {
    /// The bytes of a setting; none of what is none. Orders to the store of values have a channel of their own.
    pub(crate) fn size(header: [u8; 2]) -> Option<usize> {
        let [0xFE | 0xFF, kind] = header else { return None };
        match kind {
            0x10 | 0x27 | 0x28 | 0x4A | 0x68 | 0x69 | 0xC3 => Some(1),
            0x02 | 0x03 | 0x17 | 0x4E | 0xA3 | 0xA4 => Some(2),
            0x6A => Some(3),
            0x79 => Some(4),
            0x92 => Some(5),
            0xA1 => Some(7),
            0x35 => Some(8),
            0x06 | 0xA2 => Some(9),
            _ => None,
        }
    }

    pub(crate) fn read(header: [u8; 2], value: &mut Reader<'_>) -> Result<Self, Failure> {
        Ok(match header {
            [0xFD, 0x6B] => Self::FetchHistory { start_time: *value.u32_le()?, end_time: None },
            [0xFD, 0x6C] => Self::FetchHistory {
                start_time: *value.u32_le()?,
                end_time: Some(*value.u32_le()?),
            },
            [0xFD, 0x6D] => {
                value.skip(1)?;
                Self::StopTransmit {}
            }
            [0xFE | 0xFF, kind] => Self::read_kind(kind, value)?,
            _ => return Err(unknown(&header)),
        })
    }

    fn read_kind(kind: u8, value: &mut Reader<'_>) -> Result<Self, Failure> {
        Ok(match kind {
            0x02 => Self::CollectionInterval(*value.u16_le()?),
            0x03 => Self::ReportInterval(*value.u16_le()?),
            0x06 => {
                let condition = Condition::of(*value.u8()?.bits(0, 3));
                let threshold_min = *value.i16_le()?.divided_by(10.0);
                let threshold_max = *value.i16_le()?.divided_by(10.0);
                value.skip(4)?;
                Self::TemperatureAlarmSettings { condition, threshold_min, threshold_max }
            }
            0x10 | 0x27 | 0x28 | 0x4A => {
                value.skip(1)?;
                match kind {
                    0x10 => Self::Reboot {},
                    0x27 => Self::ClearHistory {},
                    0x28 => Self::QueryDeviceStatus {},
                    _ => Self::SyncTime {},
                }
            }
            0x17 => Self::TimeZone(*value.i16_le()?),
            0x35 => {
                value.skip(8)?;
                Self::D2dKey {}
            }
            0x4E => {
                value.skip(1)?;
                match *value.u8()? {
                    0 => Self::ClearCounter {},
                    1 => Self::StopCounter {},
                    2 => Self::StartCounter {},
                    other => return Err(unknown(&[kind, other])),
                }
            }
            0x68 => Self::HistoryEnable(switch(value)?),
            0x69 => Self::RetransmitEnable(switch(value)?),
            0x6A => {
                let which = *value.u8()?;
                let interval = *value.u16_le()?;
                match which {
                    0 => Self::RetransmitInterval(interval),
                    1 => Self::ResendInterval(interval),
                    other => return Err(unknown(&[kind, other])),
                }
            }
            0x79 => {
                let mode = Event::of(*value.u8()?);
                let switches = value.u8()?;
                Self::D2dMasterConfig {
                    mode,
                    enable: Switch::of(*switches.bits(0, 1)),
                    lora_uplink_enable: Switch::of(*switches.bits(1, 1)),
                    d2d_cmd: format!("{:04x}", *value.u16_le()?),
                }
            }
            0x92 => {
                value.skip(1)?;
                Self::Counter(*value.u32_le()?)
            }
            0xA1 => {
                value.skip(1)?;
                let which = *value.u8()?;
                let timeout = Timeout { enable: switch(value)?, duration: *value.u32_le()? };
                match which {
                    0 => Self::WaterFlowAlarmSettings(timeout),
                    1 => Self::WaterFlowTimeoutAlarmSettings(timeout),
                    2 => Self::WaterOutageTimeoutAlarmSettings(timeout),
                    other => return Err(unknown(&[kind, other])),
                }
            }
            0xA2 => Self::PulseConversionSettings {
                enable: switch(value)?,
                water: *value.u16_le()?.divided_by(10.0),
                pulse: *value.u16_le()?.divided_by(10.0),
                unit: unit(value.array::<4>()?.value),
            },
            0xA3 => {
                value.skip(1)?;
                Self::PulseFilterEnable(switch(value)?)
            }
            0xA4 => Self::WaterFlowDetermination(*value.u16_le()?),
            0xC3 => Self::GpioMode(Mode::of(*value.u8()?)),
            _ => return Err(unknown(&[kind])),
        })
    }
}

fn switch(value: &mut Reader<'_>) -> Result<Switch, Failure> {
    Ok(Switch::of(*value.u8()?))
}

/// A text that ends at its zeros.
fn unit(bytes: [u8; 4]) -> String {
    String::from_utf8_lossy(&bytes).trim_end_matches('\0').to_owned()
}

fn unknown(bytes: &[u8]) -> Failure {
    let bytes = hexadecimal(bytes);
    Failure::unknown_message(format!("{bytes} begins no setting that is known"))
}
