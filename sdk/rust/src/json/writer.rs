//! Writes values as JSON.

use std::fmt;

use serde::{
    Serialize, Serializer,
    ser::{
        Error, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
        SerializeTupleStruct, SerializeTupleVariant,
    },
};

use super::{
    shortest::{Decimal, shortest, shortest_single},
    special::special_byte,
};

/// Places before the point, and zeros behind it, up to which a number is written without an exponent.
const PLACES: i32 = 16;
const ZEROS: i32 = 5;

/// Most digits of a whole number.
const DIGITS: usize = 20;

/// The error of a value that JSON has no form for, in words.
#[derive(Debug, PartialEq)]
pub(crate) struct Unwritable(pub(crate) String);

/// The text of a value, without spaces.
pub(crate) fn write<T: Serialize + ?Sized>(value: &T) -> Result<String, Unwritable> {
    let mut writer = Writer(Vec::with_capacity(128));
    value.serialize(&mut writer)?;
    Ok(writer.text())
}

/// The text of a number, `null` where it is not finite.
pub(crate) fn number(number: f64) -> String {
    let mut writer = Writer(Vec::new());
    writer.float(number.is_sign_negative(), number.abs(), shortest);
    writer.text()
}

/// A text between quotes, as JSON writes it, for messages. The way of core to show a text, `{:?}`, brings tables of all
/// characters, 7 KB of a decoder.
#[must_use]
pub fn quoted(text: &str) -> String {
    let mut writer = Writer(Vec::with_capacity(text.len() + 2));
    writer.string(text);
    writer.text()
}

/// The text that is written so far: whole texts, and digits.
struct Writer(Vec<u8>);

impl Writer {
    fn text(self) -> String {
        // SAFETY: nothing but UTF-8 is ever put there, and bytes below 128 between it.
        unsafe { String::from_utf8_unchecked(self.0) }
    }

    #[inline(never)]
    fn put(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
    }

    #[inline(never)]
    fn string(&mut self, text: &str) {
        self.0.reserve(text.len() + 2);
        self.0.push(b'"');
        match special_byte(text.as_bytes()) {
            None => self.0.extend_from_slice(text.as_bytes()),
            Some(_) => self.escaped(text),
        }
        self.0.push(b'"');
    }

    #[cold]
    fn escaped(&mut self, text: &str) {
        for letter in text.chars() {
            let mut bytes = [0; 4];
            self.put(match letter {
                '\u{8}' => "\\b",
                '\t' => "\\t",
                '\n' => "\\n",
                '\u{c}' => "\\f",
                '\r' => "\\r",
                '"' => "\\\"",
                '\\' => "\\\\",
                '\0'..' ' => {
                    let code = u32::from(letter);
                    self.put(if code < 16 { "\\u000" } else { "\\u001" });
                    char::from_digit(code & 15, 16).unwrap_or_default().encode_utf8(&mut bytes)
                }
                _ => letter.encode_utf8(&mut bytes),
            });
        }
    }

    #[inline(never)]
    fn whole(&mut self, number: u64) {
        let mut room = [0; DIGITS];
        self.0.extend_from_slice(digits(number, &mut room));
    }

    fn signed(&mut self, number: i64) {
        if number < 0 {
            self.0.push(b'-');
        }
        self.whole(number.unsigned_abs());
    }

    /// Writes a number that is not below 0 behind its sign.
    fn float<F: Into<f64> + Copy>(
        &mut self,
        is_negative: bool,
        number: F,
        shortest: fn(F) -> Decimal,
    ) {
        let wide: f64 = number.into();
        if !wide.is_finite() {
            return self.put("null");
        }
        if is_negative {
            self.0.push(b'-');
        }
        if wide == 0.0 {
            return self.put("0.0");
        }
        self.decimal(shortest(number));
    }

