//! Logs and metrics of the server.

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tracing::{Level, Metadata};
use tracing_subscriber::{
    EnvFilter,
    filter::{FilterFn, ParseError},
    fmt,
    prelude::*,
    util::TryInitError,
};

use crate::config::{Log, LogFormat};

/// The reason why nothing can be logged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// The setting that says what is logged cannot be read.
    #[error("log.filter {filter:?}: {source}")]
    Filter {
        /// The filter of the settings.
        filter: String,
        /// The place where it goes wrong.
        source: ParseError,
    },
    /// The process logs already.
    #[error(transparent)]
    Twice(#[from] TryInitError),
}

/// The finest level of libraries: at debug some show the headers, bodies and keys that they handle.
const LIBRARY_LEVEL: Level = Level::INFO;

/// The beginnings of the targets whose lines are our own, and of those that show method and path of a request
/// and no more.
const OWN_TARGETS: [&str; 2] = ["champollion", "tower_http::trace"];

/// Whether a line may be logged whatever the filter says: our own, or one of a library that is not fine.
fn shows_no_secret(metadata: &Metadata<'_>) -> bool {
    *metadata.level() <= LIBRARY_LEVEL
        || OWN_TARGETS.iter().any(|own| metadata.target().starts_with(own))
}

/// Logs to standard error from now on.
///
/// # Errors
/// [`LogError`] says what is wrong with the settings.
pub fn start_logging(log: &Log) -> Result<(), LogError> {
    let filter = EnvFilter::try_new(&log.filter)
        .map_err(|source| LogError::Filter { filter: log.filter.clone(), source })?;
    let unsafe_libraries = log.unsafe_libraries;
    let capped = move |metadata: &Metadata<'_>| unsafe_libraries || shows_no_secret(metadata);
    let lines = fmt::layer().with_writer(std::io::stderr);
    let registry = tracing_subscriber::registry().with(filter);
    match log.format {
        LogFormat::Text => registry.with(lines.with_filter(FilterFn::new(capped))).try_init()?,
        LogFormat::Json => {
            registry.with(lines.json().with_filter(FilterFn::new(capped))).try_init()?
        }
    }
    Ok(())
}

/// Counts from now on what the rest of the program counts; the handle gives it as Prometheus text.
pub(crate) fn start_metrics() -> Result<PrometheusHandle, BuildError> {
    let handle = install_recorder()?;
    metrics::describe_counter!(
        "champollion_frames_total",
        "Frames handed over by network servers, by what became of them"
    );
    metrics::describe_counter!(
        "champollion_frames_overtaken_total",
        "Frames that were verified anew, since their device was moved on while they were being kept"
    );
    metrics::describe_counter!(
        "champollion_decodes_total",
        "Frames given to a decoder, by decoder, version and what came of it"
    );
    metrics::describe_histogram!(
        "champollion_decode_fuel",
        "Fuel that calls of a decoder burnt, by decoder and version"
    );
    metrics::describe_histogram!(
        "champollion_decode_seconds",
        "Time that calls of a decoder took, by decoder and version"
    );
    metrics::describe_gauge!(
        "champollion_decode_memory_peak_bytes",
        "The most memory that a call of a decoder had since it was loaded, by decoder and version"
    );
    metrics::describe_gauge!("champollion_decoders_loaded", "Decoders that are in memory");
    metrics::describe_gauge!(
        "champollion_decoders_loaded_bytes",
        "Code of the decoders that are in memory"
    );
    metrics::describe_gauge!(
        "champollion_decoders_quarantined",
        "Versions of decoders that are set aside, since their calls kept misbehaving"
    );
    metrics::describe_counter!(
        "champollion_decode_queue_full_total",
        "Calls that were turned away, since too many were waiting for a worker"
    );
    metrics::describe_counter!(
        "champollion_records_removed_total",
        "Records removed, by whether they were acknowledged or had expired"
    );
    metrics::describe_gauge!(
        "champollion_store_used_bytes",
        "Bytes that what the store keeps takes, about"
    );
    metrics::describe_gauge!("champollion_store_file_bytes", "Bytes of the store's files");
    metrics::describe_gauge!("champollion_store_free_bytes", "Bytes of its disk that are free");
    metrics::describe_gauge!("champollion_devices", "Devices that are registered");
    metrics::describe_gauge!(
        "champollion_downlinks_open",
        "Commands to devices that are under way"
    );
    metrics::describe_counter!(
        "champollion_downlinks_total",
        "Commands to devices, by what became of them"
    );
    metrics::describe_gauge!(
        "champollion_mqtt_connected",
        "Whether there is a connection to the broker, by network server"
    );
    metrics::describe_counter!(
        "champollion_mqtt_messages_total",
        "Messages from brokers, by network server and what became of them"
    );
    metrics::describe_gauge!("champollion_parked_messages", "Messages that are parked");
    metrics::describe_gauge!("champollion_parked_bytes", "Bytes of the messages that are parked");
    metrics::describe_gauge!("champollion_connections", "Connections of clients that are open");
    metrics::describe_counter!(
        "champollion_connections_ended_total",
        "Connections that were ended, by the reason: idle, header, write, made-room, no-place"
    );
    metrics::describe_counter!(
        "champollion_sign_ins_failed_total",
        "Requests without a valid token, by the reason: missing, malformed, unknown, expired"
    );
    metrics::describe_gauge!(
        "champollion_audit_bytes",
        "Bytes of the audit, by whether they are in the store or archived"
    );
    metrics::describe_counter!(
        "champollion_parked_dropped_total",
        "Parked messages that made room for later ones"
    );
    Ok(handle)
}

/// Upper bounds of the buckets, in fuel. A small telegram burns some thousands, the limit is ten
/// million.
const FUEL_BUCKETS: [f64; 9] = [1e3, 3e3, 1e4, 3e4, 1e5, 3e5, 1e6, 3e6, 1e7];

/// Upper bounds of the buckets, in seconds: from a small telegram to a call that burns all its fuel
/// on a slow machine.
const SECONDS_BUCKETS: [f64; 10] = [2e-6, 5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 1e-3, 1e-2, 0.1, 1.0];

fn install_recorder() -> Result<PrometheusHandle, BuildError> {
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Full("champollion_decode_fuel".into()), &FUEL_BUCKETS)?
        .set_buckets_for_metric(
            Matcher::Full("champollion_decode_seconds".into()),
            &SECONDS_BUCKETS,
        )?
        .install_recorder()
}
