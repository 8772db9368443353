//! Memory of the states of devices that were heard lately, so that a frame is judged without a look into the store. The
//! batch of the frame names the row that they are based on: where another node has changed it, the batch is refused.

use champollion_frames::DevEui;
use quick_cache::{Weighter, sync::Cache};

use super::states::States;

/// Most states in memory, of rules with devices; each takes some 300 bytes.
const MOST: u64 = 200_000;

/// The states of devices that were heard lately.
pub(super) struct RecentStates(Cache<DevEui, States, Count>);

/// The states of a device after a frame, which hold once its batch is durable.
#[must_use = "the states are read anew for the next frame where they are not kept"]
pub struct JudgedStates {
    device: DevEui,
    states: States,
}

#[derive(Clone)]
struct Count;

impl Weighter<DevEui, States> for Count {
    fn weight(&self, _: &DevEui, states: &States) -> u64 {
        // A row without states takes room as well.
        states.len() as u64 + 1
    }
}

impl Default for RecentStates {
    fn default() -> Self {
        let devices = usize::try_from(MOST / 2).unwrap_or(usize::MAX);
        Self(Cache::with_weighter(devices, MOST, Count))
    }
}

impl RecentStates {
    /// Takes the states of a device out: they are put back once the batch is durable that goes on from them.
    pub(super) fn take(&self, device: DevEui) -> Option<States> {
        self.0.remove(&device).map(|(_, states)| states)
    }

    pub(super) fn keep(&self, JudgedStates { device, states }: JudgedStates) {
        self.0.insert(device, states);
    }
}

impl JudgedStates {
    pub(super) const fn new(device: DevEui, states: States) -> Self {
        Self { device, states }
    }
}
