//! Settings as they travel, written.

use std::ops::RangeInclusive;

use champollion_sdk::{decimal, prelude::*, quoted};

use super::{Setting, Timeout};

/// Seconds of an interval that the maker's encoder takes.
const INTERVAL: RangeInclusive<u16> = 60..=64_800;
const SHORT_INTERVAL: RangeInclusive<u16> = 1..=64_800;

impl Setting {
    pub(crate) fn encode(self) -> Result<Vec<u8>, Failure> {
        Ok(match self {
            Self::Reboot {} => vec![0xFF, 0x10, 0xFF],
            Self::QueryDeviceStatus {} => vec![0xFF, 0x28, 0xFF],
            Self::SyncTime {} => vec![0xFF, 0x4A, 0x00],
            Self::CollectionInterval(seconds) => {
                with(&[0xFF, 0x02], [within(seconds, INTERVAL)?.to_le_bytes()])
            }
            Self::ReportInterval(seconds) => {
                with(&[0xFF, 0x03], [within(seconds, INTERVAL)?.to_le_bytes()])
            }
            Self::TimeZone(tenths) => with(&[0xFF, 0x17], [tenths.to_le_bytes()]),
            Self::TemperatureAlarmSettings { condition, threshold_min, threshold_max } => {
                const OF_TEMPERATURE: u8 = 1 << 3;
                let limits = [tenths(threshold_min)?, tenths(threshold_max)?, [0; 2], [0; 2]];
                with(&[0xFF, 0x06, OF_TEMPERATURE | condition.number()], limits)
            }
            Self::ClearCounter {} => vec![0xFF, 0x4E, 0x01, 0x00],
            Self::StopCounter {} => vec![0xFF, 0x4E, 0x01, 0x01],
            Self::StartCounter {} => vec![0xFF, 0x4E, 0x01, 0x02],
            Self::Counter(pulses) => with(&[0xFF, 0x92, 0x01], [pulses.to_le_bytes()]),
            Self::WaterFlowAlarmSettings(timeout) => timeout.encode(0),
            Self::WaterFlowTimeoutAlarmSettings(timeout) => timeout.encode(1),
            Self::WaterOutageTimeoutAlarmSettings(timeout) => timeout.encode(2),
            Self::PulseConversionSettings { enable, water, pulse, unit } => {
                let mut text = [0; 4];
                let place = text.get_mut(..unit.len()).ok_or_else(|| {
                    let unit = quoted(&unit);
                    Failure::invalid_command(format!("the unit {unit} has more than 4 bytes"))
                })?;
                place.copy_from_slice(unit.as_bytes());
                let mut bytes =
                    with(&[0xFF, 0xA2, enable.number()], [parts(water)?, parts(pulse)?]);
                bytes.extend(text);
                bytes
            }
            Self::PulseFilterEnable(switch) => vec![0xFF, 0xA3, 0x01, switch.number()],
            Self::WaterFlowDetermination(seconds) => with(&[0xFF, 0xA4], [seconds.to_le_bytes()]),
            Self::GpioMode(mode) => vec![0xFF, 0xC3, mode.number()],
            Self::D2dKey {} => {
                return Err(Failure::invalid_command("a key is not sent through here"));
            }
            Self::D2dMasterConfig { mode, enable, lora_uplink_enable, d2d_cmd } => {
                let switches = enable.number() | lora_uplink_enable.number() << 1;
                let command = u16::from_str_radix(&d2d_cmd, 16).map_err(|_| {
                    Failure::invalid_command(format!("{d2d_cmd:?} is not four hexadecimal digits"))
                })?;
                with(&[0xFF, 0x79, mode.number(), switches], [command.to_le_bytes()])
            }
            Self::HistoryEnable(switch) => vec![0xFF, 0x68, switch.number()],
            Self::RetransmitEnable(switch) => vec![0xFF, 0x69, switch.number()],
            Self::RetransmitInterval(seconds) => {
                with(&[0xFF, 0x6A, 0x00], [within(seconds, SHORT_INTERVAL)?.to_le_bytes()])
            }
            Self::ResendInterval(seconds) => {
                with(&[0xFF, 0x6A, 0x01], [within(seconds, SHORT_INTERVAL)?.to_le_bytes()])
            }
            Self::FetchHistory { start_time, end_time: None } => {
                with(&[0xFD, 0x6B], [start_time.to_le_bytes()])
            }
            Self::FetchHistory { start_time, end_time: Some(end_time) } => {
                if end_time < start_time {
                    return Err(Failure::invalid_command("end_time is before start_time"));
                }
                with(&[0xFD, 0x6C], [start_time.to_le_bytes(), end_time.to_le_bytes()])
            }
            Self::StopTransmit {} => vec![0xFD, 0x6D, 0xFF],
            Self::ClearHistory {} => vec![0xFF, 0x27, 0x01],
        })
    }
}

impl Timeout {
    fn encode(self, which: u8) -> Vec<u8> {
        with(&[0xFF, 0xA1, 0x01, which, self.enable.number()], [self.duration.to_le_bytes()])
    }
}

fn with<const WIDTH: usize, const COUNT: usize>(
    head: &[u8],
    numbers: [[u8; WIDTH]; COUNT],
) -> Vec<u8> {
    head.iter().chain(numbers.as_flattened()).copied().collect()
}

fn within(seconds: u16, range: RangeInclusive<u16>) -> Result<u16, Failure> {
    if range.contains(&seconds) {
        return Ok(seconds);
    }
    let (least, most) = range.into_inner();
    Err(Failure::invalid_command(format!("{seconds} s is not from {least} to {most} s")))
}

/// Tenths of a degree.
fn tenths(degrees: f64) -> Result<[u8; 2], Failure> {
    let tenths = (degrees * 10.0).round();
    if !(f64::from(i16::MIN)..=f64::from(i16::MAX)).contains(&tenths) {
        let degrees = decimal(degrees);
        return Err(Failure::invalid_command(format!("{degrees} °C cannot be told")));
    }
    #[expect(clippy::cast_possible_truncation, reason = "the range was looked at")]
    let tenths = tenths as i16;
    Ok(tenths.to_le_bytes())
}

/// Tenths of a conversion.
fn parts(number: f64) -> Result<[u8; 2], Failure> {
    let tenths = (number * 10.0).round();
    if !(0.0..=f64::from(u16::MAX)).contains(&tenths) {
        let number = decimal(number);
        return Err(Failure::invalid_command(format!("{number} is not from 0 to 6553.5")));
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the range was looked at"
    )]
    let tenths = tenths as u16;
    Ok(tenths.to_le_bytes())
}
