//! The routes that are at work, as they are read at first: nobody works on them yet.

use std::{collections::BTreeMap, sync::Arc};

use tokio::sync::mpsc;

use super::{live::LiveRoute, orders::WorkerCommand};
use crate::{
    destinations::DestinationLimits,
    mailbox::{DeliveryError, Mailbox},
    names::RouteKey,
    routes::{DestinationKind, RouteBook},
};

/// A route, and whoever works on it.
#[derive(Clone)]
pub(super) struct Working {
    pub(super) live: Arc<LiveRoute>,
    /// Absent where nobody does: its records are fetched.
    pub(super) orders: Option<mpsc::Sender<WorkerCommand>>,
    /// The kind of destinations that the worker serves.
    pub(super) kind: DestinationKind,
}

/// Reads all routes; nobody works on them yet.
pub(super) async fn read_routes(
    mailbox: &Mailbox,
    limits: &DestinationLimits,
) -> Result<BTreeMap<RouteKey, Working>, DeliveryError> {
    let book = RouteBook::new(Arc::clone(mailbox.store()));
    let mut routes = BTreeMap::new();
    for (key, (mut route, standing, authors)) in book.all().await? {
        route.zone_of_group = limits.time_zones.get(&key.group).cloned();
        mailbox.route_is_at(&key, standing.progress.through());
        let kind = route.to.kind();
        let live = Arc::new(LiveRoute::new(key.clone(), route, standing, authors));
        routes.insert(key, Working { live, orders: None, kind });
    }
    Ok(routes)
}
