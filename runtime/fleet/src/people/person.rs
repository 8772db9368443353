//! A person as it is kept.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use super::Email;
use crate::{grants::Place, is_unseen};

/// Longest name in characters.
const NAME_CHARACTERS: usize = 100;

/// A name, or a first name, of a person.
#[derive(Clone, Debug, PartialEq, Eq, utoipa::ToSchema)]
#[schema(value_type = String, min_length = 1, max_length = 100)]
pub struct PersonName(String);

/// A text that is no name of a person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a name has 1 to {NAME_CHARACTERS} characters on one line, each of which is seen")]
pub struct NameFault;

impl FromStr for PersonName {
    type Err = NameFault;

    fn from_str(text: &str) -> Result<Self, NameFault> {
        let text = text.trim();
        let fits = (1..=NAME_CHARACTERS).contains(&text.chars().count());
        match fits && !text.contains(is_unseen) {
            true => Ok(Self(text.to_owned())),
            false => Err(NameFault),
        }
    }
}

impl PersonName {
    /// Reads a name as it was taken once, by the rule of its time.
    fn kept<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

impl fmt::Display for PersonName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Serialize for PersonName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for PersonName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A human with a personal account. What the person may do stands in grants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = StoredPerson)]
pub struct Person {
    /// The id of the person. Ids of later people are greater.
    pub id: Uuid,
    /// The place whose owners look after the account: no grant of the person lies outside of it.
    pub home: Place,
    /// The name of the person.
    #[serde(deserialize_with = "PersonName::kept")]
    pub name: PersonName,
    /// The first name of the person.
    #[serde(deserialize_with = "PersonName::kept")]
    pub first_name: PersonName,
    /// The personal e-mail address. Within a home it is that of one person.
    pub email: Email,
    /// The moment at which the account was made.
    pub created_at: Timestamp,
    /// The moment at which it was suspended; absent of a person who may do what the grants say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended_at: Option<Timestamp>,
}

impl Person {
    /// The first name and the name, for people.
    #[must_use]
    pub fn full_name(&self) -> String {
        format!("{} {}", self.first_name, self.name)
    }
}
