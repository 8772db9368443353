//! Logs and metrics.

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::{EnvFilter, fmt, prelude::*};

use crate::config::{Log, LogFormat};

/// Logs to standard error from now on.
pub(crate) fn start_logging(log: &Log) -> Result<(), String> {
    let filter = EnvFilter::try_new(&log.filter)
        .map_err(|error| format!("log.filter {:?}: {error}", log.filter))?;
    let lines = fmt::layer().with_writer(std::io::stderr);
    let registry = tracing_subscriber::registry().with(filter);
    match log.format {
        LogFormat::Text => registry.with(lines).try_init(),
        LogFormat::Json => registry.with(lines.json()).try_init(),
    }
    .map_err(|error| error.to_string())
}

/// Counts from now on what the rest of the program counts; the handle gives it as Prometheus text.
pub(crate) fn start_metrics() -> Result<PrometheusHandle, String> {
    let handle = PrometheusBuilder::new().install_recorder().map_err(|error| error.to_string())?;
    metrics::describe_counter!(
        "champollion_frames_total",
        "Frames handed over by network servers, by what became of them"
    );
    metrics::describe_counter!(
        "champollion_decodes_total",
        "Frames given to a decoder, by decoder, version and what came of it"
    );
    metrics::describe_counter!(
        "champollion_decode_fuel_total",
        "Fuel burnt by decoders, by decoder and version"
    );
    metrics::describe_counter!(
        "champollion_records_removed_total",
        "Records removed, by whether they were acknowledged or had expired"
    );
    metrics::describe_gauge!("champollion_devices", "Devices that are registered");
    Ok(handle)
}
