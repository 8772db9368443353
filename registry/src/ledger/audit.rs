//! The audit: a chain beside the index that names each act, its author, moment and origin.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::event::IndexEvent;

/// The name of the chain.
pub(crate) const AUDIT: &str = "audit";

/// An actor: the author of an act, and where the act came from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Actor {
    /// The name of the token that was presented.
    pub name: String,
    /// The id of that token. Lines of earlier versions have none, nor have acts of the registry itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The address that the request came from, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The id of that request. Lines of earlier versions have none, nor have sums of several requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
}

impl Actor {
    /// Somebody of this name, from nowhere in particular.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }
}

/// Something that was done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    /// The author of the act.
    pub by: Actor,
    /// The action: `promote`, `token-create`.
    pub action: String,
    /// To what: `acme/thermometer 1.1.0`.
    pub subject: String,
    /// More of it, for programs.
    #[serde(default, skip_serializing_if = "Json::is_null")]
    #[schema(value_type = Value)]
    pub details: Json,
    /// The line of the index that came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<u64>,
    /// The room that the line may take in the audit.
    #[serde(skip)]
    pub(crate) room: Room,
}

/// The room that a line may take in the audit, by the kind of its act.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Room {
    /// The space of the audit.
    #[default]
    Space,
    /// The reserve too: the act takes something away or ends it.
    Reserve,
    /// The space but for an eighth; beyond that the act is done without a line, since frames depend on it.
    Any,
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
            room: Room::default(),
        }
    }

    /// An act whose author is named later, by [`by`](Self::by).
    #[must_use]
    pub fn of_act(action: &str, subject: impl ToString) -> Self {
        Self::new(&Actor::default(), action, subject)
    }

    /// The same with its author.
    #[must_use]
    pub fn by(self, by: &Actor) -> Self {
        Self { by: by.clone(), ..self }
    }

    /// The same with more of it.
    #[must_use]
    pub fn with(self, details: Json) -> Self {
        Self { details, ..self }
    }

    /// The same for an act that ends something: it is possible also where the audit's space is full, within
    /// a reserve, since a token must be revocable at any time.
    #[must_use]
    pub fn essential(self) -> Self {
        Self { room: Room::Reserve, ..self }
    }

    /// The same for an act that frames depend on, such as a join: where the audit has an eighth of its space left,
    /// which is for changes, it is done without a line, and the log tells of it.
    #[must_use]
    pub fn in_any_case(self) -> Self {
        Self { room: Room::Any, ..self }
    }

    /// Makes the entry of an event of a decoder.
    pub(crate) fn of(event: &IndexEvent, by: &Actor) -> Self {
        let entry = Self::of_event(event, by);
        match event {
            IndexEvent::Rollback { .. }
            | IndexEvent::Yank { .. }
            | IndexEvent::RevokeKey { .. }
            | IndexEvent::EndCanary { .. }
            | IndexEvent::EndShadow { .. } => entry.essential(),
            _ => entry,
        }
    }

    fn of_event(event: &IndexEvent, by: &Actor) -> Self {
        let name =
            |id: &dyn std::fmt::Display, version: &dyn std::fmt::Display| format!("{id} {version}");
        match event {
            IndexEvent::Publish(published) => {
                let subject = name(&published.id, &published.version);
                Self::new(by, "publish", subject).with(serde_json::json!({
                    "digest": published.digest, "channel": published.channel,
                }))
            }
            IndexEvent::Promote(of) => Self::new(by, "promote", name(&of.id, &of.version)),
            IndexEvent::Rollback { id, withdrawn, to } => Self::new(by, "rollback", name(id, to))
                .with(serde_json::json!({ "withdrawn": withdrawn })),
            IndexEvent::Yank { name: of, reason } => {
                Self::new(by, "yank", name(&of.id, &of.version))
                    .with(serde_json::json!({ "reason": reason }))
            }
            IndexEvent::AddKey { key, known } => {
                Self::new(by, "add-key", key).with(serde_json::json!(known))
            }
            IndexEvent::RevokeKey { key, reason } => {
                Self::new(by, "revoke-key", key).with(serde_json::json!({ "reason": reason }))
            }
            IndexEvent::RegistryKey { key, .. } => Self::new(by, "registry-key", key),
            IndexEvent::Shadow(of) => Self::new(by, "shadow", name(&of.id, &of.version)),
            IndexEvent::Canary { id, rule } => {
                Self::new(by, "canary", name(id, &rule.version)).with(serde_json::json!(rule))
            }
            IndexEvent::EndCanary { id, reason } => {
                Self::new(by, "end-canary", id).with(serde_json::json!({ "reason": reason }))
            }
            IndexEvent::EndShadow { id } => Self::new(by, "end-shadow", id),
            IndexEvent::Unyank(of) => Self::new(by, "unyank", name(&of.id, &of.version)),
            IndexEvent::Deprecate { id, deprecation } => {
                Self::new(by, "deprecate", id).with(serde_json::json!(deprecation))
            }
        }
    }
}
