//! Traces of frames: one trace for each record, from the request that hands its frame over to the recipients that get
//! it. They leave as OpenTelemetry's protocol has them (OTLP, protobuf).
//!
//! Nothing is traced until [`start`] was called, and [`active`] is then one look at a pointer. A record has its trace by
//! its id alone, so that a delivery after a restart is in the same one; only the trace of a caller, which comes with the
//! request (W3C Trace Context), is remembered, for the latest records.

#![forbid(unsafe_code)]

mod batches;
mod callers;
mod context;
mod otlp;
mod span;
mod traces;
mod work;

pub use batches::{Batch, Batches};
pub use context::TraceContext;
pub use traces::{Traces, active, start};
pub use work::Work;
