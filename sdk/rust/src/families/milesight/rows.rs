//! Values of a model as rows of its table: where a value stands, how it is written, and what it measures.
//!
//! ```
//! use champollion_sdk::{prelude::*, families::milesight::{self, rows::{self, Row, Value}}};
//!
//! const ROWS: &[Row] = &[
//!     rows::BATTERY,
//!     Row::new([0x03, 0x67], &[Value::signed("temperature", 2, 10).of(&quantity::AIR_TEMPERATURE)]),
//! ];
//!
//! let payload = vec![0x01, 0x75, 0x64, 0x03, 0x67, 0xFC, 0xFF];
//! let (f_port, variables, state) = (milesight::PORT, Vec::new(), Vec::new());
//! let uplink = Uplink { f_port, f_cnt: 0, payload, received_at: 0, variables, state };
//! let reading = milesight::decode_uplink(&uplink, &[], |header, payload, told| {
//!     rows::read(&[ROWS], header, payload, told)
//! })?;
//! assert_eq!(reading.data(), r#"{"battery":100,"temperature":-0.4}"#);
//! # Ok::<(), Failure>(())
//! ```

use std::mem;

use super::{Json, Map, Told, Words, word};
use crate::{Failure, Quantity, Reader, Spanned, hex_digits, reserved};

/// The charge of the battery in percent, on the first channel of all models.
pub const BATTERY: Row =
    Row::new([0x01, 0x75], &[Value::unsigned("battery", 1, 1).of(&crate::quantity::BATTERY_LEVEL)]);

/// The serial number in six bytes, as older models tell it.
pub const SHORT_SERIAL_NUMBER: Row = Row::new([0xFF, 0x08], &[Value::hex("sn", 6)]);

/// Values behind one channel and type.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    header: [u8; 2],
    /// The list whose items the values are members of, where they may come several times.
    list: Option<&'static str>,
    values: &'static [Value],
}

impl Row {
    /// Values that stand in `data` itself.
    #[must_use]
    pub const fn new(header: [u8; 2], values: &'static [Value]) -> Self {
        Self { header, list: None, values }
    }

    /// Values that are an item of a list, such as a history.
    #[must_use]
    pub const fn item(header: [u8; 2], list: &'static str, values: &'static [Value]) -> Self {
        Self { header, list: Some(list), values }
    }
}

