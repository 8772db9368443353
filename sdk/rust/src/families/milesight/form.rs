//! The forms that values of settings have on the air, to be read and to be written.

use super::{Json, Map};
use crate::{Failure, Reader, Words, bytes_of_digits, decimal, number_of, word};

/// A value of a setting.
#[derive(Clone, Copy, Debug)]
pub enum Form {
    /// An order, `true` in JSON, for which this byte is sent; the byte of an answer says nothing.
    Order(u8),
    /// A number in its unit.
    Number(Number),
    /// A byte that stands for a word.
    Words(Words),
    /// A byte that counts from 0 on what is numbered from 1 to this number.
    Ordinal(u8),
    /// So many bytes of a key, which are written, as hexadecimal digits, and never told.
    Key(usize),
    /// Bits of so many bytes, as members of the object around it.
    Bits(usize, &'static [Part]),
    /// So many bytes that mean nothing and are sent as zeros.
    Reserved(usize),
    /// An object, its members one after another.
    Object(&'static [Field]),
}

/// A number in its unit.
#[derive(Clone, Copy, Debug)]
pub struct Number {
    /// Bytes, 1 to 4.
    pub width: usize,
    /// Whether the highest bit is the sign.
    pub signed: bool,
    /// Parts of the unit that the device counts: 10 for tenths.
    pub parts: i32,
    /// The lowest and the highest number that may be set, in the unit.
    pub range: (i64, i64),
}

impl Number {
    /// A number without a sign, of whole units.
    #[must_use]
    pub const fn whole(width: usize, lowest: i64, highest: i64) -> Self {
        Self { width, signed: false, parts: 1, range: (lowest, highest) }
    }
}

/// A member of an object.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The member's name; of what has no name of its own it is not looked at.
    pub name: &'static str,
    /// The form of its value.
    pub form: Form,
}

/// A member that has some bits of a number.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// The name of the member.
    pub name: &'static str,
    /// The lowest bit, 0 being the least significant one.
    pub lowest: u32,
    /// The number of bits, up to 16.
    pub width: u32,
    /// The words for its numbers; none where it is a number itself.
    pub words: Option<Words>,
}

impl Form {
    /// Reads a value into `object`, under its name.
    pub(super) fn read(
        self,
        name: &str,
        payload: &mut Reader<'_>,
        object: &mut Map<String, Json>,
    ) -> Result<(), Failure> {
        let value = match self {
            Self::Order(_) => {
                payload.skip(1)?;
                Json::from(true)
            }
            Self::Number(number) => number.read(payload)?,
            Self::Words(words) => word(words, *payload.u8()?).into(),
            Self::Ordinal(_) => Json::from(u16::from(*payload.u8()?) + 1),
            Self::Key(width) => return payload.skip(width),
            Self::Bits(width, parts) => {
                let bits = payload.unsigned_le(width)?;
                for part in parts {
                    object.put(part.name, part.read(*bits));
                }
                return Ok(());
            }
            Self::Reserved(width) => return payload.skip(width),
            Self::Object(fields) => {
                let mut members = Map::new();
                for field in fields {
                    field.form.read(field.name, payload, &mut members)?;
                }
                members.into()
            }
        };
        object.put(name, value);
        Ok(())
    }

