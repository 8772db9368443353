//! Authors of changes: a change becomes durable in one batch with its line of the audit, or not at all.

use std::sync::Arc;

use async_trait::async_trait;
use champollion_registry::{
    Registry, RegistryError,
    ledger::{Actor, AuditEntry},
};
use champollion_store::{Batch, StoreError};
use jiff::Timestamp;

/// The one in whose name a change becomes durable.
#[async_trait]
pub trait Author: Send + Sync {
    /// Makes a change durable together with the line that tells of it.
    ///
    /// # Errors
    /// Nothing of the change is durable.
    async fn commit(&self, change: Batch, line: AuditEntry) -> Result<(), RegistryError>;
}

/// An author whose changes stand in the audit of the registry.
#[derive(Clone)]
pub struct AuditedAuthor {
    registry: Arc<Registry>,
    by: Arc<Actor>,
}

impl AuditedAuthor {
    /// An author of this name, token and address.
    #[must_use]
    pub fn new(registry: &Arc<Registry>, by: impl Into<Arc<Actor>>) -> Self {
        Self { registry: Arc::clone(registry), by: by.into() }
    }
}

#[async_trait]
impl Author for AuditedAuthor {
    async fn commit(&self, change: Batch, line: AuditEntry) -> Result<(), RegistryError> {
        self.registry.record_with(change, line.by(&self.by), Timestamp::now()).await
    }
}

/// An author who changes something only while a condition holds: it is looked at right before the change.
pub struct GuardedAuthor {
    author: AuditedAuthor,
    may: Box<dyn Fn() -> bool + Send + Sync>,
}

impl GuardedAuthor {
    /// An author with a condition.
    #[must_use]
    pub fn new(author: AuditedAuthor, may: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self { author, may: Box::new(may) }
    }
}

#[async_trait]
impl Author for GuardedAuthor {
    async fn commit(&self, change: Batch, line: AuditEntry) -> Result<(), RegistryError> {
        if !(self.may)() {
            // As where another was faster, which is what has happened.
            let (table, key) = (line.action, line.subject.into_bytes());
            return Err(StoreError::Conflict { table, key }.into());
        }
        self.author.commit(change, line).await
    }
}

/// An author whose changes leave no line.
#[cfg(test)]
pub(crate) struct Unaudited(pub(crate) Arc<dyn champollion_store::Store>);

#[cfg(test)]
#[async_trait]
impl Author for Unaudited {
    async fn commit(&self, change: Batch, _: AuditEntry) -> Result<(), RegistryError> {
        self.0.commit(change).await?;
        Ok(())
    }
}
