//! Changes of routes as they become durable: the route, its author and its line of the audit in one batch.

use std::sync::Arc;

use async_trait::async_trait;
use champollion_delivery::{
    dispatch::{Change, Commit, DispatchError},
    mailbox::DeliveryError,
    names::RouteKey,
    routes::Author,
};
use champollion_registry::{Registry, RegistryError, ledger::AuditEntry};
use champollion_store::Batch;
use jiff::Timestamp;
use parking_lot::Mutex;
use serde_json::Value as Json;

use super::Problem;
use crate::auth::Principal;

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
    /// Why the registry did not commit the change.
    refused: Mutex<Option<RegistryError>>,
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

    /// The same for a change that ends something, and is possible also where the audit is full.
    pub(super) fn essential(self) -> Self {
        Self { entry: self.entry.essential(), ..self }
    }

    pub(super) fn of(self, registry: &Arc<Registry>) -> AuditedChange {
        let Self { by, entry } = self;
        AuditedChange { by, entry, registry: Arc::clone(registry), refused: Mutex::default() }
    }
}

impl AuditedChange {
    /// The same as the dispatcher takes it.
    pub(super) fn change(&self) -> Change<'_> {
        Change { by: &self.by, commit: self }
    }

    /// Tells a client why the change was not made: where the registry refused it, in the registry's words.
    pub(super) fn problem(&self, error: DispatchError) -> Problem {
        match self.refused.lock().take() {
            Some(refused) => refused.into(),
            None => error.into(),
        }
    }
}

#[async_trait]
impl Commit for AuditedChange {
    async fn commit(&self, batch: Batch) -> Result<(), DeliveryError> {
        let recorded = self.registry.record_with(batch, self.entry.clone(), self.by.at).await;
        recorded.map_err(|error| {
            let reason = error.to_string();
            *self.refused.lock() = Some(error);
            DeliveryError::NotAudited { reason }
        })
    }
}
