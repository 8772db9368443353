//! Things of devices, found by the DevEUI that each of them has. An entry is a pointer alone: of a million devices in a table
//! that is half full, a key beside each would take 16 MB more.

use std::{
    borrow::Borrow,
    collections::HashSet,
    fmt,
    hash::{Hash, Hasher},
    sync::Arc,
};

use crate::address::DevEui;

/// A thing of a device, which has the DevEUI that it is found by. It never changes.
pub trait OfDevice {
    /// The DevEUI of the device.
    fn dev_eui(&self) -> &DevEui;
}

/// Things of devices, one for each DevEUI.
pub struct ByDevEui<T>(HashSet<Entry<T>>);

/// A thing that is told from others by its DevEUI.
struct Entry<T>(Arc<T>);

impl<T: OfDevice> Borrow<DevEui> for Entry<T> {
    fn borrow(&self) -> &DevEui {
        self.0.dev_eui()
    }
}

impl<T: OfDevice> PartialEq for Entry<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0.dev_eui() == other.0.dev_eui()
    }
}

impl<T: OfDevice> Eq for Entry<T> {}

impl<T: OfDevice> Hash for Entry<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.dev_eui().hash(state);
    }
}

impl<T> Default for ByDevEui<T> {
    fn default() -> Self {
        Self(HashSet::new())
    }
}

impl<T> fmt::Debug for ByDevEui<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("ByDevEui").field(&self.0.len()).finish()
    }
}

impl<T: OfDevice> ByDevEui<T> {
    /// Returns the number of things.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the thing of a device.
    #[must_use]
    pub fn get(&self, dev_eui: DevEui) -> Option<&Arc<T>> {
        self.0.get(&dev_eui).map(|entry| &entry.0)
    }

    /// Puts a thing in the place of the one before, which is returned.
    pub fn insert(&mut self, thing: Arc<T>) -> Option<Arc<T>> {
        self.0.replace(Entry(thing)).map(|before| before.0)
    }

    /// Removes the thing of a device.
    pub fn remove(&mut self, dev_eui: DevEui) -> Option<Arc<T>> {
        self.0.take(&dev_eui).map(|entry| entry.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Named(DevEui, &'static str);

    impl OfDevice for Named {
        fn dev_eui(&self) -> &DevEui {
            &self.0
        }
    }

    #[test]
    fn a_thing_takes_the_place_of_the_one_before_of_its_device() {
        let [one, two] = [1, 2].map(|number| DevEui::from_be_bytes([number; 8]));
        let named = |dev_eui, name| Arc::new(Named(dev_eui, name));
        let mut all = ByDevEui::default();
        assert!(all.is_empty() && all.insert(named(one, "a")).is_none());
        assert!(all.insert(named(two, "b")).is_none());
        let before = all.insert(named(one, "c")).map(|before| before.1);
        assert_eq!((before, all.len()), (Some("a"), 2));
        assert_eq!(all.get(one).map(|thing| thing.1), Some("c"));
        assert_eq!(all.remove(one).map(|thing| thing.1), Some("c"));
        assert!(all.get(one).is_none() && all.remove(one).is_none());
        assert_eq!(all.len(), 1);
    }

    /// A table of a million entries has 2^21 places, each with a byte of its own.
    #[test]
    fn an_entry_is_half_of_one_with_a_key() {
        let places = 1 << 21;
        let saved = places * (size_of::<(DevEui, Arc<Named>)>() - size_of::<Entry<Named>>());
        assert_eq!(saved, 16 << 20);
    }
}
