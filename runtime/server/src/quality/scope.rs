//! The objects that a question about figures is about.

use std::{collections::BTreeSet, sync::Arc};

use champollion_fleet::names::{GroupId, SubGroup, UseCase};
use champollion_frames::DevEui;

use super::Quality;
use crate::devices::{Device, Devices};

/// The groups that are asked about, and the parts of one of them that count.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Scope {
    /// The groups; all of them where there is none.
    pub(crate) groups: Option<BTreeSet<GroupId>>,
    /// The only sub-groups that count; all where it is empty.
    pub(crate) sub_groups: Vec<SubGroup>,
    /// The only use case that counts.
    pub(crate) use_case: Option<UseCase>,
}

impl Scope {
    /// The groups one by one, in the order of their names.
    pub(crate) fn groups(&self, quality: &Quality) -> Vec<GroupId> {
        match &self.groups {
            Some(groups) => groups.iter().cloned().collect(),
            None => quality.groups(),
        }
    }

    /// The devices that are asked about, in the order of their DevEUIs, from the one after `after` on.
    pub(crate) fn devices<'of>(
        &'of self,
        devices: &'of Devices,
        after: Option<DevEui>,
    ) -> impl Iterator<Item = Arc<Device>> {
        devices.in_order(self.groups.as_ref(), after).filter(|device| self.takes(device))
    }

    /// Whether a device is asked about.
    pub(crate) fn takes(&self, device: &Device) -> bool {
        let has_group = self.groups.as_ref().is_none_or(|groups| groups.contains(&device.group));
        let has_part = self.sub_groups.is_empty()
            || device.sub_group.as_ref().is_some_and(|own| self.sub_groups.contains(own));
        has_group && has_part && (self.use_case.is_none() || device.use_case == self.use_case)
    }
}
