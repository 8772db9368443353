//! A token: a secret that is shown once, and the hash of it that is kept.

use std::{fmt, str::FromStr};

use champollion_delivery::names::GroupId;
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Random bytes of a secret: as hard to guess as an AES-256 key, so a plain hash protects it.
const SECRET_BYTES: usize = 32;

/// Starts every secret, so that people and scanners of leaked secrets know what it is.
const PREFIX: &str = "chmp";

/// A secret. It is shown to the person who makes it and kept nowhere.
pub struct Secret(String);

/// The hash of a secret: what the store keeps.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenHash([u8; 32]);

/// A text that was to be the hash of a secret and is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is no hash")]
pub struct NotAHash;

/// The role of a token, which says what its holder may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "role", rename_all = "lowercase")]
pub enum Role {
    /// The role of those who may do everything.
    Admin,
    /// May hand over frames.
    Lns,
    /// The role of those who may publish decoders.
    Publisher,
    /// Get the records of one group.
    Partner {
        /// The group of the partner.
        group: GroupId,
    },
}

/// Why a role cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RoleError {
    /// There is no such role.
    #[error("{0:?} is no role: it must be admin, lns, publisher or partner")]
    Unknown(String),
    /// A partner without a group.
    #[error("a partner's token needs the group whose records it gets")]
    GroupMissing,
    /// A group for a role that sees all or none.
    #[error("only a partner's token has a group")]
    GroupUnexpected,
}

impl Role {
    /// The role of a name, with the group that partners have and others have not.
    pub fn new(name: &str, group: Option<GroupId>) -> Result<Self, RoleError> {
        let role = match (name, group) {
            ("partner", Some(group)) => return Ok(Self::Partner { group }),
            ("partner", None) => return Err(RoleError::GroupMissing),
            ("admin", None) => Self::Admin,
            ("lns", None) => Self::Lns,
            ("publisher", None) => Self::Publisher,
            ("admin" | "lns" | "publisher", Some(_)) => return Err(RoleError::GroupUnexpected),
            (other, _) => return Err(RoleError::Unknown(other.to_owned())),
        };
        Ok(role)
    }

    /// Returns the name of the role.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Lns => "lns",
            Self::Publisher => "publisher",
            Self::Partner { .. } => "partner",
        }
    }
}

impl Secret {
    /// A new secret for a role, out of the system's randomness.
    pub fn generate(role: &Role) -> Result<Self, getrandom::Error> {
        let mut random = [0; SECRET_BYTES];
        getrandom::fill(&mut random)?;
        Ok(Self(format!("{PREFIX}_{}_{}", role.name(), BASE64URL_NOPAD.encode(&random))))
    }

    /// The hash that is kept of it.
    #[must_use]
    pub fn hash(&self) -> TokenHash {
        TokenHash::of(&self.0)
    }

    /// The secret itself, to be shown once.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

impl TokenHash {
    /// The hash of what a client presents.
    #[must_use]
    pub fn of(presented: &str) -> Self {
        Self(Sha256::digest(presented.as_bytes()).into())
    }
}

impl fmt::Display for TokenHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl FromStr for TokenHash {
    type Err = NotAHash;

    fn from_str(text: &str) -> Result<Self, NotAHash> {
        let bytes = HEXLOWER.decode(text.as_bytes()).map_err(|_| NotAHash)?;
        bytes.try_into().map(Self).map_err(|_| NotAHash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_shows_its_role_and_not_itself() {
        let secret = Secret::generate(&Role::Lns).unwrap();
        assert!(secret.reveal().starts_with("chmp_lns_"));
        assert_eq!(secret.reveal().len(), "chmp_lns_".len() + 43);
        assert_eq!(format!("{secret:?}"), "Secret(…)");
        assert_ne!(secret.reveal(), Secret::generate(&Role::Lns).unwrap().reveal());
    }

    #[test]
    fn a_hash_is_read_as_it_is_written() {
        let hash = TokenHash::of("chmp_lns_x");
        assert!(hash.to_string().parse() == Ok(hash));
        assert!("00".parse::<TokenHash>().is_err());
    }

    #[test]
    fn only_partners_have_a_group() {
        let group: GroupId = "water".parse().unwrap();
        assert_eq!(Role::new("partner", None), Err(RoleError::GroupMissing));
        assert_eq!(Role::new("lns", Some(group.clone())), Err(RoleError::GroupUnexpected));
        assert!(matches!(Role::new("root", None), Err(RoleError::Unknown(_))));
        assert_eq!(Role::new("partner", Some(group.clone())), Ok(Role::Partner { group }));
    }
}
