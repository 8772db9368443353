//! Records of meters by EN 13757-3, which M-Bus, wireless M-Bus and many meters on LoRaWAN have in common: each says its
//! size, its meaning and its unit before its value.
//!
//! ```
//! use champollion_sdk::{Reader, families::mbus::{self, Meaning, Value}};
//!
//! // An index of 28,504.27 m³ in eight decimal digits, and the date of the record.
//! let mut payload = Reader::new(&[0x0C, 0x14, 0x27, 0x04, 0x85, 0x02, 0x42, 0x6C, 0x9F, 0x1C]);
//! let telegram = mbus::telegram(&mut payload)?;
//! let index = &telegram.records[0];
//! assert_eq!((index.meaning, &*index.value), (Meaning::Volume, &Value::Number(28_504.27)));
//! assert_eq!((telegram.records[1].meaning, telegram.records[1].storage), (Meaning::Date, 1));
//! # Ok::<(), champollion_sdk::Failure>(())
//! ```

use crate::{Failure, Reader, Spanned, clocks, families::profile::Profile};

/// Most bytes that may extend a field of the header, by the standard.
const EXTENSIONS: usize = 10;

/// The bit of a byte that says that another one extends it.
const EXTENDED: u8 = 0x80;

/// The records of a telegram.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Telegram {
    /// The records in their order.
    pub records: Vec<Record>,
    /// The bytes at the end whose meaning the maker alone knows.
    pub manufacturer: Option<Spanned<Vec<u8>>>,
    /// Whether more records follow in another telegram.
    pub more_follows: bool,
}

/// A value of a meter with all that is said about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Whether it is the value now, or the highest, the lowest, or one during an error.
    pub function: Function,
    /// The number of the memory that it comes from; 0 is the value now.
    pub storage: u64,
    /// The number of the tariff; 0 is all of them together.
    pub tariff: u32,
    /// The number of the part of the device.
    pub subunit: u32,
    /// The meaning of the value, which tells its unit.
    pub meaning: Meaning,
    /// Further bytes that modify the meaning, as they stand in the telegram.
    pub modifiers: Vec<u8>,
    /// The value in the unit of its meaning, with its bytes.
    pub value: Spanned<Value>,
}

/// The function of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// The value at the moment.
    Instantaneous,
    /// The highest value of a period.
    Maximum,
    /// The lowest value of a period.
    Minimum,
    /// A value that was measured during an error.
    DuringError,
}

/// The meaning of a value, with the unit that it is told in here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Energy, told in kWh.
    EnergyKilowattHours,
    /// Energy, told in J.
    EnergyJoules,
    /// Volume, told in m³.
    Volume,
    /// Mass, told in kg.
    Mass,
    /// Seconds for which the meter has had power.
    OnTime,
    /// Seconds for which the meter has worked.
    OperatingTime,
    /// Power, told in W.
    Power,
    /// Power, told in J/h.
    PowerJoules,
    /// Flow of volume in m³/h.
    VolumeFlow,
    /// Flow of mass in kg/h.
    MassFlow,
    /// Temperature of what flows in, in °C.
    FlowTemperature,
    /// Temperature of what flows back, in °C.
    ReturnTemperature,
    /// Difference of two temperatures in K.
    TemperatureDifference,
    /// Temperature outside of the meter, in °C.
    ExternalTemperature,
    /// Pressure, told in bar.
    Pressure,
    /// A date without a time.
    Date,
    /// A date with a time.
    DateTime,
    /// Units of a heat cost allocator.
    HeatCostUnits,
    /// The number that the maker gave the meter.
    FabricationNumber,
    /// The number that the operator gave the meter.
    Identification,
    /// Relative humidity in %.
    Humidity,
    /// Voltage, told in V.
    Voltage,
    /// Electric current in A.
    Current,
    /// Bits that tell errors.
    ErrorFlags,
    /// Days for which the battery lasts.
    RemainingBatteryDays,
    /// Something else: the bytes that tell the meaning are the first of the modifiers, and the value has no unit.
    Other,
}

