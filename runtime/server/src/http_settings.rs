//! The settings of the HTTP interface.

use std::time::Duration;

use serde::Deserialize;

/// The settings of the HTTP interface: the section `[http]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct HttpSettings {
    /// Largest body of a request in bytes.
    pub body_bytes: usize,
    /// Most bytes of a page of records, or of a list.
    pub page_bytes: usize,
    /// Large answers that may be on their way to one token, or without one to one address.
    pub large_answers: usize,
    /// Seconds that requests under way are given to end.
    pub shutdown_seconds: u64,
}

impl HttpSettings {
    /// Returns the time that requests under way are given to end.
    #[must_use]
    pub fn shutdown_time(&self) -> Duration {
        Duration::from_secs(self.shutdown_seconds)
    }
}
