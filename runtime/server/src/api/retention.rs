//! Retention: the records that wait, and when they will be removed undelivered, before it happens.

use std::sync::Arc;

use axum::{Json, extract::State};
use champollion_delivery::dispatch::Backlog;
use jiff::Timestamp;
use serde::Serialize;

use super::{
    Problem,
    authorized::{Authorized, Collect},
    extract::{OfGroup, Parameters},
};
use crate::service::Service;

#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Retention {
    /// After so many hours a record is removed, delivered or not.
    hours: u32,
    backlogs: Vec<Backlog>,
}

/// A partner sees what waits for it, an admin all.
#[utoipa::path(
    get,
    path = "/v1/retention",
    operation_id = "getRetention",
    tag = "records",
    summary = "Get the records that wait, and the time of their removal",
    security(("token" = ["admin", "partner"])),
    params(OfGroup),
    responses((status = 200, description = "The records that wait.", body = Retention)),
)]
pub(super) async fn show(
    authorized: Authorized<Collect>,
    State(service): State<Arc<Service>>,
    Parameters(OfGroup { group }): Parameters<OfGroup>,
) -> Result<Json<Retention>, Problem> {
    let group = authorized.principal.groups(group)?;
    let backlogs = service.dispatcher.backlogs(group.as_ref(), Timestamp::now()).await?;
    Ok(Json(Retention { hours: service.config.retention.hours, backlogs }))
}
