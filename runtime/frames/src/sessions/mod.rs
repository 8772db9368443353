//! All sessions, and the verification of frames against them.

mod slot;

use std::{collections::HashMap, sync::Arc};

use parking_lot::RwLock;

pub use self::slot::Reach;
use self::slot::{Fresh, Slot, Standing};
use crate::{
    address::{DevAddr, DevEui},
    claim::{Claim, Hold},
    metadata::RadioMetadata,
    mic_1_1::Checked,
    phy_payload::PhyPayload,
    refusal::Refusal,
    session::{Session, SessionState},
};

/// Shards of the table, each with its own lock. Verifying only reads a part, so readers wait for nobody but a
/// session being registered in the same part; 256 makes that rare and costs 16 KiB.
const SHARDS: usize = 256;

/// The sessions of all devices. Every method takes `&self` and may be called from any thread.
///
/// A device has one session, and for a while two: the one it has and the one that a join-accept
/// offers it. Nobody knows whether the device heard the join-accept until it uses the new session;
/// with that the old one is over.
///
/// Verifying locks a part of the table for reading and then one session; registering and removing
/// lock the index of devices and then a part of the table. No lock is held while a [`Claim`] is.
///
/// A thread that panics with one of these locks leaves a table that is whole: each change is one call
/// into a map or a vector. So the locks know no poisoning: refusing all later frames would lose them.
#[derive(Debug)]
pub struct Sessions {
    shards: Box<[RwLock<Shard>]>,
    /// The shards that hold a device's sessions. Written only together with the shards; verifying does not
    /// need it.
    index: RwLock<Index>,
}

type Shard = HashMap<DevAddr, Vec<Slot>>;

/// A frame as a network server hands it over that has checked its MIC.
#[derive(Debug, Clone, Copy)]
pub struct CheckedFrame<'a> {
    /// The PHYPayload of the frame.
    pub phy: &'a [u8],
    /// The device that it comes from.
    pub dev_eui: DevEui,
    /// All 32 bits of its FCnt, where the network server tells them.
    pub f_cnt: Option<u32>,
}

/// Two maps and not one of pairs, since nearly no device has an offered session.
#[derive(Debug, Default)]
struct Index {
    current: HashMap<DevEui, DevAddr>,
    offered: HashMap<DevEui, DevAddr>,
}

impl Sessions {
    /// A table without sessions.
    #[must_use]
    pub fn new() -> Self {
        let shards = (0..SHARDS).map(|_| RwLock::default()).collect();
        Self { shards, index: RwLock::default() }
    }

    /// Registers a session and returns the one of the same DevEUI that it replaces. A session that
    /// the device was offered is gone.
    ///
    /// Under the same DevAddr and network keys the counter never goes back, whatever the new state
    /// says, since that would let old frames be played again; a pending claim stays pending. To
    /// make a device start over whose counter was lost, [`remove`](Self::remove) its session
    /// first.
    pub fn insert(&self, session: Session) -> Option<Session> {
        let mut index = self.index.write();
        let (dev_eui, dev_addr) = (session.dev_eui(), session.dev_addr());
        self.settle_in(&mut index, dev_eui);
        if let Some(offered) = index.offered.remove(&dev_eui) {
            self.take(offered, dev_eui, Standing::Offered);
        }
        let old_address = index.current.insert(dev_eui, dev_addr);

        let mut shard = self.shard(dev_addr).write();
        let slots = shard.entry(dev_addr).or_insert_with(|| Vec::with_capacity(1));
        let replaced = match slots.iter_mut().find(|slot| slot.is(dev_eui, Standing::Current)) {
            Some(slot) => Some(slot.replace(session)),
            None => {
                slots.push(Slot::new(session));
                None
            }
        };
        drop(shard);

        // Only now is the old address given up: the device is never without a session.
        match old_address {
            Some(old_address) if old_address != dev_addr => {
                self.take(old_address, dev_eui, Standing::Current)
            }
            _ => replaced,
        }
    }

    /// Puts a session beside the one that the device has: it takes over with its first uplink. One
    /// that was offered before and never used is gone. A device without a session has this one at
    /// once.
    pub fn offer(&self, session: Session) {
        let mut index = self.index.write();
        let (dev_eui, dev_addr) = (session.dev_eui(), session.dev_addr());
        self.settle_in(&mut index, dev_eui);
        if let Some(earlier) = index.offered.remove(&dev_eui) {
            self.take(earlier, dev_eui, Standing::Offered);
        }
        let predecessor = index.current.get(&dev_eui).and_then(|&address| {
            self.find_at(address, dev_eui, Standing::Current, |slot| slot.counter().clone())
        });
        let slot = match predecessor {
            Some(predecessor) => {
                index.offered.insert(dev_eui, dev_addr);
                Slot::offered(session, predecessor)
            }
            None => {
                index.current.insert(dev_eui, dev_addr);
                Slot::new(session)
            }
        };
        self.shard(dev_addr).write().entry(dev_addr).or_default().push(slot);
    }

