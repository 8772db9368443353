//! The `data` of a reading: JSON text that was checked and is passed on as it is.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Serialize, Serializer,
    de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::{Limits, OutputError};

/// A JSON object as text on one line. It is never parsed again on its way to the partner.
#[derive(Clone, Debug)]
pub struct Data(Box<RawValue>);

impl Data {
    /// Checks that a text is a JSON object within the limits.
    pub(crate) fn check(text: Cow<'_, str>, limits: &Limits) -> Result<Self, OutputError> {
        if text.len() > limits.data_bytes {
            return Err(OutputError::DataTooLarge { bytes: text.len(), limit: limits.data_bytes });
        }
        if !text.trim_ascii_start().starts_with('{') {
            return Err(OutputError::DataNotAnObject);
        }
        let not_json =
            |error: serde_json::Error| OutputError::DataNotJson { reason: error.to_string() };
        let seen = if is_plain(&text, limits) { Survey::default() } else { Survey::of(&text) };
        if seen.depth > limits.data_depth {
            return Err(OutputError::DataTooDeep { limit: limits.data_depth });
        }
        // Line breaks can stand only between tokens, where a blank does as well; records are
        // handed out one a line.
        let text =
            if seen.line_breaks { text.replace(['\n', '\r'], " ") } else { text.into_owned() };
        let raw = RawValue::from_string(text).map_err(not_json)?;
        if seen.exponents {
            serde_json::from_str::<Readable>(raw.get()).map_err(not_json)?;
        }
        Ok(Self(raw))
    }

    /// Returns the JSON text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.get()
    }
}

impl fmt::Display for Data {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl Serialize for Data {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// Whether a text is so plain that the survey would find nothing: it has no more brackets than there
/// may be levels, no line breaks, and no number that an `f64` could not hold. Each question is asked
/// of all bytes at once, which takes a tenth of the survey's time.
fn is_plain(text: &str, limits: &Limits) -> bool {
    let bytes = text.as_bytes();
    let opens = |byte: u8| matches!(byte, b'{' | b'[');
    let breaks = |byte: u8| matches!(byte, b'\n' | b'\r');
    let is_exponent = |digit: u8, e: u8| digit.is_ascii_digit() & matches!(e, b'e' | b'E');
    let after = bytes.get(1..).unwrap_or_default();
    count(bytes, bytes, |byte, _| opens(byte)) <= limits.data_depth
        && count(bytes, bytes, |byte, _| breaks(byte)) == 0
        && count(bytes, after, is_exponent) == 0
        && !has_long_number(bytes)
}

/// Counts the bytes of two texts, each with the one at the same place, that are looked for. They are counted
/// in bytes, of which a register holds many, so a run may be no longer than a byte can count.
fn count(bytes: &[u8], others: &[u8], is_found: impl Fn(u8, u8) -> bool) -> usize {
    const RUN: usize = u8::MAX as usize;
    let runs = bytes.chunks(RUN).zip(others.chunks(RUN));
    runs.map(|(run, others)| {
        let pairs = run.iter().zip(others);
        let found: u8 = pairs.map(|(byte, other)| u8::from(is_found(*byte, *other))).sum();
        usize::from(found)
    })
    .sum()
}

/// Whether there may be more than [`SAFE_DIGITS`] digits in a row: a run of them cannot pass by two
/// neighbours of the bytes that are looked at.
fn has_long_number(bytes: &[u8]) -> bool {
    let looked_at = bytes.iter().step_by(SAFE_DIGITS / 2);
    let next = looked_at.clone().skip(1);
    looked_at.zip(next).any(|(one, next)| one.is_ascii_digit() && next.is_ascii_digit())
}

/// A number of as many digits is below the largest `f64`, which has 309.
const SAFE_DIGITS: usize = 300;

/// The result of one look at the bytes. It need not understand JSON: where the text is none, the parser says
/// so afterwards.
#[derive(Default)]
struct Survey {
    /// Most levels of objects and lists that are open at once.
    depth: usize,
    line_breaks: bool,
    /// Whether a number may be beyond what an `f64` holds.
    exponents: bool,
}

impl Survey {
    fn of(text: &str) -> Self {
        let mut seen = Self::default();
        let (mut open, mut in_string, mut escaped) = (0_usize, false, false);
        let mut digits = 0_usize;
        for byte in text.bytes() {
            if in_string {
                in_string = escaped || byte != b'"';
                escaped = byte == b'\\' && !escaped;
                continue;
            }
            match byte {
                b'"' => in_string = true,
                b'{' | b'[' => {
                    open += 1;
                    seen.depth = seen.depth.max(open);
                }
                b'}' | b']' => open = open.saturating_sub(1),
                b'\n' | b'\r' => seen.line_breaks = true,
                // The e of `true` follows no digit; 300 digits in a row need no exponent to be large.
                b'e' | b'E' if digits > 0 => seen.exponents = true,
                _ => {}
            }
            digits = if byte.is_ascii_digit() { digits + 1 } else { 0 };
            seen.exponents |= digits > SAFE_DIGITS;
        }
        seen
    }
}

/// Any JSON value whose numbers an `f64` holds, so that no partner's parser stumbles over one. Keeps
/// nothing.
struct Readable;

impl<'de> Deserialize<'de> for Readable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ReadableVisitor)
    }
}