/// A value as the telegram tells it.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// The record has no value.
    Nothing,
    /// A number in the unit of the meaning.
    Number(f64),
    /// A moment, in milliseconds since 1970.
    Moment(u64),
    /// A text of the meter.
    Text(String),
    /// A series of values, told as what lies between them.
    Profile(Profile),
    /// Bytes that are no value of their type, such as decimal digits that are none: many meters tell errors so.
    Unreadable(Vec<u8>),
}

/// Reads all records to the end of the payload.
pub fn telegram(payload: &mut Reader<'_>) -> Result<Telegram, Failure> {
    const MANUFACTURER: u8 = 0x0F;
    const MORE_FOLLOWS: u8 = 0x1F;
    const FILLER: u8 = 0x2F;
    let mut telegram = Telegram::default();
    while let Some(first) = payload.peek() {
        match first {
            FILLER => payload.skip(1)?,
            MANUFACTURER | MORE_FOLLOWS => {
                payload.skip(1)?;
                telegram.more_follows = first == MORE_FOLLOWS;
                let rest = payload.rest();
                telegram.manufacturer = Some(rest.map(<[u8]>::to_vec));
            }
            _ => telegram.records.push(record(payload)?),
        }
    }
    Ok(telegram)
}

/// Reads one record and its value.
pub fn record(payload: &mut Reader<'_>) -> Result<Record, Failure> {
    let information = payload.u8()?;
    let function = match *information.bits(4, 2) {
        0 => Function::Instantaneous,
        1 => Function::Maximum,
        2 => Function::Minimum,
        _ => Function::DuringError,
    };
    let (mut storage, mut tariff, mut subunit) = (u64::from(*information.bits(6, 1)), 0, 0);
    let mut last = *information;
    for index in 0.. {
        if last & EXTENDED == 0 {
            break;
        }
        if index == EXTENSIONS {
            return Err(too_many(payload));
        }
        let extension = payload.u8()?;
        storage |= u64::from(*extension.bits(0, 4)) << (1 + 4 * index);
        tariff |= u32::from(*extension.bits(4, 2)) << (2 * index);
        subunit |= u32::from(*extension.bits(6, 1)) << index;
        last = *extension;
    }
    let (unit, modifiers) = unit(payload)?;
    let value = value(payload, *information & 0x0F, &unit, &modifiers)?;
    Ok(Record { function, storage, tariff, subunit, meaning: unit.meaning, modifiers, value })
}

fn too_many(payload: &Reader<'_>) -> Failure {
    Failure::invalid_value(format!(
        "the header of the record at byte {} has more than {EXTENSIONS} extensions",
        payload.position()
    ))
}

/// The meaning of a value and the power of ten of its number.
struct Unit {
    meaning: Meaning,
    exponent: i32,
    /// The factor beside the power of ten: 60 for minutes that are told in seconds.
    factor: f64,
}

impl Unit {
    fn of(meaning: Meaning, exponent: i32) -> Self {
        Self { meaning, exponent, factor: 1.0 }
    }

    /// The number in the unit of the meaning. Dividing gives the nearest number to the decimal one.
    fn number(&self, number: f64) -> f64 {
        let number = number * self.factor;
        let power = 10_f64.powi(self.exponent.abs());
        if self.exponent < 0 { number / power } else { number * power }
    }
}

fn unit(payload: &mut Reader<'_>) -> Result<(Unit, Vec<u8>), Failure> {
    const PLAIN_TEXT: u8 = 0x7C;
    let first = *payload.u8()?;
    let mut bytes = Vec::new();
    let mut last = first;
    while last & EXTENDED != 0 {
        if bytes.len() == EXTENSIONS {
            return Err(too_many(payload));
        }
        last = *payload.u8()?;
        bytes.push(last);
    }
    if first & !EXTENDED == PLAIN_TEXT {
        // The unit is a text, which stands between the header and the value.
        let length = usize::from(*payload.u8()?);
        payload.skip(length)?;
    }
    let extension = bytes.first().map(|byte| byte & !EXTENDED);
    let (unit, of_meaning) = match (first, extension) {
        (0xFB, Some(code)) => (first_extension(code), 1),
        (0xFD, Some(code)) => (second_extension(code), 1),
        _ => (primary(first & !EXTENDED), 0),
    };
    let Some(unit) = unit else {
        let all = std::iter::once(first).chain(bytes).collect();
        return Ok((Unit::of(Meaning::Other, 0), all));
    };
    Ok((unit, bytes.split_off(of_meaning)))
}

