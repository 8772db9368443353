//! The devices of each group, in the order of their DevEUIs: counted, and listed page by page without a look at those of
//! other groups; and the parts of the group that they are in.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, binary_heap::PeekMut, btree_set},
    mem,
    ops::Bound,
};

use champollion_delivery::names::{GroupId, SubGroup, UseCase};
use champollion_frames::DevEui;

use super::Device;

/// The devices of each group. A group without devices takes no memory.
#[derive(Debug, Default)]
pub(super) struct OfGroups(HashMap<GroupId, OfGroup>);

/// The devices of a group, and how many of them are in each part of it.
#[derive(Debug, Default)]
struct OfGroup {
    devices: BTreeSet<DevEui>,
    sub_groups: Counts<SubGroup>,
    use_cases: Counts<UseCase>,
}

impl OfGroup {
    /// The devices after one.
    fn after(&self, after: Option<DevEui>) -> btree_set::Range<'_, DevEui> {
        let begin = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.devices.range((begin, Bound::Unbounded))
    }
}

/// Parts, each with the number of devices that are in it, which is one at least.
#[derive(Debug)]
struct Counts<Part>(BTreeMap<Part, usize>);

impl<Part> Default for Counts<Part> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<Part: Clone + Ord> Counts<Part> {
    fn add(&mut self, part: Option<&Part>) {
        let Some(part) = part else { return };
        match self.0.get_mut(part) {
            Some(count) => *count += 1,
            None => drop(self.0.insert(part.clone(), 1)),
        }
    }

    fn take(&mut self, part: Option<&Part>) {
        let Some(part) = part else { return };
        match self.0.get_mut(part) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(self.0.remove(part)),
        }
    }

    fn first(&self, limit: usize) -> Vec<Part> {
        self.0.keys().take(limit).cloned().collect()
    }
}

/// The group of a device, and the parts of it that the device is in.
fn place(device: &Device) -> (&GroupId, Option<&SubGroup>, Option<&UseCase>) {
    (&device.group, device.sub_group.as_ref(), device.use_case.as_ref())
}

impl OfGroups {
    /// Has a device where it is now, and no longer where it was before.
    pub(super) fn change(&mut self, before: Option<&Device>, now: Option<&Device>) {
        // Each join makes a device known anew, nearly always at the same place.
        if before.map(place) == now.map(place) {
            return;
        }
        if let Some(device) = before {
            self.take(device);
        }
        if let Some(device) = now {
            self.add(device);
        }
    }

    fn add(&mut self, device: &Device) {
        let of_group = self.0.entry(device.group.clone()).or_default();
        of_group.devices.insert(device.dev_eui);
        of_group.sub_groups.add(device.sub_group.as_ref());
        of_group.use_cases.add(device.use_case.as_ref());
    }

    fn take(&mut self, device: &Device) {
        let Some(of_group) = self.0.get_mut(&device.group) else { return };
        of_group.devices.remove(&device.dev_eui);
        of_group.sub_groups.take(device.sub_group.as_ref());
        of_group.use_cases.take(device.use_case.as_ref());
        if of_group.devices.is_empty() {
            self.0.remove(&device.group);
        }
    }

    /// The number of devices of a group.
    pub(super) fn count(&self, group: &GroupId) -> usize {
        self.0.get(group).map_or(0, |of_group| of_group.devices.len())
    }

    /// The groups that have devices.
    pub(super) fn groups(&self) -> impl Iterator<Item = &GroupId> {
        self.0.keys()
    }

    /// The sub-groups and the use cases that devices of a group have, in order, at most `limit` of each.
    pub(super) fn parts(&self, group: &GroupId, limit: usize) -> (Vec<SubGroup>, Vec<UseCase>) {
        let Some(of_group) = self.0.get(group) else { return (Vec::new(), Vec::new()) };
        (of_group.sub_groups.first(limit), of_group.use_cases.first(limit))
    }

