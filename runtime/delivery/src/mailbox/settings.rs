//! The settings of the mailbox.

use std::time::Duration;

use serde::Deserialize;

/// The time that records are kept: the section `[retention]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RetentionSettings {
    /// Hours after which a record is removed.
    pub hours: u32,
}

impl RetentionSettings {
    /// Returns the time that records are kept.
    #[must_use]
    pub fn time(&self) -> Duration {
        Duration::from_secs(u64::from(self.hours) * 3_600)
    }
}