    #[inline(never)]
    fn decimal(&mut self, Decimal { mut digits, mut exponent }: Decimal) {
        while digits % 10 == 0 {
            digits /= 10;
            exponent += 1;
        }
        let mut room = [0; DIGITS];
        let written = self::digits(digits, &mut room);
        // The place of the point, counted from the first digit.
        let point = written.len() as i32 + exponent;
        match point {
            _ if exponent >= 0 && point <= PLACES => {
                self.0.extend_from_slice(written);
                self.zeros(exponent);
                self.put(".0");
            }
            1..=PLACES => self.with_point(written, point as usize),
            _ if -ZEROS < point && point <= 0 => {
                self.put("0.");
                self.zeros(-point);
                self.0.extend_from_slice(written);
            }
            _ => {
                match written {
                    [digit] => self.0.push(*digit),
                    _ => self.with_point(written, 1),
                }
                self.put(if point > 0 { "e+" } else { "e" });
                self.signed(i64::from(point - 1));
            }
        }
    }

    #[inline(never)]
    fn with_point(&mut self, digits: &[u8], place: usize) {
        let (before, behind) = digits.split_at(place);
        self.0.extend_from_slice(before);
        self.0.push(b'.');
        self.0.extend_from_slice(behind);
    }

    fn zeros(&mut self, count: i32) {
        for _ in 0..count {
            self.0.push(b'0');
        }
    }

    fn begin(&mut self, bracket: &str, end: &'static str) -> Items<'_> {
        self.put(bracket);
        Items { writer: self, is_first: true, end }
    }

    /// Begins what stands in an object under the name of its variant.
    fn begin_variant(&mut self, name: &str, bracket: &str, end: &'static str) -> Items<'_> {
        self.put("{");
        self.string(name);
        self.begin(bracket, end)
    }
}

/// The digits of a number, in the last bytes of the room.
fn digits(mut number: u64, room: &mut [u8; DIGITS]) -> &[u8] {
    let mut start = DIGITS;
    for byte in room.iter_mut().rev() {
        *byte = b'0' + (number % 10) as u8;
        number /= 10;
        start -= 1;
        if number == 0 {
            break;
        }
    }
    &room[start..]
}

/// Values of an array, or members of an object, as they are written.
struct Items<'writer> {
    writer: &'writer mut Writer,
    is_first: bool,
    end: &'static str,
}

impl Items<'_> {
    fn comma(&mut self) {
        if !self.is_first {
            self.writer.0.push(b',');
        }
        self.is_first = false;
    }

    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unwritable> {
        self.comma();
        value.serialize(&mut *self.writer)
    }

    #[inline(never)]
    fn name(&mut self, name: &str) {
        self.comma();
        self.writer.string(name);
        self.writer.0.push(b':');
    }

    fn member<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), Unwritable> {
        self.name(name);
        value.serialize(&mut *self.writer)
    }

    /// Makes a name of what was written behind `start`: numbers and truth values stand between quotes.
    fn quoted(&mut self, start: usize) -> Result<(), Unwritable> {
        match self.writer.0.get(start) {
            Some(b'"') => {}
            Some(b'0'..=b'9' | b'-' | b't' | b'f') => {
                self.writer.0.insert(start, b'"');
                self.writer.0.push(b'"');
            }
            _ => return Err(Unwritable::custom("key must be a string")),
        }
        self.writer.0.push(b':');
        Ok(())
    }

    fn end(self) {
        self.writer.put(self.end);
    }
}

impl fmt::Display for Unwritable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Unwritable {}

impl Error for Unwritable {
    #[cold]
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

impl<'writer> Serializer for &'writer mut Writer {
    type Ok = ();
    type Error = Unwritable;
    type SerializeSeq = Items<'writer>;
    type SerializeTuple = Items<'writer>;
    type SerializeTupleStruct = Items<'writer>;
    type SerializeTupleVariant = Items<'writer>;
    type SerializeMap = Items<'writer>;
    type SerializeStruct = Items<'writer>;
    type SerializeStructVariant = Items<'writer>;

    fn serialize_bool(self, truth: bool) -> Result<(), Unwritable> {
        self.put(if truth { "true" } else { "false" });
        Ok(())
    }

    fn serialize_i8(self, number: i8) -> Result<(), Unwritable> {
        self.serialize_i64(number.into())
    }

