//! Values of commands of which the maker takes more than one type: a number, or a word in its place.

use std::fmt;

use champollion_sdk::Json;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};

/// A value as it was given. It is asked for its type once: an `untagged` type would copy it and try one type after
/// another, with code for values of all kinds.
pub(crate) enum Given {
    /// A number without a point.
    Whole(i64),
    /// A number with a point, or beyond all that are whole.
    Number(f64),
    /// A string of any length.
    Text(String),
    /// A value of a type that no command takes in the place of a number.
    Other,
}

impl Given {
    /// The number, of whatever form.
    #[expect(clippy::cast_precision_loss, reason = "numbers above 2^53 are rounded, as floats are")]
    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            Self::Whole(number) => Some(*number as f64),
            Self::Number(number) => Some(*number),
            Self::Text(_) | Self::Other => None,
        }
    }
}

impl From<&Json> for Given {
    fn from(value: &Json) -> Self {
        match (value.as_i64(), value.as_f64(), value) {
            (Some(number), ..) => Self::Whole(number),
            (None, Some(number), _) => Self::Number(number),
            (None, None, Json::String(text)) => Self::Text(text.clone()),
            _ => Self::Other,
        }
    }
}

impl From<Given> for Json {
    fn from(given: Given) -> Self {
        match given {
            Given::Whole(number) => Self::from(number),
            Given::Number(number) => Self::from(number),
            Given::Text(text) => Self::String(text),
            Given::Other => Self::Null,
        }
    }
}

impl Serialize for Given {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Whole(number) => serializer.serialize_i64(*number),
            Self::Number(number) => serializer.serialize_f64(*number),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Other => serializer.serialize_unit(),
        }
    }
}

impl<'de> Deserialize<'de> for Given {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OfAnyType)
    }
}

struct OfAnyType;

impl<'de> Visitor<'de> for OfAnyType {
    type Value = Given;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a number or a text")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Given, E> {
        Ok(Given::Other)
    }

    fn visit_i64<E>(self, number: i64) -> Result<Given, E> {
        Ok(Given::Whole(number))
    }

    #[expect(clippy::cast_precision_loss, reason = "numbers above 2^53 are rounded, as floats are")]
    fn visit_u64<E>(self, number: u64) -> Result<Given, E> {
        Ok(i64::try_from(number).map_or(Given::Number(number as f64), Given::Whole))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Given, E> {
        Ok(Given::Number(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Given, E> {
        Ok(Given::Text(text.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Given, E> {
        Ok(Given::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Given, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Given::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Given, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Given::Other)
    }
}
