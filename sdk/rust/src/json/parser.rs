//! Reads a text of JSON.

use super::{Json, Map, from_decimal, special::special_byte};

/// Objects and arrays that may stand in each other: as many as the host takes.
const DEEPEST: usize = 128;

/// Reads a text that is one value of JSON, or says in words what is wrong.
pub(crate) fn parse(text: &str) -> Result<Json, String> {
    let mut parser = Parser { text, position: 0, depth: 0 };
    let value = parser.value().and_then(|value| match parser.peek() {
        None => Ok(value),
        Some(_) => Err(Fault::Syntax),
    });
    value.map_err(|fault| match fault {
        Fault::Syntax => format!("it is no JSON from byte {} on", parser.position),
        Fault::Repeated(name) => format!("duplicate field `{name}`"),
    })
}

enum Fault {
    /// A byte at the position that is not expected there, or the end.
    Syntax,
    /// A name that an object has twice.
    Repeated(String),
}

struct Parser<'text> {
    text: &'text str,
    position: usize,
    depth: usize,
}

impl<'text> Parser<'text> {
    /// The next byte that is none.
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.position).copied()
    }

    /// The next byte that is no space.
    fn peek(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.byte() {
            self.position += 1;
        }
        self.byte()
    }

    /// Moves on where this byte is the next one.
    fn takes(&mut self, byte: u8) -> bool {
        let takes = self.byte() == Some(byte);
        self.position += usize::from(takes);
        takes
    }

    fn value(&mut self) -> Result<Json, Fault> {
        match self.peek() {
            Some(b'"') => self.string().map(Json::String),
            Some(b'{') => self.deeper(Self::object),
            Some(b'[') => self.deeper(Self::array),
            Some(b'n') => self.word("null", Json::Null),
            Some(b't') => self.word("true", Json::Bool(true)),
            Some(b'f') => self.word("false", Json::Bool(false)),
            _ => self.number(),
        }
    }

    fn word(&mut self, word: &str, value: Json) -> Result<Json, Fault> {
        for byte in word.bytes() {
            self.expect(byte)?;
        }
        Ok(value)
    }

    fn expect(&mut self, byte: u8) -> Result<(), Fault> {
        if self.takes(byte) { Ok(()) } else { Err(Fault::Syntax) }
    }

    fn deeper(&mut self, read: fn(&mut Self) -> Result<Json, Fault>) -> Result<Json, Fault> {
        self.position += 1;
        self.depth += 1;
        if self.depth == DEEPEST {
            return Err(Fault::Syntax);
        }
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn object(&mut self) -> Result<Json, Fault> {
        if self.peek() == Some(b'}') {
            self.position += 1;
            return Ok(Map::new().into());
        }
        let mut members = Map::with_room();
        loop {
            self.peek();
            let name = self.string()?;
            if members.contains_key(&name) {
                return Err(Fault::Repeated(name));
            }
            self.peek();
            self.expect(b':')?;
            let value = self.value()?;
            members.push(name, value);
            if self.ends(b'}')? {
                return Ok(members.into());
            }
        }
    }

    fn array(&mut self) -> Result<Json, Fault> {
        let mut items = Vec::new();
        if self.peek() == Some(b']') {
            self.position += 1;
            return Ok(Json::Array(items));
        }
        loop {
            items.push(self.value()?);
            if self.ends(b']')? {
                return Ok(Json::Array(items));
            }
        }
    }

    /// Whether a bracket ends the values; otherwise a comma must come.
    fn ends(&mut self, bracket: u8) -> Result<bool, Fault> {
        self.peek();
        if self.takes(bracket) {
            return Ok(true);
        }
        self.expect(b',').map(|()| false)
    }

    fn string(&mut self) -> Result<String, Fault> {
        self.expect(b'"')?;
        // Most texts have no escape and are copied as they are.
        let mut string = self.plain()?.to_owned();
        while !self.takes(b'"') {
            self.expect(b'\\')?;
            string.push(self.escaped()?);
            string.push_str(self.plain()?);
        }
        Ok(string)
    }

    /// The text up to a quote, a backslash or a control.
    fn plain(&mut self) -> Result<&'text str, Fault> {
        let rest = self.text.get(self.position..).unwrap_or_default();
        let plain = special_byte(rest.as_bytes()).ok_or(Fault::Syntax)?;
        self.position += plain;
        Ok(rest.get(..plain).unwrap_or_default())
    }

    fn escaped(&mut self) -> Result<char, Fault> {
        let byte = self.byte().ok_or(Fault::Syntax)?;
        self.position += 1;
        Ok(match byte {
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'"' | b'\\' | b'/' => char::from(byte),
            b'u' => return self.code_point(),
            _ => return Err(Fault::Syntax),
        })
    }

    /// Reads the digits of a character; those beyond the first 65,536 are written as two.
    fn code_point(&mut self) -> Result<char, Fault> {
        let first = self.four_digits()?;
        let code = if (0xD800..0xDC00).contains(&first) {
            self.expect(b'\\')?;
            self.expect(b'u')?;
            let second = self.four_digits()?;
            let low = second.checked_sub(0xDC00).filter(|low| *low < 0x400).ok_or(Fault::Syntax)?;
            0x1_0000 + ((first - 0xD800) << 10) + low
        } else {
            first
        };
        char::from_u32(code).ok_or(Fault::Syntax)
    }

    fn four_digits(&mut self) -> Result<u32, Fault> {
        let mut number = 0;
        for _ in 0..4 {
            let digit = self.byte().and_then(|byte| char::from(byte).to_digit(16));
            number = number << 4 | digit.ok_or(Fault::Syntax)?;
            self.position += 1;
        }
        Ok(number)
    }

    fn number(&mut self) -> Result<Json, Fault> {
        let is_negative = self.takes(b'-');
        let mut digits = Digits::default();
        if !self.takes(b'0') {
            self.digits(&mut digits)?;
        }
        let is_whole = digits.dropped == 0 && !matches!(self.byte(), Some(b'.' | b'e' | b'E'));
        if is_whole && let Some(number) = whole(is_negative, digits.number) {
            return Ok(number);
        }
        let mut exponent = digits.dropped;
        if self.takes(b'.') {
            let before = digits.dropped;
            let places = self.digits(&mut digits)?;
            exponent += digits.dropped - before - places;
        }
        if self.takes(b'e') || self.takes(b'E') {
            exponent = exponent.saturating_add(self.exponent()?);
        }
        let number = from_decimal(digits.number, exponent);
        match number.is_finite() {
            true => Ok(Json::Float(if is_negative { -number } else { number })),
            false => Err(Fault::Syntax),
        }
    }

    /// Reads at least one digit, and returns their number.
    fn digits(&mut self, digits: &mut Digits) -> Result<i32, Fault> {
        let start = self.position;
        while let Some(byte @ b'0'..=b'9') = self.byte() {
            digits.push(byte - b'0');
            self.position += 1;
        }
        match self.position - start {
            0 => Err(Fault::Syntax),
            read => Ok(i32::try_from(read).unwrap_or(i32::MAX)),
        }
    }

    fn exponent(&mut self) -> Result<i32, Fault> {
        let is_negative = self.takes(b'-');
        if !is_negative {
            self.takes(b'+');
        }
        let mut digits = Digits::default();
        self.digits(&mut digits)?;
        // Beyond this all numbers are 0 or infinite, even with as many zeros as a command can hold.
        let size = i32::try_from(digits.number).unwrap_or(1 << 28).min(1 << 28);
        Ok(if is_negative { -size } else { size })
    }
}

