//! Commands as their sender writes them; one downlink has one.

use champollion_sdk::{prelude::*, quoted};
use serde::{Deserialize, Serialize};

use crate::value::Index;

const SET: u8 = 1;
const ASK: u8 = 2;
const ACT: u8 = 3;

/// The longest reporting interval, a week in minutes.
const LONGEST_INTERVAL: u16 = 10_080;

/// Seconds of a unit of the leak window.
const WINDOW_SECONDS: u16 = 15;

/// A command to the module.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) enum Order {
    /// Asks for a value by its name.
    Ask(String),
    /// Clears all alarms but those that are named.
    ClearAlarms { keep: Vec<Alarm> },
    /// Minutes between two reports.
    ReportingInterval(u16),
    /// Litres that the dial of the meter shows.
    StartingValue(u32),
    /// Litres in an hour above which the flow is an alarm.
    MaximumFlow(u16),
    /// Seconds without flow that end a leak, a multiple of 15.
    LeakWindow(u16),
    /// Changes of the sensor that still are a standstill.
    LeakTolerance(u8),
    /// Sets everything to what it was in the factory; the module joins anew.
    Reset {},
}

/// An alarm, by its bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Alarm {
    Leakage = 0x01,
    ModuleRemoved = 0x08,
    MagneticFraud = 0x20,
    FlowExceedsQ3 = 0x80,
}

const ALARMS: [Alarm; 4] =
    [Alarm::Leakage, Alarm::ModuleRemoved, Alarm::MagneticFraud, Alarm::FlowExceedsQ3];

impl Order {
    pub(crate) fn encode(self) -> Result<Vec<u8>, Failure> {
        let set = |index: Index, value: &[u8]| [&[SET, index as u8][..], value].concat();
        Ok(match self {
            Self::Ask(name) => {
                let index = Index::named(&name).filter(|index| *index != Index::Reset);
                let index = index.ok_or_else(|| {
                    let message =
                        format!("ask is {}; it must be one of {}", quoted(&name), Index::names());
                    Failure::invalid_command(message)
                })?;
                vec![ASK, index as u8]
            }
            Self::ClearAlarms { keep } => {
                let bits = keep.iter().fold(0, |bits, alarm| bits | *alarm as u8);
                set(Index::Status, &[bits])
            }
            Self::ReportingInterval(minutes) if (1..=LONGEST_INTERVAL).contains(&minutes) => {
                set(Index::ReportingInterval, &minutes.to_be_bytes())
            }
            Self::ReportingInterval(minutes) => {
                let message = format!(
                    "reportingInterval is {minutes}; it must be 1 to {LONGEST_INTERVAL} minutes"
                );
                return Err(Failure::invalid_command(message));
            }
            Self::StartingValue(litres) => set(Index::StartingValue, &litres.to_be_bytes()),
            Self::MaximumFlow(litres) => set(Index::MaximumFlow, &litres.to_be_bytes()),
            Self::LeakWindow(seconds) => set(Index::LeakWindow, &[window(seconds)?]),
            Self::LeakTolerance(changes) => set(Index::LeakTolerance, &[changes]),
            Self::Reset {} => vec![ACT, Index::Reset as u8],
        })
    }

    /// Reads a command back.
    pub(crate) fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let kind = payload.u8()?;
        let code = payload.u8()?;
        let order = match (*kind, Index::of(*code)) {
            (ACT, Some(Index::Reset)) => Self::Reset {},
            (ASK, Some(index)) if index != Index::Reset => Self::Ask(index.name().to_owned()),
            (SET, Some(Index::Status)) => {
                let bits = *payload.u8()?;
                let keep = ALARMS.into_iter().filter(|alarm| bits & *alarm as u8 != 0).collect();
                Self::ClearAlarms { keep }
            }
            (SET, Some(Index::ReportingInterval)) => Self::ReportingInterval(*payload.u16_be()?),
            (SET, Some(Index::StartingValue)) => Self::StartingValue(*payload.u32_be()?),
            (SET, Some(Index::MaximumFlow)) => Self::MaximumFlow(*payload.u16_be()?),
            (SET, Some(Index::LeakWindow)) => {
                Self::LeakWindow(u16::from(*payload.u8()?) * WINDOW_SECONDS)
            }
            (SET, Some(Index::LeakTolerance)) => Self::LeakTolerance(*payload.u8()?),
            (kind, _) => {
                let message = format!("{kind:02X} {:02X} is no command that is known", *code);
                return Err(Failure::unknown_message(message).at(code.span));
            }
        };
        payload.end()?;
        Ok(order)
    }
}

/// The leak window in its units.
fn window(seconds: u16) -> Result<u8, Failure> {
    let units = u8::try_from(seconds / WINDOW_SECONDS).ok();
    units.filter(|units| *units > 0 && seconds.is_multiple_of(WINDOW_SECONDS)).ok_or_else(|| {
        let message =
            format!("leakWindow is {seconds}; it must be 15 to 3825 in steps of 15 seconds");
        Failure::invalid_command(message)
    })
}
