//! Changes of routes as they become durable: the route, its author and its line of the audit in one batch.

use std::sync::Arc;

use async_trait::async_trait;
use champollion_delivery::{
    dispatch::{Change, Commit},
    mailbox::DeliveryError,
    names::RouteKey,
    routes::{Author, Route},
};
use champollion_registry::{Registry, RegistryError, ledger::AuditEntry};
use champollion_sandbox::Digest;
use champollion_store::Batch;
use jiff::Timestamp;
use serde_json::{Value as Json, json};

use crate::auth::Principal;

/// Most devices of a filter that stand in the audit by themselves; of more their number and their digest do.
const DEVICES: usize = 20;

/// The text in the place of the query of a URL, which often holds a token.
const HIDDEN_QUERY: &str = "(hidden)";

/// A change of a route that is about to be made: its author, and its line of the audit.
pub(super) struct RouteChange {
    by: Author,
    entry: AuditEntry,
}

/// The same with the registry that keeps the audit.
pub(super) struct AuditedChange {
    by: Author,
    entry: AuditEntry,
    registry: Arc<Registry>,
}

impl RouteChange {
    pub(super) fn new(principal: &Principal, action: &str, key: &RouteKey) -> Self {
        let (token, name) = (principal.token.clone(), principal.name.clone());
        let by = Author { token, name, at: Timestamp::now() };
        Self { by, entry: AuditEntry::new(&principal.actor(), action, key) }
    }

    pub(super) fn with(self, details: Json) -> Self {
        Self { entry: self.entry.with(details), ..self }
    }

    pub(super) fn of(self, registry: &Arc<Registry>) -> AuditedChange {
        let Self { by, entry } = self;
        AuditedChange { by, entry, registry: Arc::clone(registry) }
    }
}

impl AuditedChange {
    /// The same as the dispatcher takes it.
    pub(super) fn change(&self) -> Change<'_> {
        Change { by: &self.by, commit: self }
    }
}

#[async_trait]
impl Commit for AuditedChange {
    async fn commit(&self, batch: Batch) -> Result<(), DeliveryError> {
        let recorded = self.registry.record_with(batch, self.entry.clone(), self.by.at).await;
        recorded.map_err(|error| match error {
            RegistryError::Store(error) => DeliveryError::Store(error),
            error => DeliveryError::NotAudited { reason: error.to_string() },
        })
    }
}

/// Returns the words of the audit about a route: its secrets are hidden, queries of URLs as well, and of a
/// long list of devices the number and the digest stand for it.
pub(super) fn details(route: &Route) -> Json {
    let mut details = json!(route.clone().hidden());
    if route.filter.devices.len() > DEVICES {
        let devices = details["filter"]["devices"].take();
        let digest = Digest::of(devices.to_string().as_bytes());
        details["filter"]["devices"] =
            json!({ "number": route.filter.devices.len(), "digest": digest });
    }
    hide_queries(&mut details["to"]);
    details
}

fn hide_queries(value: &mut Json) {
    match value {
        Json::Object(members) => {
            for (name, value) in members {
                match value {
                    Json::String(url) if name == "url" => {
                        if let Some((before, _)) = url.split_once('?') {
                            *url = format!("{before}?{HIDDEN_QUERY}");
                        }
                    }
                    other => hide_queries(other),
                }
            }
        }
        Json::Array(items) => items.iter_mut().for_each(hide_queries),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_audit_holds_no_secret_no_query_and_no_endless_list() {
        let devices: Vec<String> = (0..3_000).map(|number| format!("{number:016X}")).collect();
        let route: Route = serde_json::from_value(json!({
            "filter": { "devices": devices },
            "to": { "http": {
                "url": "https://a.example/x?token=abc",
                "authorization": { "bearer": { "token": "def" } },
            } },
        }))
        .unwrap();
        let details = details(&route);
        let text = details.to_string();
        assert!(!text.contains("abc") && !text.contains("def") && text.len() < 1_000, "{text}");
        assert_eq!(details["to"]["http"]["url"], "https://a.example/x?(hidden)");
        assert_eq!(details["filter"]["devices"]["number"], 3_000);
    }
}
