//! The objects of a group as the promise is about them.

use std::collections::BTreeSet;

use champollion_fleet::names::GroupId;
use champollion_service::quality::{Member, Standing};

use crate::devices::{Device, Devices};

/// Returns the standing of a device.
pub(crate) fn standing(devices: &Devices, device: &Device, has_notice: bool) -> Standing {
    let was_heard = devices.last_heard(device.dev_eui).is_some();
    Standing::of(device.object.life_cycle, was_heard, has_notice)
}

/// Returns the objects of a group.
pub(super) fn of_group(
    devices: &Devices,
    group: &GroupId,
    has_notice: impl Fn(&Device) -> bool,
) -> Vec<Member> {
    let of_group = BTreeSet::from([group.clone()]);
    let member = |device: &Device| Member {
        dev_eui: device.dev_eui,
        sub_group: device.sub_group.clone(),
        use_case: device.use_case.clone(),
        standing: standing(devices, device, has_notice(device)),
    };
    devices.in_order(Some(&of_group), None).map(|device| member(&device)).collect()
}
