//! Commands as their sender writes them.

use champollion_sdk::{
    clocks,
    families::b_meters::{self, Function as _},
    prelude::*,
};
use serde::{Deserialize, Serialize};

use crate::{
    alarms::Alarm,
    exchange::{DEVICE_TYPE, Exchange, Function},
};

/// A command to the meter.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) enum Order {
    GetFirmware {},
    Reset {},
    GetSerialNumber {},
    /// Sets the clock to the moment at which the command is given; read back it tells that moment.
    SetClock {
        #[serde(skip_deserializing)]
        to: String,
    },
    GetClock {},
    /// Whether the periodic message tells the temperature.
    SetTemperature(bool),
    GetAlarmSettings {},
    GetAlarms {},
    /// Clears all alarms that the meter keeps but those that are named.
    ClearAlarms {
        keep: Vec<Alarm>,
    },
}

impl Order {
    /// Returns what the sender of this command should know.
    pub(crate) fn warning(&self) -> Option<&'static str> {
        match self {
            Self::Reset {} => {
                Some("the meter joins anew, for which five litres must flow through it")
            }
            Self::SetClock { .. } => Some(
                "the manual calls the digits of the clock decimal and has examples of plain numbers, which are sent",
            ),
            _ => None,
        }
    }

    /// The command as the meter takes it. `now` is what a clock is set to.
    pub(crate) fn encode(self, now: u64) -> Result<Vec<u8>, Failure> {
        let function = self.function();
        let body = match &self {
            // The only request whose length leaves out the device type.
            Self::GetFirmware {} => return Ok(b_meters::bare_command(function, &[DEVICE_TYPE])),
            Self::SetClock { .. } => b_meters::clock_bytes(now)?.to_vec(),
            // All other settings are fixed, and 0 in the example of the manual.
            Self::SetTemperature(is_told) => vec![0, 0, 0, u8::from(*is_told), 0, 0, 0, 0],
            Self::ClearAlarms { keep } => Alarm::flags(keep).to_vec(),
            _ => Vec::new(),
        };
        b_meters::command(function, DEVICE_TYPE, &body)
    }

    fn function(&self) -> Function {
        match self {
            Self::GetFirmware {} => Function::GetFirmware,
            Self::Reset {} => Function::Reset,
            Self::GetSerialNumber {} => Function::GetSerialNumber,
            Self::SetClock { .. } => Function::SetClock,
            Self::GetClock {} => Function::GetClock,
            Self::SetTemperature(_) => Function::SetTemperature,
            Self::GetAlarmSettings {} => Function::GetAlarmSettings,
            Self::GetAlarms {} => Function::GetAlarms,
            Self::ClearAlarms { .. } => Function::ClearAlarms,
        }
    }

    /// Reads a command back.
    pub(crate) fn read(exchange: Exchange<'_>) -> Result<Self, Failure> {
        let exchange = exchange.command()?;
        let mut body = exchange.body;
        let order = match exchange.function {
            Function::GetFirmware => Self::GetFirmware {},
            Function::Reset => Self::Reset {},
            Function::GetSerialNumber => Self::GetSerialNumber {},
            Function::SetClock => {
                Self::SetClock { to: clocks::rfc3339(b_meters::read_clock(&mut body)?) }
            }
            Function::GetClock => Self::GetClock {},
            Function::SetTemperature => {
                body.skip(3)?;
                let is_told = *body.u8()? != 0;
                body.skip(4)?;
                Self::SetTemperature(is_told)
            }
            Function::GetAlarmSettings => Self::GetAlarmSettings {},
            Function::GetAlarms => Self::GetAlarms {},
            Function::ClearAlarms => Self::ClearAlarms { keep: Alarm::of(body.array()?.value) },
            Function::SetInterval => {
                let message = format!("no source lays out {}", exchange.function.name());
                return Err(Failure::unknown_message(message));
            }
        };
        body.end()?;
        Ok(order)
    }
}
