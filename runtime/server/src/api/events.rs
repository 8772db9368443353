//! Events: a partner is told when one of its routes stops, fails or falls behind.

use std::sync::Arc;

use axum::{Json, extract::State};
use champollion_delivery::{dispatch::PlacedEvent, names::GroupId, records::Cursor};
use serde::{Deserialize, Serialize};

use super::{
    Problem,
    authorized::{Authorized, ReadRoutes},
    extract::Parameters,
    paging::{self, PageEnd, Window},
};
use crate::service::Service;

/// Events of one answer where the client does not say how many, and the most.
const EVENTS: (usize, usize) = (100, 1_000);

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct WantedEvents {
    /// The group; an admin names it, a partner has its own.
    #[param(inline)]
    group: Option<GroupId>,
    /// The cursor to go on after: `next` of a page, or the cursor of an event.
    #[param(inline)]
    after: Option<Cursor>,
    /// The most events of an answer, 1 to 1000; 100 where it is left out.
    #[serde(default, deserialize_with = "paging::limit")]
    limit: Option<usize>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = RouteEventList)]
pub(super) struct EventList {
    /// The events, the oldest first.
    events: Vec<PlacedEvent>,
    #[serde(flatten)]
    end: PageEnd,
}

/// The events of a group, the latest thousand of which are kept.
#[utoipa::path(
    get,
    path = "/v1/events",
    operation_id = "listEvents",
    tag = "routes",
    summary = "List what became of routes: stopped, failing, recovered, behind",
    params(WantedEvents),
    responses(
        (status = 200, description = "The events, the oldest first.", body = EventList),
        (status = 400, description = "group-missing"),
    ),
)]
pub(super) async fn list(
    authorized: Authorized<ReadRoutes>,
    State(service): State<Arc<Service>>,
    Parameters(WantedEvents { group, after, limit }): Parameters<WantedEvents>,
) -> Result<Json<EventList>, Problem> {
    let group = authorized.reach.group(group)?;
    let after = after.unwrap_or_default();
    let window = Window::of(Some(after.to_string()), limit, EVENTS, service.config.http.page_bytes);
    let events = service.dispatcher.events(&group, after, window.lookups()).await?;
    let place = |event: &PlacedEvent| event.cursor.to_string();
    let (events, end) = paging::page(events, window, place);
    Ok(Json(EventList { events, end }))
}
