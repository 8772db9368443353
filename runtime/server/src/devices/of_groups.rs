//! The devices of each group, in the order of their DevEUIs: counted, and listed page by page without a look at those of
//! other groups.

use std::{
    collections::{BTreeSet, HashMap},
    ops::Bound,
};

use champollion_delivery::names::GroupId;
use champollion_frames::DevEui;

/// The devices of each group. A group without devices takes no memory.
#[derive(Debug, Default)]
pub(super) struct OfGroups(HashMap<GroupId, BTreeSet<DevEui>>);

impl OfGroups {
    /// Has a device in a group.
    pub(super) fn add(&mut self, group: &GroupId, dev_eui: DevEui) {
        match self.0.get_mut(group) {
            Some(devices) => drop(devices.insert(dev_eui)),
            None => drop(self.0.insert(group.clone(), BTreeSet::from([dev_eui]))),
        }
    }

    /// Has a device in a group no longer.
    pub(super) fn take(&mut self, group: &GroupId, dev_eui: DevEui) {
        let Some(devices) = self.0.get_mut(group) else { return };
        devices.remove(&dev_eui);
        if devices.is_empty() {
            self.0.remove(group);
        }
    }

    /// The number of devices of a group.
    pub(super) fn count(&self, group: &GroupId) -> usize {
        self.0.get(group).map_or(0, BTreeSet::len)
    }

    /// The groups that have devices.
    pub(super) fn groups(&self) -> impl Iterator<Item = &GroupId> {
        self.0.keys()
    }

    /// The devices of a group after one.
    pub(super) fn after(
        &self,
        group: &GroupId,
        after: Option<DevEui>,
    ) -> impl Iterator<Item = DevEui> {
        let begin = after.map_or(Bound::Unbounded, Bound::Excluded);
        let devices = self.0.get(group).into_iter();
        devices.flat_map(move |devices| devices.range((begin, Bound::Unbounded))).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_listed_and_counted_by_group() {
        let [water, light]: [GroupId; 2] = ["water", "light"].map(|name| name.parse().unwrap());
        let device = |number: u64| DevEui::from_be_bytes(number.to_be_bytes());
        let mut groups = OfGroups::default();
        for number in [3, 1, 2, 3] {
            groups.add(&water, device(number));
        }
        groups.add(&light, device(4));
        assert_eq!((groups.count(&water), groups.count(&light)), (3, 1));
        let after = |after: Option<u64>| -> Vec<DevEui> {
            groups.after(&water, after.map(device)).collect()
        };
        assert_eq!(after(None), [1, 2, 3].map(device));
        assert_eq!(after(Some(1)), [2, 3].map(device));
        assert_eq!(after(Some(9)), []);
        groups.take(&light, device(4));
        groups.take(&light, device(4));
        assert_eq!((groups.count(&light), groups.groups().count()), (0, 1));
    }
}
