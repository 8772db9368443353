//! Commands as their sender writes them.

use std::collections::BTreeMap;

use champollion_sdk::prelude::*;
use serde::{Deserialize, Serialize};

use crate::registers;

/// The most bytes that get through at the lowest data rate of EU868, by the Regional Parameters.
const SURELY_FITS: usize = 51;

/// A command to the device.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) enum Order {
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

impl Order {
    pub(crate) fn encode(self) -> Result<Vec<u8>, Failure> {
        let payload = match self {
            Self::GetConfiguration {} => vec![GET_CONFIGURATION],
            Self::GetNetwork {} => vec![GET_NETWORK],
            Self::GetRegisters(names) => {
                let mut payload = vec![GET_REGISTERS];
                for name in &names {
                    payload.push(registers::named(name)?.index);
                }
                payload
            }
            Self::SetRegisters(values) => {
                let mut payload = vec![SET_REGISTERS];
                for (name, value) in &values {
                    append(name, *value, &mut payload)?;
                }
                payload
            }
        };
        if matches!(payload[..], [GET_REGISTERS | SET_REGISTERS]) {
            return Err(Failure::invalid_command("the command names no register"));
        }
        if payload.len() > SURELY_FITS {
            let message =
                format!("{} bytes do not fit into a frame of {SURELY_FITS}", payload.len());
            return Err(Failure::invalid_command(message));
        }
        Ok(payload)
    }

    /// Reads a command back.
    pub(crate) fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let code = payload.u8()?;
        let order = match *code {
            GET_CONFIGURATION => Self::GetConfiguration {},
            GET_NETWORK => Self::GetNetwork {},
            GET_REGISTERS => {
                let mut names = Vec::new();
                while !payload.is_empty() {
                    names.push(registers::numbered(payload.u8()?)?.name.to_owned());
                }
                Self::GetRegisters(names)
            }
            SET_REGISTERS => {
                let mut values = BTreeMap::new();
                while !payload.is_empty() {
                    let register = registers::numbered(payload.u8()?)?;
                    let value = *payload.unsigned_be(usize::from(register.bytes))?;
                    // No register has more than two bytes.
                    values.insert(register.name.to_owned(), u32::try_from(value).unwrap_or(0));
                }
                Self::SetRegisters(values)
            }
            other => {
                let message = format!("no command has the code {other:02X}");
                return Err(Failure::unknown_message(message).at(code.span));
            }
        };
        payload.end()?;
        Ok(order)
    }
}

fn append(name: &str, value: u32, payload: &mut Vec<u8>) -> Result<(), Failure> {
    let register = registers::named(name)?;
    let width = usize::from(register.bytes);
    let bytes = value.to_be_bytes();
    let (more, used) = bytes.split_at(bytes.len() - width);
    if more.iter().any(|byte| *byte != 0) {
        let highest = (1_u64 << (8 * width)) - 1;
        let message = format!("{name} is {value}; it must be 0 to {highest}");
        return Err(Failure::invalid_command(message));
    }
    payload.push(register.index);
    payload.extend(used);
    Ok(())
}
