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
    pub(crate) traces: &'of Traces,
    pub(crate) context: TraceContext,
    pub(crate) parent: Option<SpanId>,
    pub(crate) name: &'static str,
    pub(crate) role: Role,
    pub(crate) began: Timestamp,
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
