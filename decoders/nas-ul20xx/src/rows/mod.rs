//! The instructions, each a row: its name, its port, its first byte and its values one after another.
//!
//! Beside *payloads 1.1* and *protocol 1.0* they are as *nas-codecs* reads and writes them.

mod commands;
mod configs;
mod requests;

use champollion_sdk::{Json, Map, prelude::*};

use crate::{
    ports::{PORT_CONFIG, PORT_REQUEST},
    table::{self, Field, Form, Output},
};

/// An instruction: its name, the port and the first byte by which it is known, and its values.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) port: u8,
    /// None where the first byte is part of what it says, and it is alone on its port.
    header: Option<u8>,
    fields: &'static [Field],
}

const ROWS: [&[Row]; 3] = [requests::REQUESTS, configs::CONFIGS, commands::COMMANDS];

const PERCENT: Form = Form::whole(1, 0, 100);
const OR_RESUME: Form = PERCENT.or(&[(0xFF, "resume")]);
const PROFILE: Form = Form::whole(1, 0, 254);

/// Devices of multicast: 0 to 3 by firmware 1.1.x, 1 to 4 by 1.0.x.
const MULTICAST_DEVICE: Form = Form::whole(1, 0, 4);

/// A value without which all are meant.
const fn or_all(fields: &'static [Field]) -> Field {
    ("", Form::optional(fields))
}

impl Row {
    const fn new(name: &'static str, port: u8, header: u8, fields: &'static [Field]) -> Self {
        Self { name, port, header: Some(header), fields }
    }

    /// All instructions of all ports.
    pub(crate) fn all() -> impl Iterator<Item = &'static Self> {
        ROWS.into_iter().flatten()
    }

    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        Self::all().find(|row| row.name == name)
    }

    /// Finds the instruction whose first byte is the next one, and moves on to its values.
    pub(crate) fn next(f_port: u8, payload: &mut Reader<'_>) -> Result<&'static Self, Failure> {
        let rows = match f_port {
            PORT_REQUEST => return Ok(&requests::REQUESTS[0]),
            PORT_CONFIG => configs::CONFIGS,
            _ => commands::COMMANDS,
        };
        let header = payload.u8()?;
        let is_it = |row: &&Self| row.header == Some(*header) && row.port == f_port;
        rows.iter().find(is_it).ok_or_else(|| no_row(f_port, header))
    }

    /// Reads the values behind the first byte.
    pub(crate) fn read(&self, payload: &mut Reader<'_>) -> Result<Map<String, Json>, Failure> {
        table::read(self.fields, payload)
    }

    /// Writes the values with the first byte.
    pub(crate) fn write(
        &self,
        body: Map<String, Json>,
        output: &mut Output,
    ) -> Result<(), Failure> {
        output.bytes.extend(self.header);
        table::write(self.fields, &format!("{}.", self.name), body, output)
    }

    /// The sentence that who sends the instruction should know.
    pub(crate) fn warning(&self) -> Option<&'static str> {
        let is_dfu = self.name == commands::ACTIVATE_DFU;
        is_dfu.then_some("the controller stays in its bootloader for two minutes")
    }
}

#[cold]
#[inline(never)]
fn no_row(f_port: u8, header: Spanned<u8>) -> Failure {
    let first = *header;
    let message =
        format!("no instruction on FPort {f_port} that begins with {first:#04X} is known");
    Failure::unknown_message(message).at(header.span)
}
