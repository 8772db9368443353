//! Logs and metrics of the server.

use std::io::IsTerminal;

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use serde::Deserialize;
use tracing::{Level, Metadata};
use tracing_subscriber::{
    EnvFilter,
    filter::{FilterFn, ParseError},
    fmt,
    prelude::*,
    util::TryInitError,
};

use crate::{chosen_word::chosen_word, metrics_list};

/// The settings of the log: the section `[log]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LogSettings {
    /// A filter of tracing.
    pub filter: String,
    /// The format of the lines.
    #[serde(deserialize_with = "chosen_word")]
    pub format: LogFormat,
    /// Whether the filter holds for libraries too, whose finer lines show headers, bodies and secrets.
    pub unsafe_libraries: bool,
}

/// The format of the log's lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Lines of text, for people.
    Text,
    /// Lines of JSON, for programs.
    Json,
}

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

/// Whether lines of text have colours: for people at a terminal, who have not asked for none (no-color.org). In a file
/// and in the journal of systemd escape codes only hide the words.
fn is_coloured() -> bool {
    let has_asked_for_none = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    std::io::stderr().is_terminal() && !has_asked_for_none
}

/// Logs to standard error from now on.
///
/// # Errors
/// [`LogError`] says what is wrong with the settings.
pub fn start_logging(log: &LogSettings) -> Result<(), LogError> {
    let filter = EnvFilter::try_new(&log.filter)
        .map_err(|source| LogError::Filter { filter: log.filter.clone(), source })?;
    let unsafe_libraries = log.unsafe_libraries;
    let capped = move |metadata: &Metadata<'_>| unsafe_libraries || shows_no_secret(metadata);
    let lines = fmt::layer().with_ansi(is_coloured()).with_writer(std::io::stderr);
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
    metrics_list::describe();
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
