//! Recipients, the destinations that accept records one by one.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use champollion_frames::DevEui;
use champollion_traces::TraceContext;
use jiff::Timestamp;

use super::{Failure, FailureKind, words::shown};

/// Records that are handed over in one go, in the shape that the route asks for.
#[derive(Clone, Debug)]
pub struct Parcel {
    /// Its name: the record's, of several the same for the same ones. A recipient that gets it twice can
    /// drop the second.
    pub id: String,
    /// The records in the order in which they are handed over.
    pub records: Vec<Shaped>,
    /// Whether somebody tries the route with it.
    pub is_test: bool,
    /// The place in the trace of the first record, where records are traced.
    pub trace: Option<TraceContext>,
}

/// A record in the shape that a route asks for.
#[derive(Clone, Debug)]
pub struct Shaped {
    /// The id of the record.
    pub id: String,
    /// The device that sent the frame.
    pub dev_eui: DevEui,
    /// When the network received the frame.
    pub received_at: Timestamp,
    /// The record, as JSON.
    pub json: Arc<str>,
}

/// The result of handing over a parcel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandoverResult {
    /// Whether the recipient has it.
    pub verdict: Verdict,
    /// The status of its answer, where it answers with one.
    pub status: Option<u16>,
    /// The kind of the failure, where it is known.
    pub failure: Option<FailureKind>,
    /// The recipient's words, or the reason of the failure, for people: see [`HandoverResult::new`].
    message: String,
}

/// Whether a recipient has what was handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The recipient has the records.
    Taken,
    /// It has it not, or nobody knows; it is handed over again, not before the time that it asked for.
    Later(Option<Duration>),
    /// It wants nothing any more.
    Gone,
}

/// A destination that accepts records one by one.
#[async_trait]
pub trait Recipient: Send + Sync {
    /// Hands a parcel over. Ends in a bounded time.
    async fn hand_over(&self, parcel: &Parcel) -> HandoverResult;
}

impl HandoverResult {
    /// Makes a result. Its message may hold what a stranger said, so no more of it is kept than a kilobyte
    /// of printable text.
    #[must_use]
    pub fn new(verdict: Verdict, status: Option<u16>, message: &str) -> Self {
        Self { verdict, status, failure: None, message: shown(message) }
    }

    /// Makes the result of a parcel that the recipient has taken.
    #[must_use]
    pub fn taken(status: Option<u16>) -> Self {
        Self::new(Verdict::Taken, status, "")
    }

    /// Makes the result of a parcel that the recipient has not, for a reason of a kind.
    #[must_use]
    pub fn later(kind: FailureKind, message: impl AsRef<str>) -> Self {
        Self::new(Verdict::Later(None), None, message.as_ref()).because(kind)
    }

    /// Makes the result of a failure: the parcel is handed over again.
    #[must_use]
    pub(crate) fn failed(failure: &Failure) -> Self {
        Self::later(failure.kind, &failure.words)
    }

    /// The same with the kind of its failure.
    #[must_use]
    pub fn because(self, kind: FailureKind) -> Self {
        Self { failure: Some(kind), ..self }
    }

    /// Returns the recipient's words, or the reason of the failure; nothing where there is nothing to say.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}
