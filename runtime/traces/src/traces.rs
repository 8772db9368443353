//! The traces of the process: where work is begun, and where spans wait to leave.

use std::sync::{
    OnceLock,
    atomic::{AtomicU64, Ordering},
};

use parking_lot::Mutex;
use tokio::sync::mpsc;

use crate::{batches::Batches, callers::Callers, context::TraceContext, span::Span};

/// Spans that wait to leave; beyond, they are dropped, since frames never wait for those who watch them.
const WAITING: usize = 16_384;

/// The traces of this process, once they were started.
static ACTIVE: OnceLock<Traces> = OnceLock::new();

/// The traces of records that go on.
#[derive(Debug)]
pub struct Traces {
    /// The share of the records that are traced, in percent, where no caller says it.
    percent: u8,
    callers: Mutex<Callers>,
    spans: mpsc::Sender<Span>,
    dropped: AtomicU64,
}

/// Starts the traces of this process, of a share of the records in percent; gives the spans that are to leave. Nothing
/// where they were started before.
#[must_use]
pub fn start(percent: u8) -> Option<Batches> {
    let (traces, batches) = Traces::new(percent);
    ACTIVE.set(traces).is_ok().then_some(batches)
}

/// The traces of this process, where they were started.
#[must_use]
pub fn active() -> Option<&'static Traces> {
    ACTIVE.get()
}

impl Traces {
    /// Traces of a share of the records in percent, and the spans that are to leave.
    #[must_use]
    pub fn new(percent: u8) -> (Self, Batches) {
        let (spans, waiting) = mpsc::channel(WAITING);
        let (callers, dropped) = (Mutex::default(), AtomicU64::new(0));
        (Self { percent, callers, spans, dropped }, Batches::new(waiting))
    }

    /// Notes the trace of the caller that a record came from.
    pub(crate) fn remember(&self, record: &str, caller: TraceContext) {
        self.callers.lock().remember(record, caller);
    }

    /// The number of spans that were dropped since this was asked last.
    pub fn dropped(&self) -> u64 {
        self.dropped.swap(0, Ordering::Relaxed)
    }

    /// The place of a record's ingest, and the span of the caller above it.
    pub(crate) fn place(&self, record: &str) -> (TraceContext, Option<[u8; 8]>) {
        let own = TraceContext::of_record(record);
        match self.callers.lock().of(record) {
            Some(caller) => (caller.at(own.span), Some(caller.span)),
            None => (TraceContext { is_sampled: own.is_among(self.percent), ..own }, None),
        }
    }

    pub(crate) fn tell(&self, span: Span) {
        if span.context.is_sampled && self.spans.try_send(span).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_that_nobody_takes_are_dropped_and_counted() {
        let (traces, batches) = Traces::new(100);
        drop(batches);
        traces.delivery("record", "route").end(Vec::new(), None);
        assert_eq!((traces.dropped(), traces.dropped()), (1, 0));
        let (traces, batches) = Traces::new(0);
        drop(batches);
        traces.delivery("record", "route").end(Vec::new(), None);
        assert_eq!(traces.dropped(), 0, "it is not among the share");
    }
}
