//! Names that partners and operators give: of groups, of what is within them, of routes.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Longest name in characters: it becomes part of the name of a log.
const CHARACTERS: usize = 64;

/// Whether a text is a plain name: 1 to 64 small letters, digits and hyphens, a hyphen not the first.
fn is_plain(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=CHARACTERS).contains(&text.len()) && text.bytes().all(allowed) && !text.starts_with('-')
}

/// A text that is no name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} names no {what}: it must be 1 to {CHARACTERS} small letters, digits and hyphens, and \
     start with a letter or digit"
)]
pub struct NameError {
    text: String,
    what: &'static str,
}

macro_rules! plain_name {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, utoipa::ToSchema)]
        #[schema(value_type = String, pattern = "^[a-z0-9][a-z0-9-]{0,63}$")]
        pub struct $name(String);

        impl $name {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                if is_plain(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(NameError { text: text.to_owned(), what: $what })
                }
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

plain_name! {
    /// The name of a group of devices, whose records one partner gets and no other sees.
    GroupId, "group"
}

plain_name! {
    /// The name of a part of a group: a district, a building.
    SubGroup, "sub-group"
}

plain_name! {
    /// The purpose of a device: `water-metering`, `street-lighting`.
    UseCase, "use case"
}

plain_name! {
    /// The name of a route within its group.
    RouteName, "route"
}

/// A route's name, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RouteKey {
    /// The group whose records the route takes.
    pub group: GroupId,
    /// Its name within the group.
    pub name: RouteName,
}

impl fmt::Display for RouteKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.group, self.name)
    }
}

impl FromStr for RouteKey {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        // Without a slash, the name of the route is empty, which no name is.
        let (group, name) = text.split_once('/').unwrap_or((text, ""));
        Ok(Self { group: group.parse()?, name: name.parse()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_plain() {
        assert_eq!("water-2".parse::<GroupId>().unwrap().as_str(), "water-2");
        let long = "a".repeat(CHARACTERS + 1);
        for text in ["", "-a", "A", "a/b", "a b", "é", &long] {
            assert!(text.parse::<GroupId>().is_err(), "{text:?}");
            let said = text.parse::<RouteName>().unwrap_err().to_string();
            assert!(said.contains("names no route"), "{said}");
        }
    }

    #[test]
    fn the_key_of_a_route_is_read_as_it_is_written() {
        let key: RouteKey = "water/all".parse().unwrap();
        assert_eq!((key.group.as_str(), key.name.as_str()), ("water", "all"));
        assert_eq!(key.to_string(), "water/all");
        for text in ["", "water", "water/", "/all", "water/all/all", "Water/all"] {
            assert!(text.parse::<RouteKey>().is_err(), "{text:?}");
        }
    }
}