    /// Puts the sessions of a device as they were stored, in the place of all that it has here. Unlike
    /// [`insert`](Self::insert) this lets the counter go back: what is stored may be the work of another
    /// process. A session that is here already as it was stored stays, with a claim that is pending.
    ///
    /// A caller that makes a counter go back must store the next state only in the place of this one
    /// ([`Claim::progress`]), since frames that were accepted before pass here again.
    pub fn restore(&self, dev_eui: DevEui, current: Option<Session>, offered: Option<Session>) {
        let Some(current) = current else {
            self.remove(dev_eui);
            return;
        };
        let mut index = self.index.write();
        self.settle_in(&mut index, dev_eui);
        let old = index.current.get(&dev_eui).copied();
        let old_offered = index.offered.get(&dev_eui).copied();
        let known = |address: Option<DevAddr>, standing| {
            address.and_then(|address| self.find_at(address, dev_eui, standing, Slot::session))
        };
        if known(old, Standing::Current).as_ref() == Some(&current)
            && known(old_offered, Standing::Offered) == offered
        {
            return;
        }
        let dev_addr = current.dev_addr();
        let slot = Slot::new(current);
        let predecessor = slot.counter().clone();
        index.current.insert(dev_eui, dev_addr);
        self.put(dev_addr, slot);
        let offered_addr = offered.as_ref().map(Session::dev_addr);
        match offered {
            Some(session) => {
                index.offered.insert(dev_eui, session.dev_addr());
                self.put(session.dev_addr(), Slot::offered(session, predecessor));
            }
            None => drop(index.offered.remove(&dev_eui)),
        }
        // Only now are the old addresses given up: the device is never without a session.
        if let Some(old) = old.filter(|&old| old != dev_addr) {
            self.take(old, dev_eui, Standing::Current);
        }
        if let Some(old) = old_offered.filter(|&old| Some(old) != offered_addr) {
            self.take(old, dev_eui, Standing::Offered);
        }
    }

    /// Puts a slot where the device has one of the same standing at this address, or beside the others.
    fn put(&self, dev_addr: DevAddr, slot: Slot) {
        let mut shard = self.shard(dev_addr).write();
        let slots = shard.entry(dev_addr).or_insert_with(|| Vec::with_capacity(1));
        match slots.iter_mut().find(|other| other.is_as(&slot)) {
            Some(other) => *other = slot,
            None => slots.push(slot),
        }
    }

    /// Drops the session that another took over from. Until then it takes room, and no frame is
    /// accepted of it.
    pub fn settle(&self, dev_eui: DevEui) {
        self.settle_in(&mut self.index.write(), dev_eui);
    }

    fn settle_in(&self, index: &mut Index, dev_eui: DevEui) {
        let Some(&offered) = index.offered.get(&dev_eui) else { return };
        if self.find_at(offered, dev_eui, Standing::Offered, Slot::took_over) != Some(true) {
            return;
        }
        index.offered.remove(&dev_eui);
        if let Some(old_address) = index.current.insert(dev_eui, offered) {
            self.take(old_address, dev_eui, Standing::Current);
        }
        let mut shard = self.shard(offered).write();
        let slots = shard.get_mut(&offered).into_iter().flatten();
        slots.filter(|slot| slot.is(dev_eui, Standing::Offered)).for_each(Slot::become_current);
    }

    /// Removes a device's sessions and returns the current one as it is now. A pending claim of it
    /// can still be confirmed or dropped; the session it moves on is no longer in the table.
    pub fn remove(&self, dev_eui: DevEui) -> Option<Session> {
        let mut index = self.index.write();
        self.settle_in(&mut index, dev_eui);
        if let Some(offered) = index.offered.remove(&dev_eui) {
            self.take(offered, dev_eui, Standing::Offered);
        }
        let dev_addr = index.current.remove(&dev_eui)?;
        self.take(dev_addr, dev_eui, Standing::Current)
    }

    /// A copy of a device's session as it is now; a pending claim does not show.
    #[must_use]
    pub fn get(&self, dev_eui: DevEui) -> Option<Session> {
        self.find(dev_eui, Slot::session)
    }

    /// A copy of the session that a device was offered and has not used yet.
    #[must_use]
    pub fn get_offered(&self, dev_eui: DevEui) -> Option<Session> {
        let index = self.index.read();
        let dev_addr = *index.offered.get(&dev_eui)?;
        let unused = |slot: &Slot| (!slot.took_over()).then(|| slot.session());
        self.find_at(dev_addr, dev_eui, Standing::Offered, unused).flatten()
    }

