//! The minutes in which the server took frames, and in which each route did not fail.

use champollion_delivery::{
    dispatch::{RouteState, ShownRoute},
    names::{GroupId, RouteName},
};
use champollion_service::quality::INGEST;
use champollion_store::Health;
use jiff::Timestamp;

use crate::service::Service;

/// Most routes that are looked at.
const ROUTES: usize = 100_000;

/// Returns the name under which the minutes of a route are counted.
pub(crate) fn name_of_route(group: &GroupId, route: &RouteName) -> String {
    format!("{group}/{route}")
}

/// Notes the present minute of the server and of each route.
pub(super) async fn note_minute(service: &Service) {
    let is_ready = service.store.health() == Health::Ready && !service.storage.is_full_for_some();
    let routes = match service.dispatcher.list(None, None, ROUTES).await {
        Ok(routes) => routes,
        Err(error) => {
            tracing::error!(%error, "the state of routes cannot be told");
            Vec::new()
        }
    };
    let mut things = vec![(INGEST.to_owned(), is_ready)];
    things.extend(routes.iter().filter_map(of_route));
    if let Err(error) = service.quality.availability.note(Timestamp::now(), things).await {
        tracing::error!(%error, "the minutes of availability cannot be kept");
    }
}

/// The name of a route and whether it is well. One that was paused is not meant to deliver.
fn of_route(route: &ShownRoute) -> Option<(String, bool)> {
    let is_well = match route.status.state {
        RouteState::Paused => return None,
        state => state == RouteState::Running,
    };
    Some((name_of_route(&route.group, &route.name), is_well))
}
