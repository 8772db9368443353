//! Numbers of two bytes with a fraction: IEEE 754 halves, least significant byte first.

use champollion_sdk::prelude::*;

/// Reads a half. NaN and infinities are invalid values.
pub(crate) fn read(payload: &mut Reader<'_>) -> Result<Spanned<f64>, Failure> {
    let sent = payload.u16_le()?;
    let sign = if *sent.bit(15) { -1.0 } else { 1.0 };
    let exponent = i32::from(*sent.bits(10, 5));
    let fraction = f64::from(*sent.bits(0, 10));
    match exponent {
        31 => {
            let message = format!("{:#06X} is no finite number", *sent);
            Err(Failure::invalid_value(message).at(sent.span))
        }
        0 => Ok(sent.map(|_| sign * fraction * 2.0_f64.powi(-24))),
        _ => Ok(sent.map(|_| sign * (fraction + 1_024.0) * 2.0_f64.powi(exponent - 25))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn half(bytes: [u8; 2]) -> Result<f64, Failure> {
        read(&mut Reader::new(&bytes)).map(|number| number.value)
    }

    #[test]
    fn halves_are_those_of_the_standard() {
        for (bytes, number) in [
            ([0x00, 0x44], 4.0),
            ([0x8F, 0x42], 3.279_296_875),
            ([0x00, 0xC0], -2.0),
            ([0x01, 0x00], 5.960_464_477_539_063e-8),
            ([0xFF, 0x7B], 65_504.0),
            ([0x00, 0x00], 0.0),
        ] {
            assert_eq!(half(bytes), Ok(number), "{bytes:02X?}");
        }
        assert_eq!(half([0x00, 0x7C]).unwrap_err().kind, FailureKind::InvalidValue);
    }
}
