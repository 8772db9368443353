//! The moments at which devices were last heard. They are held in memory and written now and then, so that no frame
//! costs a write more. A crash loses the moments of the minute before, which then come of the tallies of the day.

use std::collections::{HashMap, HashSet};

use champollion_frames::{DevEui, VerifiedUplink};
use champollion_store::{
    Batch, Store, Table, TableError,
    codec::{BigEndian, Text},
    tables,
};
use jiff::Timestamp;
use parking_lot::Mutex;

use super::{Device, Devices};

const LAST_HEARD: Table<DevEui, u64, Text, BigEndian> = Table::new(tables::LAST_HEARD);

/// Rows that become durable at once.
const AT_ONCE: usize = 10_000;

/// The moments at which devices were last heard.
#[derive(Default)]
pub(super) struct LastHeard(Mutex<Heard>);

#[derive(Default)]
struct Heard {
    /// In milliseconds since the epoch.
    moments: HashMap<DevEui, u64>,
    /// The devices that were heard since the moments were written.
    unwritten: HashSet<DevEui>,
}

impl LastHeard {
    /// Reads the moments that were written.
    pub(super) async fn read(store: &dyn Store) -> Result<Self, TableError> {
        let mut moments = HashMap::new();
        let mut pages = LAST_HEARD.pages(store);
        while let Some(page) = pages.next().await? {
            moments.extend(page);
        }
        Ok(Self(Mutex::new(Heard { moments, unwritten: HashSet::new() })))
    }

    /// Learns of the moments that other nodes have written.
    async fn refresh(&self, store: &dyn Store) -> Result<(), TableError> {
        let mut pages = LAST_HEARD.pages(store);
        while let Some(page) = pages.next().await? {
            let mut heard = self.0.lock();
            for (dev_eui, at) in page {
                let last = heard.moments.entry(dev_eui).or_default();
                *last = at.max(*last);
            }
        }
        Ok(())
    }

    /// Notes that a device was heard; an uplink that was overtaken changes nothing.
    pub(super) fn note(&self, uplink: &VerifiedUplink) {
        let now = now_ms();
        // A network server whose clock is ahead lets no device be heard in the future.
        let (dev_eui, at) = (uplink.dev_eui(), uplink.received_at_ms().min(now));
        let mut heard = self.0.lock();
        let last = heard.moments.entry(dev_eui).or_default();
        if *last < at || *last > now {
            *last = at;
            heard.unwritten.insert(dev_eui);
        }
    }

    /// Notes that devices were heard at some moments at the earliest. These may be of whole seconds, so that the same second is
    /// no news.
    fn note_at_least(&self, moments: impl IntoIterator<Item = (DevEui, u64)>) {
        let now = now_ms();
        for (dev_eui, at) in moments {
            let at = at.min(now);
            let mut heard = self.0.lock();
            if heard.moments.get(&dev_eui).is_none_or(|last| last / 1_000 < at / 1_000) {
                heard.moments.insert(dev_eui, at);
                heard.unwritten.insert(dev_eui);
            }
        }
    }

    pub(super) fn forget(&self, dev_eui: DevEui) {
        let mut heard = self.0.lock();
        heard.moments.remove(&dev_eui);
        heard.unwritten.remove(&dev_eui);
    }

    fn of(&self, dev_eui: DevEui) -> Option<u64> {
        self.0.lock().moments.get(&dev_eui).copied()
    }

    /// Writes what was heard since the last time.
    async fn write(&self, store: &dyn Store) -> Result<(), TableError> {
        let rows: Vec<(DevEui, u64)> = {
            let mut heard = self.0.lock();
            let unwritten = std::mem::take(&mut heard.unwritten);
            let rows = unwritten.into_iter();
            rows.filter_map(|dev_eui| Some((dev_eui, *heard.moments.get(&dev_eui)?))).collect()
        };
        for part in rows.chunks(AT_ONCE) {
            let mut batch = Batch::new();
            for (dev_eui, at) in part {
                LAST_HEARD.put(&mut batch, dev_eui, at)?;
            }
            if let Err(error) = store.commit(batch).await {
                let mut heard = self.0.lock();
                heard.unwritten.extend(rows.iter().map(|(dev_eui, _)| *dev_eui));
                return Err(error.into());
            }
        }
        Ok(())
    }
}

impl Devices {
    /// Returns the moment at which a device was last heard, where it ever was.
    #[must_use]
    pub fn last_heard(&self, dev_eui: DevEui) -> Option<Timestamp> {
        let milliseconds = i64::try_from(self.heard.of(dev_eui)?).ok()?;
        Timestamp::from_millisecond(milliseconds).ok()
    }

    /// Whether a device should have been heard since a moment, and was not. One that is delivered or stored has nothing
    /// to say.
    #[must_use]
    pub fn is_silent_since(&self, device: &Device, moment: Timestamp) -> bool {
        device.object.is_in_service()
            && self.last_heard(device.dev_eui).is_none_or(|heard| heard < moment)
    }

    /// Has devices that are registered have been heard at some moments at the earliest, in milliseconds since the epoch.
    pub(crate) fn heard_at_least(&self, moments: impl IntoIterator<Item = (DevEui, u64)>) {
        let registered = |(dev_eui, _): &(DevEui, u64)| self.get(*dev_eui).is_some();
        self.heard.note_at_least(moments.into_iter().filter(registered));
    }

    /// Forgets when devices were last heard that were registered anew since.
    pub(crate) fn forget_heard(&self, devices: impl IntoIterator<Item = DevEui>) {
        devices.into_iter().for_each(|dev_eui| self.heard.forget(dev_eui));
    }

    /// Returns the devices that were heard at all.
    pub(crate) fn ever_heard(&self) -> Vec<DevEui> {
        self.heard.0.lock().moments.keys().copied().collect()
    }

    /// Learns when devices were last heard by other nodes.
    ///
    /// # Errors
    /// The store cannot be read; it is tried again the next time.
    pub(crate) async fn refresh_last_heard(&self) -> Result<(), TableError> {
        self.heard.refresh(&*self.store).await
    }

    /// Makes durable when devices were last heard.
    ///
    /// # Errors
    /// The store does not keep it; it is tried again the next time.
    pub async fn write_last_heard(&self) -> Result<(), TableError> {
        self.heard.write(&*self.store).await
    }
}

/// The present moment, in milliseconds since the epoch.
fn now_ms() -> u64 {
    u64::try_from(Timestamp::now().as_millisecond()).unwrap_or_default()
}

/// Forgets in a batch when a device was last heard.
pub(super) fn delete(batch: &mut Batch, dev_eui: DevEui) {
    LAST_HEARD.delete(batch, &dev_eui);
}
