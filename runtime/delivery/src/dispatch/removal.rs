//! The removal of a route: whoever works on it ends first, and what is stored of it goes.

use champollion_store::Batch;

use super::{change::Change, dispatcher::Dispatcher, error::DispatchError, live::LiveRoute};
use crate::{
    files::FileStanding,
    names::RouteKey,
    routes::{DestinationKind, Handed, RouteBook},
};

impl Dispatcher {
    /// Removes a route. Records that it was not done with stay for the others, or for the inbox.
    ///
    /// # Errors
    /// There is none, or the store does not.
    pub async fn remove(&self, key: &RouteKey, change: Change<'_>) -> Result<(), DispatchError> {
        let _turn = self.turn.lock().await;
        let live = self.find(key)?.live;
        // Whoever makes its files ends first, so that no file of it is made any more.
        let orders = match self.routes.lock().get_mut(key) {
            Some(working) if working.kind == DestinationKind::Files => working.orders.take(),
            _ => None,
        };
        let was_working = orders.is_some();
        drop(orders);
        let ended = if was_working { Some(live.turn.lock().await) } else { None };
        let removed = self.forget(key, &live, change).await;
        drop(ended);
        if removed.is_err() && was_working {
            // It is still there, and goes on.
            if let Ok(way) = live.route().way(key, &self.destination_limits) {
                self.hand_on(&self.find(key)?, way).await;
            }
        }
        removed
    }

    /// Removes what is stored of a route.
    async fn forget(
        &self,
        key: &RouteKey,
        live: &LiveRoute,
        change: Change<'_>,
    ) -> Result<(), DispatchError> {
        let place = live.place();
        // A route of the same name hands over all measurements again.
        Handed::forget(&**self.mailbox.store(), key).await?;
        let mut batch = Batch::new();
        let files = FileStanding::read(&self.mailbox, key).await?;
        let pending = files.as_ref().and_then(|files| files.pending.clone());
        if let Some(files) = files {
            files.end().put(&mut batch, key)?;
        }
        // What it is done with goes, unless other routes are not.
        self.mailbox.put_removal(&mut batch, key, place);
        RouteBook::delete(&mut batch, key);
        change.commit.commit(batch).await?;
        // Its sender goes with it, so that whoever works on it ends.
        self.routes.lock().remove(key);
        self.mailbox.route_is_gone(key);
        if let Some(pending) = pending {
            // Where that fails, the next start does it.
            drop(self.files.remove(&pending.blob).await);
        }
        Ok(())
    }
}
