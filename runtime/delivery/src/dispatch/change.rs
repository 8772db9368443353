//! Changes of routes: by whom, and with what each becomes durable.

use async_trait::async_trait;
use champollion_store::{Batch, Store};

use crate::{mailbox::DeliveryError, routes::Author};

/// Makes the batch of a change durable, with whatever has to be durable together with it, such as the line
/// of an audit. Nothing of the change holds before.
#[async_trait]
pub trait Commit: Send + Sync {
    /// Makes it durable, all or nothing.
    ///
    /// # Errors
    /// Nothing of it is durable.
    async fn commit(&self, batch: Batch) -> Result<(), DeliveryError>;
}

/// A change of a route: its author, and how it becomes durable.
#[derive(Clone, Copy)]
pub struct Change<'change> {
    /// The author of the change.
    pub by: &'change Author,
    /// The commit of the change.
    pub commit: &'change dyn Commit,
}

/// A store commits a change as it is, with nothing beside it.
#[async_trait]
impl<S: Store + ?Sized> Commit for std::sync::Arc<S> {
    async fn commit(&self, batch: Batch) -> Result<(), DeliveryError> {
        Store::commit(&**self, batch).await?;
        Ok(())
    }
}
