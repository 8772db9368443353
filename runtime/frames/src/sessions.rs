//! All sessions, and the verification of frames against them.

mod slot;

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use self::slot::{Fresh, Slot};
use crate::{
    address::{DevAddr, DevEui},
    claim::Claim,
    metadata::RadioMetadata,
    phy_payload::PhyPayload,
    refusal::Refusal,
    session::{Session, SessionState},
};

/// How many parts the table has, each with its own lock. Verifying only reads a part, so readers
/// wait for nobody but a session being registered in the same part; 256 makes that rare and costs
/// 16 KiB.
const SHARDS: usize = 256;

/// The sessions of all devices. Every method takes `&self` and may be called from any thread.
///
/// Verifying locks a part of the table for reading and then one session; registering and removing
/// lock the index of devices and then a part of the table. No lock is held while a [`Claim`] is.
#[derive(Debug)]
pub struct Sessions {
    shards: Box<[RwLock<Shard>]>,
    /// Which shard a device's session is in. Written only together with the shards; verifying
    /// does not need it.
    addresses: RwLock<HashMap<DevEui, DevAddr>>,
}

type Shard = HashMap<DevAddr, Vec<Slot>>;

impl Sessions {
    /// A table without sessions.
    #[must_use]
    pub fn new() -> Self {
        let shards = (0..SHARDS).map(|_| RwLock::default()).collect();
        Self { shards, addresses: RwLock::default() }
    }

    /// Registers a session and returns the one of the same DevEUI that it replaces.
    ///
    /// Under the same DevAddr and NwkSKey the counter never goes back, whatever the new state
    /// says, since that would let old frames be played again; a pending claim stays pending. To
    /// make a device start over whose counter was lost, [`remove`](Self::remove) its session
    /// first.
    pub fn insert(&self, session: Session) -> Option<Session> {
        let mut addresses = write(&self.addresses);
        let (dev_eui, dev_addr) = (session.dev_eui(), session.dev_addr());
        let old_address = addresses.insert(dev_eui, dev_addr);

        let mut shard = write(self.shard(dev_addr));
        let slots = shard.entry(dev_addr).or_insert_with(|| Vec::with_capacity(1));
        let replaced = match slots.iter_mut().find(|slot| slot.dev_eui() == dev_eui) {
            Some(slot) => Some(slot.replace(session)),
            None => {
                slots.push(Slot::new(session));
                None
            }
        };
        drop(shard);

        // Only now is the old address given up: the device is never without a session.
        match old_address {
            Some(old_address) if old_address != dev_addr => self.take(old_address, dev_eui),
            _ => replaced,
        }
    }

    /// Removes a device's session and returns it as it is now. A pending claim of it can still be
    /// confirmed or dropped; the session it moves on is no longer in the table.
    pub fn remove(&self, dev_eui: DevEui) -> Option<Session> {
        let mut addresses = write(&self.addresses);
        let dev_addr = addresses.remove(&dev_eui)?;
        self.take(dev_addr, dev_eui)
    }

    /// A copy of a device's session as it is now; a pending claim does not show.
    #[must_use]
    pub fn get(&self, dev_eui: DevEui) -> Option<Session> {
        self.find(dev_eui, Slot::session)
    }

    /// How far a device's session has come; a pending claim does not show.
    #[must_use]
    pub fn state(&self, dev_eui: DevEui) -> Option<SessionState> {
        self.find(dev_eui, Slot::state)
    }

    /// How many devices have a session.
    #[must_use]
    pub fn len(&self) -> usize {
        read(&self.addresses).len()
    }

    /// Whether no device has a session.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Verifies a frame: finds its session by DevAddr and MIC, reserves its FCnt, decrypts it.
    ///
    /// `received_at_ms`, in milliseconds since the epoch, UTC, and `metadata` are passed on as
    /// they are.
    ///
    /// # Errors
    /// [`Refusal`] says why the frame is not accepted. Whatever it says of a device (duplicate,
    /// replay, in flight) it says of a frame whose MIC is right.
    pub fn verify(
        &self,
        phy: &[u8],
        received_at_ms: u64,
        metadata: RadioMetadata,
    ) -> Result<Claim, Refusal> {
        let phy = PhyPayload::parse(phy)?;
        let dev_addr = phy.dev_addr();
        // Held to the end: no session appears or vanishes between the two rounds.
        let shard = read(self.shard(dev_addr));
        let slots = shard.get(&dev_addr).ok_or(Refusal::UnknownDevAddr { dev_addr })?;

        // Nearly every frame is a fresh one, so all sessions are asked for that first.
        for slot in slots {
            match slot.reserve_if_fresh(&phy) {
                Fresh::Reserved(f_cnt, reservation) => {
                    let uplink = slot.open(&phy, f_cnt, received_at_ms, metadata);
                    return Ok(Claim::new(uplink, reservation));
                }
                Fresh::Refused(refusal) => return Err(refusal),
                Fresh::No => {}
            }
        }
        let refusal = slots.iter().find_map(|slot| slot.refusal_if_repeated(&phy));
        Err(refusal.unwrap_or(Refusal::MicMismatch {
            dev_addr,
            f_cnt_16: phy.f_cnt_16(),
            sessions: slots.len(),
        }))
    }

    fn find<T>(&self, dev_eui: DevEui, of: impl FnOnce(&Slot) -> T) -> Option<T> {
        let addresses = read(&self.addresses);
        let dev_addr = *addresses.get(&dev_eui)?;
        let shard = read(self.shard(dev_addr));
        shard.get(&dev_addr)?.iter().find(|slot| slot.dev_eui() == dev_eui).map(of)
    }

    fn take(&self, dev_addr: DevAddr, dev_eui: DevEui) -> Option<Session> {
        let mut shard = write(self.shard(dev_addr));
        let slots = shard.get_mut(&dev_addr)?;
        let position = slots.iter().position(|slot| slot.dev_eui() == dev_eui)?;
        let slot = slots.remove(position);
        if slots.is_empty() {
            shard.remove(&dev_addr);
        }
        Some(slot.session())
    }

    fn shard(&self, dev_addr: DevAddr) -> &RwLock<Shard> {
        // The low bits: a network numbers its devices there, the high bits are its NetID.
        &self.shards[dev_addr.to_u32() as usize % SHARDS]
    }
}

impl Default for Sessions {
    fn default() -> Self {
        Self::new()
    }
}

// A thread that panics with one of these locks leaves a table that is whole: each change is one
// call into a map or a vector. Refusing all later frames for it would lose them.
fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}
