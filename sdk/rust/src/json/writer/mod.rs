//! Writes values as JSON.

mod serializer;

use std::fmt;

use serde::{Serialize, ser::Error};

use super::{
    shortest::{Decimal, shortest},
    special::special_byte,
};

/// Places before the point, and zeros behind it, up to which a number is written without an exponent.
const PLACES: i32 = 16;
const ZEROS: i32 = 5;

/// Most digits of a whole number.
const DIGITS: usize = 20;

/// Room for the text of an ordinary reading.
const ROOM: usize = 128;

/// The digits of a byte, two of these.
const HEXADECIMAL: [u8; 16] = *b"0123456789ABCDEF";

/// The bit by which a small letter differs from the capital one; digits have it anyway.
const SMALL: u8 = 0x20;

/// The error of a value that JSON has no form for. It is a pointer, so that a result is one number, which every function
/// that writes hands on.
#[derive(Debug, PartialEq)]
pub(crate) struct Unwritable(Box<Words>);

/// The words of an error.
#[derive(Debug, PartialEq)]
struct Words(String);

/// The text of a value, without spaces.
pub(crate) fn write<T: Serialize + ?Sized>(value: &T) -> Result<String, Unwritable> {
    let mut writer = Writer::new();
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

/// Bytes as a list of two digits each, `[0A, FF]`, for messages. The way of core to show a list, `{:02X?}`, is 2 KB of a
/// decoder.
#[cold]
#[inline(never)]
#[must_use]
pub fn hexadecimal(bytes: &[u8]) -> String {
    let mut writer = Writer(Vec::new());
    let mut before = "[";
    for byte in bytes {
        writer.put(before);
        writer.hexadecimal(*byte, 0);
        before = ", ";
    }
    writer.put(if bytes.is_empty() { "[]" } else { "]" });
    writer.text()
}

/// Bytes as two small digits each, `0aff`, as makers write identities and hashes.
#[must_use]
pub fn hex_digits(bytes: &[u8]) -> String {
    digits_of(bytes, SMALL)
}

/// The same with capitals, `0AFF`.
#[must_use]
pub fn hex_capitals(bytes: &[u8]) -> String {
    digits_of(bytes, 0)
}

#[inline(never)]
fn digits_of(bytes: &[u8], case: u8) -> String {
    let mut writer = Writer(Vec::with_capacity(2 * bytes.len()));
    for byte in bytes {
        writer.hexadecimal(*byte, case);
    }
    writer.text()
}

/// The text that is written so far: whole texts, and digits.
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    /// Begins a text with its quote.
    pub(crate) fn new() -> Self {
        Self(Vec::with_capacity(ROOM))
    }

    /// Ends a text with its quote.
    pub(crate) fn text(self) -> String {
        // SAFETY: nothing but UTF-8 is ever put there, and bytes below 128 between it.
        unsafe { String::from_utf8_unchecked(self.0) }
    }

    fn put(&mut self, text: &str) {
        self.put_bytes(text.as_bytes());
    }

    /// Writes bytes that are digits, or whole letters.
    #[inline(never)]
    fn put_bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
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
        // What has to be escaped is ASCII, of which no byte stands within another letter.
        for byte in text.bytes() {
            let escape = match byte {
                0x08 => b'b',
                b'\t' => b't',
                b'\n' => b'n',
                0x0C => b'f',
                b'\r' => b'r',
                b'"' | b'\\' => byte,
                0..b' ' => {
                    self.put("\\u00");
                    self.hexadecimal(byte, SMALL);
                    continue;
                }
                _ => {
                    self.0.push(byte);
                    continue;
                }
            };
            self.put_bytes(&[b'\\', escape]);
        }
    }

    fn hexadecimal(&mut self, byte: u8, case: u8) {
        let digit = |four: u8| HEXADECIMAL[usize::from(four)] | case;
        self.put_bytes(&[digit(byte >> 4), digit(byte & 0x0F)]);
    }

    #[inline(never)]
    fn whole(&mut self, number: u64) {
        let mut room = [0; DIGITS];
        self.put_bytes(digits(number, &mut room));
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
                self.put_bytes(written);
                self.zeros(exponent);
                self.put(".0");
            }
            1..=PLACES => self.with_point(written, point as usize),
            _ if -ZEROS < point && point <= 0 => {
                self.put("0.");
                self.zeros(-point);
                self.put_bytes(written);
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
        self.put_bytes(before);
        self.0.push(b'.');
        self.put_bytes(behind);
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
pub(crate) struct Items<'writer> {
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
        formatter.write_str(&self.0.0)
    }
}

impl std::error::Error for Unwritable {}

impl Error for Unwritable {
    #[cold]
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(Box::new(Words(message.to_string())))
    }
}

#[cfg(test)]
mod tests;
