//! Registers of Adeunis devices: the commands that ask for them and write them, which the maker's whole range shares.
//!
//! ```
//! use champollion_sdk::{Command, families::adeunis::{self, Register}};
//!
//! const REGISTERS: &[Register] = &[Register::new(301, "transmissionPeriod", 2)];
//!
//! let data = r#"{"setRegisters": {"transmissionPeriod": 4}}"#.to_owned();
//! let command = Command { data, issued_at: 0, variables: Vec::new() };
//! assert_eq!(adeunis::encode_downlink(&command, REGISTERS)?.payload, [0x41, 0x01, 0x00, 0x04]);
//! # Ok::<(), champollion_sdk::Failure>(())
//! ```

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    Command, Downlink, Failure, Reader, Reading, SentDownlink, Spanned, hex_capitals, quoted,
};

/// The port of all frames, both ways.
pub const PORT: u8 = 1;

/// The most bytes that get through at the lowest data rate of EU868, by the Regional Parameters.
const SURELY_FITS: usize = 51;

/// A register with its name and its bytes.
#[derive(Clone, Copy, Debug)]
pub struct Register {
    /// The number behind the S, less 300.
    index: u8,
    name: &'static str,
    /// Bytes of the value, four at most.
    bytes: u8,
}

impl Register {
    /// A register with a number from 300 to 399, its name, and the bytes of its value, 1 to 4.
    ///
    /// # Panics
    ///
    /// Panics, where it is a constant while it is compiled, on another number or width.
    #[must_use]
    pub const fn new(number: u16, name: &'static str, bytes: u8) -> Self {
        assert!(number >= 300 && number < 400, "registers are S300 to S399");
        assert!(bytes >= 1 && bytes <= 4, "a register has 1 to 4 bytes");
        Self { index: (number - 300) as u8, name, bytes }
    }
}

/// A command to a device.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
enum Order {
    /// Asks for the settings of the product.
    GetConfiguration {},
    /// Asks for the settings of the network.
    GetNetwork {},
    /// Asks for registers by their names.
    GetRegisters(Vec<String>),
    /// Writes registers by their names; the device then starts anew.
    SetRegisters(BTreeMap<String, u32>),
}

const GET_CONFIGURATION: u8 = 0x01;
const GET_NETWORK: u8 = 0x02;
const GET_REGISTERS: u8 = 0x40;
const SET_REGISTERS: u8 = 0x41;

/// Writes a command of a device that has these registers.
pub fn encode_downlink(command: &Command, registers: &[Register]) -> Result<Downlink, Failure> {
    let payload = match command.parse()? {
        Order::GetConfiguration {} => vec![GET_CONFIGURATION],
        Order::GetNetwork {} => vec![GET_NETWORK],
        Order::GetRegisters(names) => {
            let mut payload = vec![GET_REGISTERS];
            for name in &names {
                payload.push(named(name, registers)?.index);
            }
            payload
        }
        Order::SetRegisters(values) => {
            let mut payload = vec![SET_REGISTERS];
            for (name, value) in &values {
                append(named(name, registers)?, *value, &mut payload)?;
            }
            payload
        }
    };
    if matches!(payload[..], [GET_REGISTERS | SET_REGISTERS]) {
        return Err(Failure::invalid_command("the command names no register"));
    }
    if payload.len() > SURELY_FITS {
        let message = format!("{} bytes do not fit into a frame of {SURELY_FITS}", payload.len());
        return Err(Failure::invalid_command(message));
    }
    Ok(Downlink::new(PORT, payload))
}

/// Reads a command back from what was sent to a device that has these registers.
pub fn decode_downlink(
    downlink: &SentDownlink,
    registers: &[Register],
) -> Result<Reading, Failure> {
    if downlink.f_port != PORT {
        return Err(Failure::unknown_port(downlink.f_port));
    }
    let mut payload = downlink.reader();
    let code = payload.u8()?;
    let order = match *code {
        GET_CONFIGURATION => Order::GetConfiguration {},
        GET_NETWORK => Order::GetNetwork {},
        GET_REGISTERS => {
            // At least one: a command without registers is not written either.
            payload.clone().skip(1)?;
            let mut names = Vec::new();
            while !payload.is_empty() {
                names.push(numbered(payload.u8()?, registers)?.name.to_owned());
            }
            Order::GetRegisters(names)
        }
        SET_REGISTERS => {
            payload.clone().skip(1)?;
            let mut values = BTreeMap::new();
            while !payload.is_empty() {
                let register = numbered(payload.u8()?, registers)?;
                let value = *payload.unsigned_be(usize::from(register.bytes))?;
                // No register has more than four bytes.
                values.insert(register.name.to_owned(), u32::try_from(value).unwrap_or(0));
            }
            Order::SetRegisters(values)
        }
        other => {
            let message = format!("no command has the code {other:02X}");
            return Err(Failure::unknown_message(message).at(code.span));
        }
    };
    payload.end()?;
    Reading::new(&order)
}

