//! The progress of a schedule: the moment up to which it is settled, what is under way, and what became of the last
//! moments.

use champollion_service::schedules::MissedMoments;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Runs that are remembered of a schedule.
const RUNS: usize = 20;

/// The progress of a schedule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Progress {
    /// The moment up to which everything is settled, but for what is under way.
    pub(super) cursor: Timestamp,
    /// The moment that is being carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) under_way: Option<UnderWay>,
    /// The outcomes of the last moments, the latest first.
    #[serde(default)]
    pub(super) runs: Vec<Run>,
}

/// A moment that is being carried out, piece by piece.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UnderWay {
    /// The number of pieces that the devices are in.
    pub(super) pieces: usize,
    /// The number of pieces whose commands are durable.
    pub(super) done: usize,
    /// From when on nobody wants the commands any more.
    pub(super) expires_at: Timestamp,
    /// The outcome of the moment so far.
    pub(super) run: Run,
}

/// The outcome of a moment of a schedule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ScheduleRun)]
pub struct Run {
    /// The moment; of several that were missed the first one.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The word for the outcome.
    pub state: RunState,
    /// The last of several moments that were missed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last: Option<Timestamp>,
    /// The number of moments that were missed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moments: Option<usize>,
    /// Whether the moment was made up for.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub made_up: bool,
    /// The number of commands that were taken.
    #[serde(default)]
    pub queued: usize,
    /// The number of devices that could not be commanded.
    #[serde(default)]
    pub refused: usize,
    /// The commands that were sent: that of the device, or those to pieces of the group.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<Uuid>,
    /// Why a device could not be commanded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// The word for the problem: the code that a command by hand would have got, `device-gone`, `schedule-changed` or
    /// `time-over`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// The reason why a moment ends before all of its commands are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// The schedule was changed.
    Changed,
    /// Nobody wants the commands any more.
    Over,
}

impl Cut {
    /// The word for it, and the words for people.
    fn said(self) -> (&'static str, &'static str) {
        match self {
            Self::Changed => ("schedule-changed", "the schedule was changed meanwhile"),
            Self::Over => ("time-over", "its time was over before all commands could be taken"),
        }
    }
}

/// The word for the outcome of a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ScheduleRunState)]
pub enum RunState {
    /// Commands were taken, and are followed like those by hand.
    Sent,
    /// No command could be taken.
    Refused,
    /// The server was down, or its clock jumped.
    Missed,
    /// The commands are being taken.
    Running,
}

impl RunState {
    /// Returns the word for metrics.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Refused => "refused",
            Self::Missed => "missed",
            Self::Running => "running",
        }
    }
}

impl Run {
    /// A moment that begins to be carried out.
    pub(super) fn begin(at: Timestamp, made_up: bool) -> Self {
        Self {
            at,
            state: RunState::Running,
            last: None,
            moments: None,
            made_up,
            queued: 0,
            refused: 0,
            commands: Vec::new(),
            problem: None,
            code: None,
        }
    }

    /// Moments that were missed.
    pub(super) fn missed(missed: MissedMoments) -> Self {
        let last = (missed.count > 1).then_some(missed.last);
        let begun = Self::begin(missed.first, false);
        Self { state: RunState::Missed, last, moments: Some(missed.count), ..begun }
    }

    /// Notes why a device could not be commanded: the word for it, and the words for people. The first reason stands.
    pub(super) fn note(&mut self, code: &str, problem: impl Into<String>) {
        if self.problem.is_none() {
            self.problem = Some(problem.into());
            self.code = Some(code.to_owned());
        }
    }

    /// Ends what was begun.
    fn ended(self) -> Self {
        let state = if self.queued > 0 { RunState::Sent } else { RunState::Refused };
        Self { state, ..self }
    }
}

impl Progress {
    /// The progress of a schedule that begins.
    pub(super) fn from(cursor: Timestamp) -> Self {
        Self { cursor, under_way: None, runs: Vec::new() }
    }

    /// The same schedule after a change: it begins anew, and what was under way ends where it is. A moment that was begun
    /// while the change was on its way is not begun once more. A cursor ahead of now is of a clock that was put back since.
    pub(super) fn begun_anew(mut self, changed_at: Timestamp, now: Timestamp) -> Self {
        self.end(Some(Cut::Changed));
        let settled = Some(self.cursor).filter(|cursor| *cursor <= now);
        Self { cursor: settled.map_or(changed_at, |cursor| cursor.max(changed_at)), ..self }
    }

    /// Notes what became of moments.
    pub(super) fn note(&mut self, run: Run) {
        metrics::counter!("champollion_schedule_runs_total", "result" => run.state.as_str())
            .increment(1);
        self.runs.insert(0, run);
        self.runs.truncate(RUNS);
    }

    /// Ends what is under way; `cut` says why it ends before all of it is done.
    pub(super) fn end(&mut self, cut: Option<Cut>) {
        let Some(mut under_way) = self.under_way.take() else { return };
        if let Some(cut) = cut.filter(|_| under_way.done < under_way.pieces) {
            let (code, problem) = cut.said();
            under_way.run.problem = Some(problem.to_owned());
            under_way.run.code = Some(code.to_owned());
        }
        self.note(under_way.run.ended());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_under_way_ends_with_a_reason_and_the_latest_runs_are_kept() {
        let at = Timestamp::UNIX_EPOCH;
        let mut progress = Progress::from(at);
        for _ in 0..30 {
            progress.note(Run::begin(at, false).ended());
        }
        assert_eq!(progress.runs.len(), RUNS);
        let mut run = Run::begin(at, true);
        run.queued = 3;
        progress.under_way = Some(UnderWay { pieces: 2, done: 1, expires_at: at, run });
        let progress = progress.begun_anew(at, at);
        let latest = &progress.runs[0];
        assert_eq!((latest.state, latest.made_up), (RunState::Sent, true));
        assert!(latest.problem.as_deref().is_some_and(|problem| problem.contains("changed")));
        assert_eq!(latest.code.as_deref(), Some("schedule-changed"));
        assert_eq!(progress.under_way, None);
    }

    #[test]
    fn a_change_begins_no_moment_again_that_was_begun_while_it_was_on_its_way() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let cursor = |second, now| Progress::from(at(second)).begun_anew(at(100), at(now)).cursor;
        assert_eq!(cursor(60, 102), at(100), "the change is later than what was settled");
        assert_eq!(cursor(101, 102), at(101), "a moment was settled meanwhile");
        assert_eq!(cursor(9_000, 102), at(100), "the clock was put back");
    }
}
