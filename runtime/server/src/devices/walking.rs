//! Devices gone through in the order of their DevEUIs, in stretches: no lock is held for longer than one of them takes,
//! whatever the number of all, since each frame looks up its device and waits behind who waits to change one.
//!
//! A device that changes meanwhile is found as it was or as it is. Who goes through all devices of a group or of the
//! territory for a request does so on a thread of [expensive](crate::expensive) requests.

use std::{collections::BTreeSet, iter, sync::Arc};

use champollion_delivery::names::GroupId;
use champollion_frames::DevEui;

use super::{Device, Devices};

/// Devices that are looked up while the locks are held: a millisecond.
const STRETCH: usize = 4_096;

/// Devices of the first stretch where only a few are wanted.
const LEAST: usize = 64;

impl Devices {
    /// Goes through the devices of some groups, or of all, from the one after `after` on.
    pub(crate) fn in_order<'of>(
        &'of self,
        groups: Option<&'of BTreeSet<GroupId>>,
        after: Option<DevEui>,
    ) -> impl Iterator<Item = Arc<Device>> {
        self.in_stretches(groups, after, STRETCH)
    }

    /// The same for somebody who takes few of them, as far as is known.
    fn in_stretches<'of>(
        &'of self,
        groups: Option<&'of BTreeSet<GroupId>>,
        after: Option<DevEui>,
        few: usize,
    ) -> impl Iterator<Item = Arc<Device>> {
        let mut next = Some((after, few.clamp(LEAST, STRETCH)));
        let stretches = iter::from_fn(move || {
            let (after, size) = next?;
            let stretch = self.of_groups.lock().first_after(groups, after, size);
            next = stretch.last().filter(|_| stretch.len() == size).map(|last| {
                // Whoever wants more than a few wants many.
                (Some(*last), (size * 4).min(STRETCH))
            });
            let known = self.known.read();
            let there = stretch.iter().filter_map(|dev_eui| known.get(*dev_eui));
            // One may have left its group since.
            let is_in =
                |device: &&Arc<Device>| groups.is_none_or(|groups| groups.contains(&device.group));
            Some(there.filter(is_in).cloned().collect::<Vec<_>>())
        });
        stretches.flatten()
    }

    /// Devices that a filter lets through, in the order of their DevEUIs: those after `after`, at most `limit`.
    #[must_use]
    pub fn page(
        &self,
        filter: impl Fn(&Device) -> bool,
        after: Option<DevEui>,
        limit: usize,
    ) -> Vec<Arc<Device>> {
        self.page_in(None, filter, after, limit)
    }

    /// Devices of some groups that a filter lets through, in the order of their DevEUIs: those after `after`, at most
    /// `limit`. Devices of other groups are not looked at.
    #[must_use]
    pub fn page_of(
        &self,
        groups: &BTreeSet<GroupId>,
        filter: impl Fn(&Device) -> bool,
        after: Option<DevEui>,
        limit: usize,
    ) -> Vec<Arc<Device>> {
        self.page_in(Some(groups), filter, after, limit)
    }

    /// The same of some groups, or of all.
    pub(crate) fn page_in(
        &self,
        groups: Option<&BTreeSet<GroupId>>,
        filter: impl Fn(&Device) -> bool,
        after: Option<DevEui>,
        limit: usize,
    ) -> Vec<Arc<Device>> {
        let devices = self.in_stretches(groups, after, limit);
        devices.filter(|device| filter(device)).take(limit).collect()
    }

    /// All devices of a group that a filter lets through, in the order of their DevEUIs.
    #[must_use]
    pub fn of_group(&self, group: &GroupId, filter: impl Fn(&Device) -> bool) -> Vec<Arc<Device>> {
        self.page_of(&BTreeSet::from([group.clone()]), filter, None, usize::MAX)
    }
}

#[cfg(test)]
mod tests {
    use champollion_store::{SledOptions, SledStore};

    use super::*;

    async fn devices(folder: &std::path::Path) -> Devices {
        let store = SledStore::open(&SledOptions::new(folder.join("store"))).unwrap();
        Devices::open(Arc::new(store)).await.unwrap()
    }

    fn device(number: u64, group: &str) -> Device {
        let stored =
            serde_json::json!({ "devEui": format!("{number:016X}"), "name": "", "group": group });
        Device::of_stored(stored).unwrap()
    }

    fn numbers(devices: impl IntoIterator<Item = Arc<Device>>) -> Vec<u64> {
        let number = |device: Arc<Device>| u64::from_be_bytes(device.dev_eui.to_be_bytes());
        devices.into_iter().map(number).collect()
    }

    #[tokio::test]
    async fn devices_of_several_groups_come_in_one_order_stretch_by_stretch() {
        let folder = tempfile::tempdir().unwrap();
        let devices = devices(folder.path()).await;
        // More than a stretch of each, in turns.
        let all = u64::try_from(3 * STRETCH + 5).unwrap();
        for number in (1..=all).rev() {
            devices.know(device(
                number,
                ["water", "light", "heat"][usize::try_from(number % 3).unwrap()],
            ));
        }
        assert_eq!(numbers(devices.in_order(None, None)), (1..=all).collect::<Vec<_>>());
        let [water, light] = ["water", "light"].map(|name| name.parse::<GroupId>().unwrap());
        let two = BTreeSet::from([water.clone(), light]);
        let of_two: Vec<u64> = (1..=all).filter(|number| number % 3 != 2).collect();
        assert_eq!(numbers(devices.in_order(Some(&two), None)), of_two);
        let after = Some(DevEui::from_be_bytes(7_000_u64.to_be_bytes()));
        let later: Vec<u64> = of_two.iter().copied().filter(|number| *number > 7_000).collect();
        assert_eq!(numbers(devices.in_order(Some(&two), after)), later);
        let page = devices.page_of(&two, |device| device.group == water, after, 100);
        let wanted = later.iter().copied().filter(|number| number % 3 == 0).take(100);
        assert_eq!(numbers(page), wanted.collect::<Vec<_>>());
        assert_eq!(devices.of_group(&water, |_| true).len(), devices.count_of(&water));
        assert_eq!(numbers(devices.page(|_| true, None, 3)), [1, 2, 3]);
        assert!(devices.page(|_| true, None, 0).is_empty());
    }

    #[tokio::test]
    async fn a_device_that_leaves_its_group_meanwhile_is_no_longer_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let devices = devices(folder.path()).await;
        for number in 1..=200 {
            devices.know(device(number, "water"));
        }
        let water = BTreeSet::from(["water".parse::<GroupId>().unwrap()]);
        let mut walk = devices.in_stretches(Some(&water), None, 1);
        assert_eq!(walk.by_ref().take(LEAST).count(), LEAST);
        devices.know(device(150, "light"));
        devices.forget(DevEui::from_be_bytes(160_u64.to_be_bytes()));
        let rest = numbers(walk);
        assert_eq!(rest.len(), 200 - LEAST - 2);
        assert!(!rest.contains(&150) && !rest.contains(&160));
    }
}
