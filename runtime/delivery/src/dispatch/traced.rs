//! Deliveries in the traces of their records.

use champollion_traces::{Work, active};

use crate::{
    destinations::{HandoverResult, Parcel, Verdict},
    names::RouteKey,
};

/// The records of a parcel that is on its way, each in its own trace. None where nothing is traced.
pub(super) struct TracedParcel(Vec<(String, Work<'static>)>);

impl TracedParcel {
    /// Begins the delivery of a parcel; the recipient goes on with the trace of its first record.
    pub(super) fn begin(parcel: &mut Parcel, route: &RouteKey) -> Self {
        let Some(traces) = active() else { return Self(Vec::new()) };
        let route = route.to_string();
        let begun = |id: &String| (id.clone(), traces.delivery(id, &route));
        let works: Vec<_> = parcel.records.iter().map(|record| begun(&record.id)).collect();
        parcel.trace = works.first().map(|(_, work)| work.context());
        Self(works)
    }

    /// Tells of the end of the delivery, in the traces and in the log.
    pub(super) fn end(self, route: &RouteKey, handed: &HandoverResult) {
        let error = (handed.verdict != Verdict::Taken).then(|| handed.message().to_owned());
        for (record, work) in self.0 {
            let trace = work.context().trace_id();
            match &error {
                None => tracing::debug!(%record, %trace, %route, "delivered"),
                Some(why) => tracing::debug!(%record, %trace, %route, why, "not delivered"),
            }
            let attributes = vec![("record", record), ("route", route.to_string())];
            work.end(attributes, error.clone());
        }
    }
}
