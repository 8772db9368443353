//! The places that grants are for: the scope of a grant.

use std::{borrow::Cow, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

use crate::names::{GroupId, NameError, PartnerId, SubGroup};

/// The form of all places as text.
const PATTERN: &str = "^(territory|(partner|group):[a-z0-9][a-z0-9-]{0,63}|\
                       sub-group:[a-z0-9][a-z0-9-]{0,63}/[a-z0-9][a-z0-9-]{0,63})$";

/// A place that a grant is for, from the whole territory down to a part of a group.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// All partners and groups.
    Territory,
    /// A partner with all of its groups.
    Partner(PartnerId),
    /// A group with all of its objects.
    Group(GroupId),
    /// The objects of a group that are in one of its parts.
    SubGroup(GroupId, SubGroup),
}

/// A text that is no place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlaceError {
    /// The text has another form.
    #[error(
        "{0:?} is no scope of a grant: it must be territory, partner:NAME, group:NAME or sub-group:GROUP/NAME"
    )]
    Form(String),
    /// The name in it is none.
    #[error(transparent)]
    Name(#[from] NameError),
}

impl Place {
    /// The group that the place is, or is a part of.
    #[must_use]
    pub fn group(&self) -> Option<&GroupId> {
        match self {
            Self::Group(group) | Self::SubGroup(group, _) => Some(group),
            Self::Territory | Self::Partner(_) => None,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Territory => formatter.write_str("territory"),
            Self::Partner(partner) => write!(formatter, "partner:{partner}"),
            Self::Group(group) => write!(formatter, "group:{group}"),
            Self::SubGroup(group, part) => write!(formatter, "sub-group:{group}/{part}"),
        }
    }
}

impl FromStr for Place {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Self, PlaceError> {
        let other_form = || PlaceError::Form(text.to_owned());
        if text == "territory" {
            return Ok(Self::Territory);
        }
        match text.split_once(':').ok_or_else(other_form)? {
            ("partner", name) => Ok(Self::Partner(name.parse()?)),
            ("group", name) => Ok(Self::Group(name.parse()?)),
            ("sub-group", names) => {
                let (group, part) = names.split_once('/').ok_or_else(other_form)?;
                Ok(Self::SubGroup(group.parse()?, part.parse()?))
            }
            _ => Err(other_form()),
        }
    }
}

impl Serialize for Place {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Place {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl PartialSchema for Place {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(
                "The scope of a grant: the territory, a partner, a group or a sub-group.",
            ))
            .pattern(Some(PATTERN))
            .examples(["group:water"])
            .into()
    }
}

impl ToSchema for Place {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("GrantScope")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_is_written() {
        for text in ["territory", "partner:city", "group:water", "sub-group:water/north-2"] {
            let place: Place = text.parse().unwrap();
            assert_eq!(place.to_string(), text);
            let json = serde_json::to_string(&place).unwrap();
            assert_eq!(serde_json::from_str::<Place>(&json).unwrap(), place);
        }
        for text in
            ["", "water", "territory:x", "group:", "group:Water", "sub-group:water", "sub-group:/a"]
        {
            assert!(text.parse::<Place>().is_err(), "{text:?}");
        }
        assert!("sub-group:water".parse::<Place>().unwrap_err().to_string().contains("GROUP/NAME"));
    }
}
