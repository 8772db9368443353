//! One after another, device by device.

use std::collections::BTreeSet;

use champollion_frames::DevEui;
use tokio::sync::{Mutex, MutexGuard};

/// Among how many locks the devices are spread. Who waits for another device of the same lock waits
/// until that one's change is durable, some milliseconds: with some hundred under way at once, a few
/// in a hundred do. They take 200 KB.
const TURNS: usize = 4_096;

/// The turns of the devices.
pub(crate) struct Turns(Box<[Mutex<()>]>);

impl Default for Turns {
    fn default() -> Self {
        Self((0..TURNS).map(|_| Mutex::default()).collect())
    }
}

impl Turns {
    /// Waits for a device's turn. Who asked first is first.
    pub(crate) async fn of(&self, dev_eui: DevEui) -> MutexGuard<'_, ()> {
        self.0[place(dev_eui)].lock().await
    }

    /// Waits for the turns of several devices. Their locks are taken in one order, so that two who wait for several do
    /// not wait for each other.
    pub(crate) async fn of_all(
        &self,
        devices: impl Iterator<Item = DevEui>,
    ) -> Vec<MutexGuard<'_, ()>> {
        let places: BTreeSet<usize> = devices.map(place).collect();
        let mut turns = Vec::with_capacity(places.len());
        for place in places {
            turns.push(self.0[place].lock().await);
        }
        turns
    }
}

/// The place of a device's lock, by its low bits: a maker numbers its devices there.
fn place(dev_eui: DevEui) -> usize {
    let [.., high, low] = dev_eui.to_be_bytes();
    usize::from(u16::from_be_bytes([high, low])) % TURNS
}
