//! Forms of values by which instructions are read and written alike.
//!
//! A type for each of the controller's seventy instructions would bring code of its own; a row of a table brings none.

use champollion_sdk::{
    Json, Map, Words, decimal, hex_capitals, number_of, prelude::*, quoted, shortest_decimal,
};

use crate::{address::Address, config::FadeDuration, given::Given, profile::StepTime};

/// A value of an instruction: its name and its form.
pub(crate) type Field = (&'static str, Form);

/// The form that a value has on the air.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Form {
    /// A number in its unit.
    Number(Number),
    /// A byte that stands for a word.
    Words(Words),
    /// Bits of a byte, lowest first, with the names of their truths.
    Flags(&'static [(u32, &'static str)]),
    /// A byte that is 0 where it is not so.
    Truth,
    /// The address of an output or of several.
    Address,
    /// An address that does not mean everything.
    Output,
    /// A time of day in steps of ten minutes.
    Time,
    /// A step of fading.
    Fade,
    /// Lux as a single.
    Light,
    /// A byte that is always the same and says nothing.
    Fixed(u8),
    /// Four bytes as hexadecimal digits, the last byte first.
    DevAddr,
    /// A session key, which is written and never told.
    Key,
    /// The byte 0xFF in the place of all that follows, `disabled` in JSON.
    Off,
    /// The length in a byte of the value of this name, which stands further behind.
    Length,
    /// As many bytes of text as their length says.
    Text,
    /// As many objects as their length says, or all up to the end where none was told.
    Items(&'static [Field]),
    /// A byte that says by its bits, lowest first, which of the parts behind it are there. A part is there where its
    /// first value is.
    Parts(&'static [&'static [Field]]),
    /// All bytes that are left, and so many at least, as hexadecimal digits.
    Rest(usize),
    /// As many bytes as another value says, as hexadecimal digits; of an answer, never of a command.
    Answer(&'static str),
}

/// A number in its unit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Number {
    /// Bytes of the number, 1 to 4.
    width: usize,
    /// Units for each that is counted.
    step: i32,
    /// Parts of a unit that are counted; 1 where units or more are.
    parts: i32,
    /// The lowest and the highest number, as they are counted.
    range: (i64, i64),
    /// Numbers that are none, and their words.
    words: &'static [(i64, &'static str)],
}

impl Form {
    /// Whole units in so many bytes.
    pub(crate) const fn whole(width: usize, lowest: i64, highest: i64) -> Self {
        Self::Number(Number { width, step: 1, parts: 1, range: (lowest, highest), words: &[] })
    }

    /// The same, counted in so many units.
    pub(crate) const fn steps_of(self, units: i32) -> Self {
        match self {
            Self::Number(number) => Self::Number(Number { step: units, ..number }),
            other => other,
        }
    }

    /// The same, counted in parts of a unit.
    pub(crate) const fn parts_of(self, units: i32) -> Self {
        match self {
            Self::Number(number) => Self::Number(Number { parts: units, ..number }),
            other => other,
        }
    }

    /// The same, where some numbers are words.
    pub(crate) const fn or(self, words: &'static [(i64, &'static str)]) -> Self {
        match self {
            Self::Number(number) => Self::Number(Number { words, ..number }),
            other => other,
        }
    }
}

/// Reads values one after another.
pub(crate) fn read(
    fields: &[Field],
    payload: &mut Reader<'_>,
) -> Result<Map<String, Json>, Failure> {
    let mut object = Map::new();
    read_into(fields, payload, &mut object)?;
    Ok(object)
}

