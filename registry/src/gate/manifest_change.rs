//! Changes between two versions that users of the first one notice.

use std::fmt;

/// A property of a field that users rely on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Property {
    /// The quantity that is measured.
    Quantity,
    /// The unit of the measurement.
    Unit,
    /// The unit of the value in `data`.
    UnitInData,
    /// The channel of the measurement.
    Channel,
    /// The factor between the value in `data` and the measurement.
    Scale,
    /// The number that is added to the value in `data` for the measurement.
    Offset,
}

impl Property {
    /// The word for the property, for programs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Quantity => "quantity",
            Self::Unit => "unit",
            Self::UnitInData => "unit-in-data",
            Self::Channel => "channel",
            Self::Scale => "scale",
            Self::Offset => "offset",
        }
    }
}

impl fmt::Display for Property {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::UnitInData => "unit in data",
            other => other.as_str(),
        })
    }
}

/// A change between two versions that users of the first one notice.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManifestChange {
    /// A field is there that was not.
    #[error("the field {0} was added")]
    FieldAdded(String),
    /// A field is there no more.
    #[error("the field {0} was removed")]
    FieldRemoved(String),
    /// A field has another name.
    #[error("the field {field} was renamed to {to}")]
    FieldRenamed {
        /// The name that it had.
        field: String,
        /// The name that it has.
        to: String,
    },
    /// A field is a part of what another one tells.
    #[error("the field {field} is told with {with} now")]
    FieldToldWith {
        /// The field that was told alone.
        field: String,
        /// The field that tells of it.
        with: String,
    },
    /// A field has values of another type.
    #[error("the field {field} is {new} and was {old}")]
    FieldType {
        /// The name of the field.
        field: String,
        /// The type that it has.
        new: &'static str,
        /// The type that it had.
        old: &'static str,
    },
    /// More is known of a field, and it is what it was.
    #[error("the field {field} has a {property} now")]
    FieldGains {
        /// The name of the field.
        field: String,
        /// The property that it has now.
        property: Property,
    },
    /// A property of a field is another one.
    #[error("the field {field} has the {property} {} and had {}", or_none(new), or_none(old))]
    FieldDiffers {
        /// The name of the field.
        field: String,
        /// The property that differs.
        property: Property,
        /// The property as it is, where there is one.
        new: Option<String>,
        /// The property as it was, where there was one.
        old: Option<String>,
    },
    /// Other words stand for true and false in a field.
    #[error("the field {0} has other words for true and false")]
    FieldWords(String),
    /// A variable of devices is there that was not.
    #[error("the variable {0} was added")]
    VariableAdded(String),
    /// A variable of devices cannot be left out any more.
    #[error("the variable {0} must be set now")]
    VariableRequired(String),
    /// A command is there that was not.
    #[error("the command {0} was added")]
    CommandAdded(String),
    /// A command is there no more.
    #[error("the command {0} was removed")]
    CommandRemoved(String),
    /// A derived decoder makes a value no more.
    #[error("the value {0} was removed")]
    ValueRemoved(String),
    /// A derived decoder needs a value that it did not.
    #[error("the input {0} was added")]
    InputAdded(String),
    /// A decoder of payloads has become one of readings, or the other way round.
    #[error("it reads payloads instead of readings now, or the other way round")]
    OtherKind,
}

fn or_none(text: &Option<String>) -> &str {
    text.as_deref().unwrap_or("none")
}