    /// The first devices after one, in the order of their DevEUIs: of some groups, or of all. It costs by the groups and by
    /// what is found.
    pub(super) fn first_after(
        &self,
        groups: Option<&BTreeSet<GroupId>>,
        after: Option<DevEui>,
        limit: usize,
    ) -> Vec<DevEui> {
        let mut rests: Vec<btree_set::Range<'_, DevEui>> = match groups {
            Some(groups) => {
                let known = groups.iter().filter_map(|group| self.0.get(group));
                known.map(|of_group| of_group.after(after)).collect()
            }
            None => self.0.values().map(|of_group| of_group.after(after)).collect(),
        };
        // The next device of each group, the least of all on top.
        let next = |(group, rest): (usize, &mut btree_set::Range<'_, DevEui>)| {
            Some(Reverse((*rest.next()?, group)))
        };
        let mut next: BinaryHeap<_> = rests.iter_mut().enumerate().filter_map(next).collect();
        let mut first = Vec::new();
        while first.len() < limit
            && let Some(mut least) = next.peek_mut()
        {
            let Reverse((dev_eui, group)) = *least;
            first.push(dev_eui);
            match rests[group].next() {
                Some(later) => *least = Reverse((*later, group)),
                None => drop(PeekMut::pop(least)),
            }
        }
        first
    }

    /// Has the devices lie as close as they can. Put one after another in the order of their DevEUIs, as at the start, they
    /// leave nearly half of each node of their tree empty.
    pub(super) fn pack(&mut self) {
        for of_group in self.0.values_mut() {
            of_group.devices = mem::take(&mut of_group.devices).into_iter().collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(number: u64, group: &str, sub_group: &str) -> Device {
        let stored = serde_json::json!({
            "devEui": format!("{number:016X}"), "name": "", "group": group, "subGroup": sub_group,
            "useCase": "metering",
        });
        Device::of_stored(stored).unwrap()
    }

    #[test]
    fn devices_are_listed_and_counted_by_group() {
        let [water, light]: [GroupId; 2] = ["water", "light"].map(|name| name.parse().unwrap());
        let dev_eui = |number: u64| DevEui::from_be_bytes(number.to_be_bytes());
        let mut groups = OfGroups::default();
        for number in [3, 1, 2] {
            groups.change(None, Some(&device(number, "water", "north")));
        }
        let same = device(3, "water", "north");
        groups.change(Some(&same), Some(&same));
        let lamp = device(4, "light", "north");
        groups.change(None, Some(&lamp));
        assert_eq!((groups.count(&water), groups.count(&light)), (3, 1));
        let of_water = BTreeSet::from([water.clone()]);
        for packed in [false, true] {
            if packed {
                groups.pack();
            }
            let first = |of: Option<&BTreeSet<GroupId>>, after: Option<u64>, limit| {
                groups.first_after(of, after.map(dev_eui), limit)
            };
            assert_eq!(first(Some(&of_water), None, 9), [1, 2, 3].map(dev_eui));
            assert_eq!(first(Some(&of_water), Some(1), 9), [2, 3].map(dev_eui));
            assert_eq!(first(Some(&of_water), Some(9), 9), []);
            assert_eq!(first(Some(&BTreeSet::new()), None, 9), []);
            assert_eq!(first(None, None, 9), [1, 2, 3, 4].map(dev_eui));
            assert_eq!(first(None, Some(2), 1), [dev_eui(3)]);
            assert_eq!(first(None, None, 0), []);
        }
        groups.change(Some(&lamp), None);
        assert_eq!((groups.count(&light), groups.groups().count()), (0, 1));
    }

    #[test]
    fn a_group_has_the_parts_that_its_devices_are_in() {
        let water: GroupId = "water".parse().unwrap();
        let mut groups = OfGroups::default();
        let (one, two) = (device(1, "water", "north"), device(2, "water", "north"));
        groups.change(None, Some(&one));
        groups.change(None, Some(&two));
        let parts = |groups: &OfGroups, limit| {
            let (sub_groups, use_cases) = groups.parts(&water, limit);
            (sub_groups.iter().map(ToString::to_string).collect::<Vec<_>>(), use_cases.len())
        };
        assert_eq!(parts(&groups, 9), (vec!["north".to_owned()], 1));
        let moved = device(1, "water", "east");
        groups.change(Some(&one), Some(&moved));
        assert_eq!(parts(&groups, 9), (vec!["east".to_owned(), "north".to_owned()], 1));
        assert_eq!(parts(&groups, 1), (vec!["east".to_owned()], 1));
        groups.change(Some(&two), Some(&device(2, "light", "north")));
        assert_eq!(parts(&groups, 9), (vec!["east".to_owned()], 1));
        groups.change(Some(&moved), None);
        assert_eq!(parts(&groups, 9), (vec![], 0));
    }
}
