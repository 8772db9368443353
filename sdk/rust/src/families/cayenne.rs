//! Cayenne LPP: a channel, a type and a value of the type's size, one after another.
//!
//! ```
//! use champollion_sdk::{Reader, families::cayenne::{self, Value}};
//!
//! let mut payload = Reader::new(&[0x01, 0x67, 0x01, 0x10, 0x02, 0x68, 0x5A]);
//! let items = cayenne::items(&mut payload)?;
//! assert_eq!((items[0].channel, *items[0].value), (1, Value::Temperature(27.2)));
//! assert_eq!((items[1].channel, *items[1].value), (2, Value::Humidity(45.0)));
//! # Ok::<(), champollion_sdk::Failure>(())
//! ```

use crate::{Failure, Reader, Spanned};

/// A value with its channel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Item {
    /// The channel, as the device numbers it.
    pub channel: u8,
    /// The value and its bytes, without those of channel and type.
    pub value: Spanned<Value>,
}

/// A value of one of the types that Cayenne LPP has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// Type 0x00: an input that is on or off.
    DigitalInput(u8),
    /// Type 0x01: an output that is on or off.
    DigitalOutput(u8),
    /// Type 0x02: an input, in hundredths.
    AnalogInput(f64),
    /// Type 0x03: an output, in hundredths.
    AnalogOutput(f64),
    /// Type 0x64: a number without a unit.
    Generic(u32),
    /// Type 0x65: illuminance in lx.
    Illuminance(u16),
    /// Type 0x66: whether somebody is there.
    Presence(u8),
    /// Type 0x67: temperature in °C.
    Temperature(f64),
    /// Type 0x68: relative humidity in %.
    Humidity(f64),
    /// Type 0x71: acceleration along three axes in g.
    Acceleration([f64; 3]),
    /// Type 0x73: barometric pressure in hPa.
    Pressure(f64),
    /// Type 0x74: voltage in V.
    Voltage(f64),
    /// Type 0x75: current in A.
    Current(f64),
    /// Type 0x76: frequency in Hz.
    Frequency(u32),
    /// Type 0x78: a share in %.
    Percentage(u8),
    /// Type 0x79: altitude in m.
    Altitude(i16),
    /// Type 0x7D: concentration in ppm.
    Concentration(u16),
    /// Type 0x80: power in W.
    Power(u16),
    /// Type 0x82: distance in m.
    Distance(f64),
    /// Type 0x83: energy in kWh.
    Energy(f64),
    /// Type 0x84: direction in degrees.
    Direction(u16),
    /// Type 0x85: seconds since 1970.
    UnixTime(u32),
    /// Type 0x86: rotation around three axes in °/s.
    Rotation([f64; 3]),
    /// Type 0x87: red, green and blue, 0 to 255 each.
    Colour([u8; 3]),
    /// Type 0x88: latitude and longitude in degrees, altitude in m.
    Location {
        /// Degrees to the north of the equator.
        latitude: f64,
        /// Degrees to the east of Greenwich.
        longitude: f64,
        /// Metres above the sea.
        altitude: f64,
    },
    /// Type 0x8E: a switch that is on or off.
    Switch(u8),
}

/// Reads all values to the end of the payload. A type that nobody knows is an unknown message, since its size is not
/// known either.
pub fn items(payload: &mut Reader<'_>) -> Result<Vec<Item>, Failure> {
    let mut items = Vec::new();
    while !payload.is_empty() {
        let channel = *payload.u8()?;
        let kind = payload.u8()?;
        items.push(Item { channel, value: value(payload, kind)? });
    }
    Ok(items)
}

fn value(payload: &mut Reader<'_>, kind: Spanned<u8>) -> Result<Spanned<Value>, Failure> {
    let value = match *kind {
        0x00 => payload.u8()?.map(Value::DigitalInput),
        0x01 => payload.u8()?.map(Value::DigitalOutput),
        0x02 => payload.i16_be()?.divided_by(100.0).map(Value::AnalogInput),
        0x03 => payload.i16_be()?.divided_by(100.0).map(Value::AnalogOutput),
        0x64 => payload.u32_be()?.map(Value::Generic),
        0x65 => payload.u16_be()?.map(Value::Illuminance),
        0x66 => payload.u8()?.map(Value::Presence),
        0x67 => payload.i16_be()?.divided_by(10.0).map(Value::Temperature),
        0x68 => payload.u8()?.divided_by(2.0).map(Value::Humidity),
        0x71 => axes(payload, 1_000.0)?.map(Value::Acceleration),
        0x73 => payload.u16_be()?.divided_by(10.0).map(Value::Pressure),
        0x74 => payload.u16_be()?.divided_by(100.0).map(Value::Voltage),
        0x75 => payload.u16_be()?.divided_by(1_000.0).map(Value::Current),
        0x76 => payload.u32_be()?.map(Value::Frequency),
        0x78 => payload.u8()?.map(Value::Percentage),
        0x79 => payload.i16_be()?.map(Value::Altitude),
        0x7D => payload.u16_be()?.map(Value::Concentration),
        0x80 => payload.u16_be()?.map(Value::Power),
        0x82 => payload.u32_be()?.divided_by(1_000.0).map(Value::Distance),
        0x83 => payload.u32_be()?.divided_by(1_000.0).map(Value::Energy),
        0x84 => payload.u16_be()?.map(Value::Direction),
        0x85 => payload.u32_be()?.map(Value::UnixTime),
        0x86 => axes(payload, 100.0)?.map(Value::Rotation),
        0x87 => payload.array()?.map(Value::Colour),
        0x88 => location(payload)?,
        0x8E => payload.u8()?.map(Value::Switch),
        other => {
            let message = format!("{other:#04X} is no type of Cayenne LPP that is known");
            return Err(Failure::unknown_message(message).at(kind.span));
        }
    };
    Ok(value)
}

