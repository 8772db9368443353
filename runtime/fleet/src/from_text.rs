//! Values that are read from texts.

use std::{fmt, marker::PhantomData, str::FromStr};

use serde::de::{self, Visitor};

/// The visitor of a text that a value is read from: the text is copied into the value alone.
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
}
