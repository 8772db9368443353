//! Samples of older firmware: the battery, the number of a sensor, and its temperatures.

use champollion_sdk::{families::dragino::Battery, prelude::*};
use serde::Serialize;

/// The content of the message, under the names of the maker's decoder.
#[derive(Debug, Serialize)]
pub(crate) struct Samples {
    bat: Spanned<f64>,
    sensor: &'static str,
    #[serde(rename = "Temp")]
    temperatures: Vec<Spanned<f64>>,
}

impl Samples {
    pub(crate) fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let bat = Battery::read(payload)?.volts;
        let number = payload.u8()?;
        let sensor = match *number {
            1 => "ds18b20",
            2 => "tmp117",
            3 => "gxht30",
            4 => "sht31",
            other => {
                let message = format!("{other} is no sensor that is known");
                return Err(Failure::unknown_message(message).at(number.span));
            }
        };
        let mut temperatures = vec![payload.i16_be()?.divided_by(100.0)];
        while !payload.is_empty() {
            temperatures.push(payload.i16_be()?.divided_by(100.0));
        }
        Ok(Self { bat, sensor, temperatures })
    }

    /// The samples have no times, so only the battery is measured.
    pub(crate) fn reading(&self) -> Result<Reading, Failure> {
        Ok(Reading::new(self)?.with(quantity::BATTERY_VOLTAGE.of(self.bat)))
    }
}
