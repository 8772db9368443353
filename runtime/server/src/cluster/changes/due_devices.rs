//! Devices that another node has changed and that are to be read again: many at once after a sheet was imported, so
//! that nothing else waits for them.

use std::{collections::BTreeSet, sync::Arc};

use champollion_frames::DevEui;
use futures_util::{StreamExt, stream};
use parking_lot::Mutex;
use tokio::sync::watch;

use crate::devices::{Devices, DevicesError};

/// Devices that are read at once: more would only wait for the database.
const AT_ONCE: usize = 16;

/// Devices that are taken from those that are due before others are looked for.
const PART: usize = 256;

/// The devices that are due to be read again.
pub(super) struct DueDevices {
    due: Mutex<BTreeSet<DevEui>>,
    /// Those that are being read.
    under_way: Mutex<BTreeSet<DevEui>>,
    /// The devices that were not read again yet, those that are being read among them.
    left: watch::Sender<usize>,
}

impl DueDevices {
    pub(super) fn new() -> Self {
        let (due, under_way) = (Mutex::default(), Mutex::default());
        Self { due, under_way, left: watch::channel(0).0 }
    }

    /// Has devices read again.
    pub(super) fn add(&self, devices: impl IntoIterator<Item = DevEui>) {
        let mut due = self.due.lock();
        let before = due.len();
        due.extend(devices);
        let added = due.len() - before;
        // Counted before anybody can take them.
        self.left.send_modify(|left| *left += added);
    }

    /// Waits until no device is left that was due.
    pub(super) async fn settled(&self) {
        // The sender is this one.
        drop(self.left.subscribe().wait_for(|left| *left == 0).await);
    }

    /// Whether a device is due, or being read.
    pub(super) fn has(&self, dev_eui: DevEui) -> bool {
        // Nearly always there is none, and each frame asks.
        if self.left() == 0 {
            return false;
        }
        // In the order in which they are moved, so that none is missed between the two.
        self.due.lock().contains(&dev_eui) || self.under_way.lock().contains(&dev_eui)
    }

    /// The number of devices that were not read again yet.
    pub(super) fn left(&self) -> usize {
        *self.left.borrow()
    }

    /// Waits until there are devices that are due, and reads some of them.
    pub(super) async fn read_some(&self, devices: &Arc<Devices>) -> Result<(), DevicesError> {
        drop(self.left.subscribe().wait_for(|left| *left > 0).await);
        let part: Vec<DevEui> = {
            let mut due = self.due.lock();
            let part: Vec<DevEui> = due.iter().take(PART).copied().collect();
            self.under_way.lock().extend(part.iter().copied());
            for dev_eui in &part {
                due.remove(dev_eui);
            }
            part
        };
        let count = part.len();
        let read = |dev_eui| {
            let devices = Arc::clone(devices);
            async move { devices.reread(dev_eui).await.map_err(|error| (dev_eui, error)) }
        };
        let mut results = stream::iter(part).map(read).buffer_unordered(AT_ONCE);
        let mut fault = None;
        while let Some(result) = results.next().await {
            if let Err((dev_eui, error)) = result {
                // It stays due, so that nobody takes it for read.
                self.add([dev_eui]);
                fault = Some(error);
            }
        }
        // Those that failed are due once more by now.
        self.under_way.lock().clear();
        self.left.send_modify(|left| *left -= count);
        fault.map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_device_that_is_due_twice_is_read_once() {
        let due = DueDevices::new();
        let device = |number: u64| DevEui::from_be_bytes(number.to_be_bytes());
        due.add([device(1), device(2)]);
        due.add([device(2)]);
        assert_eq!(due.left(), 2);
        assert!(due.has(device(1)) && !due.has(device(3)));
        due.due.lock().clear();
        due.left.send_replace(0);
        due.settled().await;
    }
}
