//! The message integrity code as a value; [`crypto`](crate::crypto) computes it.

use std::{fmt, str::FromStr};

use crate::hexadecimal::{self, InvalidHex, deserialize_from_text, serialize_as_text};

/// The four bytes that end a PHYPayload and prove that a holder of the NwkSKey made it for this
/// FCnt.
///
/// Written as eight upper-case hexadecimal digits in the order the bytes are sent.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Mic([u8; 4]);

impl Mic {
    /// From the four bytes in the order they are sent.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 4]) -> Self {
        Self(bytes)
    }

    /// The four bytes in the order they are sent.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 4] {
        self.0
    }
}

impl FromStr for Mic {
    type Err = InvalidHex;

    fn from_str(text: &str) -> Result<Self, InvalidHex> {
        hexadecimal::parse("MIC", text).map(Self)
    }
}

impl fmt::Display for Mic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        hexadecimal::write(formatter, &self.0)
    }
}

impl fmt::Debug for Mic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Mic({self})")
    }
}

serialize_as_text!(Mic);
deserialize_from_text!(Mic);
