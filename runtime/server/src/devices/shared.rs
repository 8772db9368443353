//! Parts of devices that many have alike, each held once: a million devices are in memory, and most have the decoder, the
//! group and the kind of their neighbours.

use std::{
    collections::{BTreeMap, HashSet},
    fmt,
    hash::Hash,
    ops::Deref,
    sync::{Arc, LazyLock},
};

use champollion_delivery::names::{GroupId, SubGroup, UseCase};
use champollion_lns::NetworkServerName;
use champollion_sdk::vectors::Setting;
use indexmap::IndexMap;
use parking_lot::Mutex;
use serde::{Serialize, Serializer};

use super::{Assignment, Device};

/// Parts of one kind that are held at once. Beyond them the collection begins anew: nothing but memory depends on it, and
/// what devices have no longer is forgotten so.
const PARTS: usize = 1 << 16;

/// A value that several devices hold together. It is one pointer wide, and copied without its content; one that says
/// nothing takes no memory.
#[derive(PartialEq, Eq, Hash)]
pub struct Shared<T>(Option<Arc<T>>);

/// A part of a device that may say nothing.
pub trait Part: PartialEq + Sized + 'static {
    /// Returns the value that says nothing.
    fn nothing() -> &'static Self;
}

impl Part for Assignment {
    fn nothing() -> &'static Self {
        static NOTHING: LazyLock<Assignment> = LazyLock::new(Assignment::default);
        &NOTHING
    }
}

impl Part for IndexMap<String, Setting> {
    fn nothing() -> &'static Self {
        static NOTHING: LazyLock<IndexMap<String, Setting>> = LazyLock::new(IndexMap::new);
        &NOTHING
    }
}

impl Part for BTreeMap<String, String> {
    fn nothing() -> &'static Self {
        static NOTHING: BTreeMap<String, String> = BTreeMap::new();
        &NOTHING
    }
}

/// The parts that devices in memory hold together.
#[derive(Default)]
pub(super) struct Alike(Mutex<Parts>);

#[derive(Default)]
struct Parts {
    groups: HashSet<GroupId>,
    sub_groups: HashSet<SubGroup>,
    use_cases: HashSet<UseCase>,
    network_servers: HashSet<NetworkServerName>,
    assignments: HashSet<Shared<Assignment>>,
    tags: HashSet<Shared<BTreeMap<String, String>>>,
}

impl<T> Shared<T> {
    /// Whether both are one value in memory.
    #[cfg(test)]
    fn is_one_with(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (one, other) => one.is_none() && other.is_none(),
        }
    }
}

impl<T: Part> From<T> for Shared<T> {
    fn from(value: T) -> Self {
        Self((value != *T::nothing()).then(|| Arc::new(value)))
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: Part> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        match &self.0 {
            Some(value) => value,
            None => T::nothing(),
        }
    }
}

impl<T: Part + fmt::Debug> fmt::Debug for Shared<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        T::fmt(self, formatter)
    }
}

impl<T: Part + Serialize> Serialize for Shared<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        T::serialize(self, serializer)
    }
}

impl Alike {
    /// Has a device hold its parts together with the devices before that have the same.
    pub(super) fn share(&self, device: &mut Device) {
        let mut parts = self.0.lock();
        share(&mut parts.groups, &mut device.group);
        share_any(&mut parts.sub_groups, &mut device.sub_group);
        share_any(&mut parts.use_cases, &mut device.use_case);
        share_any(&mut parts.network_servers, &mut device.network_server);
        share(&mut parts.assignments, &mut device.assignment);
        share(&mut parts.tags, &mut device.tags);
    }
}

fn share<T: Clone + Eq + Hash>(parts: &mut HashSet<T>, part: &mut T) {
    if let Some(held) = parts.get(part) {
        *part = held.clone();
        return;
    }
    if parts.len() >= PARTS {
        parts.clear();
    }
    parts.insert(part.clone());
}

fn share_any<T: Clone + Eq + Hash>(parts: &mut HashSet<T>, part: &mut Option<T>) {
    if let Some(part) = part {
        share(parts, part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(tag: &str) -> Device {
        let json = serde_json::json!({
            "devEui": "70B3D5499A000001", "name": "", "group": "water", "decoder": "acme/meter@^1",
            "tags": { "street": tag },
        });
        Device::of_stored(json).unwrap()
    }

    #[test]
    fn what_devices_have_alike_is_held_once() {
        let alike = Alike::default();
        let (mut one, mut two, mut three) = (device("a"), device("a"), device("b"));
        let before = [one.clone(), two.clone(), three.clone()];
        assert!(!one.assignment.is_one_with(&two.assignment));
        for device in [&mut one, &mut two, &mut three] {
            alike.share(device);
        }
        assert!(std::ptr::eq(one.group.as_str(), two.group.as_str()));
        assert!(one.assignment.is_one_with(&three.assignment));
        assert!(one.variables.is_one_with(&two.variables));
        assert!(one.tags.is_one_with(&two.tags) && !one.tags.is_one_with(&three.tags));
        assert_eq!([one, two, three], before, "they say what they said");
    }

    #[test]
    fn a_bounded_number_of_parts_is_held() {
        let mut parts = HashSet::new();
        for number in 0..=PARTS {
            let mut part = number;
            share(&mut parts, &mut part);
        }
        assert_eq!(parts.len(), 1);
    }

    /// A million devices take so many bytes each, with what the allocator adds to 256.
    #[test]
    fn a_device_is_small() {
        let counts_of_arc = 2 * size_of::<usize>();
        assert!(size_of::<Device>() + counts_of_arc <= 256, "{}", size_of::<Device>());
    }
}
