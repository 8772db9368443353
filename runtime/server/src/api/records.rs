//! Records: pulled by their partner, or followed as they come, and removed once acknowledged.

mod answer;
mod stream;
mod wanted;

use std::sync::Arc;

use axum::{Json, extract::State, http::HeaderMap, response::Response};
use champollion_delivery::{
    names::{GroupId, RouteKey, RouteName},
    records::Cursor,
};
use serde::{Deserialize, Serialize};

use super::{
    Problem,
    authorized::{Authorized, Collect},
    extract::{JsonBody, Parameters},
};
use crate::service::Service;

pub(super) use stream::follow;
use wanted::Wanted;

pub(super) async fn pull(
    authorized: Authorized<Collect>,
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    Parameters(wanted): Parameters<Wanted>,
) -> Result<Response, Problem> {
    let format = answer::format(wanted.format(), &headers)?;
    let layout = answer::layout(format, wanted.layout())?;
    let wish = wanted.understood(&authorized)?;
    answer::write(wish.pull(&service).await?, format, layout).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Acknowledgement {
    /// The last record that was processed: `next` of a page, or a record's own `cursor`.
    cursor: Cursor,
    group: Option<GroupId>,
    route: Option<RouteName>,
}

#[derive(Serialize)]
pub(super) struct Acknowledged {
    /// The number of records that were removed.
    removed: u64,
}

pub(super) async fn acknowledge(
    authorized: Authorized<Collect>,
    State(service): State<Arc<Service>>,
    JsonBody(Acknowledgement { cursor, group, route }): JsonBody<Acknowledgement>,
) -> Result<Json<Acknowledged>, Problem> {
    let group = authorized.principal.group(group)?;
    let removed = match route {
        Some(name) => service.dispatcher.acknowledge(&RouteKey { group, name }, cursor).await?,
        None => service.mailbox.acknowledge(&group, cursor).await?,
    };
    metrics::counter!("champollion_records_removed_total", "reason" => "acknowledged")
        .increment(removed);
    Ok(Json(Acknowledged { removed }))
}