    /// A copy of the session that a claim moves on; `None` where it was replaced or removed since.
    #[must_use]
    pub fn session_of(&self, claim: &Claim) -> Option<Session> {
        let dev_addr = claim.uplink().dev_addr()?;
        let shard = self.shard(dev_addr).read();
        let slots = shard.get(&dev_addr)?;
        slots.iter().find(|slot| claim.moves(slot.counter())).map(Slot::session)
    }

    /// Returns the state of a device's session; a pending claim does not show.
    #[must_use]
    pub fn state(&self, dev_eui: DevEui) -> Option<SessionState> {
        self.find(dev_eui, Slot::state)
    }

    /// Returns the number of devices that have a session.
    #[must_use]
    pub fn len(&self) -> usize {
        self.index.read().current.len()
    }

    /// Whether no device has a session.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Verifies a frame: finds its session by DevAddr and MIC, reserves its FCnt, decrypts it.
    ///
    /// # Errors
    /// As [`verify_guessed`](Self::verify_guessed).
    pub fn verify(
        &self,
        phy: &[u8],
        received_at_ms: u64,
        metadata: impl Into<Arc<RadioMetadata>>,
    ) -> Result<Claim, Refusal> {
        self.verify_guessed(phy, None, received_at_ms, metadata)
    }

    /// The same where somebody guesses all 32 bits of the FCnt: a network server that tells them beside the
    /// frame, or a [search](Self::search). The guess is tried where nothing nearer fits; the MIC decides, and
    /// a guess that is not above the last FCnt is none.
    ///
    /// `received_at_ms`, in milliseconds since the epoch, UTC, and `metadata` are passed on as
    /// they are. Of the metadata TxDr, TxCh and ConfFCnt enter the MIC of LoRaWAN 1.1, where they
    /// are told.
    ///
    /// # Errors
    /// [`Refusal`] says why the frame is not accepted. Whatever it says of a device (duplicate,
    /// replay, in flight) it says of a frame whose MIC is right.
    pub fn verify_guessed(
        &self,
        phy: &[u8],
        guess: Option<u32>,
        received_at_ms: u64,
        metadata: impl Into<Arc<RadioMetadata>>,
    ) -> Result<Claim, Refusal> {
        let metadata = metadata.into();
        let phy = PhyPayload::parse(phy)?;
        let dev_addr = phy.dev_addr();
        // Held to the end: no session appears or vanishes between the rounds.
        let shard = self.shard(dev_addr).read();
        let slots = shard.get(&dev_addr).ok_or(Refusal::UnknownDevAddr { dev_addr })?;

        // Nearly every frame is a fresh one, so all sessions are asked for that first.
        let mut half_checked = None;
        let mut half_checks = 0;
        let mut found = None;
        for slot in slots {
            match slot.reserve_if_fresh(&phy, &metadata, Checked::Whole) {
                Fresh::No => {}
                Fresh::HalfChecked => {
                    half_checked = Some(slot);
                    half_checks += 1;
                }
                fresh => {
                    found = Some((slot, fresh));
                    break;
                }
            }
        }
        if let (None, Some(slot)) = (&found, half_checked) {
            if half_checks > 1 {
                return Err(Refusal::AmbiguousMic { dev_addr, sessions: half_checks });
            }
            found = Some((slot, slot.reserve_if_fresh(&phy, &metadata, Checked::ForwardingHalf)));
        }
        if found.is_none()
            && let Some(refusal) =
                slots.iter().find_map(|slot| slot.refusal_if_repeated(&phy, &metadata))
        {
            return Err(refusal);
        }
        let guess = guess.filter(|&guess| guess as u16 == phy.f_cnt_16());
        let found = found.or_else(|| {
            let guess = guess?;
            let guessed = |slot| (slot, Slot::reserve_if_guessed(slot, &phy, &metadata, guess));
            slots.iter().map(guessed).find(|(_, fresh)| !matches!(fresh, Fresh::No))
        });
        // Last, since what it takes for a restart of the device could else be an old frame.
        let found = found.or_else(|| {
            let started_over = |slot| (slot, Slot::reserve_if_started_over(slot, &phy, &metadata));
            slots.iter().map(started_over).find(|(_, fresh)| !matches!(fresh, Fresh::No))
        });
        match found {
            Some((slot, Fresh::Reserved(finding, reservation, state))) => {
                let uplink = slot.open(&phy, finding, received_at_ms, metadata);
                Ok(Claim::new(uplink, Hold::Session(reservation, state)))
            }
            Some((_, Fresh::Refused(refusal))) => Err(refusal),
            // Between the two looks at a half-checked one another thread was faster.
            _ if slots.iter().all(Slot::is_withheld) => Err(Refusal::KeysWithheld { dev_addr }),
            _ => Err(Refusal::MicMismatch {
                dev_addr,
                f_cnt_16: phy.f_cnt_16(),
                sessions: slots.len(),
            }),
        }
    }

