//! Recent attempts to deliver records on a route.

use std::{collections::VecDeque, fmt, str::FromStr, time::Duration};

use jiff::Timestamp;
use parking_lot::Mutex;
use serde::Serialize;

use crate::destinations::{FailureKind, HandoverResult, Verdict};

/// So many attempts that worked are kept, and so many that did not: the first would push out the others.
const KEPT: usize = 500;

/// Most names of records that an attempt tells.
const NAMED: usize = 20;

/// An attempt to hand something over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// The beginning of the attempt.
    pub at: Timestamp,
    /// The name of what was handed over.
    pub id: String,
    /// The number of records in the attempt.
    pub count: usize,
    /// The first of them.
    pub records: Vec<String>,
    /// The outcome of the attempt.
    pub outcome: AttemptOutcome,
    /// The status of the recipient's answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The kind of a failure, for programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<FailureKind>,
    /// The reason of a failure, for people.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// The duration of the attempt.
    pub milliseconds: u64,
}

/// The place of an attempt among those of its route: the moment, and the name of what was handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptPlace {
    at: Timestamp,
    id: String,
}

/// A text that is no place of an attempt.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is no place of an attempt: take it from `next`")]
pub struct AttemptPlaceError;

impl fmt::Display for AttemptPlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.at, self.id)
    }
}

impl FromStr for AttemptPlace {
    type Err = AttemptPlaceError;

    fn from_str(text: &str) -> Result<Self, AttemptPlaceError> {
        let (at, id) = text.split_once('/').ok_or(AttemptPlaceError)?;
        let at = at.parse().map_err(|_| AttemptPlaceError)?;
        Ok(Self { at, id: id.to_owned() })
    }
}

/// The outcome of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AttemptOutcome {
    /// The recipient has it.
    Taken,
    /// It is handed over again.
    Failed,
    /// The recipient wants nothing any more.
    Gone,
}

/// The last attempts of a route, good and bad apart.
#[derive(Default)]
pub(crate) struct Attempts {
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    taken: VecDeque<Attempt>,
    failed: VecDeque<Attempt>,
}

impl Attempt {
    /// Makes an attempt of a parcel and its result.
    pub(crate) fn new(
        at: Timestamp,
        id: String,
        records: impl ExactSizeIterator<Item = String>,
        handed: &HandoverResult,
        took: Duration,
    ) -> Self {
        Self {
            at,
            id,
            count: records.len(),
            records: records.take(NAMED).collect(),
            outcome: match handed.verdict {
                Verdict::Taken => AttemptOutcome::Taken,
                Verdict::Later(_) => AttemptOutcome::Failed,
                Verdict::Gone => AttemptOutcome::Gone,
            },
            status: handed.status,
            failure: handed.failure,
            message: handed.message().to_owned(),
            milliseconds: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

impl Attempt {
    /// Returns the place of the attempt.
    #[must_use]
    pub fn place(&self) -> AttemptPlace {
        AttemptPlace { at: self.at, id: self.id.clone() }
    }

    fn is_before(&self, place: &AttemptPlace) -> bool {
        (self.at, self.id.as_str()) < (place.at, place.id.as_str())
    }
}

impl Attempts {
    pub(crate) fn note(&self, attempt: Attempt) {
        let mut kept = self.kept.lock();
        let Kept { taken, failed } = &mut *kept;
        let all = if attempt.outcome == AttemptOutcome::Taken { taken } else { failed };
        if all.len() == KEPT {
            all.pop_front();
        }
        all.push_back(attempt);
    }

    /// The latest first, those from before `before`, at most `limit`.
    pub(crate) fn latest(&self, before: Option<&AttemptPlace>, limit: usize) -> Vec<Attempt> {
        let kept = self.kept.lock();
        let all = kept.taken.iter().chain(&kept.failed);
        let mut wanted: Vec<&Attempt> =
            all.filter(|attempt| before.is_none_or(|before| attempt.is_before(before))).collect();
        wanted.sort_by(|one, other| (other.at, &other.id).cmp(&(one.at, &one.id)));
        wanted.into_iter().take(limit).cloned().collect()
    }

    /// The last that worked, and the last that did not.
    pub(crate) fn last(&self) -> (Option<Attempt>, Option<Attempt>) {
        let kept = self.kept.lock();
        (kept.taken.back().cloned(), kept.failed.back().cloned())
    }
}
