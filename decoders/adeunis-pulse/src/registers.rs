//! Registers, by which the device is set up, and the answers about them.

use champollion_sdk::{Words, hex_capitals, prelude::*, quoted, word};
use serde::Serialize;

use crate::status::Status;

/// A register with its name and its bytes.
pub(crate) struct Register {
    /// The number behind the S, less 300.
    pub(crate) index: u8,
    pub(crate) name: &'static str,
    pub(crate) bytes: u8,
}

const fn register(number: u16, name: &'static str, bytes: u8) -> Register {
    // All numbers are from 300 to 340.
    Register { index: (number - 300) as u8, name, bytes }
}

/// The registers whose sizes the frame with the settings shows, in the order of their numbers.
#[rustfmt::skip]
pub(crate) static REGISTERS: &[Register] = &[
    register(301, "transmissionPeriod", 2),
    register(306, "productMode", 1),
    register(320, "inputs", 1),
    register(321, "historyPeriod", 2),
    register(322, "debounce", 1),
    register(325, "flowPeriod", 2),
    register(326, "flowThresholdA", 2),
    register(327, "flowThresholdB", 2),
    register(328, "leakThresholdA", 2),
    register(329, "leakThresholdB", 2),
    register(330, "leakPeriodsA", 2),
    register(331, "leakPeriodsB", 2),
    register(332, "tamperPeriodA", 1),
    register(333, "tamperCountA", 1),
    register(334, "tamperPeriodB", 1),
    register(335, "tamperCountB", 1),
    register(340, "redundantSamples", 1),
];

pub(crate) fn named(name: &str) -> Result<&'static Register, Failure> {
    REGISTERS.iter().find(|register| register.name == name).ok_or_else(|| {
        let names: Vec<_> = REGISTERS.iter().map(|register| register.name).collect();
        let message = format!("{} is no register; these are: {}", quoted(name), names.join(", "));
        Failure::invalid_command(message)
    })
}

pub(crate) fn numbered(index: Spanned<u8>) -> Result<&'static Register, Failure> {
    REGISTERS.iter().find(|register| register.index == *index).ok_or_else(|| {
        let message = format!("register {} is none that is known", 300 + u16::from(*index));
        Failure::unknown_message(message).at(index.span)
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Values {
    frame: &'static str,
    status: Status,
    /// The values in the order in which they were asked for, which the frame does not tell.
    values: String,
}

pub(crate) fn values(payload: &mut Reader<'_>, status: Status) -> Result<Reading, Failure> {
    // At least one was asked for, and none has no bytes.
    payload.clone().skip(1)?;
    let values = hex_capitals(payload.rest().value);
    Reading::new(&Values { frame: "registers", status, values })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    frame: &'static str,
    status: Status,
    result: String,
    register: u16,
}

/// The fate of a register. The maker's codec calls all other numbers another reason; here they are told.
const RESULTS: Words = &[
    (1, "success"),
    (2, "successNoUpdate"),
    (3, "errorCoherency"),
    (4, "errorInvalidRegister"),
    (5, "errorInvalidValue"),
    (6, "errorTruncatedValue"),
    (7, "errorAccessNotAllowed"),
];

pub(crate) fn written(payload: &mut Reader<'_>, status: Status) -> Result<Reading, Failure> {
    let result = word(RESULTS, *payload.u8()?);
    let register = *payload.u16_be()?;
    payload.end()?;
    Reading::new(&Written { frame: "registersWritten", status, result, register })
}
