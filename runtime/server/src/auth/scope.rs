//! Scopes: what a token may do, finer than its role.

use std::{collections::BTreeSet, fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

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
    /// See routes and what becomes of them.
    ReadRoutes,
    /// Command devices, and see commands.
    Commands,
    /// See commands to devices.
    ReadCommands,
    /// Register devices, assign decoders to them, remove them.
    Devices,
    /// Look after published decoders and the keys of publishers.
    Registry,
    /// Make, list and revoke tokens.
    Tokens,
    /// Look after people and their grants.
    People,
    /// See partners, people and their grants.
    ReadPeople,
    /// Look after partners and the groups that they own.
    Partners,
    /// Ask for decoders, order and accept them.
    DecoderRequests,
    /// See requests for decoders.
    ReadDecoderRequests,
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
    pub const ALL: [Self; 23] = [
        Self::Frames,
        Self::Publish,
        Self::Inspect,
        Self::ReadRecords,
        Self::AcknowledgeRecords,
        Self::Redecode,
        Self::Routes,
        Self::ReadRoutes,
        Self::Commands,
        Self::ReadCommands,
        Self::Devices,
        Self::Registry,
        Self::Tokens,
        Self::People,
        Self::ReadPeople,
        Self::Partners,
        Self::DecoderRequests,
        Self::ReadDecoderRequests,
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
            Self::ReadRoutes => "routes:read",
            Self::Commands => "commands",
            Self::ReadCommands => "commands:read",
            Self::Devices => "devices",
            Self::Registry => "registry",
            Self::Tokens => "tokens",
            Self::People => "people",
            Self::ReadPeople => "people:read",
            Self::Partners => "partners",
            Self::DecoderRequests => "decoder-requests",
            Self::ReadDecoderRequests => "decoder-requests:read",
            Self::Parked => "parked",
            Self::Metrics => "metrics",
            Self::Audit => "audit",
            Self::Storage => "storage",
            Self::Administer => "administer",
        }
    }

    /// Returns the names of the roles that have it.
    #[must_use]
    pub const fn roles(self) -> &'static [&'static str] {
        match self {
            Self::Inspect => EVERYBODY,
            Self::Frames => &["admin", "lns"],
            Self::Publish => &["admin", "publisher"],
            Self::ReadRecords | Self::ReadRoutes | Self::ReadCommands => {
                &["admin", "operator", "owner", "partner", "reader"]
            }
            Self::AcknowledgeRecords | Self::Redecode | Self::Routes | Self::Commands => {
                &["admin", "operator", "owner", "partner"]
            }
            Self::DecoderRequests => &["admin", "operator", "owner"],
            Self::ReadDecoderRequests => {
                &["admin", "auditor", "operator", "owner", "publisher", "reader"]
            }
            Self::Devices | Self::Tokens | Self::People => &["admin", "owner"],
            Self::ReadPeople => &["admin", "auditor", "owner"],
            Self::Metrics | Self::Audit | Self::Storage => &["admin", "auditor"],
            Self::Registry | Self::Parked | Self::Partners | Self::Administer => &["admin"],
        }
    }

    /// The scope that includes this one: whoever may change a thing may see it.
    #[must_use]
    pub const fn included_in(self) -> Option<Self> {
        match self {
            Self::ReadRoutes => Some(Self::Routes),
            Self::ReadCommands => Some(Self::Commands),
            Self::ReadPeople => Some(Self::People),
            Self::ReadDecoderRequests => Some(Self::DecoderRequests),
            _ => None,
        }
    }

    /// Whether a token that is narrowed to some scopes has it.
    #[must_use]
    pub fn is_among(self, narrowed: &BTreeSet<Self>) -> bool {
        narrowed.contains(&self)
            || self.included_in().is_some_and(|scope| narrowed.contains(&scope))
    }

    /// Whether a role has it.
    #[must_use]
    pub fn is_of(self, role: &str) -> bool {
        self.roles().contains(&role)
    }

    /// Returns all scopes of a role.
    #[must_use]
    pub fn all_of(role: &str) -> BTreeSet<Self> {
        Self::ALL.into_iter().filter(|scope| scope.is_of(role)).collect()
    }
}

/// The names of all roles that a token or a person can have.
pub(crate) const EVERYBODY: &[&str] =
    &["admin", "auditor", "lns", "operator", "owner", "partner", "publisher", "reader"];

/// Returns roles for people: `an owner or an admin`.
#[must_use]
pub fn holders(roles: &[&str]) -> String {
    if roles.len() == EVERYBODY.len() {
        return "anybody who has a token".to_owned();
    }
    let others = roles.iter().filter(|role| **role != "admin");
    let named: Vec<String> = others.map(|role| with_article(role)).collect();
    match (named.is_empty(), roles.contains(&"admin")) {
        (true, _) => with_article("admin"),
        (false, true) => format!("{} or {}", named.join(", "), with_article("admin")),
        (false, false) => named.join(" or "),
    }
}

fn with_article(role: &str) -> String {
    let begins_with_vowel = role.starts_with(['a', 'o']) || role == "lns";
    format!("{} {role}", if begins_with_vowel { "an" } else { "a" })
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
            assert!(scope.is_of("admin"), "{scope}");
            assert!(scope.roles().iter().all(|role| EVERYBODY.contains(role)), "{scope}");
        }
        assert_eq!("everything".parse::<Scope>(), Err(UnknownScope));
        assert!(UnknownScope.to_string().contains("records:read, records:ack"));
        assert_eq!(Scope::all_of("lns"), BTreeSet::from([Scope::Frames, Scope::Inspect]));
    }

    #[test]
    fn a_token_that_may_change_a_thing_may_see_it() {
        let narrowed = BTreeSet::from([Scope::Routes]);
        assert!(Scope::Routes.is_among(&narrowed) && Scope::ReadRoutes.is_among(&narrowed));
        assert!(!Scope::ReadCommands.is_among(&narrowed));
        assert!(!Scope::Routes.is_among(&BTreeSet::from([Scope::ReadRoutes])));
        for scope in Scope::ALL {
            let Some(wider) = scope.included_in() else { continue };
            assert!(wider.roles().iter().all(|role| scope.is_of(role)), "{scope}");
        }
    }

    #[test]
    fn roles_are_told_with_their_articles() {
        for (scope, holders_of_it) in [
            (Scope::Administer, "an admin"),
            (Scope::Frames, "an lns or an admin"),
            (Scope::Publish, "a publisher or an admin"),
            (Scope::Devices, "an owner or an admin"),
            (Scope::Routes, "an operator, an owner, a partner or an admin"),
            (Scope::Inspect, "anybody who has a token"),
        ] {
            assert_eq!(holders(scope.roles()), holders_of_it);
        }
    }
}
