//! The commands that wait for one network server.
//!
//! Groups take turns, so that one with ten thousand commands delays another's by one command. Only urgent
//! commands go before those of other groups, and only groups that may send them have any. Within a group the
//! order is that of the priorities, and then of time; the commands of one device go one after another.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::Bound,
};

use champollion_delivery::names::GroupId;
use champollion_frames::DevEui;
use champollion_lns::Priority;
use uuid::Uuid;

use super::Downlink;

/// The commands that wait for one network server, group by group.
#[derive(Default)]
pub(super) struct Queue {
    groups: BTreeMap<GroupId, OfGroup>,
}

/// The commands of one group.
#[derive(Default)]
struct OfGroup {
    devices: HashMap<DevEui, BTreeSet<Place>>,
    /// The first of each device: all others wait for it.
    firsts: BTreeSet<Place>,
}

/// A command's place in the queue of its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    priority: Priority,
    pub(super) id: Uuid,
    pub(super) dev_eui: DevEui,
}

/// The commands that a look at the queue is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Those of the priority high.
    Urgent,
    /// Those of all other priorities.
    Others,
}

impl Wanted {
    fn includes(self, place: &Place) -> bool {
        (place.priority == Priority::High) == (self == Self::Urgent)
    }
}

impl Ord for Place {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.priority, self.id).cmp(&(other.priority, other.id))
    }
}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Place {
    fn of(downlink: &Downlink) -> Self {
        Self { priority: downlink.priority, id: downlink.id, dev_eui: downlink.dev_eui }
    }
}

impl Queue {
    pub(super) fn insert(&mut self, downlink: &Downlink) {
        let place = Place::of(downlink);
        let group = self.groups.entry(downlink.group.clone()).or_default();
        group.change(place.dev_eui, |commands| commands.insert(place));
    }

    pub(super) fn remove(&mut self, downlink: &Downlink) {
        let place = Place::of(downlink);
        let Some(group) = self.groups.get_mut(&downlink.group) else { return };
        group.change(place.dev_eui, |commands| commands.remove(&place));
        if group.devices.is_empty() {
            self.groups.remove(&downlink.group);
        }
    }

    /// The next command that is ready, of the group whose turn it is after `last`.
    pub(super) fn next(
        &self,
        last: Option<&GroupId>,
        wanted: Wanted,
        is_ready: impl Fn(&Place) -> bool,
    ) -> Option<(GroupId, Place)> {
        let begin = last.map_or(Bound::Unbounded, Bound::Excluded);
        let end = last.map_or(Bound::Unbounded, Bound::Included);
        let later = self.groups.range::<GroupId, _>((begin, Bound::Unbounded));
        let earlier = self.groups.range::<GroupId, _>((Bound::Unbounded, end));
        // Without a last one, the second round finds what the first one did not, which is nothing.
        later.chain(earlier).find_map(|(group, own)| {
            let mut all = own.firsts.iter().filter(|place| wanted.includes(place));
            all.find(|place| is_ready(place)).map(|place| (group.clone(), *place))
        })
    }
}

impl OfGroup {
    /// Changes the commands of a device, and keeps its first among the firsts.
    fn change(&mut self, dev_eui: DevEui, change: impl FnOnce(&mut BTreeSet<Place>) -> bool) {
        let commands = self.devices.entry(dev_eui).or_default();
        let before = commands.first().copied();
        change(commands);
        let after = commands.first().copied();
        if commands.is_empty() {
            self.devices.remove(&dev_eui);
        }
        if before != after {
            if let Some(before) = before {
                self.firsts.remove(&before);
            }
            self.firsts.extend(after);
        }
    }
}

#[cfg(test)]
mod tests {
    use champollion_lns::Priority::{High, Low, Normal};

    use super::*;
    use crate::downlinks::downlink::tests::downlink;

    fn with(id: u128, group: &str, device: u8, priority: Priority) -> Downlink {
        let dev_eui = DevEui::from_be_bytes([0, 0, 0, 0, 0, 0, 0, device]);
        Downlink { group: group.parse().unwrap(), dev_eui, priority, ..downlink(id) }
    }

    /// Takes all of a queue, urgent ones first.
    fn taken(all: &[Downlink]) -> Vec<u128> {
        let mut queue = Queue::default();
        all.iter().for_each(|downlink| queue.insert(downlink));
        let (mut last, mut ids) = (None, Vec::new());
        while let Some((group, place)) = queue
            .next(last.as_ref(), Wanted::Urgent, |_| true)
            .or_else(|| queue.next(last.as_ref(), Wanted::Others, |_| true))
        {
            last = Some(group);
            ids.push(place.id.as_u128());
            let own = all.iter().find(|downlink| downlink.id == place.id).unwrap();
            queue.remove(own);
        }
        assert!(queue.groups.is_empty());
        ids
    }

    #[test]
    fn groups_take_turns() {
        let all = [
            with(1, "a", 1, Normal),
            with(2, "a", 2, Normal),
            with(3, "a", 3, Normal),
            with(4, "b", 4, Normal),
            with(5, "c", 5, Low),
            with(6, "c", 6, Normal),
        ];
        assert_eq!(taken(&all), [1, 4, 6, 2, 5, 3]);
    }

    #[test]
    fn urgent_ones_go_before_those_of_all_groups() {
        let all = [with(1, "a", 1, Normal), with(2, "b", 2, High), with(3, "b", 3, Normal)];
        assert_eq!(taken(&all), [2, 1, 3]);
    }

    #[test]
    fn those_of_a_device_wait_for_its_first() {
        let all = [with(1, "a", 1, Normal), with(2, "a", 1, Normal), with(3, "a", 2, Low)];
        let mut queue = Queue::default();
        all.iter().for_each(|downlink| queue.insert(downlink));
        let busy = all[0].dev_eui;
        let next = queue.next(None, Wanted::Others, |place| place.dev_eui != busy);
        assert_eq!(next.map(|(_, place)| place.id.as_u128()), Some(3));
        queue.remove(&all[0]);
        let next = queue.next(None, Wanted::Others, |_| true);
        assert_eq!(next.map(|(_, place)| place.id.as_u128()), Some(2));
    }
}