fn read_into(
    fields: &[Field],
    payload: &mut Reader<'_>,
    object: &mut Map<String, Json>,
) -> Result<(), Failure> {
    let mut length = None;
    for (name, form) in fields {
        let value = match *form {
            Form::Number(number) => number.read(payload)?,
            Form::Words(words) => {
                let byte = payload.u8()?;
                let word = words.iter().find(|(number, _)| *number == *byte);
                let unknown = || unknown(name, *byte).at(byte.span);
                Json::from(word.ok_or_else(unknown)?.1)
            }
            Form::Flags(flags) => {
                let byte = payload.u8()?;
                for (bit, name) in flags {
                    object.insert((*name).to_owned(), Json::from(*byte.bit(*bit)));
                }
                continue;
            }
            Form::Truth => Json::from(*payload.u8()? != 0),
            Form::Address => String::from(*Address::read(payload)?).into(),
            Form::Output => String::from(*Address::read_output(payload)?).into(),
            Form::Time => String::from(StepTime::read(payload)?).into(),
            Form::Fade => Given::from(FadeDuration::read(payload)?).into(),
            Form::Light => {
                let lux = payload.f32_le()?;
                if !(0.0..f32::INFINITY).contains(&*lux) {
                    return Err(Failure::invalid_value("lux are not below 0").at(lux.span));
                }
                Json::from(shortest_decimal(*lux))
            }
            Form::Fixed(expected) => {
                let byte = payload.u8()?;
                if *byte != expected {
                    let message = format!("{expected:#04X} was expected, not {:#04X}", *byte);
                    return Err(Failure::invalid_value(message).at(byte.span));
                }
                continue;
            }
            Form::DevAddr => {
                let mut bytes: [u8; 4] = *payload.array()?;
                bytes.reverse();
                hex_capitals(&bytes).into()
            }
            Form::Key => {
                payload.skip(KEY)?;
                continue;
            }
            Form::Off if payload.peek() == Some(OFF) => {
                payload.skip(1)?;
                object.insert((*name).to_owned(), DISABLED.into());
                return Ok(());
            }
            Form::Off => continue,
            Form::Length => {
                length = Some(usize::from(*payload.u8()?));
                continue;
            }
            Form::Text => {
                let bytes = payload.bytes(length.unwrap_or_default())?;
                let text = std::str::from_utf8(&bytes);
                text.map_err(|_| Failure::invalid_value("the text is no UTF-8").at(bytes.span))?
                    .into()
            }
            Form::Items(fields) => {
                let mut items: Vec<Json> = Vec::new();
                while length.map_or(!payload.is_empty(), |length| items.len() < length) {
                    items.push(read(fields, payload)?.into());
                }
                items.into()
            }
            Form::Parts(parts) => {
                let byte = payload.u8()?;
                for (bit, fields) in (0..).zip(parts) {
                    if *byte.bit(bit) {
                        read_into(fields, payload, object)?;
                    }
                }
                continue;
            }
            Form::Rest(least) => {
                let bytes = payload.bytes(payload.remaining().max(least))?;
                if bytes.is_empty() {
                    continue;
                }
                hex_capitals(&bytes).into()
            }
            Form::Answer(length) => {
                if payload.is_empty() {
                    continue;
                }
                let length = object.get(length).and_then(Json::as_u64).unwrap_or_default();
                hex_capitals(&payload.bytes(usize::try_from(length).unwrap_or_default())?).into()
            }
        };
        object.insert((*name).to_owned(), value);
    }
    Ok(())
}

#[cold]
fn unknown(name: &str, number: impl std::fmt::Display) -> Failure {
    Failure::invalid_value(format!("{number} is no {name}"))
}

const OFF: u8 = 0xFF;
const DISABLED: &str = "disabled";

/// Bytes of a session key.
const KEY: usize = 16;

impl Number {
    fn read(self, payload: &mut Reader<'_>) -> Result<Json, Failure> {
        let read = if self.range.0 < 0 {
            payload.signed_le(self.width)?
        } else {
            payload.unsigned_le(self.width)?.map(u64::cast_signed)
        };
        if let Some((_, word)) = self.words.iter().find(|(number, _)| *number == *read) {
            return Ok(Json::from(*word));
        }
        if !(self.range.0..=self.range.1).contains(&*read) {
            return Err(Failure::invalid_value(self.beyond(&read.to_string())).at(read.span));
        }
        Ok(match self.parts {
            1 => Json::from(*read * i64::from(self.step)),
            parts => Json::from(*read.divided_by(f64::from(parts))),
        })
    }

