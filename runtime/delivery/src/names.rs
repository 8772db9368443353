//! Names that routes are known by, beside those of groups.

use std::{fmt, str::FromStr};

pub use champollion_fleet::names::{GroupId, NameError, SubGroup, UseCase};

champollion_fleet::plain_name! {
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
    fn the_key_of_a_route_is_read_as_it_is_written() {
        let key: RouteKey = "water/all".parse().unwrap();
        assert_eq!((key.group.as_str(), key.name.as_str()), ("water", "all"));
        assert_eq!(key.to_string(), "water/all");
        for text in ["", "water", "water/", "/all", "water/all/all", "Water/all"] {
            assert!(text.parse::<RouteKey>().is_err(), "{text:?}");
        }
        let said = "a b".parse::<RouteName>().unwrap_err().to_string();
        assert!(said.contains("names no route"), "{said}");
    }
}