struct ReadableVisitor;

impl<'de> Visitor<'de> for ReadableVisitor {
    type Value = Readable;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Readable, E> {
        Ok(Readable)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Readable, E> {
        Ok(Readable)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Readable, E> {
        Ok(Readable)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Readable, E> {
        Ok(Readable)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Readable, E> {
        Ok(Readable)
    }

    fn visit_str<E>(self, _: &str) -> Result<Readable, E> {
        Ok(Readable)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Readable, A::Error> {
        while list.next_element::<Readable>()?.is_some() {}
        Ok(Readable)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Readable, A::Error> {
        while object.next_entry::<IgnoredAny, Readable>()?.is_some() {}
        Ok(Readable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Result<Data, OutputError> {
        Data::check(text.into(), &Limits::default())
    }

    #[test]
    fn an_object_is_passed_on_as_it_is() {
        let text = r#"{"a":[1,2.50,"x",null,true],"b":{}}"#;
        assert_eq!(check(text).unwrap().as_str(), text);
    }

    #[test]
    fn a_long_number_is_found_wherever_it_stands() {
        for before in [0, 1, 75, 149, 150, 151, 299] {
            let text = format!("{}{}", " ".repeat(before), "7".repeat(SAFE_DIGITS + 1));
            assert!(has_long_number(text.as_bytes()), "{before}");
        }
        let plain = format!("{{\"a\":\"{}\"}}", "abc1".repeat(300));
        assert!(is_plain(&plain, &Limits::default()));
    }

    #[test]
    fn it_stands_on_one_line() {
        assert_eq!(check("{\n\"a\":\r\n1}").unwrap().as_str(), "{ \"a\":  1}");
    }

    #[test]
    fn what_is_no_object_is_refused() {
        assert!(matches!(check("[1]"), Err(OutputError::DataNotAnObject)));
        assert!(matches!(check(""), Err(OutputError::DataNotAnObject)));
        let digits = format!("{{\"a\":{}}}", "9".repeat(400));
        for broken in [
            "{",
            "{}}",
            "{\"a\":NaN}",
            "{\"a\":1e999}",
            "{\"a\":-1.5E+400}",
            "{'a':1}",
            &digits,
            "{\"a\":\"\u{1}\"}",
        ] {
            assert!(matches!(check(broken), Err(OutputError::DataNotJson { .. })), "{broken}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |levels: usize| {
            format!("{{\"a\":{}{}}}", "[".repeat(levels - 1), "]".repeat(levels - 1))
        };
        assert!(check(&nested(Limits::DATA_DEPTH)).is_ok());
        let limit = Limits::DATA_DEPTH;
        for depth in [limit + 1, 10_000] {
            assert_eq!(check(&nested(depth)).unwrap_err(), OutputError::DataTooDeep { limit });
        }
        let brackets_in_text = format!("{{\"a\":\"\\\"{}\"}}", "[".repeat(100));
        assert!(check(&brackets_in_text).is_ok(), "{brackets_in_text}");
    }

    #[test]
    fn size_is_bounded() {
        let large = format!("{{\"a\":\"{}\"}}", "x".repeat(Limits::DATA_BYTES));
        assert!(matches!(check(&large), Err(OutputError::DataTooLarge { .. })));
    }
}
