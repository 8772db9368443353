//! Values that the UC300 has read from other devices over Modbus.

use champollion_sdk::{
    families::milesight::{Json, ON_OFF, word},
    prelude::*,
    shortest_decimal,
};

/// The name of a channel, which people number from 1 on.
pub(crate) fn name(channel: u8) -> String {
    format!("modbus_chn_{}", u16::from(channel) + 1)
}

/// Reads a value by the byte that tells its type, with the sign in the highest bit. What follows a value of two bytes in
/// four is left.
pub(crate) fn read(kind: Spanned<u8>, value: &mut Reader<'_>) -> Result<Json, Failure> {
    let signed = *kind.bit(7);
    Ok(match *kind.bits(0, 7) {
        // A coil.
        0x00 => word(ON_OFF, *value.u8()?).into(),
        // A discrete input.
        0x01 => integer(1, signed, value)?,
        // Input and holding registers of 16 bits.
        0x02 | 0x03 => integer(2, signed, value)?,
        // Input and holding registers of 32 bits.
        0x04 | 0x06 => integer(4, signed, value)?,
        // Floating point numbers.
        0x05 | 0x07 => shortest_decimal(*value.f32_le()?).into(),
        // The lower two bytes of four.
        0x08 | 0x0A => {
            let number = integer(2, signed, value)?;
            value.skip(2)?;
            number
        }
        // The upper two bytes of four.
        0x09 | 0x0B => {
            value.skip(2)?;
            integer(2, signed, value)?
        }
        unknown => {
            let message = format!("{unknown:#04X} is no type of a Modbus value that is known");
            return Err(Failure::unknown_message(message).at(kind.span));
        }
    })
}

fn integer(width: usize, signed: bool, value: &mut Reader<'_>) -> Result<Json, Failure> {
    match signed {
        true => value.signed_le(width).map(|number| (*number).into()),
        false => value.unsigned_le(width).map(|number| (*number).into()),
    }
}
