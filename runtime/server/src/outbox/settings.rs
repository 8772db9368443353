//! The settings of the outbox.

use std::time::Duration;

use champollion_service::outbox::PauseTimes;
use serde::Deserialize;

use super::MailTo;

/// The pauses between attempts to send what waits, and who is told: the section `[outbox]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct OutboxSettings {
    /// Seconds of the pause after a first failure; each further one doubles it.
    pub first_pause_seconds: u64,
    /// Seconds of the longest pause.
    pub longest_pause_seconds: u64,
    /// Seconds after a mail in which further ones to the same address gather for a digest.
    pub gathering_seconds: u64,
    /// Days after which a message is given up that its recipient does not take.
    pub give_up_days: u32,
    /// Addresses that rules of alerts may mail; none for any.
    pub mail_to: Vec<MailTo>,
}

impl OutboxSettings {
    /// Returns the pauses of lanes.
    #[must_use]
    pub fn pauses(&self) -> PauseTimes {
        PauseTimes {
            first: Duration::from_secs(self.first_pause_seconds),
            longest: Duration::from_secs(self.longest_pause_seconds),
            gathering: Duration::from_secs(self.gathering_seconds),
        }
    }
}
