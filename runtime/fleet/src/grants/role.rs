//! The roles that a grant gives.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::Place;

/// A role that a person has at a place.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum GrantRole {
    /// The role of those who see what there is, and change nothing.
    Reader,
    /// The role of those who work with what there is: they acknowledge records, make routes and send commands.
    Operator,
    /// The role of those who also manage objects, people, grants and tokens.
    Owner,
    /// The role of those who may do everything, everywhere.
    Admin,
    /// The role of those who publish decoders.
    Publisher,
    /// The role of those who read the audit, and who has which grants.
    Auditor,
}

/// The reason why a role cannot be granted at a place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RoleError {
    /// There is no such role.
    #[error("{0:?} is no role: the roles are {names}", names = GrantRole::names())]
    Unknown(String),
    /// The role is one of the whole territory.
    #[error("the role {role} is granted for the territory alone, and not for {place}")]
    OfTerritory {
        /// The role that is asked for.
        role: GrantRole,
        /// The place that is asked for.
        place: Place,
    },
}

impl GrantRole {
    /// All roles, in the order in which people are told them.
    pub const ALL: [Self; 6] =
        [Self::Reader, Self::Operator, Self::Owner, Self::Admin, Self::Publisher, Self::Auditor];

    /// Returns the word for the role.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Operator => "operator",
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Publisher => "publisher",
            Self::Auditor => "auditor",
        }
    }

    /// Checks that the role can be granted at a place.
    ///
    /// # Errors
    /// [`RoleError::OfTerritory`] for a role of the territory at a smaller place.
    pub fn check_at(self, place: &Place) -> Result<(), RoleError> {
        let is_of_territory = matches!(self, Self::Admin | Self::Publisher | Self::Auditor);
        if is_of_territory && *place != Place::Territory {
            return Err(RoleError::OfTerritory { role: self, place: place.clone() });
        }
        Ok(())
    }

    fn names() -> String {
        Self::ALL.map(Self::as_str).join(", ")
    }
}

impl fmt::Display for GrantRole {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for GrantRole {
    type Err = RoleError;

    fn from_str(text: &str) -> Result<Self, RoleError> {
        let found = Self::ALL.into_iter().find(|role| role.as_str() == text);
        found.ok_or_else(|| RoleError::Unknown(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_of_the_territory_are_granted_nowhere_else() {
        let water: Place = "group:water".parse().unwrap();
        for role in GrantRole::ALL {
            assert_eq!(role.as_str().parse(), Ok(role));
            assert_eq!(role.check_at(&Place::Territory), Ok(()));
        }
        for role in [GrantRole::Reader, GrantRole::Operator, GrantRole::Owner] {
            assert_eq!(role.check_at(&water), Ok(()));
        }
        for role in [GrantRole::Admin, GrantRole::Publisher, GrantRole::Auditor] {
            let refused = role.check_at(&water).unwrap_err().to_string();
            assert!(
                refused.contains(role.as_str()) && refused.contains("group:water"),
                "{refused}"
            );
        }
        assert!("root".parse::<GrantRole>().unwrap_err().to_string().contains("operator, owner"));
    }
}
