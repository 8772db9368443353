//! The way payloads are written as text, and how it is recognized.

use std::fmt;

use champollion_sdk::vectors::Hex;
use clap::ValueEnum;
use data_encoding::BASE64;

/// Digits of which nobody believes that they are base64 by chance, where all of them are hexadecimal.
const TELLING_DIGITS: usize = 16;

/// The way payloads are written as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Encoding {
    /// Hexadecimal digits, with blanks or without
    Hex,
    /// Base64, as network servers write payloads
    Base64,
}

impl Encoding {
    /// Reads a payload, or says why it is none.
    pub(super) fn decode(self, text: &str) -> Result<Vec<u8>, String> {
        match self {
            Self::Hex => {
                let Hex(bytes) = text
                    .parse()
                    .or_else(|_| text.replace([':', '-', ','], " ").parse())
                    .map_err(|_| format!("the payload {:?} is not hexadecimal", text.trim()))?;
                Ok(bytes)
            }
            Self::Base64 => BASE64
                .decode(text.trim().as_bytes())
                .map_err(|_| format!("the payload {text:?} is no base64")),
        }
    }

    /// Recognizes the encoding of payloads. Digits that are both are hexadecimal, unless the place in which they stand
    /// tells base64.
    pub(super) fn of<'text>(
        payloads: impl Iterator<Item = &'text str> + Clone,
        tells_base64: bool,
    ) -> Self {
        let are =
            |encoding: Self| payloads.clone().filter(|text| encoding.decode(text).is_ok()).count();
        let (base64, hex) = (are(Self::Base64), are(Self::Hex));
        let is_base64 = base64 > hex || (tells_base64 && base64 == hex);
        if is_base64 { Self::Base64 } else { Self::Hex }
    }

    /// Whether a payload, which can be read in this way or not, is written in the other one, as far as anybody can tell.
    pub(super) fn is_other(self, text: &str, can_be_read: bool) -> bool {
        let is_other = || self.other().decode(text).is_ok();
        match self {
            Self::Hex => !can_be_read && is_other(),
            Self::Base64 => (!can_be_read || text.trim().len() >= TELLING_DIGITS) && is_other(),
        }
    }

    pub(super) fn other(self) -> Self {
        match self {
            Self::Hex => Self::Base64,
            Self::Base64 => Self::Hex,
        }
    }

    /// Its word on the command line.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Hex => "hex",
            Self::Base64 => "base64",
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Hex => "hexadecimal digits",
            Self::Base64 => "base64",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(payloads: &[&str], tells_base64: bool) -> Encoding {
        Encoding::of(payloads.iter().copied(), tells_base64)
    }

    #[test]
    fn the_encoding_is_recognized() {
        assert_eq!(of(&["00D7 28", "0x00:D7"], false), Encoding::Hex);
        assert_eq!(of(&["AQD8AiU="], false), Encoding::Base64);
        assert_eq!(of(&["ABCD"], false), Encoding::Hex);
        assert_eq!(of(&["ABCD"], true), Encoding::Base64);
        assert_eq!(of(&["00D72"], false), Encoding::Hex, "neither is");
        assert_eq!(Encoding::Hex.decode("0x00:D7"), Ok(vec![0x00, 0xD7]));
        assert_eq!(Encoding::Hex.decode("0x00, 0xD7"), Ok(vec![0x00, 0xD7]));
        assert!(Encoding::Hex.decode("0").is_err());
    }

    #[test]
    fn payloads_of_the_other_kind_are_seen() {
        let is_other =
            |encoding: Encoding, text: &str| encoding.is_other(text, encoding.decode(text).is_ok());
        assert!(is_other(Encoding::Hex, "AQD8AiU="));
        assert!(!is_other(Encoding::Hex, "00D7") && !is_other(Encoding::Hex, "zz"));
        assert!(is_other(Encoding::Base64, "00D728"));
        assert!(is_other(Encoding::Base64, &"00".repeat(8)));
        assert!(!is_other(Encoding::Base64, "AQD8") && !is_other(Encoding::Base64, "abcd"));
    }
}
