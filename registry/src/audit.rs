//! Who did what, when, from where: a chain beside the index.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// The name of the chain.
pub(crate) const AUDIT: &str = "audit";

/// Who does something, and from where.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The name of the token that was presented.
    pub name: String,
    /// The address that the request came from, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}

impl Actor {
    /// Somebody of this name, from nowhere in particular.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), from: None }
    }
}

/// Something that was done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    /// By whom.
    pub by: Actor,
    /// What was done: `promote`, `token-create`.
    pub action: String,
    /// To what: `acme/thermometer 1.1.0`.
    pub subject: String,
    /// More of it, for programs.
    #[serde(default, skip_serializing_if = "Json::is_null")]
    pub details: Json,
    /// The line of the index that came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<u64>,
}

impl AuditEntry {
    /// Something that was done by somebody.
    #[must_use]
    pub fn new(by: &Actor, action: &str, subject: impl ToString) -> Self {
        Self {
            by: by.clone(),
            action: action.to_owned(),
            subject: subject.to_string(),
            details: Json::Null,
            index: None,
        }
    }

    /// The same with more of it.
    #[must_use]
    pub fn with(self, details: Json) -> Self {
        Self { details, ..self }
    }
}
