//! Settings of a store in several databases.

use std::fmt;
use std::str::FromStr;

use crate::error::StoreError;
use crate::postgres::PostgresOptions;

/// The longest name of a database.
const NAME_BYTES: usize = 32;

/// The name of one of several databases: 1 to 32 small letters, digits and hyphens, a hyphen not the first.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DatabaseName(String);

impl DatabaseName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for DatabaseName {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let is_name = (1..=NAME_BYTES).contains(&text.len())
            && text.bytes().all(allowed)
            && !text.starts_with('-');
        if is_name {
            return Ok(Self(text.to_owned()));
        }
        Err(StoreError::InvalidName {
            kind: "database",
            name: text.to_owned(),
            reason: "it is 1 to 32 small letters, digits and hyphens, a hyphen not the first",
        })
    }
}

impl fmt::Display for DatabaseName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A database with its name.
#[derive(Clone)]
pub struct NamedDatabase {
    /// The name, which never changes: what lies where is noted by it.
    pub name: DatabaseName,
    /// The address, and how it is used.
    pub options: PostgresOptions,
}

/// The database that a new group is placed in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum NewGroups {
    /// The one with the fewest devices.
    #[default]
    Fewest,
    /// The one of this name.
    In(DatabaseName),
}

/// Several databases that are one store.
#[derive(Clone)]
pub struct PlacedOptions {
    /// The databases. The first one is home to all that is the territory's.
    pub databases: Vec<NamedDatabase>,
    /// The database of new groups.
    pub new_groups: NewGroups,
}

impl PlacedOptions {
    /// Checks what can be known of the databases without asking them, and returns the place of the one that new groups
    /// are placed in, if it is always the same.
    pub(super) fn check(&self) -> Result<Option<usize>, StoreError> {
        let wrong = |reason: String| StoreError::BadAddress { reason };
        if self.databases.is_empty() {
            return Err(wrong("no database is named".to_owned()));
        }
        if self.databases.len() > usize::from(u8::MAX) {
            return Err(wrong("more than 255 databases are named".to_owned()));
        }
        for (place, database) in self.databases.iter().enumerate() {
            let before = self.databases.iter().take(place);
            if let Some(other) = before.clone().find(|other| other.name == database.name) {
                return Err(wrong(format!("two databases are named {:?}", other.name.as_str())));
            }
            if let Some(other) =
                before.clone().find(|other| other.options.url == database.options.url)
            {
                let (one, other) = (other.name.as_str(), database.name.as_str());
                return Err(wrong(format!("{one:?} and {other:?} are the same database")));
            }
        }
        let NewGroups::In(name) = &self.new_groups else { return Ok(None) };
        let place = self.databases.iter().position(|database| database.name == *name);
        let unknown = || wrong(format!("new groups go to {:?}, which is not named", name.as_str()));
        place.ok_or_else(unknown).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(databases: &[(&str, &str)], new_groups: NewGroups) -> PlacedOptions {
        let named = |(name, url): &(&str, &str)| NamedDatabase {
            name: name.parse().unwrap(),
            options: PostgresOptions::new(*url),
        };
        PlacedOptions { databases: databases.iter().map(named).collect(), new_groups }
    }

    #[test]
    fn databases_that_cannot_be_told_apart_are_refused_by_name() {
        let refused = |databases: &[(&str, &str)], new_groups| {
            options(databases, new_groups).check().unwrap_err().to_string()
        };
        let said =
            refused(&[("home", "postgres://h/a"), ("home", "postgres://h/b")], NewGroups::Fewest);
        assert!(said.contains("two databases are named \"home\""), "{said}");
        let said =
            refused(&[("home", "postgres://h/a"), ("east", "postgres://h/a")], NewGroups::Fewest);
        assert!(said.contains("\"home\" and \"east\" are the same"), "{said}");
        let west = NewGroups::In("west".parse().unwrap());
        let said = refused(&[("home", "postgres://h/a")], west);
        assert!(said.contains("\"west\""), "{said}");
        assert!(refused(&[], NewGroups::Fewest).contains("no database"));
        let east = NewGroups::In("east".parse().unwrap());
        let fine = options(&[("home", "postgres://h/a"), ("east", "postgres://h/b")], east);
        assert_eq!(fine.check().unwrap(), Some(1));
    }

    #[test]
    fn names_of_databases_are_plain() {
        for wrong in ["", "-east", "East", "a/b", "é", &"a".repeat(33)] {
            let refused = wrong.parse::<DatabaseName>().unwrap_err();
            assert!(matches!(refused, StoreError::InvalidName { kind: "database", .. }), "{wrong}");
        }
        assert_eq!("east-2".parse::<DatabaseName>().unwrap().as_str(), "east-2");
    }
}
