//! One session in the table: its keys, and its counter under a lock of its own.

use std::sync::Arc;

use parking_lot::MutexGuard;

use crate::{
    address::{DevAddr, DevEui},
    counter::{self, Counter, Reservation},
    f_cnt,
    keys::{AppSKey, NetworkKeys},
    metadata::RadioMetadata,
    mic_1_1::{self, Checked},
    mic_check,
    phy_payload::PhyPayload,
    refusal::Refusal,
    session::{Session, SessionState},
    uplink::{Finding, Opener, VerifiedUplink},
};

/// Most frames that may be lost before a frame of which only half the MIC can be checked
/// (MAX_FCNT_GAP of LoRaWAN 1.1). One in 65,536 foreign frames fits half a MIC by chance; it must
/// not carry the counter so far away that the device's own frames are old. Where the whole MIC
/// decides there is no such limit.
const HALF_CHECKED_GAP: u32 = 16_384;

#[derive(Debug)]
pub(super) struct Slot {
    dev_eui: DevEui,
    dev_addr: DevAddr,
    network_keys: NetworkKeys,
    app_s_key: AppSKey,
    allows_counter_reset: bool,
    counter: Counter,
    /// The session that this one takes over from with its first uplink.
    predecessor: Option<Counter>,
    standing: Standing,
}

/// The standing of a session among the two that a device can have for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// The one that it has.
    Current,
    /// The one that it was offered by a join-accept, and may never have heard of.
    Offered,
}

/// The reach of a search for the upper 16 bits of an FCnt, which only the MIC tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The next 256 epochs, 16.7 million frames: more than a device sends in its life, and few enough that a
    /// stranger's frame fits by chance once in 2^24.
    Near,
    /// All 65,536 epochs, of a session that has had no frame. A stranger's frame fits by chance once in 2^16,
    /// so it is for once in a while.
    All,
}

impl Reach {
    /// Epochs that are tried at most.
    fn epochs(self, has_frames: bool, is_whole_told: bool) -> usize {
        /// Where data rate and channel are looked for too, chance has 11 bits more: a session that is in use
        /// must not be carried away by it.
        const UNTOLD: usize = 16;
        match self {
            Self::Near if has_frames && !is_whole_told => UNTOLD,
            Self::Near => 1 << 8,
            Self::All if !has_frames && is_whole_told => 1 << 16,
            Self::All => 0,
        }
    }
}

/// Whether a frame is a fresh one of this session.
pub(super) enum Fresh {
    /// It is, and its FCnt is reserved. The state is the one that it was found to be fresh against.
    Reserved(Finding, Reservation, SessionState),
    /// It is, as far as can be checked: half of its MIC is right.
    HalfChecked,
    /// It is, and must wait.
    Refused(Refusal),
    /// It is not: another session's, an old one, or a false one.
    No,
}

impl Slot {
    pub(super) fn new(session: Session) -> Self {
        Self {
            dev_eui: session.dev_eui(),
            dev_addr: session.dev_addr(),
            network_keys: session.network_keys().clone(),
            app_s_key: session.app_s_key().clone(),
            allows_counter_reset: session.allows_counter_reset(),
            counter: Counter::new(session.state()),
            predecessor: None,
            standing: Standing::Current,
        }
    }

    /// A session that takes over from another with its first uplink.
    pub(super) fn offered(session: Session, predecessor: Counter) -> Self {
        Self { predecessor: Some(predecessor), standing: Standing::Offered, ..Self::new(session) }
    }

    /// Puts another session of the same device and DevAddr here, and returns the one that was.
    /// As long as the network's keys stay, so does the counter.
    pub(super) fn replace(&mut self, session: Session) -> Session {
        let replaced = self.session();
        if self.network_keys == *session.network_keys() {
            self.counter.advance(session.state());
            self.app_s_key = session.app_s_key().clone();
            self.allows_counter_reset = session.allows_counter_reset();
        } else {
            *self = Self::new(session);
        }
        replaced
    }

    /// The session that it takes over from is gone.
    pub(super) fn become_current(&mut self) {
        self.predecessor = None;
        self.standing = Standing::Current;
    }

    pub(super) fn dev_eui(&self) -> DevEui {
        self.dev_eui
    }

    pub(super) fn is(&self, dev_eui: DevEui, standing: Standing) -> bool {
        self.dev_eui == dev_eui && self.standing == standing
    }

    /// Whether both are of the same device, and of the same standing.
    pub(super) fn is_as(&self, other: &Self) -> bool {
        self.is(other.dev_eui, other.standing)
    }

    pub(super) fn counter(&self) -> &Counter {
        &self.counter
    }

    /// Whether it was offered and the device has used it since.
    pub(super) fn took_over(&self) -> bool {
        self.predecessor.as_ref().is_some_and(Counter::is_retired)
    }

