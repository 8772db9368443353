//! Trouble of a route, in words.

use jiff::Timestamp;

use super::{attempts::Attempt, route_state::RouteState};
use crate::routes::{Author, Stopped};

/// The reasons why a route hands nothing over, or not all.
pub(super) struct Trouble<'route> {
    pub(super) stopped: Option<&'route Stopped>,
    pub(super) paused_by: Option<Author>,
    pub(super) until: Option<Timestamp>,
    pub(super) failures: u32,
    /// The number of records that were refused and are tried again, as far as they are known.
    pub(super) refused: usize,
    pub(super) last_failure: Option<&'route Attempt>,
}

impl Trouble<'_> {
    /// Says why, and until when; nothing where all goes well.
    pub(super) fn why(&self, state: RouteState) -> Option<String> {
        match state {
            RouteState::Stopped => self.stopped.map(|Stopped { at, reason }| {
                format!("the recipient wants nothing any more since {at:.0}: {reason}; resume it")
            }),
            RouteState::Paused => Some(match &self.paused_by {
                Some(Author { name, at, .. }) => format!("paused by {name} at {at:.0}"),
                None => "paused".to_owned(),
            }),
            RouteState::BackingOff => {
                let until = self.until.map(|until| format!(" until {until:.0}"));
                let until = until.unwrap_or_default();
                let said = self.last_answer();
                Some(format!("{} failures in a row, so it waits{until}: {said}", self.failures))
            }
            RouteState::Running if self.refused > 0 => {
                Some(format!("some records are refused and tried again: {}", self.last_answer()))
            }
            RouteState::Running if self.failures > 0 => Some(format!(
                "{} failures in a row, and it is tried again: {}",
                self.failures,
                self.last_answer()
            )),
            RouteState::Running => None,
        }
    }

    fn last_answer(&self) -> &str {
        self.last_failure.map_or("no answer is known since the start", |attempt| &attempt.message)
    }
}
