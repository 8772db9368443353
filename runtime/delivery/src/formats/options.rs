//! The options of a table: its layout, and what is in it.

use std::{fmt, str::FromStr};

use champollion_sandbox::vocabulary::{Quantity, quantity};
use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

use super::{layout::Layout, templates::Templates};

/// Most names in a list of tags.
const NAMES: usize = 64;

/// The zone of tables of French layout where nobody says another.
const PARIS: &str = "Europe/Paris";

/// The content of a table, where it is not the usual one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TableContent {
    /// The quantities that are in the table, in this order; all where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quantities: Vec<KnownQuantity>,
    /// The tags of devices that have columns of their own, in this order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Details that a table has only where they are asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<Detail>,
    /// Columns of the recipient's own, instead of all others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub columns: Option<Templates>,
}

/// A fault of the content of a table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TableContentError {
    /// A list is too long.
    #[error("{member}: a table has {most} at most")]
    TooMany {
        /// The list at fault.
        member: &'static str,
        /// The largest number of entries.
        most: usize,
    },
    /// A name stands twice in a list.
    #[error("{member}: {name:?} is named twice")]
    Twice {
        /// The list at fault.
        member: &'static str,
        /// The name that stands twice.
        name: String,
    },
    /// Columns of the recipient's own replace others.
    #[error(
        "{member}: with columns of your own there are no others, so name it in columns or leave it out"
    )]
    BesideColumns {
        /// The member that says nothing.
        member: &'static str,
    },
}

impl TableContent {
    /// Whether it is the usual content.
    #[must_use]
    pub fn is_usual(&self) -> bool {
        *self == Self::default()
    }

    /// Checks that its members go together.
    ///
    /// # Errors
    /// A list is too long or has a name twice, or columns of the recipient's own contradict it.
    pub fn check(&self) -> Result<(), TableContentError> {
        if self.tags.len() > NAMES {
            return Err(TableContentError::TooMany { member: "tags", most: NAMES });
        }
        let quantities: Vec<&str> = self.quantities.iter().map(KnownQuantity::name).collect();
        let tags: Vec<&str> = self.tags.iter().map(String::as_str).collect();
        for (member, names) in [("quantities", quantities), ("tags", tags)] {
            let twice = names.iter().enumerate().find(|(at, name)| names[..*at].contains(name));
            if let Some((_, name)) = twice {
                return Err(TableContentError::Twice { member, name: (*name).to_owned() });
            }
        }
        if self.columns.is_some() {
            for (member, is_said) in
                [("tags", !self.tags.is_empty()), ("details", !self.details.is_empty())]
            {
                if is_said {
                    return Err(TableContentError::BesideColumns { member });
                }
            }
        }
        Ok(())
    }

    /// Whether a quantity is in the table.
    pub(super) fn takes(&self, name: &str) -> bool {
        self.quantities.is_empty() || self.quantities.iter().any(|known| known.name() == name)
    }
}

/// The options of a table that is written.
#[derive(Clone, Debug)]
pub struct TableOptions {
    /// The layout of CSV; other tables have none.
    pub layout: Layout,
    /// The content of the table.
    pub content: TableContent,
    /// The zone of local moments, where a record does not name one.
    pub zone: TimeZone,
}

impl TableOptions {
    /// Options of a layout, where nobody says a zone: that of France for the French one, and else UTC.
    #[must_use]
    pub fn new(layout: Layout, content: TableContent) -> Self {
        let zone = match layout {
            Layout::French => TimeZone::get(PARIS).unwrap_or(TimeZone::UTC),
            Layout::International | Layout::Database => TimeZone::UTC,
        };
        Self { layout, content, zone }
    }
}

impl Default for TableOptions {
    fn default() -> Self {
        Self::new(Layout::default(), TableContent::default())
    }
}

/// A detail that a table has only where it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Detail {
    /// The reading in the maker's own words, as JSON.
    Data,
    /// The payload of the frame.
    Payload,
    /// The digest of the decoder's package.
    Digest,
}

/// A text that names no detail of a table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no detail of a table: it must be data, payload or digest")]
pub struct UnknownDetail(String);

impl Detail {
    /// Returns the name of the detail.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Payload => "payload",
            Self::Digest => "digest",
        }
    }
}

impl FromStr for Detail {
    type Err = UnknownDetail;

    fn from_str(text: &str) -> Result<Self, UnknownDetail> {
        let all = [Self::Data, Self::Payload, Self::Digest];
        let named = all.into_iter().find(|detail| detail.as_str() == text);
        named.ok_or_else(|| UnknownDetail(text.to_owned()))
    }
}

/// A quantity of the vocabulary, by its name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KnownQuantity(&'static Quantity);

/// A text that names no quantity of the vocabulary.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no quantity of the vocabulary, which has names such as water.volume")]
pub struct UnknownQuantity(String);

impl KnownQuantity {
    /// Returns the name of the quantity.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.0.name
    }

    /// Returns the unit of the quantity; empty where it has none.
    pub(super) fn unit(self) -> &'static str {
        self.0.unit
    }
}

impl From<&'static Quantity> for KnownQuantity {
    fn from(quantity: &'static Quantity) -> Self {
        Self(quantity)
    }
}

impl FromStr for KnownQuantity {
    type Err = UnknownQuantity;

    fn from_str(text: &str) -> Result<Self, UnknownQuantity> {
        let known = quantity(text).map(Self);
        known.ok_or_else(|| UnknownQuantity(text.chars().take(80).collect()))
    }
}

impl fmt::Debug for KnownQuantity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.0.name, formatter)
    }
}

impl PartialSchema for KnownQuantity {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("A quantity of the vocabulary."))
            .examples(["water.volume"])
            .into()
    }
}

impl ToSchema for KnownQuantity {}

impl Serialize for KnownQuantity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.name)
    }
}

impl<'de> Deserialize<'de> for KnownQuantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_table_cannot_hold_is_refused_with_the_reason() {
        for (said, reason) in [
            (json!({ "quantities": ["water.vol"] }), "water.vol"),
            (json!({ "details": ["everything"] }), "everything"),
            (json!({ "columns": "a=(" }), "cannot be read"),
            (json!({ "tag": ["street"] }), "tag"),
        ] {
            let refused = serde_json::from_value::<TableContent>(said.clone()).unwrap_err();
            assert!(refused.to_string().contains(reason), "{said}: {refused}");
        }
        for (said, reason) in [
            (json!({ "quantities": ["air.co2", "air.co2"] }), "named twice"),
            (json!({ "tags": ["a", "b", "a"] }), "named twice"),
            (json!({ "tags": vec!["a"; 65] }), "64 at most"),
            (json!({ "columns": "device", "details": ["data"] }), "columns of your own"),
        ] {
            let content: TableContent = serde_json::from_value(said.clone()).unwrap();
            let refused = content.check().unwrap_err().to_string();
            assert!(refused.contains(reason), "{said}: {refused}");
        }
        let said = json!({ "quantities": ["water.volume"], "details": ["payload"] });
        let content: TableContent = serde_json::from_value(said.clone()).unwrap();
        assert_eq!(content.check(), Ok(()));
        assert_eq!(serde_json::to_value(content).unwrap(), said);
        assert_eq!(serde_json::to_value(TableContent::default()).unwrap(), json!({}));
    }
}
