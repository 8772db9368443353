//! One after another, device by device.

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
        // The low bits: a maker numbers its devices there.
        let [.., high, low] = dev_eui.to_be_bytes();
        self.0[usize::from(u16::from_be_bytes([high, low])) % TURNS].lock().await
    }
}