/// A whole number, where it has room without a point. A negative zero is none.
fn whole(is_negative: bool, number: u64) -> Option<Json> {
    match is_negative {
        false => Some(Json::Unsigned(number)),
        true if number == 0 => None,
        true => 0_i64.checked_sub_unsigned(number).map(Json::Signed),
    }
}

/// Digits of a number as far as there is room for them, and the number of those behind.
#[derive(Default)]
struct Digits {
    number: u64,
    dropped: i32,
}

impl Digits {
    fn push(&mut self, digit: u8) {
        let next =
            self.number.checked_mul(10).and_then(|tenfold| tenfold.checked_add(digit.into()));
        match next.filter(|_| self.dropped == 0) {
            Some(next) => self.number = next,
            None => self.dropped += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::json::write;

    fn is_read_alike(text: &str) {
        let expected = serde_json::from_str::<serde_json::Value>(text);
        match (parse(text), expected) {
            (Ok(read), Ok(expected)) => {
                assert_eq!(write(&read).unwrap(), expected.to_string(), "{text}");
            }
            (Err(_), Err(_)) => {}
            (one, other) => panic!("{text}: {one:?} here, and {other:?} of serde_json"),
        }
    }

    #[test]
    fn texts_are_read_as_serde_json_reads_them() {
        for text in [
            "null",
            " true ",
            "false",
            "0",
            "-0",
            "7",
            "-7",
            "18446744073709551615",
            "-9223372036854775808",
            "18446744073709551616",
            "-9223372036854775809",
            "1.5",
            "-0.25",
            "1e3",
            "1E+3",
            "12.5e-1",
            "0.1",
            "100000000000000000000",
            "0.30000000000000004",
            "1e400",
            "-1e-400",
            "01",
            "1.",
            ".5",
            "-",
            "+1",
            "1e",
            "1e+",
            "tru",
            "nulls",
            "",
            " ",
            "\"a\"",
            r#""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00""#,
            r#""\ud83d""#,
            r#""\ude00""#,
            r#""\ud83d\u0041""#,
            r#""\x""#,
            "\"\n\"",
            "\"",
            "\"\\",
            "\"\\u12",
            "[]",
            "[1, [2], {}]",
            "[1,]",
            "[,1]",
            "[1 2]",
            "[",
            "{}",
            r#"{"a": 1, "b": {"c": [null]}}"#,
            r#"{"a"}"#,
            r#"{"a":}"#,
            r#"{"a":1,}"#,
            "{1:2}",
            "{",
            "é",
        ] {
            is_read_alike(text);
        }
        for depth in [126, 127, 128, 129] {
            is_read_alike(&format!("{}{}", "[".repeat(depth), "]".repeat(depth)));
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        assert_eq!(parse("{\"a\": x}"), Err("it is no JSON from byte 6 on".to_owned()));
        assert_eq!(parse(r#"{"a": 1, "a": 2}"#), Err("duplicate field `a`".to_owned()));
    }

    proptest! {
        #[test]
        fn no_text_panics(text: String) {
            is_read_alike(&text);
        }

        #[test]
        fn texts_of_what_json_is_made_of_are_read_alike(text in "[\\[\\]{}:,\"\\\\u0-9a-f.eE+ntrlse -]{0,12}") {
            // A name that is there twice is refused here alone.
            if !parse(&text).is_err_and(|fault| fault.starts_with("duplicate")) {
                is_read_alike(&text);
            }
        }

        #[test]
        fn numbers_are_read_alike(number in -1e6..1e6, places in 0_usize..9, whole: i64) {
            is_read_alike(&format!("{number:.places$}"));
            is_read_alike(&whole.to_string());
        }
    }
}
