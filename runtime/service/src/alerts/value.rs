//! Values as rules compare them.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::short::short;

/// A value as rules compare it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(untagged)]
#[schema(as = AlertValue)]
pub enum Value {
    /// A truth value, true or false.
    Boolean(bool),
    /// A number, whole or not.
    Number(f64),
    /// A text of bounded length.
    Text(String),
}

impl fmt::Display for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean(value) => value.fmt(formatter),
            Self::Number(value) => value.fmt(formatter),
            Self::Text(value) => value.fmt(formatter),
        }
    }
}

impl Value {
    /// The same with a text that is short enough to be told.
    pub(super) fn bounded(self) -> Self {
        match self {
            Self::Text(text) => Self::Text(short(&text)),
            value => value,
        }
    }

    /// The number, where it is one.
    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Self::Number(value) => Some(*value),
            Self::Boolean(_) | Self::Text(_) => None,
        }
    }
}
