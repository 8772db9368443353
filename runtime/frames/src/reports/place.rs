//! The place of one device among those whose uplinks are reported, shared by the table and by a claim that
//! is pending.

use std::sync::Arc;

use parking_lot::Mutex;

use super::{
    seen::{Arriving, Seen},
    state::ReportState,
};
use crate::{address::DevEui, refusal::Refusal, uplink::Arrival};

/// A device's place: how far it has come, under a lock of its own.
#[derive(Debug, Clone, Default)]
pub(super) struct Place(Arc<Mutex<Progress>>);

#[derive(Debug, Default)]
struct Progress {
    state: ReportState,
    /// The FCnt of an uplink that was accepted and is not durable yet.
    pending: Option<u32>,
}

/// A device's place, held by one uplink until it is kept or dropped.
#[derive(Debug)]
pub(crate) struct ReportHold {
    place: Place,
    previous_state: ReportState,
    next_state: ReportState,
    kept: bool,
}

impl Place {
    pub(super) fn new(state: ReportState) -> Self {
        Self(Arc::new(Mutex::new(Progress { state, pending: None })))
    }

    pub(super) fn state(&self) -> ReportState {
        self.0.lock().state.clone()
    }

    /// Holds the place for an uplink that was not taken yet, and says how it comes after those before.
    pub(super) fn take(
        self,
        dev_eui: DevEui,
        arriving: &Arriving,
    ) -> Result<(Arrival, ReportHold), Refusal> {
        let seen @ Seen { f_cnt, .. } = arriving.seen;
        let mut progress = self.0.lock();
        if progress.state.remembers(arriving) {
            return Err(Refusal::Duplicate { dev_eui, f_cnt });
        }
        if let Some(pending) = progress.pending {
            return Err(Refusal::InFlight { dev_eui, f_cnt, pending });
        }
        let arrival = progress.state.arrival(&seen);
        let next_state = progress.state.after(seen);
        let previous_state = progress.state.clone();
        progress.pending = Some(f_cnt);
        drop(progress);
        Ok((arrival, ReportHold { place: self, previous_state, next_state, kept: false }))
    }
}

impl ReportHold {
    pub(crate) fn previous_state(&self) -> &ReportState {
        &self.previous_state
    }

    pub(crate) fn next_state(&self) -> &ReportState {
        &self.next_state
    }

    pub(crate) fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for ReportHold {
    fn drop(&mut self) {
        let mut progress = self.place.0.lock();
        progress.pending = None;
        if self.kept {
            progress.state = std::mem::take(&mut self.next_state);
        }
    }
}
