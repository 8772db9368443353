//! A token: a secret that is shown once, and the hash of it that is kept.

use std::{fmt, str::FromStr};

use champollion_fleet::{
    grants::{Grant, GrantRole, Place},
    names::GroupId,
};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

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
    /// The role of those who read the audit, and who has which rights.
    Auditor,
    /// May hand over frames.
    Lns,
    /// The role of those who may publish decoders.
    Publisher,
    /// Get the records of one group.
    Partner {
        /// The group of the partner.
        group: GroupId,
    },
    /// The role of machines that read.
    Reader {
        /// The place where the machine reads.
        scope: Place,
    },
    /// The role of machines that acknowledge records, make routes and send commands.
    Operator {
        /// The place where the machine works.
        scope: Place,
    },
    /// The role of machines that also manage objects, people, grants and tokens.
    Owner {
        /// The place that the machine manages.
        scope: Place,
    },
    /// A token of a person, who may do with it what the person's grants say.
    Person {
        /// The id of the person.
        person: Uuid,
    },
}

/// The demands on the role of a token that is to be made: the name, and what goes with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoleWish {
    /// The name of the role.
    pub name: String,
    /// The group, which a partner has.
    pub group: Option<GroupId>,
    /// The place, which readers, operators and owners have.
    pub scope: Option<Place>,
    /// The person whose token it is.
    pub person: Option<Uuid>,
}

/// Why a role cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RoleError {
    /// There is no such role.
    #[error(
        "{0:?} is no role: it must be admin, auditor, lns, publisher, partner, reader, operator, owner or person"
    )]
    Unknown(String),
    /// A partner without a group.
    #[error("a partner's token needs the group whose records it gets")]
    GroupMissing,
    /// A group for a role that sees all or none.
    #[error("only a partner's token has a group")]
    GroupUnexpected,
    /// A reader, an operator or an owner without a place.
    #[error(
        "a token of the role {0} needs a scope: territory, partner:NAME, group:NAME or sub-group:GROUP/NAME"
    )]
    ScopeMissing(String),
    /// A place for a role that is the same everywhere.
    #[error("only a token of the role reader, operator or owner has a scope")]
    ScopeUnexpected,
    /// A token of a person without the person.
    #[error("a person's token needs the id of the person")]
    PersonMissing,
    /// A person for a role that says itself what its holder may do.
    #[error("only a token of the role person has a person")]
    PersonUnexpected,
}

/// A role that somebody has at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The name of the role.
    pub role: &'static str,
    /// The place; none for roles that reach no group.
    pub place: Option<Place>,
    /// The grant that gives the role to a person.
    pub grant: Option<Uuid>,
}

impl Role {
    /// The role of a name, with what goes with it and nothing else.
    pub fn new(wish: RoleWish) -> Result<Self, RoleError> {
        let RoleWish { name, group, scope, person } = wish;
        match name.as_str() {
            "admin" | "auditor" | "lns" | "publisher" | "partner" | "reader" | "operator"
            | "owner" | "person" => {}
            _ => return Err(RoleError::Unknown(name)),
        }
        let has_place = matches!(name.as_str(), "reader" | "operator" | "owner");
        if group.is_some() && name != "partner" {
            return Err(RoleError::GroupUnexpected);
        }
        if scope.is_some() && !has_place {
            return Err(RoleError::ScopeUnexpected);
        }
        if person.is_some() && name != "person" {
            return Err(RoleError::PersonUnexpected);
        }
        let place = scope.ok_or_else(|| RoleError::ScopeMissing(name.clone()));
        match name.as_str() {
            "admin" => Ok(Self::Admin),
            "auditor" => Ok(Self::Auditor),
            "lns" => Ok(Self::Lns),
            "publisher" => Ok(Self::Publisher),
            "partner" => group.map(|group| Self::Partner { group }).ok_or(RoleError::GroupMissing),
            "person" => {
                person.map(|person| Self::Person { person }).ok_or(RoleError::PersonMissing)
            }
            "reader" => place.map(|scope| Self::Reader { scope }),
            "operator" => place.map(|scope| Self::Operator { scope }),
            _ => place.map(|scope| Self::Owner { scope }),
        }
    }