fn primary(code: u8) -> Option<Unit> {
    let (three, two) = (i32::from(code & 0x07), i32::from(code & 0x03));
    let unit = match code {
        // Wh, told in kWh.
        0x00..=0x07 => Unit::of(Meaning::EnergyKilowattHours, three - 6),
        0x08..=0x0F => Unit::of(Meaning::EnergyJoules, three),
        0x10..=0x17 => Unit::of(Meaning::Volume, three - 6),
        0x18..=0x1F => Unit::of(Meaning::Mass, three - 3),
        0x20..=0x23 => Unit { factor: seconds(code), ..Unit::of(Meaning::OnTime, 0) },
        0x24..=0x27 => Unit { factor: seconds(code), ..Unit::of(Meaning::OperatingTime, 0) },
        0x28..=0x2F => Unit::of(Meaning::Power, three - 3),
        0x30..=0x37 => Unit::of(Meaning::PowerJoules, three),
        0x38..=0x3F => Unit::of(Meaning::VolumeFlow, three - 6),
        // Told for a minute, and for a second.
        0x40..=0x47 => Unit { factor: 60.0, ..Unit::of(Meaning::VolumeFlow, three - 7) },
        0x48..=0x4F => Unit { factor: 3_600.0, ..Unit::of(Meaning::VolumeFlow, three - 9) },
        0x50..=0x57 => Unit::of(Meaning::MassFlow, three - 3),
        0x58..=0x5B => Unit::of(Meaning::FlowTemperature, two - 3),
        0x5C..=0x5F => Unit::of(Meaning::ReturnTemperature, two - 3),
        0x60..=0x63 => Unit::of(Meaning::TemperatureDifference, two - 3),
        0x64..=0x67 => Unit::of(Meaning::ExternalTemperature, two - 3),
        0x68..=0x6B => Unit::of(Meaning::Pressure, two - 3),
        0x6C => Unit::of(Meaning::Date, 0),
        0x6D => Unit::of(Meaning::DateTime, 0),
        0x6E => Unit::of(Meaning::HeatCostUnits, 0),
        0x78 => Unit::of(Meaning::FabricationNumber, 0),
        0x79 => Unit::of(Meaning::Identification, 0),
        _ => return None,
    };
    Some(unit)
}

/// Seconds of the units of time: a second, a minute, an hour, a day.
fn seconds(code: u8) -> f64 {
    match code & 0x03 {
        0 => 1.0,
        1 => 60.0,
        2 => 3_600.0,
        _ => 86_400.0,
    }
}

/// The meanings behind 0xFB, which are larger units.
fn first_extension(code: u8) -> Option<Unit> {
    let one = i32::from(code & 0x01);
    let unit = match code {
        // MWh, GJ, 100 m³ and t, told in the units of the others.
        0x00 | 0x01 => Unit::of(Meaning::EnergyKilowattHours, one + 2),
        0x08 | 0x09 => Unit::of(Meaning::EnergyJoules, one + 8),
        0x10 | 0x11 => Unit::of(Meaning::Volume, one + 2),
        0x18 | 0x19 => Unit::of(Meaning::Mass, one + 5),
        0x1A | 0x1B => Unit::of(Meaning::Humidity, one - 1),
        0x28 | 0x29 => Unit::of(Meaning::Power, one + 5),
        _ => return None,
    };
    Some(unit)
}

/// The meanings behind 0xFD.
fn second_extension(code: u8) -> Option<Unit> {
    let four = i32::from(code & 0x0F);
    let unit = match code {
        0x10 => Unit::of(Meaning::Identification, 0),
        0x17 => Unit::of(Meaning::ErrorFlags, 0),
        0x40..=0x4F => Unit::of(Meaning::Voltage, four - 9),
        0x50..=0x5F => Unit::of(Meaning::Current, four - 12),
        0x74 => Unit::of(Meaning::RemainingBatteryDays, 0),
        _ => return None,
    };
    Some(unit)
}