/// A value of a row. Its bytes come least significant first.
#[derive(Clone, Copy, Debug)]
pub struct Value {
    name: &'static str,
    form: Form,
    measure: Measure,
    /// The name under which a number stands that is none, and the numbers with their words.
    faults: Option<(&'static str, &'static [(i64, &'static str)])>,
}

#[derive(Clone, Copy, Debug)]
enum Form {
    Number { width: usize, signed: bool, parts: i32 },
    Word(Words),
    Moment,
    Hex(usize),
    Dotted(usize),
    Says(&'static str),
    Reserved(usize),
}

#[derive(Clone, Copy, Debug)]
enum Measure {
    None,
    Number { quantity: &'static Quantity<f64>, parts: f64, channel: u16 },
    Count { quantity: &'static Quantity<i64>, channel: u16 },
    Truth { quantity: &'static Quantity<bool>, number: u8, means: bool },
}

impl Value {
    const fn with(name: &'static str, form: Form) -> Self {
        Self { name, form, measure: Measure::None, faults: None }
    }

    /// A number from 0 on in so many bytes, of which `parts` make one of the unit.
    #[must_use]
    pub const fn unsigned(name: &'static str, width: usize, parts: i32) -> Self {
        Self::with(name, Form::Number { width, signed: false, parts })
    }

    /// A number with a sign in so many bytes, of which `parts` make one of the unit.
    #[must_use]
    pub const fn signed(name: &'static str, width: usize, parts: i32) -> Self {
        Self::with(name, Form::Number { width, signed: true, parts })
    }

    /// A byte that stands for a word.
    #[must_use]
    pub const fn word(name: &'static str, words: Words) -> Self {
        Self::with(name, Form::Word(words))
    }

    /// Seconds since 1970 in four bytes: the moment at which the values of the row were measured.
    #[must_use]
    pub const fn moment(name: &'static str) -> Self {
        Self::with(name, Form::Moment)
    }

    /// Bytes as hexadecimal digits.
    #[must_use]
    pub const fn hex(name: &'static str, width: usize) -> Self {
        Self::with(name, Form::Hex(width))
    }

    /// Bytes as decimal numbers with points between them: a version.
    #[must_use]
    pub const fn dotted(name: &'static str, width: usize) -> Self {
        Self::with(name, Form::Dotted(width))
    }

    /// A word that stands in no byte: the header alone says it.
    #[must_use]
    pub const fn says(name: &'static str, word: &'static str) -> Self {
        Self::with(name, Form::Says(word))
    }

    /// Bytes that mean nothing.
    #[must_use]
    pub const fn reserved(width: usize) -> Self {
        Self::with("", Form::Reserved(width))
    }

    /// The same, measured as a quantity that has the unit of the value.
    #[must_use]
    pub const fn of(self, quantity: &'static Quantity<f64>) -> Self {
        let parts = match self.form {
            Form::Number { parts, .. } => parts as f64,
            _ => 1.0,
        };
        self.of_parts(quantity, parts)
    }

    /// The same, measured as a quantity: so many of the number that is sent make one of the quantity's unit.
    #[must_use]
    pub const fn of_parts(mut self, quantity: &'static Quantity<f64>, parts: f64) -> Self {
        self.measure = Measure::Number { quantity, parts, channel: 0 };
        self
    }

    /// The same, measured as a quantity that counts.
    #[must_use]
    pub const fn counts(mut self, quantity: &'static Quantity<i64>) -> Self {
        self.measure = Measure::Count { quantity, channel: 0 };
        self
    }

    /// The same, measured as a quantity that is true for one number.
    #[must_use]
    pub const fn means(mut self, quantity: &'static Quantity<bool>, true_for: u8) -> Self {
        self.measure = Measure::Truth { quantity, number: true_for, means: true };
        self
    }

    /// The same, measured as a quantity that is true for all known numbers but one.
    #[must_use]
    pub const fn means_unless(mut self, quantity: &'static Quantity<bool>, false_for: u8) -> Self {
        self.measure = Measure::Truth { quantity, number: false_for, means: false };
        self
    }

    /// The same, measured on one of several channels.
    #[must_use]
    pub const fn on(mut self, number: u16) -> Self {
        match &mut self.measure {
            Measure::Number { channel, .. } | Measure::Count { channel, .. } => *channel = number,
            Measure::None | Measure::Truth { .. } => {}
        }
        self
    }

    /// The same, where some numbers are none: the name under which they stand, and their words.
    #[must_use]
    pub const fn faults(
        mut self,
        name: &'static str,
        words: &'static [(i64, &'static str)],
    ) -> Self {
        self.faults = Some((name, words));
        self
    }
}

/// The values of a row as they are read.
struct Part {
    data: Map<String, Json>,
    moment: Option<u64>,
}

/// Reads the values behind a header, or returns that no row has it. The first row that has it counts.
pub fn read(
    tables: &[&[Row]],
    header: [u8; 2],
    payload: &mut Reader<'_>,
    told: &mut Told,
) -> Result<bool, Failure> {
    let Some(row) = tables.iter().copied().flatten().find(|row| row.header == header) else {
        return Ok(false);
    };
    let first = told.measurements.len();
    // What is no item of a list goes on where the frame's other values are.
    let data = if row.list.is_some() { Map::new() } else { mem::take(&mut told.data) };
    let mut part = Part { data, moment: None };
    for value in row.values {
        value.read(payload, &mut part, told)?;
    }
    if part.moment.is_some() {
        told.measurements[first..].iter_mut().for_each(|one| one.measured_at = part.moment);
    }
    match row.list {
        Some(list) => told.say_also(list, part.data),
        None => told.data = part.data,
    }
    Ok(true)
}

impl Value {
    fn read(
        &self,
        payload: &mut Reader<'_>,
        part: &mut Part,
        told: &mut Told,
    ) -> Result<(), Failure> {
        let value = match self.form {
            Form::Number { width, signed, parts } => {
                let number = if signed {
                    payload.signed_le(width)?
                } else {
                    payload.unsigned_le(width)?.map(u64::cast_signed)
                };
                self.number(number, parts, part, told);
                return Ok(());
            }
            Form::Word(words) => {
                let number = payload.u8()?;
                match reserved(self.name, words, *number) {
                    Some(warning) => told.warn(warning),
                    None => self.measure(number.map(i64::from), told),
                }
                Json::from(word(words, *number))
            }
            Form::Moment => {
                let seconds = payload.u32_le()?;
                part.moment = Some(u64::from(*seconds) * 1_000);
                Json::from(*seconds)
            }
            Form::Hex(width) => Json::from(hex_digits(&payload.bytes(width)?)),
            Form::Dotted(width) => {
                let numbers = payload.bytes(width)?.iter().map(u8::to_string);
                Json::from(numbers.collect::<Vec<_>>().join("."))
            }
            Form::Says(word) => Json::from(word),
            Form::Reserved(width) => return payload.skip(width),
        };
        part.data.put(self.name, value);
        Ok(())
    }

    fn number(&self, number: Spanned<i64>, parts: i32, part: &mut Part, told: &mut Told) {
        if let Some((name, words)) = self.faults
            && let Some((_, word)) = words.iter().find(|(fault, _)| *fault == *number)
        {
            part.data.put(name, Json::from(*word));
            return;
        }
        let value = match parts {
            1 => Json::from(*number),
            parts => Json::from(*number.divided_by(f64::from(parts))),
        };
        part.data.put(self.name, value);
        self.measure(number, told);
    }

    fn measure(&self, number: Spanned<i64>, told: &mut Told) {
        told.measure(match self.measure {
            Measure::None => return,
            Measure::Number { quantity, parts, channel } => {
                quantity.of(number.divided_by(parts)).on(channel)
            }
            Measure::Count { quantity, channel } => quantity.of(number).on(channel),
            Measure::Truth { quantity, number: known, means } => {
                quantity.of(number.map(|number| (number == i64::from(known)) == means))
            }
        });
    }
}
