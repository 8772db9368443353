//! Answers to commands that act at once: FPort 60 (payloads 1.1, "payloads-commands").

use champollion_sdk::prelude::*;
use serde::Serialize;

use crate::{address::Address, command, driver::Driver, ports::PORT_COMMAND};

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

/// The answer of a controller that did not reach the memory of a driver.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
enum Unreached {
    DriverMemoryRead(Failed),
    DriverMemoryWrite(Failed),
}

#[derive(Debug, Serialize)]
struct Failed {
    failed: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Interfaces {
    interface_request: InterfaceStates,
}

/// States of the interfaces, each absent where the controller does not have it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct InterfaceStates {
    #[serde(skip_serializing_if = "Option::is_none")]
    dig_input_on: Option<Spanned<bool>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ldr_input_value: Option<Spanned<u8>>,
    internal_relay_closed: Spanned<bool>,
    open_drain_output_on: Spanned<bool>,
}

/// Reads what the device answers to a command: most often the command itself.
pub(crate) fn read_answer(payload: &mut Reader<'_>) -> Result<Reading, Failure> {
    const DALI_STATUS: u8 = 0x00;
    const STATUS_USAGE: u8 = 0x05;
    const INTERFACES: u8 = 0x06;
    const READ_MEMORY: u8 = 0x07;
    const WRITE_MEMORY: u8 = 0x08;
    // The first byte, and what was asked for.
    const LENGTH_WITHOUT_REPORT: usize = 2;
    let is_alone = payload.remaining() == 1;
    match payload.peek() {
        Some(READ_MEMORY) if is_alone => {
            payload.skip(1)?;
            Reading::new(&Unreached::DriverMemoryRead(Failed { failed: true }))
        }
        Some(WRITE_MEMORY) if is_alone => {
            payload.skip(1)?;
            Reading::new(&Unreached::DriverMemoryWrite(Failed { failed: true }))
        }
        Some(INTERFACES) if payload.remaining() > LENGTH_WITHOUT_REPORT => {
            payload.skip(1)?;
            read_interfaces(payload)
        }
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
        _ => Reading::new(&command::read(PORT_COMMAND, payload)?),
    }
}

/// Reads the states of the interfaces, each behind its number.
fn read_interfaces(payload: &mut Reader<'_>) -> Result<Reading, Failure> {
    const NOT_THERE: u8 = 0xFF;
    let mut state = |number: u8| -> Result<Spanned<u8>, Failure> {
        let interface = payload.u8()?;
        if interface.value != number {
            let message = format!("interface {number} was expected, not {}", interface.value);
            return Err(Failure::unknown_message(message).at(interface.span));
        }
        payload.u8()
    };
    let (dig, ldr) = (state(1)?, state(2)?);
    // The thermistor, which is not in use any more.
    state(3)?;
    let relays = state(4)?;
    let dig_input_on = match dig.value {
        0 | 1 => Some(dig.bit(0)),
        NOT_THERE => None,
        other => {
            let message = format!("{other} is no state of a digital input");
            return Err(Failure::invalid_value(message).at(dig.span));
        }
    };
    let states = InterfaceStates {
        dig_input_on,
        ldr_input_value: (ldr.value != NOT_THERE).then_some(ldr),
        internal_relay_closed: relays.bit(0),
        open_drain_output_on: relays.bit(1),
    };
    let relay = quantity::LAMP_RELAY.of(states.internal_relay_closed);
    Ok(Reading::new(&Interfaces { interface_request: states })?.with(relay))
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
