//! Scopes: what a token may do, finer than its role.

use std::{collections::BTreeSet, fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

use super::token::Role;

/// A scope. Every endpoint names the one that it needs; a token has those of its role, or fewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "&'static str", try_from = "String")]
pub enum Scope {
    /// Hand over frames and sessions.
    Frames,
    /// Publish versions of decoders.
    Publish,
    /// Look at devices, at the index and at packages, try a payload.
    Inspect,
    /// Pull and follow records.
    ReadRecords,
    /// Acknowledge records, which removes them.
    AcknowledgeRecords,
    /// Decode kept records once more.
    Redecode,
    /// Make, change, see and remove routes.
    Routes,
    /// Command devices, and see commands.
    Commands,
    /// Register devices, assign decoders to them, remove them.
    Devices,
    /// Look after published decoders and the keys of publishers.
    Registry,
    /// Make, list and revoke tokens.
    Tokens,
    /// Look after messages that cannot be read.
    Parked,
    /// Read the metrics, and the details of readiness.
    Metrics,
    /// Read and archive the audit.
    Audit,
    /// Read how full the disk is.
    Storage,
    /// All that only admins do and that has no scope of its own.
    Administer,
}

impl PartialSchema for Scope {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("A part of what a role may do."))
            .enum_values(Some(Self::ALL.map(Self::as_str)))
            .into()
    }
}

impl ToSchema for Scope {}

/// A word that is no scope.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is no scope: the scopes are {}", names())]
pub struct UnknownScope;

impl Scope {
    /// All scopes, in the order in which people are told them.
    pub const ALL: [Self; 16] = [
        Self::Frames,
        Self::Publish,
        Self::Inspect,
        Self::ReadRecords,
        Self::AcknowledgeRecords,
        Self::Redecode,
        Self::Routes,
        Self::Commands,
        Self::Devices,
        Self::Registry,
        Self::Tokens,
        Self::Parked,
        Self::Metrics,
        Self::Audit,
        Self::Storage,
        Self::Administer,
    ];

    /// Returns the word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Frames => "frames",
            Self::Publish => "publish",
            Self::Inspect => "inspect",
            Self::ReadRecords => "records:read",
            Self::AcknowledgeRecords => "records:ack",
            Self::Redecode => "records:redecode",
            Self::Routes => "routes",
            Self::Commands => "commands",
            Self::Devices => "devices",
            Self::Registry => "registry",
            Self::Tokens => "tokens",
            Self::Parked => "parked",
            Self::Metrics => "metrics",
            Self::Audit => "audit",
            Self::Storage => "storage",
            Self::Administer => "administer",
        }
    }

    /// Returns the names of the roles that have it.
    #[must_use]
    pub fn roles(self) -> &'static [&'static str] {
        match self {
            Self::Inspect => &["admin", "lns", "partner", "publisher"],
            Self::Frames => &["admin", "lns"],
            Self::Publish => &["admin", "publisher"],
            Self::ReadRecords
            | Self::AcknowledgeRecords
            | Self::Redecode
            | Self::Routes
            | Self::Commands => &["admin", "partner"],
            Self::Devices
            | Self::Registry
            | Self::Tokens
            | Self::Parked
            | Self::Metrics
            | Self::Audit
            | Self::Storage
            | Self::Administer => &["admin"],
        }
    }

    /// Whether a role has it.
    #[must_use]
    pub fn is_of(self, role: &Role) -> bool {
        self.roles().contains(&role.name())
    }

    /// Returns the roles that have it, for people.
    #[must_use]
    pub fn holders(self) -> String {
        match self.roles() {
            ["admin"] => "an admin".to_owned(),
            ["admin", "lns"] => "an lns or an admin".to_owned(),
            ["admin", other] => format!("a {other} or an admin"),
            _ => "anybody who has a token".to_owned(),
        }
    }

    /// Returns all scopes of a role.
    #[must_use]
    pub fn all_of(role: &Role) -> BTreeSet<Self> {
        Self::ALL.into_iter().filter(|scope| scope.is_of(role)).collect()
    }
}

fn names() -> String {
    Scope::ALL.map(Scope::as_str).join(", ")
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text).ok_or(UnknownScope)
    }
}

impl From<Scope> for &'static str {
    fn from(scope: Scope) -> Self {
        scope.as_str()
    }
}

impl TryFrom<String> for Scope {
    type Error = UnknownScope;

    fn try_from(text: String) -> Result<Self, UnknownScope> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scope_is_read_as_it_is_written_and_is_an_admins() {
        for scope in Scope::ALL {
            assert_eq!(scope.as_str().parse(), Ok(scope));
            assert!(scope.is_of(&Role::Admin), "{scope}");
        }
        assert_eq!("everything".parse::<Scope>(), Err(UnknownScope));
        assert!(UnknownScope.to_string().contains("records:read, records:ack"));
        assert_eq!(Scope::all_of(&Role::Lns), BTreeSet::from([Scope::Frames, Scope::Inspect]));
    }
}