fn value(
    payload: &mut Reader<'_>,
    field: u8,
    unit: &Unit,
    modifiers: &[u8],
) -> Result<Spanned<Value>, Failure> {
    match (field, unit.meaning) {
        (0x0 | 0x8, _) => Ok(Spanned::from(Value::Nothing)),
        (0x2, Meaning::Date) => moment(payload, 2, |date| date.date_g()),
        (0x4, Meaning::DateTime) => moment(payload, 4, |date| date.date_time_f()),
        (0x6, Meaning::DateTime) => moment(payload, 6, date_time_i),
        (0x1..=0x4, _) => Ok(whole(payload, usize::from(field), unit)?),
        (0x5, _) => real(payload, unit),
        (0x6, _) => Ok(whole(payload, 6, unit)?),
        (0x7, _) => Ok(whole(payload, 8, unit)?),
        (0x9..=0xC, _) => Ok(digits(payload.bytes(usize::from(field - 0x8))?, unit)),
        (0xE, _) => Ok(digits(payload.bytes(6)?, unit)),
        (0xD, _) => match Profile::read(payload, modifiers, unit.exponent)? {
            Some(profile) => Ok(profile.map(Value::Profile)),
            None => variable(payload, unit),
        },
        _ => {
            let message = format!("a record of the data field {field:#X} is none that is known");
            Err(Failure::unknown_message(message))
        }
    }
}

/// A whole number with a sign, or its bytes where it is the lowest, by which a meter says that it has none.
fn whole(payload: &mut Reader<'_>, width: usize, unit: &Unit) -> Result<Spanned<Value>, Failure> {
    let bytes = payload.clone().bytes(width)?;
    let read = payload.signed_le(width)?;
    if *read == i64::MIN >> (64 - 8 * width) {
        return Ok(bytes.map(|bytes| Value::Unreadable(bytes.to_vec())));
    }
    Ok(read.divided_by(1.0).map(|number| Value::Number(unit.number(number))))
}

