//! Routes and the bytes of their files as they are stored: read at the start, and once more where this node takes over
//! from another.

use champollion_store::Blobs;

use super::{dispatcher::Dispatcher, working::read_routes};
use crate::{
    files::FileStanding,
    mailbox::{DeliveryError, Mailbox},
    names::RouteKey,
};

impl Dispatcher {
    /// Reads all routes and how they stand once more, before this node hands over what another has handed over until
    /// now. Nothing was handed over here yet.
    ///
    /// # Errors
    /// A route cannot be read.
    pub async fn take_over(&self) -> Result<(), DeliveryError> {
        let _turn = self.turn.lock().await;
        self.mailbox.routes_are_gone();
        let read = read_routes(&self.mailbox, &self.destination_limits).await?;
        *self.routes.lock() = read;
        self.sweep().await
    }

    /// Removes bytes of files that no route is about to put: of a crash between two steps.
    pub(super) async fn sweep(&self) -> Result<(), DeliveryError> {
        let keys: Vec<RouteKey> = self.routes.lock().keys().cloned().collect();
        sweep(&self.mailbox, &*self.files, &keys).await
    }
}

async fn sweep(
    mailbox: &Mailbox,
    files: &dyn Blobs,
    routes: &[RouteKey],
) -> Result<(), DeliveryError> {
    let mut unknown = files.list("").await?;
    if unknown.is_empty() {
        return Ok(());
    }
    for key in routes {
        let standing = FileStanding::read(mailbox, key).await?;
        if let Some(pending) = standing.and_then(|standing| standing.pending) {
            unknown.retain(|blob| *blob != pending.blob);
        }
    }
    for blob in unknown {
        files.remove(&blob).await?;
    }
    Ok(())
}
