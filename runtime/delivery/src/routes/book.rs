//! The routes and how far each has come, as they are stored.

use std::{collections::BTreeMap, sync::Arc};

use champollion_store::{Batch, Store};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::route::Route;
use crate::{
    mailbox::{DeliveryError, Progress},
    names::{NameError, RouteKey},
};

/// The table of the routes, by group and name.
const ROUTES: &str = "routes";

/// The table of how far each has come, by the same.
const STANDINGS: &str = "route-standings";

/// Lines that are read at once.
const SCAN: usize = 1_000;

/// Keeps the routes.
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
    /// Why nothing is handed over any more, where the recipient wants nothing any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) stopped: Option<Stopped>,
}

/// A recipient wants nothing any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    ) -> Result<BTreeMap<RouteKey, (Route, RouteStanding)>, DeliveryError> {
        let mut all = BTreeMap::new();
        let mut after: Option<Vec<u8>> = None;
        loop {
            let page = self.store.scan(ROUTES, b"", after.as_deref(), SCAN).await?;
            let Some(last) = page.last() else { return Ok(all) };
            after = Some(last.key.clone());
            for line in page {
                let (key, text) =
                    read_key(&line.key).map_err(|reason| damaged(&line.key, reason))?;
                let route = serde_json::from_slice(&line.value)
                    .map_err(|error| damaged(&line.key, error.to_string()))?;
                let standing = match self.store.get(STANDINGS, text.as_bytes()).await? {
                    Some(stored) => serde_json::from_slice(&stored)
                        .map_err(|error| damaged(&line.key, error.to_string()))?,
                    None => RouteStanding::default(),
                };
                all.insert(key, (route, standing));
            }
        }
    }

    /// Puts a route into a batch.
    pub(crate) fn put_route(
        batch: &mut Batch,
        key: &RouteKey,
        route: &Route,
    ) -> Result<(), DeliveryError> {
        let stored = serde_json::to_vec(route)
            .map_err(|error| damaged(key.to_string().as_bytes(), error.to_string()))?;
        batch.put(ROUTES, key.to_string(), stored);
        Ok(())
    }

    /// Puts into a batch how a route stands.
    pub(crate) fn put_standing(
        batch: &mut Batch,
        key: &RouteKey,
        standing: &RouteStanding,
    ) -> Result<(), DeliveryError> {
        let stored = serde_json::to_vec(standing)
            .map_err(|error| damaged(key.to_string().as_bytes(), error.to_string()))?;
        batch.put(STANDINGS, key.to_string(), stored);
        Ok(())
    }

    /// Forgets a route in a batch.
    pub(crate) fn delete(batch: &mut Batch, key: &RouteKey) {
        batch.delete(ROUTES, key.to_string());
        batch.delete(STANDINGS, key.to_string());
    }
}

fn read_key(key: &[u8]) -> Result<(RouteKey, String), String> {
    let text = String::from_utf8(key.to_vec()).map_err(|error| error.to_string())?;
    let (group, name) = text.split_once('/').ok_or("its key has no group")?;
    let group = group.parse().map_err(|error: NameError| error.to_string())?;
    let name = name.parse().map_err(|error: NameError| error.to_string())?;
    Ok((RouteKey { group, name }, text))
}

fn damaged(key: &[u8], reason: String) -> DeliveryError {
    DeliveryError::DamagedRoute { key: key.escape_ascii().to_string(), reason }
}
