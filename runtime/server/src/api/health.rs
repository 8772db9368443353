//! Whether the server lives, whether it can take frames, and what it counted.

use std::sync::Arc;

use axum::extract::State;
use champollion_store::Health;

use super::Problem;
use crate::{
    auth::{Administer, Authorized},
    service::Service,
};

/// The process answers.
pub(super) async fn alive() -> &'static str {
    "alive\n"
}

/// Frames can be taken and kept.
pub(super) async fn ready(State(service): State<Arc<Service>>) -> Result<&'static str, Problem> {
    match service.store.health() {
        Health::Ready => Ok("ready\n"),
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

/// Prometheus text.
pub(super) async fn metrics(
    _: Authorized<Administer>,
    State(service): State<Arc<Service>>,
) -> String {
    let quarantined = service.registry.quarantined().len();
    metrics::gauge!("champollion_decoders_quarantined").set(quarantined as f64);
    service.metrics.render()
}
