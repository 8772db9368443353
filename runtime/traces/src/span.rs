//! A span: a piece of work in a trace, with its beginning and its end.

use jiff::Timestamp;

use crate::context::{SpanId, TraceContext};

/// A piece of work that came to its end.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    pub(crate) context: TraceContext,
    pub(crate) parent: Option<SpanId>,
    pub(crate) name: &'static str,
    pub(crate) role: Role,
    pub(crate) began: Timestamp,
    pub(crate) ended: Timestamp,
    pub(crate) attributes: Vec<(&'static str, String)>,
    /// The reason of a failure.
    pub(crate) error: Option<String>,
}

/// The side of a piece of work: the numbers are OpenTelemetry's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Work within the process.
    Internal = 1,
    /// Work that somebody asked for.
    Server = 2,
    /// Work that somebody is asked for.
    Client = 3,
}
