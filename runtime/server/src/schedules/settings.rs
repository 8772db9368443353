//! The settings of schedules.

use std::time::Duration;

use serde::Deserialize;

/// The bounds of schedules: the section `[schedules]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ScheduleSettings {
    /// The shortest time between two moments of a schedule.
    pub least_seconds: u32,
    /// The time by which a moment may be late and is still carried out.
    pub late_seconds: u32,
    /// Most schedules of a group.
    pub of_group: usize,
}

impl ScheduleSettings {
    /// The shortest time between two moments of a schedule.
    pub(crate) fn least(&self) -> Duration {
        Duration::from_secs(self.least_seconds.into())
    }

    /// The time by which a moment may be late and is still carried out.
    pub(crate) fn late(&self) -> Duration {
        Duration::from_secs(self.late_seconds.into())
    }
}