    pub(super) fn state(&self) -> SessionState {
        self.counter.state()
    }

    pub(super) fn session(&self) -> Session {
        let (network_keys, app_s_key) = (self.network_keys.clone(), self.app_s_key.clone());
        Session::new(self.dev_eui, self.dev_addr, network_keys, app_s_key)
            .with_counter_reset(self.allows_counter_reset)
            .with_state(self.state())
    }

    /// Checks the MIC at the nearest FCnt above the last, and reserves that FCnt, under one lock:
    /// of any number of copies at once exactly one is reserved. With half a MIC alone it reserves
    /// only where `needed` says that half is enough.
    pub(super) fn reserve_if_fresh(
        &self,
        phy: &PhyPayload<'_>,
        metadata: &RadioMetadata,
        needed: Checked,
    ) -> Fresh {
        let progress = self.counter.lock();
        let state = progress.state();
        if progress.is_retired() || self.is_late_copy(&state, phy) {
            return Fresh::No;
        }
        let Some(f_cnt) = f_cnt::candidates(state.last_f_cnt, phy.f_cnt_16()).fresh else {
            return Fresh::No;
        };
        let Some(checked) = self.check(phy, f_cnt, metadata) else { return Fresh::No };
        if checked == Checked::ForwardingHalf {
            let is_near = f_cnt - state.last_f_cnt.unwrap_or(0) <= HALF_CHECKED_GAP;
            match needed {
                _ if !is_near => return Fresh::No,
                Checked::ForwardingHalf => {}
                Checked::Whole | Checked::ByNetworkServer => return Fresh::HalfChecked,
            }
        }
        self.reserve(progress, phy, Finding { f_cnt, counter_reset: false, checked })
    }

    /// Reserves the FCnt that the network server tells beside the frame, or that was looked for, where it is
    /// above the last and all of the MIC fits: it is a guess, and never believed.
    pub(super) fn reserve_if_guessed(
        &self,
        phy: &PhyPayload<'_>,
        metadata: &RadioMetadata,
        f_cnt: u32,
    ) -> Fresh {
        let progress = self.counter.lock();
        let state = progress.state();
        let is_old = state.last_f_cnt >= Some(f_cnt);
        if progress.is_retired() || is_old || self.is_late_copy(&state, phy) {
            return Fresh::No;
        }
        match self.check(phy, f_cnt, metadata) {
            Some(checked @ Checked::Whole) => {
                self.reserve(progress, phy, Finding { f_cnt, counter_reset: false, checked })
            }
            _ => Fresh::No,
        }
    }

    /// Looks for the FCnt of a frame that is more than an epoch ahead of the last, among as many epochs as
    /// `reach` allows.
    pub(super) fn search(
        &self,
        phy: &PhyPayload<'_>,
        metadata: &RadioMetadata,
        reach: Reach,
    ) -> Option<u32> {
        let state = self.counter.state();
        if self.counter.is_retired() || self.is_late_copy(&state, phy) {
            return None;
        }
        let is_whole_told = match &self.network_keys {
            NetworkKeys::V1_0(_) => true,
            NetworkKeys::V1_1(_) => mic_1_1::is_context_told(metadata),
            NetworkKeys::Withheld => return None,
        };
        let epochs = reach.epochs(state.last_f_cnt.is_some(), is_whole_told);
        let nearest = f_cnt::candidates(state.last_f_cnt, phy.f_cnt_16()).fresh?;
        let fits = mic_check::whole(&self.network_keys, phy, metadata);
        f_cnt::ahead(nearest).take(epochs).find(|&f_cnt| fits(f_cnt))
    }

    /// Whether the frame is the first after the device's counter started over, and reserves its FCnt
    /// where it is.
    pub(super) fn reserve_if_started_over(
        &self,
        phy: &PhyPayload<'_>,
        metadata: &RadioMetadata,
    ) -> Fresh {
        let progress = self.counter.lock();
        let state = progress.state();
        if !self.allows_counter_reset || progress.is_retired() || state.remembers(phy.mic()) {
            return Fresh::No;
        }
        // Who starts over starts at 0, so the upper 16 bits are not set.
        let f_cnt = u32::from(phy.f_cnt_16());
        match self.check(phy, f_cnt, metadata) {
            Some(checked) if state.last_f_cnt >= Some(f_cnt) => {
                self.reserve(progress, phy, Finding { f_cnt, counter_reset: true, checked })
            }
            _ => Fresh::No,
        }
    }

