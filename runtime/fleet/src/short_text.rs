//! Texts of which a million are in memory, most of them short.

use std::{
    borrow::Borrow,
    convert::Infallible,
    fmt, hash,
    ops::Deref,
    str::{self, FromStr},
};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::FromText;

/// Most bytes of a text that takes no memory of its own.
const BYTES: usize = 15;

/// A text of 16 bytes, which a longer one has beside it.
#[derive(Clone)]
pub struct ShortText(Held);

#[derive(Clone)]
enum Held {
    /// The bytes of the text, and zeros behind them.
    Here([u8; BYTES]),
    Beside(Box<Box<str>>),
}

impl ShortText {
    /// The text as it is.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Held::Here(bytes) => {
                let length = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
                // They were a text when they came here.
                str::from_utf8(&bytes[..length]).unwrap_or_default()
            }
            Held::Beside(text) => text,
        }
    }
}

impl From<&str> for ShortText {
    fn from(text: &str) -> Self {
        let mut bytes = [0; BYTES];
        match bytes.get_mut(..text.len()) {
            Some(here) if !text.ends_with('\0') => {
                here.copy_from_slice(text.as_bytes());
                Self(Held::Here(bytes))
            }
            _ => Self(Held::Beside(Box::new(text.into()))),
        }
    }
}

impl FromStr for ShortText {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(text.into())
    }
}

impl From<String> for ShortText {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl From<ShortText> for String {
    fn from(text: ShortText) -> Self {
        text.as_str().to_owned()
    }
}

impl Default for ShortText {
    fn default() -> Self {
        Self(Held::Here([0; BYTES]))
    }
}

impl Deref for ShortText {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl Borrow<str> for ShortText {
    fn borrow(&self) -> &str {
        self
    }
}

impl PartialEq for ShortText {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl PartialEq<str> for ShortText {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for ShortText {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl Eq for ShortText {}

impl PartialOrd for ShortText {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ShortText {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl hash::Hash for ShortText {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl fmt::Debug for ShortText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), formatter)
    }
}

impl fmt::Display for ShortText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.as_str(), formatter)
    }
}

impl Serialize for ShortText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl<'de> Deserialize<'de> for ShortText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(FromText::default())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_text_is_what_it_was(text in "\\PC{0,20}", other in "[a\0]{0,17}") {
            for text in [&text, &other] {
                let held = ShortText::from(text.as_str());
                prop_assert_eq!(held.as_str(), text.as_str());
                prop_assert_eq!(&String::from(held.clone()), text);
                let json = serde_json::to_string(&held).unwrap();
                prop_assert_eq!(&json, &serde_json::to_string(text).unwrap());
                prop_assert_eq!(serde_json::from_str::<ShortText>(&json).unwrap(), held);
            }
        }
    }

    #[test]
    fn a_short_text_takes_sixteen_bytes_alone() {
        assert_eq!((size_of::<ShortText>(), size_of::<Option<ShortText>>()), (16, 16));
        let is_here = |text: &str| matches!(ShortText::from(text), ShortText(Held::Here(_)));
        assert!(is_here("") && is_here("SN-000000012345") && !is_here("SN-0000000123456"));
        assert!(!is_here("a\0"), "its end could not be told");
    }
}
