//! Commands, each on an FPort of its own.

use champollion_sdk::{decimal, prelude::*};
use serde::{Deserialize, Serialize};

/// The time between two status reports in seconds, by the maker.
const INTERVALS: std::ops::RangeInclusive<u32> = 600..=3_600;

/// The app state that the maker lets be set: metering, without the hour in which the meter settles.
const METERING: u8 = 5;

/// A command, as its sender writes it.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) enum Order {
    /// Asks for firmware, hardware, state and pipe.
    HardwareReport {},
    /// Seconds between two status reports.
    ReportInterval(u32),
    /// The number of the pipe that the meter is clamped to.
    Pipe(u8),
    /// Starts metering at once.
    StartMetering {},
    /// Turns the direction round that counts as forwards.
    FlowReversed(bool),
    /// Whether status reports are confirmed.
    Acknowledge(bool),
    /// Degrees from which on heat is counted.
    HeatThreshold(f64),
    /// The totals from which on the meter counts.
    Totals {
        volume: u32,
        heat: u32,
    },
    ResetVolume {},
    ResetLorawan {},
}

impl Order {
    pub(crate) fn encode(self) -> Result<Downlink, Failure> {
        Ok(match self {
            Self::HardwareReport {} => Downlink::new(50, [0]),
            Self::ReportInterval(seconds) if INTERVALS.contains(&seconds) => {
                Downlink::new(19, seconds.to_le_bytes())
            }
            Self::ReportInterval(seconds) => {
                return Err(Failure::invalid_command(format!(
                    "reportInterval is {seconds}; it must be from {} to {} seconds",
                    INTERVALS.start(),
                    INTERVALS.end()
                )));
            }
            Self::Pipe(pipe) if pipe != 0 && pipe_type(pipe) != UNKNOWN_PIPE => {
                Downlink::new(4, [pipe])
            }
            Self::Pipe(pipe) => {
                let message = format!("pipe is {pipe}; it must be 1 to 9, or 14 to 17");
                return Err(Failure::invalid_command(message));
            }
            Self::StartMetering {} => Downlink::new(2, [METERING]),
            Self::FlowReversed(reversed) => Downlink::new(13, [if reversed { 0xFF } else { 1 }]),
            Self::Acknowledge(acknowledge) => Downlink::new(20, [u8::from(acknowledge)]),
            Self::HeatThreshold(degrees) => Downlink::new(22, threshold(degrees)?.to_le_bytes()),
            Self::Totals { volume, heat } => {
                Downlink::new(31, [volume.to_le_bytes(), heat.to_le_bytes()].concat())
            }
            Self::ResetVolume {} => Downlink::new(101, [0]),
            Self::ResetLorawan {} => Downlink::new(102, [0]),
        })
    }

    /// Reads a command back from what was sent.
    pub(crate) fn read(f_port: u8, payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let order = match f_port {
            50 => nothing(payload).map(|()| Self::HardwareReport {}),
            19 => payload.u32_le().map(|seconds| Self::ReportInterval(*seconds)),
            4 => payload.u8().map(|pipe| Self::Pipe(*pipe)),
            2 => only(payload, METERING).map(|()| Self::StartMetering {}),
            13 => payload.i8().map(|direction| Self::FlowReversed(*direction < 0)),
            20 => payload.u8().map(|acknowledge| Self::Acknowledge(*acknowledge != 0)),
            22 => payload.u16_le().map(|steps| Self::HeatThreshold(f64::from(*steps) / 256.0)),
            31 => {
                let volume = *payload.u32_le()?;
                payload.u32_le().map(|heat| Self::Totals { volume, heat: *heat })
            }
            101 => nothing(payload).map(|()| Self::ResetVolume {}),
            102 => nothing(payload).map(|()| Self::ResetLorawan {}),
            unknown => Err(Failure::unknown_port(unknown)),
        }?;
        payload.end()?;
        Ok(order)
    }
}

/// A temperature in 256ths of a degree.
fn threshold(degrees: f64) -> Result<u16, Failure> {
    if !(0.0..256.0).contains(&degrees) {
        let degrees = decimal(degrees);
        let message = format!("heatThreshold is {degrees}; it must be from 0 to less than 256 °C");
        return Err(Failure::invalid_command(message));
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is within the bounds, and the maker rounds down"
    )]
    Ok((degrees * 256.0) as u16)
}

fn nothing(payload: &mut Reader<'_>) -> Result<(), Failure> {
    only(payload, 0)
}

fn only(payload: &mut Reader<'_>, expected: u8) -> Result<(), Failure> {
    let byte = payload.u8()?;
    if *byte == expected {
        return Ok(());
    }
    let message = format!("the command is {expected:02X} on this port, and not {:02X}", *byte);
    Err(Failure::unknown_message(message).at(byte.span))
}

const UNKNOWN_PIPE: &str = "unknown";

/// The pipe of a number, as the maker calls it.
pub(crate) fn pipe_type(number: u8) -> &'static str {
    match number {
        0 => "Custom",
        1 => "Copper 15 mm",
        2 => "Copper 18 mm",
        3 => "Copper 22 mm",
        4 => "Chrome 15 mm",
        5 => "Chrome 18 mm",
        6 => "Chrome 22 mm",
        7 => "Pal 16 mm",
        8 => "Pal 20 mm",
        9 => "Pal 25 mm",
        14 => "Pex 16 mm",
        15 => "Pex 20 mm",
        16 => "Pex 25 mm",
        17 => "Distpipe",
        _ => UNKNOWN_PIPE,
    }
}
