//! Whether the server lives, whether it can take frames, and what it counted.

use std::{collections::BTreeSet, sync::Arc};

use axum::{Json, extract::State};
use champollion_store::Health;

use super::{
    Problem,
    authorized::{Administer, Authorized},
};
use crate::{service::Service, storage::Report};

/// Answers that the process is alive.
pub(super) async fn alive() -> &'static str {
    "alive\n"
}

/// Frames can be taken and kept. How the connections to brokers are stands in the lines that follow: a
/// broker that is away makes no server less ready.
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
pub(super) async fn storage(
    _: Authorized<Administer>,
    State(service): State<Arc<Service>>,
) -> Json<Report> {
    Json(service.storage.report())
}

/// Answers all metrics as Prometheus text.
pub(super) async fn metrics(
    _: Authorized<Administer>,
    State(service): State<Arc<Service>>,
) -> String {
    let quarantined = service.registry.quarantined();
    let versions: BTreeSet<_> = quarantined.iter().map(|one| (&one.id, &one.version)).collect();
    metrics::gauge!("champollion_decoders_quarantined").set(versions.len() as f64);
    service.metrics.render()
}
