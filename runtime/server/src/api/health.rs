//! Whether the server lives, whether it can take frames, and what it counted.

use std::sync::Arc;

use axum::{Json, extract::State};
use champollion_store::Health;

use super::{
    Problem,
    authorized::{Administer, Authorized},
};
use crate::{service::Service, storage::Report};

/// Answers that the process is alive.
#[utoipa::path(
    get,
    path = "/healthz",
    operation_id = "isAlive",
    tag = "operation",
    summary = "Answer that the process is alive",
    responses((
        status = 200,
        description = "The process is alive.",
        body = String,
        content_type = "text/plain"
    )),
)]
pub(super) async fn alive() -> &'static str {
    "alive\n"
}

/// Frames can be taken and kept. How the connections to brokers are stands in the lines that follow: a
/// broker that is away makes no server less ready.
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "isReady",
    tag = "operation",
    summary = "Answer whether frames can be taken and kept",
    responses(
        (
            status = 200,
            description = "Frames are taken. A line for each broker follows.",
            body = String,
            content_type = "text/plain",
        ),
        (status = 503, description = "store-stalled, store-failed, stopping"),
        (status = 507, description = "storage-full"),
    ),
)]
pub(super) async fn ready(State(service): State<Arc<Service>>) -> Result<String, Problem> {
    match service.store.health() {
        Health::Ready => {
            if let Some(full) = service.storage.full() {
                return Err(full.into());
            }
            let brokers = service.brokers.iter().map(|status| match status.trouble() {
                None => format!("broker of {}: connected\n", status.server()),
                Some(why) => format!("broker of {}: not connected: {why}\n", status.server()),
            });
            Ok(std::iter::once("ready\n".to_owned()).chain(brokers).collect())
        }
        Health::Stalled => {
            Err(Problem::unavailable("store-stalled", "the disk has not finished a write in time"))
        }
        Health::Failed(reason) => {
            tracing::error!(reason, "the store has failed");
            Err(Problem::unavailable("store-failed", "the store has failed; the log says why"))
        }
        _ => Err(Problem::unavailable("stopping", "the server is being stopped")),
    }
}

/// Answers the use of the disk, and for how long there is room.
#[utoipa::path(
    get,
    path = "/v1/storage",
    operation_id = "getStorage",
    tag = "operation",
    summary = "Get the use of the disk, and the time for which there is room",
    security(("token" = ["admin"])),
    responses((status = 200, description = "The use of the disk.", body = Report)),
)]
pub(super) async fn storage(
    _: Authorized<Administer>,
    State(service): State<Arc<Service>>,
) -> Json<Report> {
    Json(service.storage.report())
}

/// Answers all metrics as Prometheus text.
#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "getMetrics",
    tag = "operation",
    summary = "Get all metrics as Prometheus text",
    security(("token" = ["admin"])),
    responses((status = 200, description = "The metrics.", body = String, content_type = "text/plain")),
)]
pub(super) async fn metrics(
    _: Authorized<Administer>,
    State(service): State<Arc<Service>>,
) -> String {
    let quarantined = service.registry.quarantined().len();
    metrics::gauge!("champollion_decoders_quarantined").set(quarantined as f64);
    service.metrics.render()
}