    fn serialize_i16(self, number: i16) -> Result<(), Unwritable> {
        self.serialize_i64(number.into())
    }

    fn serialize_i32(self, number: i32) -> Result<(), Unwritable> {
        self.serialize_i64(number.into())
    }

    fn serialize_i64(self, number: i64) -> Result<(), Unwritable> {
        self.signed(number);
        Ok(())
    }

    fn serialize_u8(self, number: u8) -> Result<(), Unwritable> {
        self.serialize_u64(number.into())
    }

    fn serialize_u16(self, number: u16) -> Result<(), Unwritable> {
        self.serialize_u64(number.into())
    }

    fn serialize_u32(self, number: u32) -> Result<(), Unwritable> {
        self.serialize_u64(number.into())
    }

    fn serialize_u64(self, number: u64) -> Result<(), Unwritable> {
        self.whole(number);
        Ok(())
    }

    fn serialize_f32(self, number: f32) -> Result<(), Unwritable> {
        self.float(number.is_sign_negative(), number.abs(), shortest_single);
        Ok(())
    }

    fn serialize_f64(self, number: f64) -> Result<(), Unwritable> {
        self.float(number.is_sign_negative(), number.abs(), shortest);
        Ok(())
    }

    fn serialize_char(self, letter: char) -> Result<(), Unwritable> {
        self.string(letter.encode_utf8(&mut [0; 4]));
        Ok(())
    }

    fn serialize_str(self, text: &str) -> Result<(), Unwritable> {
        self.string(text);
        Ok(())
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), Unwritable> {
        self.collect_seq(bytes)
    }

    fn serialize_none(self) -> Result<(), Unwritable> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Unwritable> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Unwritable> {
        self.put("null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Unwritable> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), Unwritable> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Unwritable> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Unwritable> {
        let mut members = self.begin("{", "}");
        members.member(variant, value)?;
        members.end();
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Items<'writer>, Unwritable> {
        Ok(self.begin("[", "]"))
    }

    fn serialize_tuple(self, _: usize) -> Result<Items<'writer>, Unwritable> {
        Ok(self.begin("[", "]"))
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Items<'writer>, Unwritable> {
        Ok(self.begin("[", "]"))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Items<'writer>, Unwritable> {
        Ok(self.begin_variant(variant, ":[", "]}"))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Items<'writer>, Unwritable> {
        Ok(self.begin("{", "}"))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Items<'writer>, Unwritable> {
        Ok(self.begin("{", "}"))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Items<'writer>, Unwritable> {
        Ok(self.begin_variant(variant, ":{", "}}"))
    }
}

/// Traits of values in their order, which differ in nothing but their names.
macro_rules! values_in_order {
    ($($trait:ident: $method:ident),*) => {$(
        impl $trait for Items<'_> {
            type Ok = ();
            type Error = Unwritable;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unwritable> {
                self.item(value)
            }

            fn end(self) -> Result<(), Unwritable> {
                Items::end(self);
                Ok(())
            }
        }
    )*};
}

values_in_order!(
    SerializeSeq: serialize_element, SerializeTuple: serialize_element,
    SerializeTupleStruct: serialize_field, SerializeTupleVariant: serialize_field
);

/// Traits of values with names that are known when the decoder is compiled.
macro_rules! values_with_names {
    ($($trait:ident),*) => {$(
        impl $trait for Items<'_> {
            type Ok = ();
            type Error = Unwritable;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), Unwritable> {
                self.member(name, value)
            }

            fn end(self) -> Result<(), Unwritable> {
                Items::end(self);
                Ok(())
            }
        }
    )*};
}

values_with_names!(SerializeStruct, SerializeStructVariant);

impl SerializeMap for Items<'_> {
    type Ok = ();
    type Error = Unwritable;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Unwritable> {
        self.comma();
        let start = self.writer.0.len();
        key.serialize(&mut *self.writer)?;
        self.quoted(start)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unwritable> {
        value.serialize(&mut *self.writer)
    }

    fn end(self) -> Result<(), Unwritable> {
        Items::end(self);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