    /// Returns the name of the role.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Auditor => "auditor",
            Self::Lns => "lns",
            Self::Publisher => "publisher",
            Self::Partner { .. } => "partner",
            Self::Reader { .. } => "reader",
            Self::Operator { .. } => "operator",
            Self::Owner { .. } => "owner",
            Self::Person { .. } => "person",
        }
    }

    /// The group that the role is one of, or of a part of.
    #[must_use]
    pub fn group(&self) -> Option<&GroupId> {
        match self {
            Self::Partner { group } => Some(group),
            Self::Reader { scope } | Self::Operator { scope } | Self::Owner { scope } => {
                scope.group()
            }
            Self::Admin | Self::Auditor | Self::Lns | Self::Publisher | Self::Person { .. } => None,
        }
    }

    /// The person whose token it is.
    #[must_use]
    pub fn person(&self) -> Option<Uuid> {
        match self {
            Self::Person { person } => Some(*person),
            _ => None,
        }
    }

    /// The standing that the role gives a machine; a person has those of the grants.
    #[must_use]
    pub fn standing(&self) -> Option<Standing> {
        let place = match self {
            Self::Admin | Self::Auditor => Some(Place::Territory),
            Self::Lns | Self::Publisher => None,
            Self::Partner { group } => Some(Place::Group(group.clone())),
            Self::Reader { scope } | Self::Operator { scope } | Self::Owner { scope } => {
                Some(scope.clone())
            }
            Self::Person { .. } => return None,
        };
        Some(Standing { role: self.name(), place, grant: None })
    }
}

impl Standing {
    /// The standing that a grant gives a person.
    #[must_use]
    pub fn of(grant: Grant) -> Self {
        let place = (grant.role != GrantRole::Publisher).then_some(grant.scope);
        Self { role: grant.role.as_str(), place, grant: Some(grant.id) }
    }
}

impl Secret {
    /// A new secret for a role, out of the system's randomness.
    pub fn generate(role: &Role) -> Result<Self, getrandom::Error> {
        Self::of_kind(role.name())
    }

    /// A new secret of a session, which is a part of a cookie.
    pub fn of_session() -> Result<Self, getrandom::Error> {
        Self::of_kind("session")
    }

    /// A new secret of a one-time link.
    pub fn of_link() -> Result<Self, getrandom::Error> {
        Self::of_kind("link")
    }

    /// A new secret of a request, by which a partner to be looks after it.
    pub fn of_request() -> Result<Self, getrandom::Error> {
        Self::of_kind("request")
    }

    fn of_kind(kind: &str) -> Result<Self, getrandom::Error> {
        let mut random = [0; SECRET_BYTES];
        getrandom::fill(&mut random)?;
        Ok(Self(format!("{PREFIX}_{kind}_{}", BASE64URL_NOPAD.encode(&random))))
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
    fn a_role_has_what_goes_with_it_and_nothing_else() {
        let wish = |name: &str| RoleWish { name: name.to_owned(), ..RoleWish::default() };
        let group: GroupId = "water".parse().unwrap();
        let scope: Place = "partner:city".parse().unwrap();
        assert_eq!(Role::new(wish("partner")), Err(RoleError::GroupMissing));
        assert_eq!(Role::new(wish("owner")), Err(RoleError::ScopeMissing("owner".to_owned())));
        assert_eq!(Role::new(wish("person")), Err(RoleError::PersonMissing));
        assert!(matches!(Role::new(wish("root")), Err(RoleError::Unknown(_))));
        let of_group = |name: &str| RoleWish { group: Some(group.clone()), ..wish(name) };
        assert_eq!(Role::new(of_group("lns")), Err(RoleError::GroupUnexpected));
        let partner = Role::new(of_group("partner")).unwrap();
        assert_eq!(partner.group(), Some(&group));
        let of_place = |name: &str| RoleWish { scope: Some(scope.clone()), ..wish(name) };
        assert_eq!(Role::new(of_place("admin")), Err(RoleError::ScopeUnexpected));
        let owner = Role::new(of_place("owner")).unwrap();
        assert_eq!(owner.standing().unwrap().place, Some(scope.clone()));
        let of_person = RoleWish { person: Some(Uuid::nil()), ..wish("reader") };
        assert_eq!(Role::new(of_person), Err(RoleError::PersonUnexpected));
        // A role is kept as it was before there were places.
        let kept = serde_json::to_value(&partner).unwrap();
        assert_eq!(kept, serde_json::json!({ "role": "partner", "group": "water" }));
        let kept = serde_json::to_value(&owner).unwrap();
        assert_eq!(kept, serde_json::json!({ "role": "owner", "scope": "partner:city" }));
    }
}
