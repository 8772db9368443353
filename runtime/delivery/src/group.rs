//! Groups: the objects of one partner.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Longest name of a group in characters: it becomes part of the name of a log.
const CHARACTERS: usize = 64;

/// The name of a group of devices, whose records one partner gets and no other sees.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GroupId(String);

/// What is wrong with a text that should be the name of a group.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} names no group: it must be 1 to {CHARACTERS} small letters, digits and hyphens, and \
     start with a letter or digit"
)]
pub struct GroupIdError(String);

impl GroupId {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for GroupId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for GroupId {
    type Err = GroupIdError;

    fn from_str(text: &str) -> Result<Self, GroupIdError> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let is_name = (1..=CHARACTERS).contains(&text.len())
            && text.bytes().all(allowed)
            && !text.starts_with('-');
        if is_name { Ok(Self(text.to_owned())) } else { Err(GroupIdError(text.to_owned())) }
    }
}

impl Serialize for GroupId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for GroupId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_has_a_plain_name() {
        assert_eq!("water-2".parse::<GroupId>().unwrap().as_str(), "water-2");
        let long = "a".repeat(CHARACTERS + 1);
        for text in ["", "-a", "A", "a/b", "a b", "é", &long] {
            assert!(text.parse::<GroupId>().is_err(), "{text:?}");
        }
    }
}
