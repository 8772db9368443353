//! Instructions to the worker of a route, and its means.

use std::sync::Arc;

use champollion_frames::DevEui;
use champollion_store::Sequence;

use crate::{destinations::Recipient, routes::Route};

/// An instruction to the worker of a route.
pub(crate) enum WorkerCommand {
    /// The route was changed.
    Change(Box<WorkerContext>),
    /// The recipient is to be asked again now.
    TryNow,
    /// Records up to this one were removed, since their time was over.
    Expired(Sequence),
    /// A record of a device is not handed over any more.
    Skipped(DevEui, Sequence),
}

/// With what a route is worked on.
pub(crate) struct WorkerContext {
    pub(crate) route: Arc<Route>,
    pub(crate) recipient: Arc<dyn Recipient>,
    /// Most records in one parcel.
    pub(crate) batch: usize,
    /// Most parcels at once.
    pub(crate) concurrency: usize,
}
