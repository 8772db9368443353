//! One session in the table: its keys, and its counter under a lock of its own.

use crate::{
    address::{DevAddr, DevEui},
    counter::{Counter, Reservation},
    crypto::{self, UplinkId},
    f_cnt,
    keys::{AppSKey, NwkSKey},
    metadata::RadioMetadata,
    phy_payload::PhyPayload,
    refusal::Refusal,
    session::{Session, SessionState},
    uplink::{Opener, VerifiedUplink},
};

#[derive(Debug)]
pub(super) struct Slot {
    dev_eui: DevEui,
    dev_addr: DevAddr,
    nwk_s_key: NwkSKey,
    app_s_key: AppSKey,
    counter: Counter,
}

/// Whether a frame is a fresh one of this session.
pub(super) enum Fresh {
    /// It is, and its FCnt is reserved.
    Reserved(u32, Reservation),
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
            nwk_s_key: session.nwk_s_key().clone(),
            app_s_key: session.app_s_key().clone(),
            counter: Counter::new(session.state()),
        }
    }

    /// Puts another session of the same device and DevAddr here, and returns the one that was.
    /// As long as the NwkSKey stays, so does the counter.
    pub(super) fn replace(&mut self, session: Session) -> Session {
        let replaced = self.session();
        if self.nwk_s_key == *session.nwk_s_key() {
            self.counter.advance(session.state());
            self.app_s_key = session.app_s_key().clone();
        } else {
            *self = Self::new(session);
        }
        replaced
    }

    pub(super) fn dev_eui(&self) -> DevEui {
        self.dev_eui
    }

    pub(super) fn state(&self) -> SessionState {
        self.counter.state()
    }

    pub(super) fn session(&self) -> Session {
        let (nwk_s_key, app_s_key) = (self.nwk_s_key.clone(), self.app_s_key.clone());
        Session::lorawan_1_0(self.dev_eui, self.dev_addr, nwk_s_key, app_s_key)
            .with_state(self.state())
    }

    /// Checks the MIC at the nearest FCnt above the last, and reserves that FCnt, under one lock:
    /// of any number of copies at once exactly one is reserved.
    pub(super) fn reserve_if_fresh(&self, phy: &PhyPayload<'_>) -> Fresh {
        let progress = self.counter.lock();
        let candidates = f_cnt::candidates(progress.state().last_f_cnt, phy.f_cnt_16());
        let Some(f_cnt) = candidates.fresh.filter(|&f_cnt| self.made(phy, f_cnt)) else {
            return Fresh::No;
        };
        match self.counter.reserve(progress, f_cnt, phy.mic()) {
            Ok(reservation) => Fresh::Reserved(f_cnt, reservation),
            Err(pending) => {
                Fresh::Refused(Refusal::InFlight { dev_eui: self.dev_eui, f_cnt, pending })
            }
        }
    }

    /// Why this session refuses the frame as one of its own past, if it is one.
    pub(super) fn refusal_if_repeated(&self, phy: &PhyPayload<'_>) -> Option<Refusal> {
        let state = self.counter.state();
        let last = state.last_f_cnt?;
        let f_cnt = f_cnt::candidates(Some(last), phy.f_cnt_16()).repeated?;
        if !self.made(phy, f_cnt) {
            return None;
        }
        let dev_eui = self.dev_eui;
        // The MIC is right, so the same MIC at the same FCnt means the same bytes.
        if f_cnt == last && state.last_mic == Some(phy.mic()) {
            return Some(Refusal::Duplicate { dev_eui, f_cnt });
        }
        Some(Refusal::Replay { dev_eui, f_cnt, last })
    }

    pub(super) fn open(
        &self,
        phy: &PhyPayload<'_>,
        f_cnt: u32,
        received_at_ms: u64,
        metadata: RadioMetadata,
    ) -> VerifiedUplink {
        let Self { dev_eui, nwk_s_key, app_s_key, .. } = self;
        let opener = Opener { dev_eui: *dev_eui, nwk_s_key, app_s_key };
        VerifiedUplink::open(&opener, phy, f_cnt, received_at_ms, metadata)
    }

    /// Whether this session's NwkSKey makes the frame's MIC at this FCnt.
    fn made(&self, phy: &PhyPayload<'_>, f_cnt: u32) -> bool {
        let id = UplinkId { dev_addr: phy.dev_addr(), f_cnt };
        // Four bytes are compared as one word: the time tells nothing about how many are right.
        let made = crypto::uplink_mic(&self.nwk_s_key.expand(), id, phy.message());
        u32::from_ne_bytes(made.to_bytes()) == u32::from_ne_bytes(phy.mic().to_bytes())
    }
}