    /// Takes a value out of `object` by its name and writes it. `path` leads to the object, for people.
    pub(super) fn write(
        self,
        path: &str,
        name: &str,
        object: &mut Map<String, Json>,
        bytes: &mut Vec<u8>,
    ) -> Result<(), Failure> {
        match self {
            Self::Reserved(width) => {
                bytes.resize(bytes.len() + width, 0);
                return Ok(());
            }
            Self::Bits(width, parts) => {
                let mut bits = 0_u64;
                for part in parts {
                    bits |= part.write(&taken(path, part.name, object)?, path)? << part.lowest;
                }
                bytes.extend(bits.to_le_bytes().iter().take(width));
                return Ok(());
            }
            _ => {}
        }
        let value = taken(path, name, object)?;
        match (self, value) {
            (Self::Order(byte), Json::Bool(true)) => bytes.push(byte),
            (Self::Order(_), _) => return Err(invalid(path, name, "true")),
            (Self::Words(words), value) => bytes.push(number_of(words, &value, path, name)?),
            (Self::Number(number), value) => number.write(&value, path, name, bytes)?,
            (Self::Ordinal(highest), value) => {
                let number = value.as_u64().and_then(|number| u8::try_from(number).ok());
                let number = number.filter(|number| (1..=highest).contains(number));
                let expected =
                    || invalid(path, name, &format!("a whole number from 1 to {highest}"));
                bytes.push(number.ok_or_else(expected)? - 1);
            }
            (Self::Key(width), value) => {
                let key = value.as_str().and_then(bytes_of_digits).filter(|key| key.len() == width);
                let expected = format!("{} hexadecimal digits", 2 * width);
                bytes.extend(key.ok_or_else(|| invalid(path, name, &expected))?);
            }
            (Self::Object(fields), Json::Object(mut members)) => {
                let path = format!("{path}{name}.");
                for field in fields {
                    field.form.write(&path, field.name, &mut members, bytes)?;
                }
                if let Some(unknown) = members.keys().next() {
                    return Err(Failure::invalid_command(format!("{path}{unknown} is not known")));
                }
            }
            _ => return Err(invalid(path, name, "an object")),
        }
        Ok(())
    }
}

impl Number {
    fn read(self, payload: &mut Reader<'_>) -> Result<Json, Failure> {
        let number = match self.signed {
            true => payload.signed_le(self.width)?,
            false => payload.unsigned_le(self.width)?.map(u64::cast_signed),
        };
        Ok(match self.parts {
            1 => Json::from(*number),
            parts => Json::from(*number.divided_by(f64::from(parts))),
        })
    }

    fn write(
        self,
        value: &Json,
        path: &str,
        name: &str,
        bytes: &mut Vec<u8>,
    ) -> Result<(), Failure> {
        let (lowest, highest) = self.range;
        let parts = value.as_f64().map(|number| number * f64::from(self.parts));
        let parts = parts.filter(|parts| (parts - parts.round()).abs() < 1e-6);
        let range = lowest * i64::from(self.parts)..=highest * i64::from(self.parts);
        // A number as large as no width holds is out of every range, whatever it saturates to.
        #[expect(clippy::cast_possible_truncation, reason = "it saturates, out of the range")]
        let number = parts.map(|parts| parts.round() as i64).filter(|parts| range.contains(parts));
        bytes.extend(
            number.ok_or_else(|| self.beyond(path, name))?.to_le_bytes().iter().take(self.width),
        );
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn beyond(self, path: &str, name: &str) -> Failure {
        let (lowest, highest) = self.range;
        match self.parts {
            1 => invalid(path, name, &format!("a whole number from {lowest} to {highest}")),
            parts => {
                let grain = decimal(1.0 / f64::from(parts));
                invalid(path, name, &format!("a number from {lowest} to {highest}, by {grain}"))
            }
        }
    }
}

impl Part {
    fn mask(self) -> u64 {
        (1 << self.width) - 1
    }

    fn read(self, bits: u64) -> Json {
        let number = (bits >> self.lowest) & self.mask();
        match (self.words, u8::try_from(number)) {
            (Some(words), Ok(number)) => word(words, number).into(),
            _ => number.into(),
        }
    }

    fn write(self, value: &Json, path: &str) -> Result<u64, Failure> {
        match self.words {
            Some(words) => number_of(words, value, path, self.name).map(u64::from),
            None => value.as_u64().filter(|number| *number <= self.mask()).ok_or_else(|| {
                let expected = format!("a whole number from 0 to {}", self.mask());
                invalid(path, self.name, &expected)
            }),
        }
    }
}

fn taken(path: &str, name: &str, object: &mut Map<String, Json>) -> Result<Json, Failure> {
    object.shift_remove(name).ok_or_else(|| missing(path, name))
}

#[cold]
#[inline(never)]
fn missing(path: &str, name: &str) -> Failure {
    Failure::invalid_command(format!("{path}{name} is missing"))
}

#[cold]
#[inline(never)]
pub(super) fn invalid(path: &str, name: &str, expected: &str) -> Failure {
    Failure::invalid_command(format!("{path}{name} must be {expected}"))
}
