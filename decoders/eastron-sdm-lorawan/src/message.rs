//! Messages that a meter sends by itself:
//!
//! | At | Bytes |                                                                      |
//! |----|-------|----------------------------------------------------------------------|
//! | 0  | 4     | serial number                                                        |
//! | 4  | 1     | number of the message, from 1 on: long rows are sent in several      |
//! | 5  | 1     | bytes of the numbers that follow                                     |
//! | 6  | 4 × n | numbers, IEEE 754 singles                                            |
//! |    | 2     | checksum of Modbus                                                   |

use std::collections::BTreeMap;

use champollion_sdk::{decimal, prelude::*, shortest_decimal};
use serde::Serialize;

use crate::{
    checksum,
    parameters::{Parameter, parameters},
};

/// Bytes of the checksum.
const CHECKSUM_BYTES: usize = 2;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Message<'names> {
    serial_number: u32,
    message_number: u8,
    #[serde(flatten)]
    values: BTreeMap<&'names str, f64>,
}

pub(crate) fn decode(uplink: &Uplink) -> Result<Reading, Failure> {
    let mut payload = uplink.reader();
    let serial_number = *payload.u32_be()?;
    let number = payload.u8()?;
    let size = *payload.u8()?;
    let mut numbers = payload.block(size.into())?;
    payload.skip(CHECKSUM_BYTES)?;
    payload.end()?;
    checksum::check(&uplink.payload)?;

    let variables = uplink.settings();
    let parameters = parameters(variables.text("parameters")?, *number)
        .map_err(|failure| failure.at(number.span))?;
    let mut values = BTreeMap::new();
    let mut measurements = Vec::new();
    let mut warnings = Vec::new();
    for parameter in &parameters {
        let single = numbers.f32_be()?.map(shortest_decimal);
        values.insert(parameter.name, *single);
        match parameter.measurement(single) {
            Some(measurement) => measurements.push(measurement),
            None => warnings.extend(doubt(parameter, *single)),
        }
    }
    numbers.end()?;
    let message = Message { serial_number, message_number: *number, values };
    Ok(Reading::new(&message)?.with_all(measurements).warn_all(warnings))
}

fn doubt(parameter: &Parameter, number: f64) -> Option<String> {
    let (name, number) = (parameter.name, decimal(number));
    parameter
        .is_power_factor()
        .then(|| format!("{name} is {number}, and a power factor is from -1 to 1"))
}
