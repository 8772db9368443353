//! Devices that enter and leave service: statements and figures count by it, so each change is kept with the change itself.

use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::Ordering},
};

use champollion_frames::DevEui;
use champollion_service::{
    quality::{FirstHeard, MemberState, forget_first_day, note_member},
    statements::{ServiceState, note_change},
};
use champollion_store::{Batch, TableError};
use jiff::Timestamp;

use super::{Device, Devices};

/// Notes in a batch what a device was counted as, and what it is counted as from now on.
pub(super) fn note(
    batch: &mut Batch,
    dev_eui: DevEui,
    (before, after): (Option<&Device>, Option<&Device>),
) -> Result<(), TableError> {
    let now = Timestamp::now();
    if before.is_none() {
        forget_first_day(batch, dev_eui);
    }
    let states = (before.map(ServiceState::from), after.map(ServiceState::from));
    note_change(batch, dev_eui, states, now)?;
    note_member(batch, dev_eui, (before.map(MemberState::from), after.map(MemberState::from)), now)
}

impl From<&Device> for MemberState {
    fn from(device: &Device) -> Self {
        Self {
            group: device.group.clone(),
            sub_group: device.sub_group.clone(),
            use_case: device.use_case.clone(),
            life_cycle: device.object.life_cycle,
        }
    }
}

impl From<&Device> for ServiceState {
    fn from(device: &Device) -> Self {
        Self {
            group: device.group.clone(),
            use_case: device.use_case.clone(),
            in_service: device.object.is_in_service(),
        }
    }
}

impl Devices {
    /// The days on which devices were first heard since they were registered.
    pub(crate) fn first_heard(&self) -> &Arc<FirstHeard> {
        &self.first_heard
    }

    /// Returns the number of changes of what is registered, as far as they are known: while it stays, nothing has changed.
    pub(crate) fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    /// Returns what each device is counted as now. All devices are gone through.
    pub(crate) fn service_states(&self) -> BTreeMap<DevEui, ServiceState> {
        self.in_order(None, None).map(|device| (device.dev_eui, (&*device).into())).collect()
    }
}
