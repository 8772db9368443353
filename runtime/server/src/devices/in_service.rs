//! Devices that enter and leave service: statements count by it, so each change is kept with the change itself.

use std::collections::BTreeMap;

use champollion_frames::DevEui;
use champollion_service::statements::{ServiceState, note_change};
use champollion_store::{Batch, TableError};
use jiff::Timestamp;

use super::{Device, Devices};

/// Notes in a batch what a device was counted as, and what it is counted as from now on.
pub(super) fn note(
    batch: &mut Batch,
    dev_eui: DevEui,
    (before, after): (Option<&Device>, Option<&Device>),
) -> Result<(), TableError> {
    let states = (before.map(ServiceState::from), after.map(ServiceState::from));
    note_change(batch, dev_eui, states, Timestamp::now())
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
    /// Returns what each device is counted as now. All devices are gone through.
    pub(crate) fn service_states(&self) -> BTreeMap<DevEui, ServiceState> {
        self.in_order(None, None).map(|device| (device.dev_eui, (&*device).into())).collect()
    }
}
