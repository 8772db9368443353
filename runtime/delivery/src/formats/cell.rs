//! A cell of a table, before it is known in which form the table is written.

use std::borrow::Cow;

use jiff::{Timestamp, Zoned, tz::TimeZone};
use serde_json::value::RawValue;

/// A cell of a table.
#[derive(Debug)]
pub(super) enum Cell<'row> {
    /// There is nothing to say.
    Empty,
    /// A text, which never becomes anything else.
    Text(Cow<'row, str>),
    /// JSON, which stays the same JSON.
    Json(Cow<'row, str>),
    /// A number as JSON writes it.
    Number(Cow<'row, str>),
    /// A truth value, true or false.
    Truth(bool),
    /// A moment, in the zone in which it may be shown.
    Moment(Zoned),
}

impl<'row> Cell<'row> {
    /// A text as a cell; an empty one says nothing.
    pub(super) fn text(text: &'row str) -> Self {
        if text.is_empty() { Self::Empty } else { Self::Text(Cow::Borrowed(text)) }
    }

    /// A number of our own as a cell, where there is one.
    pub(super) fn whole<N: ToString>(number: Option<N>) -> Self {
        number.map_or(Self::Empty, |number| Self::Number(Cow::Owned(number.to_string())))
    }

    /// A number of a record as a cell, where there is one.
    pub(super) fn number(number: Option<&'row RawValue>) -> Self {
        number.map_or(Self::Empty, |number| Self::Number(Cow::Borrowed(number.get())))
    }

    /// A moment as a cell.
    pub(super) fn moment(moment: Timestamp, zone: &TimeZone) -> Self {
        Self::Moment(moment.to_zoned(zone.clone()))
    }

    /// Returns the bytes of its text.
    pub(super) fn text_bytes(&self) -> usize {
        match self {
            Self::Text(text) | Self::Json(text) | Self::Number(text) => text.len(),
            Self::Empty | Self::Truth(_) | Self::Moment(_) => 0,
        }
    }

    /// A value of a record as a cell: a number, a truth or a text as such, anything else as JSON.
    pub(super) fn value(value: &'row RawValue) -> Result<Self, serde_json::Error> {
        let text = value.get();
        Ok(match text.as_bytes().first() {
            Some(b'"') => {
                let said: String = serde_json::from_str(text)?;
                if said.is_empty() { Self::Empty } else { Self::Text(Cow::Owned(said)) }
            }
            Some(b'[' | b'{') => Self::Json(Cow::Borrowed(text)),
            Some(b't') => Self::Truth(true),
            Some(b'f') => Self::Truth(false),
            Some(b'n') | None => Self::Empty,
            Some(_) => Self::Number(Cow::Borrowed(text)),
        })
    }
}
