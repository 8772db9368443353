//! Identifiers and keys as people write them: `70B3D5E75E000001`, `70-b3-d5-…`, `70:B3:D5:…`.

use std::{fmt, marker::PhantomData, str::FromStr};

use serde::de::{self, Visitor};
use zeroize::Zeroizing;

/// Text that is not the hexadecimal notation asked for.
///
/// It never repeats the text: the text may be a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidHex {
    /// Too few or too many digits.
    #[error("{what} is written with {expected} hexadecimal digits, got {got}")]
    Length {
        /// The thing that was expected there, e.g. `DevEUI`.
        what: &'static str,
        /// The number of digits needed.
        expected: usize,
        /// Digits found, separators not counted.
        got: usize,
    },
    /// A character that is neither a digit nor a separator.
    #[error(
        "{what} is written with {expected} hexadecimal digits, character {position} is not one"
    )]
    Digit {
        /// The thing that was expected there, e.g. `DevEUI`.
        what: &'static str,
        /// The number of digits needed.
        expected: usize,
        /// The place of the character in the text, counted from 1.
        position: usize,
    },
}

/// Reads exactly `N` bytes, most significant digit first; `-` and `:` may separate digits.
pub(crate) fn parse<const N: usize>(what: &'static str, text: &str) -> Result<[u8; N], InvalidHex> {
    let expected = 2 * N;
    let mut bytes = [0; N];
    let mut got = 0;
    for (index, character) in text.trim().chars().enumerate() {
        if matches!(character, '-' | ':') {
            continue;
        }
        let Some(digit) = character.to_digit(16) else {
            return Err(InvalidHex::Digit { what, expected, position: index + 1 });
        };
        if let Some(byte) = bytes.get_mut(got / 2) {
            // A digit is below 16: the cast loses nothing.
            *byte = (*byte << 4) | digit as u8;
        }
        got += 1;
    }
    if got == expected { Ok(bytes) } else { Err(InvalidHex::Length { what, expected, got }) }
}

/// Writes upper-case digits without separators.
pub(crate) fn write(formatter: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let digit = |digit: u8| char::from(DIGITS[usize::from(digit)]);
    let mut text = String::with_capacity(2 * bytes.len());
    text.extend(bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xF)]));
    formatter.write_str(&text)
}

/// The visitor of a text that a type is read from: where it can be borrowed it is not copied, and a copy is overwritten,
/// since it may be a key.
#[derive(Debug)]
pub struct FromText<T>(PhantomData<T>);

impl<T> Default for FromText<T> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T: FromStr<Err: fmt::Display>> Visitor<'_> for FromText<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<T, E> {
        self.visit_str(&Zeroizing::new(text))
    }
}

/// Serde for a type that has `FromStr`: read from text.
macro_rules! deserialize_from_text {
    ($type:ty) => {
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str($crate::hexadecimal::FromText::<$type>::default())
            }
        }
    };
}

/// Serde for a type that has `Display`: written as text.
macro_rules! serialize_as_text {
    ($type:ty) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    };
}

pub(crate) use {deserialize_from_text, serialize_as_text};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_case_and_surrounding_space_do_not_matter() {
        for text in ["0A1bFf", "0a-1b-ff", "0A:1B:FF", " 0a1BfF\n"] {
            assert_eq!(parse::<3>("X", text), Ok([0x0A, 0x1B, 0xFF]), "{text:?}");
        }
    }

    #[test]
    fn the_length_is_exact() {
        for (text, got) in [("", 0), ("0A1BF", 5), ("0A1BFF0", 7), ("0A1BFF00", 8)] {
            assert_eq!(
                parse::<3>("X", text),
                Err(InvalidHex::Length { what: "X", expected: 6, got }),
                "{text:?}"
            );
        }
    }

    #[test]
    fn the_first_wrong_character_is_pointed_at() {
        assert_eq!(
            parse::<3>("X", "0A-1G-FF"),
            Err(InvalidHex::Digit { what: "X", expected: 6, position: 5 })
        );
        // Digits of other scripts are no hexadecimal digits.
        assert!(parse::<3>("X", "０A1BFF").is_err());
    }

    #[test]
    fn the_error_never_repeats_the_text() {
        let error = parse::<16>("AppSKey", "EC925802AE430CA77FD3DD73CB2CC58Z").unwrap_err();
        assert!(!format!("{error} {error:?}").contains("EC92"));
        assert_eq!(
            error.to_string(),
            "AppSKey is written with 32 hexadecimal digits, character 32 is not one"
        );
    }
}