fn axes(payload: &mut Reader<'_>, parts: f64) -> Result<Spanned<[f64; 3]>, Failure> {
    let x = payload.i16_be()?.divided_by(parts);
    let (y, z) = (payload.i16_be()?.divided_by(parts), payload.i16_be()?.divided_by(parts));
    Ok(x.zip(y).zip(z).map(|((x, y), z)| [x, y, z]))
}

fn location(payload: &mut Reader<'_>) -> Result<Spanned<Value>, Failure> {
    const DEGREE: f64 = 10_000.0;
    let latitude = payload.signed_be(3)?.divided_by(DEGREE);
    let longitude = payload.signed_be(3)?.divided_by(DEGREE);
    let altitude = payload.signed_be(3)?.divided_by(100.0);
    let all = latitude.zip(longitude).zip(altitude);
    Ok(all.map(|((latitude, longitude), altitude)| Value::Location {
        latitude,
        longitude,
        altitude,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FailureKind, Span};

    fn read(payload: &[u8]) -> Result<Vec<Item>, Failure> {
        items(&mut Reader::new(payload))
    }

    #[test]
    fn the_examples_of_its_documentation_are_read() {
        let found = read(&[0x03, 0x67, 0x01, 0x10, 0x05, 0x67, 0x00, 0xFF]).unwrap();
        assert_eq!(*found[0].value, Value::Temperature(27.2));
        assert_eq!(*found[1].value, Value::Temperature(25.5));
        assert_eq!(found[1].value.span, Some(Span { offset: 6, length: 2 }));
        let found = read(&[0x01, 0x67, 0xFF, 0xD7]).unwrap();
        assert_eq!(*found[0].value, Value::Temperature(-4.1));
        let found = read(&[0x06, 0x71, 0x04, 0xD2, 0xFB, 0x2E, 0x00, 0x00]).unwrap();
        assert_eq!(*found[0].value, Value::Acceleration([1.234, -1.234, 0.0]));
        let found =
            read(&[0x01, 0x88, 0x06, 0x76, 0x5F, 0xF2, 0x96, 0x0A, 0x00, 0x03, 0xE8]).unwrap();
        let place = Value::Location { latitude: 42.3519, longitude: -87.9094, altitude: 10.0 };
        assert_eq!(*found[0].value, place);
    }

    #[test]
    fn the_types_that_the_library_added_are_read() {
        let found = read(&[0x01, 0x79, 0xFF, 0x9C, 0x02, 0x87, 255, 128, 0]).unwrap();
        assert_eq!(*found[0].value, Value::Altitude(-100));
        assert_eq!(*found[1].value, Value::Colour([255, 128, 0]));
        let found = read(&[0x01, 0x64, 0xFF, 0xFF, 0xFF, 0xFF, 0x02, 0x84, 0x01, 0x0E]).unwrap();
        assert_eq!(*found[0].value, Value::Generic(u32::MAX));
        assert_eq!(*found[1].value, Value::Direction(270));
        let found = read(&[0x01, 0x76, 0x00, 0x00, 0xC3, 0x50]).unwrap();
        assert_eq!(*found[0].value, Value::Frequency(50_000));
    }

    #[test]
    fn what_is_cut_or_unknown_is_a_failure() {
        assert_eq!(read(&[0x01, 0x67, 0x01]).unwrap_err().kind, FailureKind::TooShort);
        assert_eq!(read(&[0x01]).unwrap_err().kind, FailureKind::TooShort);
        let failure = read(&[0x01, 0x42, 0x00]).unwrap_err();
        assert_eq!(failure.kind, FailureKind::UnknownMessage);
        assert_eq!(failure.span, Some(Span { offset: 1, length: 1 }));
    }

    proptest::proptest! {
        #[test]
        fn no_input_panics(payload: Vec<u8>) {
            let _ = read(&payload);
        }
    }
}
