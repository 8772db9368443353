//! Work on a record that is under way, and becomes a span at its end.

use jiff::Timestamp;

use crate::{
    context::{SpanId, TraceContext, span_id},
    span::{Role, Span},
    traces::Traces,
};

/// Work on a record that is under way.
#[derive(Clone, Copy, Debug)]
pub struct Work<'of> {
    traces: &'of Traces,
    context: TraceContext,
    parent: Option<SpanId>,
    name: &'static str,
    role: Role,
    began: Timestamp,
}

impl Traces {
    /// Begins the ingest of a record at a moment, for a caller that may have a trace of its own. To be called before
    /// the record can be seen, so that its deliveries are in the trace of the caller.
    pub fn ingest(&self, record: &str, caller: Option<TraceContext>, began: Timestamp) -> Work<'_> {
        if let Some(caller) = caller {
            self.remember(record, caller);
        }
        let (context, parent) = self.place(record);
        Work { traces: self, context, parent, name: "ingest", role: Role::Server, began }
    }

    /// Begins the delivery of a record to the recipient of a route.
    pub fn delivery(&self, record: &str, route: &str) -> Work<'_> {
        let (ingest, _) = self.place(record);
        let began = Timestamp::now();
        let context = ingest.at(span_id(&[record, route, &began.as_nanosecond().to_string()]));
        let (name, role, parent) = ("deliver", Role::Client, Some(ingest.span));
        Work { traces: self, context, parent, name, role, began }
    }
}

impl Work<'_> {
    /// The place in the trace, to be handed on to those who are asked.
    #[must_use]
    pub fn context(&self) -> TraceContext {
        self.context
    }

    /// Tells of a step of this work that has come to its end.
    pub fn step(&self, name: &'static str, began: Timestamp) {
        let own = data_encoding::HEXLOWER.encode(&self.context.span);
        let context = self.context.at(span_id(&[&own, name]));
        self.traces.tell(Span {
            context,
            parent: Some(self.context.span),
            name,
            role: Role::Internal,
            began,
            ended: Timestamp::now(),
            attributes: Vec::new(),
            error: None,
        });
    }

    /// Tells that this work has come to its end; `error` says why it failed.
    pub fn end(self, attributes: Vec<(&'static str, String)>, error: Option<String>) {
        let Self { traces, context, parent, name, role, began } = self;
        let ended = Timestamp::now();
        traces.tell(Span { context, parent, name, role, began, ended, attributes, error });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALLER: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_delivery_is_in_the_trace_of_its_record_and_below_its_ingest() {
        let (traces, _batches) = Traces::new(100);
        let ingest = traces.ingest("record", None, Timestamp::now());
        let delivery = traces.delivery("record", "route");
        assert_eq!(ingest.context.trace, delivery.context.trace);
        assert_eq!(delivery.parent, Some(ingest.context.span));
        assert_ne!(delivery.context.span, ingest.context.span);
        assert_eq!(ingest.parent, None);
    }

    #[test]
    fn the_trace_of_a_caller_goes_on() {
        let caller = TraceContext::parse(CALLER).unwrap();
        // The caller has decided that the trace is kept, whatever the share.
        let (traces, _batches) = Traces::new(0);
        let ingest = traces.ingest("record", Some(caller), Timestamp::now());
        assert_eq!((ingest.context.trace, ingest.parent), (caller.trace, Some(caller.span)));
        let delivery = traces.delivery("record", "route");
        assert_eq!(delivery.context.trace, caller.trace);
        assert!(delivery.context.is_sampled);
    }
}
