//! The ingest of frames in the traces of their records.

use std::fmt::Display;

use champollion_delivery::records::Record;
use champollion_traces::{TraceContext, Work, active};
use jiff::Timestamp;

/// A record that is being kept, in its trace. Nothing where frames are not traced.
pub(super) struct TracedRecord(Option<(Work<'static>, Timestamp)>);

/// The moment at which a step begins, where frames are traced: the clock is not asked otherwise.
pub(super) fn moment() -> Option<Timestamp> {
    active().map(|_| Timestamp::now())
}

impl TracedRecord {
    /// Begins the trace of a record that was decoded and is to be kept. From here on its deliveries are in the trace of
    /// the caller, so this comes before the record can be seen.
    pub(super) fn begin(
        record: &Record,
        caller: Option<TraceContext>,
        began: Option<Timestamp>,
        decoding: Option<Timestamp>,
    ) -> Self {
        let (Some(traces), Some(decoding)) = (active(), decoding) else { return Self(None) };
        let began = began.unwrap_or(decoding);
        let work = traces.ingest(&record.id().to_string(), caller, began);
        work.step("decode", decoding);
        Self(Some((work, Timestamp::now())))
    }

    /// Tells of the end of the ingest, in the trace and in the log.
    pub(super) fn end<T, E: Display>(self, record: &Record, committed: &Result<T, E>) {
        let Some((work, committing)) = self.0 else { return };
        work.step("commit", committing);
        let (id, trace) = (record.id().to_string(), work.context().trace_id());
        let error = committed.as_ref().err().map(ToString::to_string);
        match &error {
            None => tracing::debug!(record = id, trace, "kept"),
            Some(why) => tracing::debug!(record = id, trace, why, "not kept"),
        }
        let attributes = vec![
            ("record", id),
            ("group", record.group().to_string()),
            ("decoded", record.is_decoded().to_string()),
        ];
        work.end(attributes, error);
    }
}
