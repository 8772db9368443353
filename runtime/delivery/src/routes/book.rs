//! The routes and how far each has come, as they are stored.

use std::{collections::BTreeMap, sync::Arc};

use champollion_store::{Batch, Store, Table, tables};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{authors::Authors, route::Route};
use crate::{
    mailbox::{DeliveryError, Progress},
    names::RouteKey,
};

const ROUTES: Table<RouteKey, Route> = Table::new(tables::ROUTES);
const STANDINGS: Table<RouteKey, RouteStanding> = Table::new(tables::ROUTE_STANDINGS);

/// Keeps the routes of all groups.
#[derive(Clone)]
pub(crate) struct RouteBook {
    store: Arc<dyn Store>,
}

/// The state of a route, as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RouteStanding {
    /// The records that the route is done with.
    pub(crate) progress: Progress,
    /// The number of records that were delivered.
    #[serde(default)]
    pub(crate) delivered: u64,
    /// The number of records that were removed undelivered, since their time was over.
    #[serde(default)]
    pub(crate) expired: u64,
    /// The number of records that were skipped, since the recipient never takes them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) skipped: u64,
    /// Why nothing is handed over any more, where the recipient wants nothing any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) stopped: Option<Stopped>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// A recipient wants nothing any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = RouteStop)]
pub struct Stopped {
    /// The moment at which the route stopped.
    pub at: Timestamp,
    /// The words of the recipient.
    pub reason: String,
}

impl RouteBook {
    /// The book in a store.
    #[must_use]
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self { store }
    }

    /// All routes and how they stand.
    pub(crate) async fn all(
        &self,
    ) -> Result<BTreeMap<RouteKey, (Route, RouteStanding, Authors)>, DeliveryError> {
        let mut all = BTreeMap::new();
        let mut pages = ROUTES.pages(&*self.store);
        while let Some(page) = pages.next().await? {
            for (key, route) in page {
                let standing = STANDINGS.get(&*self.store, &key).await?.unwrap_or_default();
                let authors = Authors::read(&*self.store, &key).await?;
                all.insert(key, (route, standing, authors));
            }
        }
        Ok(all)
    }

    /// Puts a route into a batch.
    pub(crate) fn put_route(
        batch: &mut Batch,
        key: &RouteKey,
        route: &Route,
    ) -> Result<(), DeliveryError> {
        Ok(ROUTES.put(batch, key, route)?)
    }

    /// Puts into a batch how a route stands.
    pub(crate) fn put_standing(
        batch: &mut Batch,
        key: &RouteKey,
        standing: &RouteStanding,
    ) -> Result<(), DeliveryError> {
        Ok(STANDINGS.put(batch, key, standing)?)
    }

    /// Forgets a route in a batch.
    pub(crate) fn delete(batch: &mut Batch, key: &RouteKey) {
        ROUTES.delete(batch, key);
        STANDINGS.delete(batch, key);
        Authors::delete(batch, key);
    }
}
