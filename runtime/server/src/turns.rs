//! One after another, device by device or group by group.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use champollion_delivery::names::GroupId;
use champollion_frames::DevEui;
use tokio::sync::{Mutex, MutexGuard, OwnedMutexGuard};

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

/// The turns of the groups: nobody of one waits for another.
#[derive(Default)]
pub(crate) struct GroupTurns(parking_lot::Mutex<HashMap<GroupId, Arc<Mutex<()>>>>);

impl GroupTurns {
    /// Waits for a group's turn. Who asked first is first.
    pub(crate) async fn of(&self, group: &GroupId) -> OwnedMutexGuard<()> {
        let turn = Arc::clone(self.0.lock().entry(group.clone()).or_default());
        turn.lock_owned().await
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn a_group_waits_for_itself_alone() {
        let turns = GroupTurns::default();
        let [water, light]: [GroupId; 2] = ["water", "light"].map(|name| name.parse().unwrap());
        let turn = turns.of(&water).await;
        assert!(turns.of(&water).now_or_never().is_none());
        assert!(turns.of(&light).now_or_never().is_some());
        drop(turn);
        assert!(turns.of(&water).now_or_never().is_some());
    }
}