    fn write(self, value: &Json) -> Result<impl Iterator<Item = u8>, String> {
        let word = self.words.iter().find(|(_, word)| value.as_str() == Some(word));
        let counted = value.as_f64().map(|units| units * self.counted());
        // Parts of a unit are rounded, as a map's coordinates have more digits than the device.
        let is_counted = |counted: &f64| self.parts > 1 || (counted - counted.round()).abs() < 1e-6;
        let whole = counted.filter(is_counted);
        // A number as large as no width holds is out of every range, whatever it saturates to.
        #[expect(clippy::cast_possible_truncation, reason = "it saturates, out of the range")]
        let number = whole.map(|counted| counted.round() as i64);
        let number = number.filter(|number| (self.range.0..=self.range.1).contains(number));
        let number = word.map(|(number, _)| *number).or(number);
        let number = number.ok_or_else(|| self.expected())?;
        Ok(number.to_le_bytes().into_iter().take(self.width))
    }

    /// The number that is counted for a unit.
    fn counted(self) -> f64 {
        f64::from(self.parts) / f64::from(self.step)
    }

    #[cold]
    fn beyond(self, number: &str) -> String {
        let (lowest, highest) = self.range;
        format!("{number} is not a whole number from {lowest} to {highest}")
    }

    #[cold]
    fn expected(self) -> String {
        #[expect(clippy::cast_precision_loss, reason = "no number has more than 32 bits")]
        let [lowest, highest] =
            [self.range.0, self.range.1].map(|counted| decimal(counted as f64 / self.counted()));
        let kind = if self.parts == 1 { "a whole number" } else { "a number" };
        let words = self.words.iter().map(|(_, word)| format!(" or {}", quoted(word)));
        let steps = if self.step == 1 { String::new() } else { format!(" by {}", self.step) };
        format!("must be {kind} from {lowest} to {highest}{steps}{}", words.collect::<String>())
    }
}

/// Takes values out of `object` and writes them; nothing else may be in it. `path` leads to the object, for people.
pub(crate) fn write(
    fields: &[Field],
    path: &str,
    mut object: Map<String, Json>,
    bytes: &mut Vec<u8>,
) -> Result<(), Failure> {
    write_from(fields, path, &mut object, bytes)?;
    match object.keys().next() {
        Some(unknown) => Err(Failure::invalid_command(format!("{path}{unknown} is not known"))),
        None => Ok(()),
    }
}

