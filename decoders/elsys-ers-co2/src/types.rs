//! The maker's table of types: each is one arm of [`Values::read`].

use champollion_sdk::prelude::*;

use crate::values::{Occupancy, Values};

impl Values {
    /// Reads the value of a type, which is the lower six bits of the type byte. False where the type
    /// is unknown, and so the length of its value.
    ///
    /// All numbers come most significant byte first, but for the position.
    pub(crate) fn read(&mut self, kind: u8, payload: &mut Reader<'_>) -> Result<bool, Failure> {
        match kind {
            0x01 => self.temperature = Some(tenths(payload)?),
            0x02 => self.humidity = Some(payload.u8()?),
            0x03 => {
                self.x = Some(payload.i8()?);
                self.y = Some(payload.i8()?);
                self.z = Some(payload.i8()?);
            }
            0x04 => self.light = Some(payload.u16_be()?),
            0x05 => self.motion = Some(payload.u8()?),
            0x06 => self.co2 = Some(payload.u16_be()?),
            0x07 => self.vdd = Some(payload.u16_be()?),
            0x08 => self.analog1 = Some(payload.u16_be()?),
            0x09 => {
                self.lat = Some(degrees(payload)?);
                self.long = Some(degrees(payload)?);
            }
            0x0A => self.pulse1 = Some(payload.u16_be()?),
            0x0B => self.pulse_abs = Some(payload.u32_be()?),
            0x0C => self.external_temperature = Some(tenths(payload)?),
            0x0D => self.digital = Some(truth(payload)?),
            0x0E => self.distance = Some(payload.u16_be()?),
            0x0F => self.acc_motion = Some(payload.u8()?),
            0x10 => {
                self.ir_internal_temperature = Some(tenths(payload)?);
                self.ir_external_temperature = Some(tenths(payload)?);
            }
            0x11 => self.occupancy = Some(payload.u8()?.map(Occupancy::from)),
            0x12 => self.waterleak = Some(payload.u8()?),
            0x13 => self.grideye = Some(pixels(payload)?),
            0x14 => {
                let thousandths = payload.u32_be()?;
                self.pressure = Some(thousandths.map(|thousandths| f64::from(thousandths) / 1e3));
            }
            0x15 => {
                self.sound_peak = Some(payload.u8()?);
                self.sound_avg = Some(payload.u8()?);
            }
            0x16 => self.pulse2 = Some(payload.u16_be()?),
            0x17 => self.pulse_abs2 = Some(payload.u32_be()?),
            0x18 => self.analog2 = Some(payload.u16_be()?),
            0x19 => self.external_temperature2.push(tenths(payload)?),
            0x1A => self.digital2 = Some(truth(payload)?),
            0x1B => self.analog_uv = Some(payload.i32_be()?),
            0x1C => self.tvoc = Some(payload.u16_be()?),
            0x1D => self.iaq = Some(payload.u8()?),
            0x1E => self.generic_bool = Some(truth(payload)?),
            0x1F => self.generic_int8 = Some(payload.i8()?),
            0x20 => self.generic_int16 = Some(payload.i16_be()?),
            0x21 => self.view = Some(payload.u8()?),
            0x22 => self.setpoint = Some(tenths(payload)?),
            0x23 => self.speed = Some(payload.u8()?),
            0x24 => self.external_humidity = Some(payload.u8()?),
            0x3B => {
                let length = payload.u8()?;
                self.bytes = Some(payload.bytes((*length).into())?.map(<[u8]>::to_vec));
            }
            0x3C => self.crc = Some(payload.u32_be()?),
            0x3D => self.debug = Some(payload.u32_be()?),
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// A temperature in tenths of a degree.
fn tenths(payload: &mut Reader<'_>) -> Result<Spanned<f64>, Failure> {
    Ok(payload.i16_be()?.map(|tenths| f64::from(tenths) / 10.0))
}

/// An input that is 1 or 0.
fn truth(payload: &mut Reader<'_>) -> Result<Spanned<bool>, Failure> {
    Ok(payload.u8()?.map(|level| level != 0))
}

/// An angle in ten thousandths of a degree, in 24 bits with a sign, least significant byte first.
fn degrees(payload: &mut Reader<'_>) -> Result<Spanned<f64>, Failure> {
    // Shifting up to the top and back copies the sign into the upper byte.
    let extended = payload.u24_le()?.map(|angle| (angle << 8).cast_signed() >> 8);
    Ok(extended.map(|angle| f64::from(angle) / 1e4))
}

/// A reference in degrees, and 64 pixels in tenths of a degree above it.
fn pixels(payload: &mut Reader<'_>) -> Result<Spanned<Vec<f64>>, Failure> {
    let reference = payload.u8()?;
    let above = payload.array::<64>()?;
    Ok(reference.zip(above).map(|(reference, above)| {
        let tenths = |pixel| f64::from(u16::from(reference) * 10 + u16::from(pixel));
        above.into_iter().map(|pixel| tenths(pixel) / 10.0).collect()
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: u8, bytes: &[u8]) -> Values {
        let mut payload = Reader::new(bytes);
        let mut values = Values::default();
        assert!(values.read(kind, &mut payload).unwrap());
        assert!(payload.is_empty(), "type {kind:#04x} leaves bytes unread");
        values
    }

    #[test]
    fn every_type_takes_the_bytes_of_the_makers_table() {
        let lengths = [
            (0x01, 2),
            (0x02, 1),
            (0x03, 3),
            (0x04, 2),
            (0x05, 1),
            (0x06, 2),
            (0x07, 2),
            (0x08, 2),
            (0x09, 6),
            (0x0A, 2),
            (0x0B, 4),
            (0x0C, 2),
            (0x0D, 1),
            (0x0E, 2),
            (0x0F, 1),
            (0x10, 4),
            (0x11, 1),
            (0x12, 1),
            (0x13, 65),
            (0x14, 4),
            (0x15, 2),
            (0x16, 2),
            (0x17, 4),
            (0x18, 2),
            (0x19, 2),
            (0x1A, 1),
            (0x1B, 4),
            (0x1C, 2),
            (0x1D, 1),
            (0x1E, 1),
            (0x1F, 1),
            (0x20, 2),
            (0x21, 1),
            (0x22, 2),
            (0x23, 1),
            (0x24, 1),
            (0x3B, 1),
            (0x3C, 4),
            (0x3D, 4),
        ];
        for (kind, length) in lengths {
            assert_ne!(read(kind, &vec![0; length]), Values::default());
            let short = vec![0; length - 1];
            let failure = Values::default().read(kind, &mut Reader::new(&short)).unwrap_err();
            assert_eq!(failure.kind, FailureKind::TooShort);
        }
        for unknown in [0x00, 0x25, 0x3A, 0x3E, 0x3F] {
            assert_eq!(Values::default().read(unknown, &mut Reader::new(&[0; 8])), Ok(false));
        }
    }

    #[test]
    fn signs_are_kept() {
        assert_eq!(*read(0x01, &[0xFF, 0x9C]).temperature.unwrap(), -10.0);
        assert_eq!(*read(0x03, &[0xC1, 0, 0x3F]).x.unwrap(), -63);
        assert_eq!(*read(0x1B, &[0xFF, 0xFF, 0xFF, 0xFE]).analog_uv.unwrap(), -2);
        assert_eq!(*read(0x17, &[0xFF, 0xFF, 0xFF, 0xFE]).pulse_abs2.unwrap(), 4_294_967_294);
    }

    #[test]
    fn a_position_is_read_from_its_least_significant_byte() {
        // 63.8258 = 0x09BD32 / 10000 and -20.2630 = -(0x031786) / 10000.
        let position = read(0x09, &[0x32, 0xBD, 0x09, 0x7A, 0xE8, 0xFC]);
        assert_eq!(*position.lat.unwrap(), 63.8258);
        assert_eq!(*position.long.unwrap(), -20.263);
    }

    #[test]
    fn pixels_are_tenths_above_their_reference() {
        let mut bytes = [3; 65];
        bytes[0] = 21;
        let picture = read(0x13, &bytes).grideye.unwrap();
        assert_eq!(picture.value, [21.3; 64]);
        assert_eq!(picture.span.unwrap().length, 65);
    }
}
