//! Answers to commands that act at once: FPort 60 (payloads 1.1, "payloads-commands").

use champollion_sdk::prelude::*;
use serde::Serialize;

use crate::{
    address::Address,
    command::{Instruction, PORT_COMMAND},
    driver::Driver,
};

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct DaliStatuses {
    dali_statuses: Vec<Driver>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct DimMapReport {
    dim_map_report: Vec<DimMap>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct DimMap {
    address: Spanned<Address>,
    dali_min_level: u8,
    dali_max_level: u8,
    dimming_curve: &'static str,
}

/// Reads what the device answers to a command: most often the command itself.
pub(crate) fn read_answer(payload: &mut Reader<'_>) -> Result<Reading, Failure> {
    const DALI_STATUS: u8 = 0x00;
    const STATUS_USAGE: u8 = 0x05;
    // The first byte, and the flags of what was asked for.
    const LENGTH_WITHOUT_REPORT: usize = 2;
    match payload.peek() {
        Some(DALI_STATUS) => {
            payload.skip(1)?;
            let drivers = Driver::read_all(payload)?;
            let measurements: Vec<Measurement> =
                drivers.iter().flat_map(Driver::measurements).collect();
            Ok(Reading::new(&DaliStatuses { dali_statuses: drivers })?.with_all(measurements))
        }
        Some(STATUS_USAGE) if payload.remaining() > LENGTH_WITHOUT_REPORT => {
            payload.skip(1)?;
            read_dim_map_report(payload)
        }
        _ => Reading::new(&Instruction::read(PORT_COMMAND, payload)?),
    }
}

fn read_dim_map_report(payload: &mut Reader<'_>) -> Result<Reading, Failure> {
    let requested = payload.u8()?;
    if !*requested.bit(2) {
        let message = "more than flags follows, but no report of dimming curves was asked for";
        return Err(Failure::unknown_message(message).at(requested.span));
    }
    let mut dim_map_report = Vec::new();
    while !payload.is_empty() {
        dim_map_report.push(DimMap {
            address: Address::read_output(payload)?,
            dali_min_level: payload.u8()?.value,
            dali_max_level: payload.u8()?.value,
            dimming_curve: if payload.u8()?.value == 0 { "logarithmic" } else { "linear" },
        });
    }
    Reading::new(&DimMapReport { dim_map_report })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_that_was_not_asked_for_is_refused() {
        let failure = read_answer(&mut Reader::new(&[5, 1, 0x12, 0x94, 0xFE, 0])).unwrap_err();
        assert_eq!(failure.kind, FailureKind::UnknownMessage);
    }

    #[test]
    fn an_answer_may_be_the_command_itself() {
        let reading = read_answer(&mut Reader::new(&[1, 0xFE, 0xFF])).unwrap();
        assert_eq!(
            reading.data(),
            r#"{"manualDimming":{"destination":[{"address":"dali_broadcast","dimmingLevel":"resume"}]}}"#
        );
    }
}
