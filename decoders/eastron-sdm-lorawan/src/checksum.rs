//! The checksum of Modbus, least significant byte first.

use champollion_sdk::prelude::*;

/// Asks that the last two bytes are the checksum of those before them, and returns the number of these.
pub(crate) fn check(bytes: &[u8]) -> Result<usize, Failure> {
    let Some((content, [low, high])) = bytes.split_last_chunk::<2>() else {
        let message = format!("{} bytes are too few for a checksum", bytes.len());
        return Err(Failure::new(FailureKind::TooShort, message));
    };
    let (told, computed) = (u16::from_le_bytes([*low, *high]), of(content));
    if told == computed {
        return Ok(content.len());
    }
    Err(Failure::invalid_value(format!(
        "the checksum is {told:#06X}, and {computed:#06X} is that of the bytes before it"
    )))
}

fn of(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xFFFF, |crc, byte| {
        (0..8).fold(
            crc ^ u16::from(*byte),
            |crc, _| {
                if crc & 1 == 1 { crc >> 1 ^ 0xA001 } else { crc >> 1 }
            },
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_modbus() {
        // The question for the first two registers of a meter, as all manuals of Modbus have it.
        assert_eq!(check(&[0x01, 0x04, 0x00, 0x00, 0x00, 0x02, 0x71, 0xCB]), Ok(6));
        assert_eq!(check(&[1, 2, 3, 4]).unwrap_err().kind, FailureKind::InvalidValue);
        assert_eq!(check(&[1]).unwrap_err().kind, FailureKind::TooShort);
    }
}
