//! Commands as their sender writes them.

use champollion_sdk::{clocks, families::b_meters, prelude::*};
use serde::{Deserialize, Serialize};

use crate::{
    alarms::Alarms,
    exchange::{DEVICE_TYPE, Exchange, Function},
    settings::{AlarmSettings, Counter, MeterSettings},
};

/// A command to the module.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) enum Order {
    GetFirmware {},
    Reset {},
    /// Sets the clock to the moment at which the command is given; read back it tells that moment.
    SetClock {
        #[serde(skip_deserializing)]
        to: String,
    },
    GetClock {},
    #[serde(rename_all = "camelCase")]
    SetCounters {
        forward: u32,
        litres_per_count: u8,
        reset_backward: bool,
    },
    GetCounters {},
    SetMeter(MeterSettings),
    GetMeter {},
    SetAlarmSettings(AlarmSettings),
    GetAlarmSettings {},
    GetAlarms {},
    SetAlarms(Alarms),
}

impl Order {
    /// Returns what the sender of this command should know.
    pub(crate) fn warning(&self) -> Option<&'static str> {
        match self {
            Self::Reset {} => Some("the module does not answer this command, and joins anew"),
            Self::SetAlarmSettings(_) => {
                Some("all settings of the alarms are written, those too that were to stay")
            }
            _ => None,
        }
    }

    /// The command as the module takes it. `now` is what a clock is set to.
    pub(crate) fn encode(self, now: u64) -> Result<Vec<u8>, Failure> {
        let body = match &self {
            Self::SetClock { .. } => b_meters::clock_bytes(now)?.to_vec(),
            Self::SetCounters { forward, litres_per_count, reset_backward } => {
                let counter = Counter { forward: *forward, litres_per_count: *litres_per_count };
                [&counter.bytes()?[..], &[u8::from(*reset_backward)]].concat()
            }
            Self::SetMeter(settings) => settings.bytes()?,
            Self::SetAlarmSettings(settings) => settings.bytes()?,
            Self::SetAlarms(alarms) => vec![0, 0, 0, alarms.flags()],
            _ => Vec::new(),
        };
        match self {
            // The only request without a device type.
            Self::GetFirmware {} => Ok(b_meters::bare_command(self.function(), &[])),
            _ => b_meters::command(self.function(), DEVICE_TYPE, &body),
        }
    }

    fn function(&self) -> Function {
        match self {
            Self::GetFirmware {} => Function::GetFirmware,
            Self::Reset {} => Function::Reset,
            Self::SetClock { .. } => Function::SetClock,
            Self::GetClock {} => Function::GetClock,
            Self::SetCounters { .. } => Function::SetCounters,
            Self::GetCounters {} => Function::GetCounters,
            Self::SetMeter(_) => Function::SetMeter,
            Self::GetMeter {} => Function::GetMeter,
            Self::SetAlarmSettings(_) => Function::SetAlarmSettings,
            Self::GetAlarmSettings {} => Function::GetAlarmSettings,
            Self::GetAlarms {} => Function::GetAlarms,
            Self::SetAlarms(_) => Function::SetAlarms,
        }
    }

    /// Reads a command back.
    pub(crate) fn read(exchange: Exchange<'_>) -> Result<Self, Failure> {
        let exchange = exchange.command()?;
        let mut body = exchange.body;
        let order = match exchange.function {
            Function::GetFirmware => Self::GetFirmware {},
            Function::Reset => Self::Reset {},
            Function::SetClock => {
                Self::SetClock { to: clocks::rfc3339(b_meters::read_clock(&mut body)?) }
            }
            Function::GetClock => Self::GetClock {},
            Function::SetCounters => {
                let Counter { forward, litres_per_count } = Counter::read(&mut body)?;
                let reset_backward = *body.u8()? != 0;
                Self::SetCounters { forward, litres_per_count, reset_backward }
            }
            Function::GetCounters => Self::GetCounters {},
            Function::SetMeter => Self::SetMeter(MeterSettings::read(&mut body)?),
            Function::GetMeter => Self::GetMeter {},
            Function::SetAlarmSettings => Self::SetAlarmSettings(AlarmSettings::read(&mut body)?),
            Function::GetAlarmSettings => Self::GetAlarmSettings {},
            Function::GetAlarms => Self::GetAlarms {},
            Function::SetAlarms => {
                body.skip(3)?;
                Self::SetAlarms(Alarms::of(*body.u8()?))
            }
        };
        body.end()?;
        Ok(order)
    }
}