/// A moment, or its bytes where it is none: a clock that was never set keeps nothing else from being read.
fn moment(
    payload: &mut Reader<'_>,
    width: usize,
    read: impl Fn(&mut Reader<'_>) -> Result<Spanned<u64>, Failure>,
) -> Result<Spanned<Value>, Failure> {
    let bytes = payload.clone().bytes(width)?.map(<[u8]>::to_vec);
    let moment = read(&mut payload.block(width)?);
    Ok(match moment {
        Ok(moment) => Spanned { value: Value::Moment(moment.value), span: bytes.span },
        Err(_) => bytes.map(Value::Unreadable),
    })
}

/// A date and a time of type I: second, minute, hour, and a date of type G.
fn date_time_i(payload: &mut Reader<'_>) -> Result<Spanned<u64>, Failure> {
    let [second, minute, hour] = payload.array()?.value;
    let date = payload.date_g()?;
    let time = (u32::from(hour & 0x1F), u32::from(minute & 0x3F), u32::from(second & 0x3F));
    let of_day = clocks::moment((1_970, 1, 1), time).filter(|_| minute & EXTENDED == 0);
    let of_day = of_day.ok_or_else(|| Failure::invalid_value("the clock is not set"))?;
    Ok(date.map(|day| day + of_day))
}

fn real(payload: &mut Reader<'_>, unit: &Unit) -> Result<Spanned<Value>, Failure> {
    let bits = payload.u32_le()?;
    let number = f64::from(f32::from_bits(*bits));
    Ok(bits.map(|bits| {
        if number.is_finite() {
            Value::Number(unit.number(number))
        } else {
            Value::Unreadable(bits.to_le_bytes().to_vec())
        }
    }))
}

/// Decimal digits, the least significant byte first; the highest digit F is a minus.
fn digits(bytes: Spanned<&[u8]>, unit: &Unit) -> Spanned<Value> {
    let mut number = 0_i64;
    let mut sign = 1_i64;
    for (index, byte) in bytes.value.iter().rev().enumerate() {
        let (mut tens, ones) = (i64::from(byte >> 4), i64::from(byte & 0x0F));
        if index == 0 && tens == 0x0F {
            (tens, sign) = (0, -1);
        }
        if tens > 9 || ones > 9 {
            return bytes.map(|bytes| Value::Unreadable(bytes.to_vec()));
        }
        number = number.saturating_mul(100).saturating_add(tens * 10 + ones);
    }
    let number = Spanned { value: sign * number, span: bytes.span }.divided_by(1.0);
    number.map(|number| Value::Number(unit.number(number)))
}

/// A value whose size stands before it.
fn variable(payload: &mut Reader<'_>, unit: &Unit) -> Result<Spanned<Value>, Failure> {
    let size = payload.u8()?;
    match *size {
        length @ 0x00..=0xBF => {
            let bytes = payload.bytes(usize::from(length))?;
            // The last letter comes first, each a byte of Latin-1.
            Ok(bytes.map(|bytes| {
                Value::Text(bytes.iter().rev().map(|byte| char::from(*byte)).collect())
            }))
        }
        length @ (0xC0..=0xC9 | 0xD0..=0xD9) => {
            let read = digits(payload.bytes(usize::from(length & 0x0F))?, unit);
            Ok(read.map(|value| match value {
                Value::Number(number) if length >= 0xD0 => Value::Number(-number),
                other => other,
            }))
        }
        length @ 0xE0..=0xE8 => {
            let read = payload.signed_le(usize::from(length & 0x0F))?.divided_by(1.0);
            Ok(read.map(|number| Value::Number(unit.number(number))))
        }
        length => {
            let message = format!("a value of the variable size {length:#X} is none that is known");
            Err(Failure::unknown_message(message).at(size.span))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FailureKind, Span};

    fn read(payload: &[u8]) -> Record {
        let mut telegram = telegram(&mut Reader::new(payload)).unwrap();
        assert_eq!(telegram.records.len(), 1, "{telegram:?}");
        telegram.records.remove(0)
    }

    #[test]
    fn numbers_of_all_types_are_told_in_the_unit_of_their_meaning() {
        for (bytes, meaning, number) in [
            (&[0x04, 0x13, 0x39, 0x30, 0, 0][..], Meaning::Volume, 12.345),
            (&[0x02, 0x5A, 0xFF, 0x00], Meaning::FlowTemperature, 25.5),
            (&[0x02, 0x66, 0x9C, 0xFF], Meaning::ExternalTemperature, -10.0),
            (&[0x0B, 0x3B, 0x34, 0x12, 0x00], Meaning::VolumeFlow, 1.234),
            (&[0x0A, 0x5B, 0x21, 0xF0], Meaning::FlowTemperature, -21.0),
            (&[0x03, 0x22, 0x10, 0x27, 0x00], Meaning::OnTime, 36_000_000.0),
            (&[0x05, 0x2B, 0x00, 0x00, 0xC0, 0x3F], Meaning::Power, 1.5),
            (&[0x02, 0xFD, 0x47, 0xE6, 0x00], Meaning::Voltage, 2.3),
            (&[0x02, 0xFB, 0x1A, 0xC2, 0x01], Meaning::Humidity, 45.0),
            (&[0x04, 0x06, 0x0A, 0, 0, 0], Meaning::EnergyKilowattHours, 10.0),
            (&[0x0D, 0x13, 0xC2, 0x45, 0x23], Meaning::Volume, 2.345),
            (&[0x0D, 0x13, 0xD2, 0x45, 0x23], Meaning::Volume, -2.345),
            (&[0x0D, 0x13, 0xE2, 0x10, 0x27], Meaning::Volume, 10.0),
        ] {
            let record = read(bytes);
            assert_eq!(
                (record.meaning, &*record.value),
                (meaning, &Value::Number(number)),
                "{bytes:02X?}"
            );
        }
    }

    #[test]
    fn the_header_tells_storage_tariff_subunit_and_function() {
        let record = read(&[0xD1, 0x93, 0x41, 0x13, 0x07]);
        assert_eq!(record.function, Function::Maximum);
        assert_eq!((record.storage, record.tariff, record.subunit), (1 | 3 << 1 | 1 << 5, 1, 2));
        assert_eq!(record.value.span, Some(Span { offset: 4, length: 1 }));
        let modified = read(&[0x01, 0x93, 0x3C, 0x07]);
        assert_eq!((modified.meaning, modified.modifiers), (Meaning::Volume, vec![0x3C]));
        let unknown = read(&[0x01, 0xFD, 0x7F, 0x07]);
        assert_eq!((unknown.meaning, unknown.modifiers), (Meaning::Other, vec![0xFD, 0x7F]));
    }

    #[test]
    fn moments_and_texts_are_read() {
        // 2012-12-31, and 11:33 and 11:33:05 on that day.
        let day = clocks::moment((2_012, 12, 31), (0, 0, 0)).unwrap();
        assert_eq!(*read(&[0x42, 0x6C, 0x9F, 0x1C]).value, Value::Moment(day));
        let minute = day + (11 * 60 + 33) * 60_000;
        assert_eq!(*read(&[0x04, 0x6D, 0x21, 0x0B, 0x9F, 0x1C]).value, Value::Moment(minute));
        let second = read(&[0x06, 0x6D, 0x05, 0x21, 0x0B, 0x9F, 0x1C, 0x00]);
        assert_eq!(*second.value, Value::Moment(minute + 5_000));
        assert_eq!(second.value.span, Some(Span { offset: 2, length: 6 }));
        assert_eq!(*read(&[0x42, 0x6C, 0xFF, 0xFF]).value, Value::Unreadable(vec![0xFF, 0xFF]));
        assert_eq!(*read(&[0x0D, 0x79, 0x03, 0x43, 0x42, 0x41]).value, Value::Text("ABC".into()));
    }

    #[test]
    fn the_lowest_number_is_none() {
        assert_eq!(*read(&[0x61, 0x5B, 0x80]).value, Value::Unreadable(vec![0x80]));
        assert_eq!(*read(&[0x61, 0x5B, 0x81]).value, Value::Number(-127.0));
        let none = [0x04, 0x13, 0x00, 0x00, 0x00, 0x80];
        assert_eq!(*read(&none).value, Value::Unreadable(none[2..].to_vec()));
    }

    #[test]
    fn an_error_of_the_meter_keeps_nothing_else_from_being_read() {
        let bytes = [0x0B, 0x3B, 0xEE, 0xEE, 0xEE, 0x2F, 0x01, 0x13, 0x07, 0x0F, 0xAA, 0xBB];
        let telegram = telegram(&mut Reader::new(&bytes)).unwrap();
        assert_eq!(*telegram.records[0].value, Value::Unreadable(vec![0xEE; 3]));
        assert_eq!(*telegram.records[1].value, Value::Number(0.007));
        assert_eq!(telegram.manufacturer.unwrap().value, [0xAA, 0xBB]);
        assert!(!telegram.more_follows);
    }

    #[test]
    fn what_is_cut_or_unknown_is_a_failure() {
        let kind = |bytes: &[u8]| telegram(&mut Reader::new(bytes)).unwrap_err().kind;
        assert_eq!(kind(&[0x04, 0x13, 0x39]), FailureKind::TooShort);
        assert_eq!(kind(&[0x84]), FailureKind::TooShort);
        assert_eq!(kind(&[0x0D, 0x13, 0xFF]), FailureKind::UnknownMessage);
        assert_eq!(kind(&[0xFF; 20]), FailureKind::InvalidValue);
    }

    proptest::proptest! {
        #[test]
        fn no_input_panics(payload: Vec<u8>) {
            let _ = telegram(&mut Reader::new(&payload));
        }

        /// Records with headers that are whole are met more often.
        #[test]
        fn no_record_panics(information: [u8; 2], unit: [u8; 2], value: Vec<u8>) {
            for header in [&information[..1], &information[..]] {
                for unit in [&unit[..1], &unit[..]] {
                    let payload = [header, unit, &value].concat();
                    let _ = telegram(&mut Reader::new(&payload));
                }
            }
        }
    }
}