/// Reads the values of registers that were asked for, as hexadecimal digits: they come in the order in which they were
/// asked for, and the frame does not say which they are.
pub fn values(payload: &mut Reader<'_>) -> Result<String, Failure> {
    // At least one was asked for, and none has no bytes.
    payload.clone().skip(1)?;
    Ok(hex_capitals(payload.rest().value))
}

fn named<'registers>(
    name: &str,
    registers: &'registers [Register],
) -> Result<&'registers Register, Failure> {
    registers.iter().find(|register| register.name == name).ok_or_else(|| {
        let names: Vec<_> = registers.iter().map(|register| register.name).collect();
        let message = format!("{} is no register; these are: {}", quoted(name), names.join(", "));
        Failure::invalid_command(message)
    })
}

fn numbered(index: Spanned<u8>, registers: &[Register]) -> Result<&Register, Failure> {
    registers.iter().find(|register| register.index == *index).ok_or_else(|| {
        let message = format!("register {} is none that is known", 300 + u16::from(*index));
        Failure::unknown_message(message).at(index.span)
    })
}

fn append(register: &Register, value: u32, payload: &mut Vec<u8>) -> Result<(), Failure> {
    let width = usize::from(register.bytes);
    let bytes = value.to_be_bytes();
    let (more, used) = bytes.split_at(bytes.len() - width);
    if more.iter().any(|byte| *byte != 0) {
        let highest = (1_u64 << (8 * width)) - 1;
        let message = format!("{} is {value}; it must be 0 to {highest}", register.name);
        return Err(Failure::invalid_command(message));
    }
    payload.push(register.index);
    payload.extend(used);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FailureKind;

    const REGISTERS: &[Register] =
        &[Register::new(301, "period", 2), Register::new(322, "mode", 1)];

    fn written(data: &str) -> Result<Vec<u8>, Failure> {
        let (data, issued_at, variables) = (data.to_owned(), 0, Vec::new());
        let command = Command { data, issued_at, variables };
        encode_downlink(&command, REGISTERS).map(|downlink| downlink.payload)
    }

    fn read(f_port: u8, payload: &[u8]) -> Result<Reading, Failure> {
        let (payload, sent_at, variables) = (payload.to_vec(), 0, Vec::new());
        decode_downlink(&SentDownlink { f_port, payload, sent_at, variables }, REGISTERS)
    }

    #[test]
    fn commands_are_written_and_read_back() {
        for (data, payload) in [
            (r#"{"getConfiguration":{}}"#, &[0x01][..]),
            (r#"{"getNetwork":{}}"#, &[0x02]),
            (r#"{"getRegisters":["mode","period"]}"#, &[0x40, 22, 1]),
            (r#"{"setRegisters":{"mode":7,"period":258}}"#, &[0x41, 22, 7, 1, 1, 2]),
        ] {
            assert_eq!(written(data).unwrap(), payload);
            assert_eq!(read(PORT, payload).unwrap().data(), data);
        }
    }

    #[test]
    fn what_no_device_takes_is_said() {
        for (data, part) in [
            (r#"{"getRegisters":["S330"]}"#, "period, mode"),
            (r#"{"getRegisters":[]}"#, "no register"),
            (r#"{"setRegisters":{"mode":256}}"#, "0 to 255"),
            (r#"{"reboot":{}}"#, "getConfiguration"),
        ] {
            let failure = written(data).unwrap_err();
            assert_eq!(failure.kind, FailureKind::InvalidCommand, "{data}");
            assert!(failure.message.contains(part), "{}", failure.message);
        }
        let many = format!(r#"{{"getRegisters":[{}"mode"]}}"#, r#""mode","#.repeat(50));
        assert!(written(&many).unwrap_err().message.contains("52 bytes"));
        for (f_port, payload, kind) in [
            (2, &[0x01][..], FailureKind::UnknownPort),
            (1, &[0x01, 0], FailureKind::TooLong),
            (1, &[0x41, 1, 2], FailureKind::TooShort),
            (1, &[0x40, 0], FailureKind::UnknownMessage),
            (1, &[0x60], FailureKind::UnknownMessage),
        ] {
            assert_eq!(read(f_port, payload).unwrap_err().kind, kind, "{payload:?}");
        }
    }
}
