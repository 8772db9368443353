//! Searches for the upper half of counters that are far ahead of what is known: of devices that were in the
//! field before they were registered here, and of those that were silent for long.
//!
//! A search takes a check of the MIC for each epoch that it tries, up to tens of milliseconds. So one is made
//! at a time, on a thread of its own, and for one address not more often than once in a while. What is found
//! is a guess: the frame is verified once more with it.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use champollion_frames::{DevAddr, Reach};
use tokio::sync::Mutex;

use super::frame::WholeFrame;
use crate::devices::Devices;

/// The shortest time between two searches near the last frames of an address.
const NEAR_PAUSE: Duration = Duration::from_secs(1);

/// The shortest time between two searches of an address through all counters. A stranger's frame fits one of
/// them once in 65,536 times.
const ALL_PAUSE: Duration = Duration::from_secs(3_600);

/// The shortest time between two searches through all counters, of whatever address: they take some percent of
/// one core at most.
const ALL_PAUSE_OF_ALL: Duration = Duration::from_secs(1);

/// Most searches that wait for their turn; more frames are refused without one.
const WAITING: usize = 64;

/// Addresses that are remembered, before those are forgotten whose pauses are over.
const ADDRESSES: usize = 4_096;

/// The searches for counters.
#[derive(Default)]
pub(super) struct FarCounters {
    waiting: AtomicUsize,
    made: Mutex<Made>,
}

/// The searches that were made.
#[derive(Default)]
struct Made {
    by_address: HashMap<DevAddr, Of>,
    last_of_all: Option<Instant>,
}

/// The searches of one address.
struct Of {
    near: Instant,
    all: Option<Instant>,
    /// The frame that was looked at last, and what was found: its copies get the same answer.
    frame: Vec<u8>,
    found: Option<u32>,
}

impl FarCounters {
    /// Looks for the FCnt of a frame whose MIC fits no session of an address; nothing where nothing fits, or
    /// where it is not the time to search.
    pub(super) async fn look_for(
        &self,
        devices: &Arc<Devices>,
        dev_addr: DevAddr,
        frame: &WholeFrame,
    ) -> Option<u32> {
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= WAITING {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        let found = self.look_in_turn(devices, dev_addr, frame).await;
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        found
    }

    async fn look_in_turn(
        &self,
        devices: &Arc<Devices>,
        dev_addr: DevAddr,
        frame: &WholeFrame,
    ) -> Option<u32> {
        let mut made = self.made.lock().await;
        let now = Instant::now();
        if let Some(of) = made.by_address.get(&dev_addr) {
            if of.frame == frame.phy_payload {
                return of.found;
            }
            if now < of.near + NEAR_PAUSE {
                return None;
            }
        }
        made.forget_old(now);
        let may_search_all = made.may_search_all(dev_addr, now);
        let found = search(devices, frame, may_search_all).await;
        let all = if may_search_all && found.is_none() { Some(now) } else { None };
        if all.is_some() {
            made.last_of_all = all;
        }
        let before = made.by_address.remove(&dev_addr).and_then(|of| of.all);
        let of = Of { near: now, all: all.or(before), frame: frame.phy_payload.clone(), found };
        made.by_address.insert(dev_addr, of);
        let outcome = if found.is_some() { "found" } else { "not-found" };
        metrics::counter!("champollion_counter_searches_total", "outcome" => outcome).increment(1);
        found
    }
}

impl Made {
    fn may_search_all(&self, dev_addr: DevAddr, now: Instant) -> bool {
        let is_over = |last: Option<Instant>, pause| last.is_none_or(|last| now >= last + pause);
        let of_address = self.by_address.get(&dev_addr).and_then(|of| of.all);
        is_over(of_address, ALL_PAUSE) && is_over(self.last_of_all, ALL_PAUSE_OF_ALL)
    }

    fn forget_old(&mut self, now: Instant) {
        if self.by_address.len() >= ADDRESSES {
            self.by_address.retain(|_, of| of.all.is_some_and(|last| now < last + ALL_PAUSE));
        }
    }
}

async fn search(devices: &Arc<Devices>, frame: &WholeFrame, all: bool) -> Option<u32> {
    let devices = Arc::clone(devices);
    let (phy, metadata) = (frame.phy_payload.clone(), frame.metadata.clone());
    let search = move || {
        let sessions = devices.sessions();
        let near = sessions.search(&phy, &metadata, Reach::Near);
        near.or_else(|| if all { sessions.search(&phy, &metadata, Reach::All) } else { None })
    };
    // A search that panicked has found nothing.
    tokio::task::spawn_blocking(search).await.ok().flatten()
}