fn write_from(
    fields: &[Field],
    path: &str,
    object: &mut Map<String, Json>,
    bytes: &mut Vec<u8>,
) -> Result<(), Failure> {
    for (name, form) in fields {
        let wrong = |what: String| Failure::invalid_command(format!("{path}{name} {what}"));
        match *form {
            Form::Flags(flags) => {
                let mut byte = 0;
                for (bit, name) in flags {
                    let truth = taken(path, name, object)?;
                    byte |= u8::from(truth_of(&truth, path, name)?) << bit;
                }
                bytes.push(byte);
                continue;
            }
            Form::Fixed(byte) => {
                bytes.push(byte);
                continue;
            }
            Form::Off => {
                if object.get(name).and_then(Json::as_str) == Some(DISABLED) {
                    object.remove(name);
                    bytes.push(OFF);
                    return Ok(());
                }
                continue;
            }
            Form::Length => {
                let length = match object.get(name) {
                    Some(Json::String(text)) => text.len(),
                    Some(Json::Array(items)) => items.len(),
                    _ => 0,
                };
                // The longest is what stands for none.
                let length = u8::try_from(length).ok().filter(|length| *length < OFF);
                bytes.push(length.ok_or_else(|| wrong("is too long".to_owned()))?);
                continue;
            }
            Form::Parts(parts) => {
                let there = bytes.len();
                bytes.push(0);
                for (bit, fields) in parts.iter().enumerate() {
                    if fields.first().is_some_and(|(first, _)| object.contains_key(first)) {
                        bytes[there] |= 1 << bit;
                        write_from(fields, path, object, bytes)?;
                    }
                }
                continue;
            }
            Form::Answer(_) => continue,
            Form::Rest(0) if !object.contains_key(name) => continue,
            _ => {}
        }
        let value = taken(path, name, object)?;
        let text = || value.as_str().unwrap_or_default();
        match *form {
            Form::Number(number) => bytes.extend(number.write(&value).map_err(wrong)?),
            Form::Words(words) => bytes.push(number_of(words, &value, path, name)?),
            Form::Truth => bytes.push(truth_of(&value, path, name)?.into()),
            Form::Address | Form::Output => {
                let address = Address::try_from(text().to_owned()).map_err(wrong)?;
                if matches!(form, Form::Output) && address == Address::AllDevices {
                    return Err(wrong("must be one output or group".to_owned()));
                }
                bytes.push(address.byte());
            }
            Form::Time => bytes.push(StepTime::try_from(text().to_owned()).map_err(wrong)?.byte()),
            Form::Fade => {
                bytes.push(FadeDuration::try_from(Given::from(&value)).map_err(wrong)?.byte())
            }
            Form::Light => {
                #[expect(clippy::cast_possible_truncation, reason = "a single is what is sent")]
                let lux = value.as_f64().map(|lux| lux as f32);
                let lux = lux.filter(|lux| (0.0..f32::INFINITY).contains(lux));
                let lux = lux.ok_or_else(|| wrong("must be lux, from 0 on".to_owned()))?;
                bytes.extend(lux.to_le_bytes());
            }
            Form::DevAddr => bytes.extend(digits(text(), 4..=4).map_err(wrong)?.iter().rev()),
            Form::Key => bytes.extend(digits(text(), KEY..=KEY).map_err(wrong)?),
            Form::Rest(least) => {
                bytes.extend(digits(text(), least.max(1)..=LONGEST).map_err(wrong)?)
            }
            Form::Text => match &value {
                Json::String(text) => bytes.extend(text.bytes()),
                _ => return Err(wrong("must be a text".to_owned())),
            },
            Form::Items(fields) => {
                let Json::Array(items) = value else {
                    return Err(wrong("must be a list".to_owned()));
                };
                let path = format!("{path}{name}[].");
                for item in items {
                    let Json::Object(item) = item else {
                        return Err(wrong("must be a list of objects".to_owned()));
                    };
                    write(fields, &path, item, bytes)?;
                }
            }
            // Written above.
            Form::Flags(_)
            | Form::Fixed(_)
            | Form::Off
            | Form::Length
            | Form::Parts(_)
            | Form::Answer(_) => {}
        }
    }
    Ok(())
}

/// Most bytes of a value without a length of its own; the whole downlink has a limit too.
const LONGEST: usize = 240;

fn taken(path: &str, name: &str, object: &mut Map<String, Json>) -> Result<Json, Failure> {
    object.remove(name).ok_or_else(|| Failure::invalid_command(format!("{path}{name} is missing")))
}

fn truth_of(value: &Json, path: &str, name: &str) -> Result<bool, Failure> {
    let wrong = || Failure::invalid_command(format!("{path}{name} must be true or false"));
    value.as_bool().ok_or_else(wrong)
}

/// The bytes that hexadecimal digits stand for.
fn digits(text: &str, length: std::ops::RangeInclusive<usize>) -> Result<Vec<u8>, String> {
    let pairs = text.as_bytes().chunks(2).map(|pair| {
        let pair = std::str::from_utf8(pair).ok().filter(|pair| pair.len() == 2)?;
        let is_hexadecimal = pair.bytes().all(|digit| digit.is_ascii_hexdigit());
        u8::from_str_radix(pair, 16).ok().filter(|_| is_hexadecimal)
    });
    let bytes: Option<Vec<u8>> = pairs.collect();
    bytes.filter(|bytes| length.contains(&bytes.len())).ok_or_else(|| {
        let (least, most) = (length.start(), length.end());
        format!("must be hexadecimal digits of {least} to {most} bytes")
    })
}
