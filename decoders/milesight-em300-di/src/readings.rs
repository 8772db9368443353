//! Readings that are sent now and that are stored, in the same bytes.

use champollion_sdk::{prelude::*, word};

/// Reads a temperature in degrees Celsius.
pub(crate) fn temperature(value: &mut Reader<'_>) -> Result<Spanned<f64>, Failure> {
    Ok(value.i16_le()?.divided_by(10.0))
}

/// Reads a humidity in per cent.
pub(crate) fn humidity(value: &mut Reader<'_>) -> Result<Spanned<f64>, Failure> {
    Ok(value.u8()?.divided_by(2.0))
}

/// The level of the input.
pub(crate) fn level(number: u8) -> String {
    word(&[(0, "low"), (1, "high")], number)
}
