//! The table of all devices by their DevEUIs. Each entry is a pointer alone, since the device has its DevEUI: of a million
//! devices in a table that is half full a key beside each would take 16 MB more.

use std::{
    borrow::Borrow,
    collections::HashSet,
    hash::{Hash, Hasher},
    sync::Arc,
};

use champollion_frames::DevEui;

use super::Device;

/// All devices in memory, found by their DevEUIs.
#[derive(Default)]
pub(super) struct KnownDevices(HashSet<ByDevEui>);

/// A device that is told from others by its DevEUI.
struct ByDevEui(Arc<Device>);

impl Borrow<DevEui> for ByDevEui {
    fn borrow(&self) -> &DevEui {
        &self.0.dev_eui
    }
}

impl PartialEq for ByDevEui {
    fn eq(&self, other: &Self) -> bool {
        self.0.dev_eui == other.0.dev_eui
    }
}

impl Eq for ByDevEui {}

impl Hash for ByDevEui {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.dev_eui.hash(state);
    }
}

impl KnownDevices {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn get(&self, dev_eui: DevEui) -> Option<&Arc<Device>> {
        self.0.get(&dev_eui).map(|known| &known.0)
    }

    /// Puts a device in the place of the one before, which is returned.
    pub(super) fn insert(&mut self, device: Arc<Device>) -> Option<Arc<Device>> {
        self.0.replace(ByDevEui(device)).map(|before| before.0)
    }

    pub(super) fn remove(&mut self, dev_eui: DevEui) -> Option<Arc<Device>> {
        self.0.take(&dev_eui).map(|known| known.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_takes_the_place_of_the_one_before() {
        let device = |dev_eui: &str, name: &str| {
            let line = serde_json::json!({ "devEui": dev_eui, "name": name, "group": "water" });
            Arc::new(Device::of_stored(line).unwrap())
        };
        let [one, two] = ["70B3D5499A000001", "70B3D5499A000002"];
        let mut known = KnownDevices::default();
        assert!(known.insert(device(one, "a")).is_none());
        assert!(known.insert(device(two, "b")).is_none());
        let before = known.insert(device(one, "c")).unwrap();
        assert_eq!((before.name.as_str(), known.len()), ("a", 2));
        let dev_eui = one.parse().unwrap();
        assert_eq!(known.get(dev_eui).unwrap().name, "c");
        assert_eq!(known.remove(dev_eui).unwrap().name, "c");
        assert!(known.get(dev_eui).is_none() && known.remove(dev_eui).is_none());
        assert_eq!(known.len(), 1);
    }
}
