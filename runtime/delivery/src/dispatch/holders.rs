//! Recipients that still hold records which another one is done with.

use champollion_store::Sequence;
use serde::Serialize;

use super::dispatcher::Dispatcher;
use crate::{
    mailbox::DeliveryError,
    names::{GroupId, RouteName},
    records::Cursor,
};

/// A route that is not done with records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Holder {
    /// The name of the route.
    pub route: RouteName,
    /// The number of records that it is not done with. Those that its filter leaves out count until it has
    /// looked at them.
    pub records: u64,
}

impl Dispatcher {
    /// Returns the routes of a group that are not done with its records up to a place.
    ///
    /// # Errors
    /// The store does not say what is kept.
    pub async fn holders(
        &self,
        group: &GroupId,
        through: Cursor,
    ) -> Result<Vec<Holder>, DeliveryError> {
        let truncated = self.mailbox.extent(group).await?.truncated;
        let through = through.sequence();
        let held = |passed: Sequence, beyond: u64| {
            let between = through.get().saturating_sub(passed.max(truncated).get());
            between.saturating_sub(beyond)
        };
        let routes = self.of_group(Some(group));
        let holders = routes.iter().map(|working| {
            let records = working.live.standing(|standing| {
                held(standing.progress.through(), standing.progress.done_beyond(through))
            });
            Holder { route: working.live.key.name.clone(), records }
        });
        Ok(holders.filter(|holder| holder.records > 0).collect())
    }
}
