//! The server as measurements in its own process start it: opened, and counted by the metrics of a real one.

use std::sync::Arc;

use axum::Router;
use metrics_exporter_prometheus::{BuildError, PrometheusHandle};

use crate::{api, pages, service::Service, telemetry};

/// Counts from now on what the process counts, once in its life.
///
/// # Errors
/// Where the process counts already.
pub fn metrics() -> Result<PrometheusHandle, BuildError> {
    telemetry::start_metrics()
}

/// All that the server serves, within all bounds, as [`crate::run::serve`] serves it.
pub fn whole(service: Arc<Service>) -> Router {
    api::router(service, pages::pages())
}