    /// Takes a frame whose MIC an authenticated network server says that it has checked. Where the
    /// network keys are known here, it is verified all the same.
    ///
    /// # Errors
    /// [`Refusal`] says why the frame is not accepted.
    pub fn verify_checked(
        &self,
        frame: CheckedFrame<'_>,
        received_at_ms: u64,
        metadata: impl Into<Arc<RadioMetadata>>,
    ) -> Result<Claim, Refusal> {
        let metadata = metadata.into();
        let phy = PhyPayload::parse(frame.phy)?;
        let (dev_addr, dev_eui) = (phy.dev_addr(), frame.dev_eui);
        let shard = self.shard(dev_addr).read();
        let slots = shard.get(&dev_addr).ok_or(Refusal::UnknownDevAddr { dev_addr })?;
        let Some(slot) = slots.iter().find(|slot| slot.is(dev_eui, Standing::Current)) else {
            return Err(Refusal::OtherDevice { dev_addr, dev_eui });
        };
        if !slot.is_withheld() {
            drop(shard);
            return self.verify_guessed(frame.phy, frame.f_cnt, received_at_ms, metadata);
        }
        if let Some(f_cnt) = frame.f_cnt.filter(|&f_cnt| f_cnt as u16 != phy.f_cnt_16()) {
            return Err(Refusal::OtherFCnt { dev_eui, f_cnt, f_cnt_16: phy.f_cnt_16() });
        }
        match slot.reserve_checked(&phy, frame.f_cnt) {
            Fresh::Reserved(finding, reservation, state) => {
                let uplink = slot.open(&phy, finding, received_at_ms, metadata);
                Ok(Claim::new(uplink, Hold::Session(reservation, state)))
            }
            Fresh::Refused(refusal) => Err(refusal),
            // The 32 bits are used up: the session is over.
            Fresh::No | Fresh::HalfChecked => Err(Refusal::MicMismatch {
                dev_addr,
                f_cnt_16: phy.f_cnt_16(),
                sessions: slots.len(),
            }),
        }
    }

    /// Looks for all 32 bits of the FCnt of a frame whose MIC fits no session near its last FCnt: of a device
    /// that has sent for long before it was heard here, or that was not heard for long. What is found is a
    /// guess for [`verify_guessed`](Self::verify_guessed). It takes a check of the MIC for each epoch that is
    /// tried, all together tens of milliseconds: the caller sees to it that this happens rarely.
    #[must_use]
    pub fn search(&self, phy: &[u8], metadata: &RadioMetadata, reach: Reach) -> Option<u32> {
        let phy = PhyPayload::parse(phy).ok()?;
        let shard = self.shard(phy.dev_addr()).read();
        let slots = shard.get(&phy.dev_addr())?;
        slots.iter().find_map(|slot| slot.search(&phy, metadata, reach))
    }

    /// The devices that have a session at an address, or are offered one.
    #[must_use]
    pub fn devices_at(&self, dev_addr: DevAddr) -> Vec<DevEui> {
        let shard = self.shard(dev_addr).read();
        let mut devices: Vec<DevEui> =
            shard.get(&dev_addr).into_iter().flatten().map(Slot::dev_eui).collect();
        devices.sort_unstable();
        devices.dedup();
        devices
    }

    /// Of a device's two sessions the one that it uses.
    fn find<T>(&self, dev_eui: DevEui, of: impl Fn(&Slot) -> T) -> Option<T> {
        let index = self.index.read();
        let offered = index.offered.get(&dev_eui).and_then(|&dev_addr| {
            let used = |slot: &Slot| slot.took_over().then(|| of(slot));
            self.find_at(dev_addr, dev_eui, Standing::Offered, used).flatten()
        });
        offered.or_else(|| {
            let dev_addr = *index.current.get(&dev_eui)?;
            self.find_at(dev_addr, dev_eui, Standing::Current, &of)
        })
    }

    fn find_at<T>(
        &self,
        dev_addr: DevAddr,
        dev_eui: DevEui,
        standing: Standing,
        of: impl FnOnce(&Slot) -> T,
    ) -> Option<T> {
        let shard = self.shard(dev_addr).read();
        shard.get(&dev_addr)?.iter().find(|slot| slot.is(dev_eui, standing)).map(of)
    }

    fn take(&self, dev_addr: DevAddr, dev_eui: DevEui, standing: Standing) -> Option<Session> {
        let mut shard = self.shard(dev_addr).write();
        let slots = shard.get_mut(&dev_addr)?;
        let position = slots.iter().position(|slot| slot.is(dev_eui, standing))?;
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
