//! Records: pulled by their partner, and removed once acknowledged.

use std::sync::Arc;

use axum::{Json, extract::State};
use champollion_delivery::{Cursor, GroupId, Page, RouteKey, RouteName};
use serde::{Deserialize, Serialize};

use super::{
    Problem,
    extract::{JsonBody, Parameters},
};
use crate::{
    auth::{Authorized, Collect},
    service::Service,
};

/// Records of one answer where the client does not say how many.
const DEFAULT_LIMIT: usize = 100;

/// Most records of one answer: about 2 MB.
const MAX_LIMIT: usize = 1_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pull {
    after: Option<Cursor>,
    limit: Option<usize>,
    group: Option<GroupId>,
    route: Option<RouteName>,
}

pub(super) async fn pull(
    authorized: Authorized<Collect>,
    State(service): State<Arc<Service>>,
    Parameters(Pull { after, limit, group, route }): Parameters<Pull>,
) -> Result<Json<Page>, Problem> {
    let group = authorized.principal.group(group)?;
    let limit = limit.unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT);
    let after = after.unwrap_or_default();
    Ok(Json(match route {
        Some(name) => service.dispatcher.pull(&RouteKey { group, name }, after, limit).await?,
        None => service.mailbox.pull(&group, after, limit).await?,
    }))
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
    /// How many records were removed.
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