    /// Reserves the FCnt of a frame whose MIC the network server checked. `f_cnt` are its 32 bits,
    /// where the network server tells them; of the possible ones else the nearest is taken.
    pub(super) fn reserve_checked(&self, phy: &PhyPayload<'_>, f_cnt: Option<u32>) -> Fresh {
        let progress = self.counter.lock();
        let state = progress.state();
        let (dev_eui, checked) = (self.dev_eui, Checked::ByNetworkServer);
        let candidates = f_cnt::candidates(state.last_f_cnt, phy.f_cnt_16());
        let is_nearer = |fresh: u32| match (state.last_f_cnt, candidates.repeated) {
            (Some(last), Some(repeated)) => fresh - last <= last - repeated,
            _ => true,
        };
        let f_cnt = f_cnt.or(candidates.fresh.filter(|&fresh| is_nearer(fresh)));
        match (f_cnt.or(candidates.repeated), state.last_f_cnt) {
            (Some(f_cnt), Some(last)) if f_cnt <= last => {
                let is_last = f_cnt == last && state.last_mic == Some(phy.mic());
                Fresh::Refused(if is_last {
                    Refusal::Duplicate { dev_eui, f_cnt }
                } else {
                    Refusal::Replay { dev_eui, f_cnt, last }
                })
            }
            (Some(f_cnt), _) => {
                self.reserve(progress, phy, Finding { f_cnt, counter_reset: false, checked })
            }
            (None, _) => Fresh::No,
        }
    }

    /// Whether the network server keeps the network keys to itself.
    pub(super) fn is_withheld(&self) -> bool {
        self.network_keys == NetworkKeys::Withheld
    }

    fn reserve(
        &self,
        progress: MutexGuard<'_, counter::Progress>,
        phy: &PhyPayload<'_>,
        finding: Finding,
    ) -> Fresh {
        let fresh = counter::Fresh {
            f_cnt: finding.f_cnt,
            mic: phy.mic(),
            allows_counter_reset: self.allows_counter_reset,
            starts_over: finding.counter_reset,
        };
        let state = progress.state();
        match self.counter.reserve(progress, fresh, self.predecessor.as_ref()) {
            Ok(reservation) => Fresh::Reserved(finding, reservation, state),
            Err(pending) => {
                let (dev_eui, f_cnt) = (self.dev_eui, finding.f_cnt);
                Fresh::Refused(Refusal::InFlight { dev_eui, f_cnt, pending })
            }
        }
    }

    /// Why this session refuses the frame as one of its own past, if it is one.
    pub(super) fn refusal_if_repeated(
        &self,
        phy: &PhyPayload<'_>,
        metadata: &RadioMetadata,
    ) -> Option<Refusal> {
        let state = self.counter.state();
        let last = state.last_f_cnt?;
        let candidates = f_cnt::candidates(Some(last), phy.f_cnt_16());
        let possible = if self.is_late_copy(&state, phy) {
            // The counter may have started over since.
            [candidates.repeated, Some(phy.f_cnt_16().into()), candidates.fresh]
        } else if self.allows_counter_reset {
            // What could be the device's own after a restart is not refused.
            let f_cnt_16 = u32::from(phy.f_cnt_16());
            [candidates.repeated.filter(|&f_cnt| f_cnt != f_cnt_16), None, None]
        } else {
            [candidates.repeated, None, None]
        };
        let is_made = |f_cnt: &u32| self.check(phy, *f_cnt, metadata).is_some();
        let f_cnt = possible.into_iter().flatten().find(is_made)?;
        let dev_eui = self.dev_eui;
        // The MIC is right, so the same MIC at the same FCnt means the same bytes.
        if f_cnt == last && state.last_mic == Some(phy.mic()) {
            return Some(Refusal::Duplicate { dev_eui, f_cnt });
        }
        Some(Refusal::Replay { dev_eui, f_cnt, last })
    }

    /// Whether the frame of a device that may start over is one of its last once more.
    fn is_late_copy(&self, state: &SessionState, phy: &PhyPayload<'_>) -> bool {
        self.allows_counter_reset && state.remembers(phy.mic())
    }

    pub(super) fn open(
        &self,
        phy: &PhyPayload<'_>,
        finding: Finding,
        received_at_ms: u64,
        metadata: Arc<RadioMetadata>,
    ) -> VerifiedUplink {
        let Self { dev_eui, network_keys, app_s_key, .. } = self;
        let opener = Opener { dev_eui: *dev_eui, network_keys, app_s_key };
        VerifiedUplink::open(&opener, phy, finding, received_at_ms, metadata)
    }

    /// Checks the frame's MIC with this session's keys at this FCnt; `None` where the part that can be
    /// checked is wrong.
    fn check(&self, phy: &PhyPayload<'_>, f_cnt: u32, metadata: &RadioMetadata) -> Option<Checked> {
        mic_check::check(&self.network_keys, phy, f_cnt, metadata)
    }
}
