//! The `data` of a reading: JSON text that was checked and is passed on as it is.

use std::fmt;

use serde::{
    Serialize, Serializer,
    de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::{Limits, OutputError};

/// A JSON object as text on one line. It is never parsed again on its way to the partner.
#[derive(Clone, Debug)]
pub struct Data(Box<RawValue>);

impl Data {
    /// Checks that a text is a JSON object within the limits.
    pub(crate) fn check(text: String, limits: &Limits) -> Result<Self, OutputError> {
        if text.len() > limits.data_bytes {
            return Err(OutputError::DataTooLarge { bytes: text.len(), limit: limits.data_bytes });
        }
        if !text.trim_ascii_start().starts_with('{') {
            return Err(OutputError::DataNotAnObject);
        }
        let mut parser = serde_json::Deserializer::from_str(&text);
        Level { below: limits.data_depth }
            .deserialize(&mut parser)
            .and_then(|()| parser.end())
            .map_err(|error| OutputError::DataNotJson { reason: error.to_string() })?;
        // Line breaks can stand only between tokens, where a blank does as well; records are
        // handed out one a line.
        let text = if text.contains(['\n', '\r']) { text.replace(['\n', '\r'], " ") } else { text };
        RawValue::from_string(text)
            .map(Self)
            .map_err(|error| OutputError::DataNotJson { reason: error.to_string() })
    }

    /// The JSON text.
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

/// Reads any JSON value and keeps nothing of it; counts how deep it is. Numbers are read as such, so
/// one that no `f64` holds is an error here and not at the partner's.
struct Level {
    below: usize,
}

impl Level {
    fn next<E: Error>(&self) -> Result<Self, E> {
        match self.below.checked_sub(1) {
            Some(below) => Ok(Self { below }),
            None => Err(E::custom("objects and lists are nested too deep")),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Level {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Level {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        loop {
            if list.next_element_seed(self.next()?)?.is_none() {
                return Ok(());
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        while object.next_key::<IgnoredAny>()?.is_some() {
            object.next_value_seed(self.next()?)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Result<Data, OutputError> {
        Data::check(text.to_owned(), &Limits::default())
    }

    #[test]
    fn an_object_is_passed_on_as_it_is() {
        let text = r#"{"a":[1,2.50,"x",null,true],"b":{}}"#;
        assert_eq!(check(text).unwrap().as_str(), text);
    }

    #[test]
    fn it_stands_on_one_line() {
        assert_eq!(check("{\n\"a\":\r\n1}").unwrap().as_str(), "{ \"a\":  1}");
    }

    #[test]
    fn what_is_no_object_is_refused() {
        assert!(matches!(check("[1]"), Err(OutputError::DataNotAnObject)));
        assert!(matches!(check(""), Err(OutputError::DataNotAnObject)));
        for broken in ["{", "{}}", "{\"a\":NaN}", "{\"a\":1e999}", "{'a':1}", "{\"a\":\"\u{1}\"}"] {
            assert!(matches!(check(broken), Err(OutputError::DataNotJson { .. })), "{broken}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |levels: usize| {
            format!("{{\"a\":{}{}}}", "[".repeat(levels - 1), "]".repeat(levels - 1))
        };
        assert!(check(&nested(Limits::DATA_DEPTH)).is_ok());
        let error = check(&nested(Limits::DATA_DEPTH + 2)).unwrap_err();
        assert!(error.to_string().contains("too deep"), "{error}");
    }

    #[test]
    fn size_is_bounded() {
        let large = format!("{{\"a\":\"{}\"}}", "x".repeat(Limits::DATA_BYTES));
        assert!(matches!(check(&large), Err(OutputError::DataTooLarge { .. })));
    }
}
