//! Places in the records of a group.

use std::{fmt, str::FromStr};

use champollion_store::Sequence;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A place in a group's records: what was pulled up to here. Opaque to partners.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, utoipa::ToSchema)]
#[schema(value_type = String, pattern = "^[0-9]{1,19}$", example = "0")]
pub struct Cursor(Sequence);

/// A text that is no cursor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no cursor: take it from `next` or from a record's `cursor`")]
pub struct CursorError(String);

impl Cursor {
    pub(crate) fn new(sequence: Sequence) -> Self {
        Self(sequence)
    }

    pub(crate) fn sequence(self) -> Sequence {
        self.0
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, CursorError> {
        text.parse()
            .map(|number| Self(Sequence::new(number)))
            .map_err(|_| CursorError(text.to_owned()))
    }
}

impl Serialize for Cursor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
