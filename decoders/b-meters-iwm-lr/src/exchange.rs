//! The header that commands and answers have in common: function, direction, error, chain and length.

use champollion_sdk::prelude::*;

/// A function of the device, by the number that the manual gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    GetFirmware = 0x07,
    Reset = 0x0A,
    SetClock = 0x14,
    GetClock = 0x15,
    SetCounters = 0x16,
    GetCounters = 0x17,
    SetMeter = 0x1A,
    GetMeter = 0x1B,
    SetAlarmSettings = 0x26,
    GetAlarmSettings = 0x27,
    GetAlarms = 0x28,
    SetAlarms = 0x29,
}

impl Function {
    const ALL: [(Self, &'static str); 12] = [
        (Self::GetFirmware, "getFirmware"),
        (Self::Reset, "reset"),
        (Self::SetClock, "setClock"),
        (Self::GetClock, "getClock"),
        (Self::SetCounters, "setCounters"),
        (Self::GetCounters, "getCounters"),
        (Self::SetMeter, "setMeter"),
        (Self::GetMeter, "getMeter"),
        (Self::SetAlarmSettings, "setAlarmSettings"),
        (Self::GetAlarmSettings, "getAlarmSettings"),
        (Self::GetAlarms, "getAlarms"),
        (Self::SetAlarms, "setAlarms"),
    ];

    fn of(code: u8) -> Option<Self> {
        Self::ALL.iter().map(|(function, _)| *function).find(|function| *function as u8 == code)
    }

    /// The name of the command.
    pub(crate) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(function, _)| *function == self).map_or("", |(_, name)| name)
    }
}

/// The device type that the manual has in all requests.
const DEVICE_TYPE: u8 = 4;

/// A command or its answer.
#[derive(Clone, Debug)]
pub(crate) struct Exchange<'payload> {
    pub(crate) function: Function,
    pub(crate) is_answer: bool,
    pub(crate) error: Spanned<u8>,
    /// The bytes behind the device type, which all but the shortest bodies begin with.
    pub(crate) body: Reader<'payload>,
}

impl<'payload> Exchange<'payload> {
    pub(crate) fn read(payload: &mut Reader<'payload>) -> Result<Self, Failure> {
        let code = payload.u8()?;
        let function = Function::of(*code).ok_or_else(|| {
            Failure::unknown_message(format!("no message begins with {:02X}", *code)).at(code.span)
        })?;
        let direction = payload.u8()?;
        let is_answer = match *direction {
            0 => false,
            1 => true,
            other => {
                let message = format!("{other:02X} is neither a command, 00, nor an answer, 01");
                return Err(Failure::unknown_message(message).at(direction.span));
            }
        };
        let error = payload.u8()?;
        // The chain, which the manual does not describe, is 0 in all of its examples.
        payload.skip(1)?;
        let length = *payload.u8()?;
        let mut body = payload.block(usize::from(length))?;
        payload.end()?;
        // Of answers the examples have another device type than the tables, so it is not compared.
        body.skip(usize::from(!body.is_empty()))?;
        Ok(Self { function, is_answer, error, body })
    }
}

/// A command with its header. Only the request of the firmware has no device type.
pub(crate) fn command(function: Function, body: &[u8]) -> Result<Vec<u8>, Failure> {
    if function == Function::GetFirmware {
        return Ok(vec![function as u8, 0, 0, 0, 0]);
    }
    let length = u8::try_from(body.len() + 1)
        .map_err(|_| Failure::invalid_command("a command has 254 bytes at most"))?;
    Ok([&[function as u8, 0, 0, 0, length, DEVICE_TYPE][..], body].concat())
}
