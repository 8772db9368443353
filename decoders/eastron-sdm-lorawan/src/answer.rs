//! Answers of a meter that was asked: a telegram of Modbus in hexadecimal digits.

use champollion_sdk::{prelude::*, shortest_decimal};
use serde::Serialize;

use crate::checksum;

/// Stands where Modbus has the address of the meter.
const RESERVED: u8 = 0x01;

/// Set in the function of an answer that is an error.
const ERROR: u8 = 0x80;

#[derive(Serialize)]
struct Answer {
    answer: Function,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    values: Vec<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<u8>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Function {
    HoldingRegisters,
    InputRegisters,
}

pub(crate) fn decode(digits: &[u8]) -> Result<Reading, Failure> {
    let bytes = bytes_of(digits)?;
    let mut telegram = Reader::new(&bytes);
    let length = checksum::check(&bytes)?;
    let mut content = telegram.block(length)?;
    let reserved = *content.u8()?;
    let function = *content.u8()?;
    let answer = match (reserved, function & !ERROR) {
        (RESERVED, 0x03) => Function::HoldingRegisters,
        (RESERVED, 0x04) => Function::InputRegisters,
        _ => {
            let message = format!("{reserved:02X} {function:02X} begins no answer that is known");
            return Err(Failure::unknown_message(message));
        }
    };
    if function & ERROR != 0 {
        let error = Some(*content.u8()?);
        content.end().map_err(in_bytes)?;
        return Reading::new(&Answer { answer, values: Vec::new(), error });
    }
    let size = *content.u8()?;
    let mut registers = content.block(size.into()).map_err(in_bytes)?;
    let mut values = Vec::new();
    while !registers.is_empty() {
        values.push(shortest_decimal(*registers.f32_be().map_err(in_bytes)?));
    }
    content.end().map_err(in_bytes)?;
    Reading::new(&Answer { answer, values, error: None })
}

/// The same without its place, which counts bytes where the payload has two digits for each.
fn in_bytes(failure: Failure) -> Failure {
    failure.at(None)
}

fn bytes_of(digits: &[u8]) -> Result<Vec<u8>, Failure> {
    if !digits.len().is_multiple_of(2) {
        let message = format!("{} digits make no whole number of bytes", digits.len());
        return Err(Failure::new(FailureKind::TooShort, message));
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let byte = |pair: &[u8]| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    };
    let bytes: Option<Vec<u8>> = digits.chunks(2).map(byte).collect();
    bytes.ok_or_else(|| Failure::invalid_value("the answer has other than hexadecimal digits"))
}
