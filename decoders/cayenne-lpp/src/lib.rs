//! Decoder of any device that sends Cayenne LPP: channels with values of types that say what they are.
//!
//! The format is myDevices' "Cayenne Low Power Payload", whose types are IPSO objects of the Open Mobile Alliance less
//! 3200, with the types that the library of ElectronicCats added later. A device may use any port.
//!
//! Values stand in lists by their types, each with its channel, and the channel of a value is that of its measurement.
//! Inputs, outputs, voltages, currents, frequencies, shares, concentrations, altitudes, directions, colours and numbers
//! without a unit are not measured: the format does not say of what they are.

mod values;

use champollion_sdk::{families::cayenne, prelude::*};

use crate::values::Values;

/// The decoder of Cayenne LPP.
#[derive(Debug)]
pub struct CayenneLpp;

impl Decoder for CayenneLpp {
    fn decode_uplink(uplink: &Uplink) -> Result<Reading, Failure> {
        let mut payload = uplink.reader();
        if payload.is_empty() {
            return Err(Failure::new(FailureKind::TooShort, "the payload is empty"));
        }
        let mut values = Values::default();
        let mut measurements = Vec::new();
        let mut warnings = Vec::new();
        for item in cayenne::items(&mut payload)? {
            values.put(item);
            measurements.extend(values::measurements(item));
            warnings.extend(values::doubt(item));
        }
        Ok(Reading::new(&values)?.with_all(measurements).warn_all(warnings))
    }
}

champollion_sdk::export!(CayenneLpp);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_hold() {
        champollion_sdk::testing::check_vectors::<CayenneLpp>(include_str!("../vectors.json"));
    }

    #[test]
    fn bad_input_is_told() {
        champollion_sdk::testing::BadInput::of(include_str!("../vectors.json"))
            .check::<CayenneLpp>();
    }
}
