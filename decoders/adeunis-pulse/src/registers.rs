//! Registers, by which the device is set up, and the answers about them.

use champollion_sdk::{
    Words,
    families::adeunis::{self, Register},
    prelude::*,
    word,
};
use serde::Serialize;

use crate::status::Status;

/// The registers whose sizes the frame with the settings shows, in the order of their numbers.
pub(crate) const REGISTERS: &[Register] = &[
    Register::new(301, "transmissionPeriod", 2),
    Register::new(306, "productMode", 1),
    Register::new(320, "inputs", 1),
    Register::new(321, "historyPeriod", 2),
    Register::new(322, "debounce", 1),
    Register::new(325, "flowPeriod", 2),
    Register::new(326, "flowThresholdA", 2),
    Register::new(327, "flowThresholdB", 2),
    Register::new(328, "leakThresholdA", 2),
    Register::new(329, "leakThresholdB", 2),
    Register::new(330, "leakPeriodsA", 2),
    Register::new(331, "leakPeriodsB", 2),
    Register::new(332, "tamperPeriodA", 1),
    Register::new(333, "tamperCountA", 1),
    Register::new(334, "tamperPeriodB", 1),
    Register::new(335, "tamperCountB", 1),
    Register::new(340, "redundantSamples", 1),
];

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Values {
    frame: &'static str,
    status: Status,
    /// The values in the order in which they were asked for, which the frame does not tell.
    values: String,
}

pub(crate) fn values(payload: &mut Reader<'_>, status: Status) -> Result<Reading, Failure> {
    let values = adeunis::values(payload)?;
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
