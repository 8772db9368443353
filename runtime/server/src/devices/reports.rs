//! Devices whose network server takes their frames apart.

use std::sync::Arc;

use champollion_frames::{
    AppSKey, Claim, DevAddr, DevEui, Progress, RadioMetadata, Refusal, ReportedUplink, Session,
    VerifiedUplink,
};
use champollion_lns::HandedKey;
use champollion_registry::ledger::AuditEntry;
use champollion_store::Batch;
use serde_json::json;

use super::{Devices, DevicesError, HandedSession, Keks, Overtaken, REPORTS, joining::Moved};
use crate::authors::Author;

impl Devices {
    /// Takes an uplink that an authenticated network server reports.
    pub(crate) fn accept_report(
        &self,
        report: ReportedUplink,
        now_ms: u64,
        received_at_ms: u64,
        metadata: Arc<RadioMetadata>,
    ) -> Result<Claim, Refusal> {
        let ReportedUplink { dev_eui, dev_addr, is_encrypted, .. } = report;
        if self.get(dev_eui).is_none() {
            return Err(Refusal::UnknownDevEui { dev_eui });
        }
        let session = is_encrypted.then(|| self.session_at(dev_eui, dev_addr)).flatten();
        let app_s_key: Option<&AppSKey> = session.as_ref().map(Session::app_s_key);
        // Some network servers do not tell the address, which decrypting needs.
        let dev_addr = dev_addr.or(session.as_ref().map(Session::dev_addr));
        let report = ReportedUplink { dev_addr, ..report };
        self.reports.accept(report, app_s_key, now_ms, received_at_ms, metadata)
    }

    /// The session of an address, or the device's present one where no address is told.
    fn session_at(&self, dev_eui: DevEui, dev_addr: Option<DevAddr>) -> Option<Session> {
        let known = [self.sessions.get(dev_eui), self.sessions.get_offered(dev_eui)];
        let is_it = |session: &Session| dev_addr.is_none_or(|told| told == session.dev_addr());
        known.into_iter().flatten().find(is_it)
    }

    /// Returns the FCnt of the last uplink of a device, in whichever way it came.
    pub(crate) fn last_f_cnt(&self, dev_eui: DevEui) -> Option<u32> {
        let whole = self.sessions.state(dev_eui).and_then(|state| state.last_f_cnt);
        whole.max(self.reports.state(dev_eui).last_f_cnt())
    }

    /// Whether uplinks of a device may come both as whole frames and as reports.
    pub(super) fn comes_both_ways(&self, claim: &Claim) -> bool {
        let dev_eui = claim.uplink().dev_eui();
        match claim.progress() {
            Progress::Report { .. } => self.sessions.state(dev_eui).is_some(),
            Progress::Session { .. } => {
                let is_reported = || self.get(dev_eui).is_some_and(|device| !device.needs_mic());
                self.reports.state(dev_eui).last_f_cnt().is_some() || is_reported()
            }
        }
    }

    /// Why an uplink is refused of which another was taken in the other way, with the same FCnt or a later one:
    /// a device has one counter, and each of its uplinks one record. Asked in the device's turn.
    pub(crate) fn taken_otherwise(&self, claim: &Claim) -> Option<Refusal> {
        let uplink = claim.uplink();
        if uplink.counter_reset() || uplink.held_up() {
            return None;
        }
        match claim.progress() {
            Progress::Session { .. } => self.taken_as_report(uplink),
            Progress::Report { .. } => self.taken_whole(uplink),
        }
    }

    fn taken_as_report(&self, uplink: &VerifiedUplink) -> Option<Refusal> {
        let (dev_eui, f_cnt) = (uplink.dev_eui(), uplink.f_cnt());
        let reports = self.reports.state(dev_eui);
        let last = reports.last_f_cnt().filter(|&last| f_cnt <= last)?;
        // Where the network server tells no address, it may have been another session.
        if reports.dev_addr().is_some_and(|known| Some(known) != uplink.dev_addr()) {
            return None;
        }
        Some(if reports.has_taken(f_cnt) {
            Refusal::Duplicate { dev_eui, f_cnt }
        } else {
            Refusal::Replay { dev_eui, f_cnt, last }
        })
    }

    fn taken_whole(&self, uplink: &VerifiedUplink) -> Option<Refusal> {
        let (dev_eui, f_cnt) = (uplink.dev_eui(), uplink.f_cnt());
        let session = self.session_at(dev_eui, uplink.dev_addr())?;
        let last = session.state().last_f_cnt.filter(|&last| f_cnt <= last)?;
        if session.allows_counter_reset() && f_cnt != last {
            return None;
        }
        Some(if f_cnt == last {
            Refusal::Duplicate { dev_eui, f_cnt }
        } else {
            Refusal::Replay { dev_eui, f_cnt, last }
        })
    }

    /// Takes the key of a device's payloads that a network server hands over with a message. Of a device whose keys are registered here it is known already.
    pub(crate) async fn hand_over_app_s_key(
        &self,
        dev_eui: DevEui,
        dev_addr: DevAddr,
        app_s_key: HandedKey,
        keks: &Keks,
        author: &dyn Author,
    ) -> Result<(), DevicesError> {
        let device = self.get(dev_eui).ok_or(DevicesError::Unknown(dev_eui))?;
        if device.activation.has_keys() {
            return Ok(());
        }
        let session = HandedSession::of_app_s_key(dev_addr, app_s_key);
        self.hand_over(dev_eui, &session, keks, author).await.map(drop)
    }

    /// Takes note that a device has joined: its next FCnt may be any.
    pub(crate) async fn note_join(
        &self,
        dev_eui: DevEui,
        dev_addr: Option<DevAddr>,
        author: &dyn Author,
    ) -> Result<(), DevicesError> {
        let _turn = self.turns.of(dev_eui).await;
        let mut overtaken = Overtaken::default();
        loop {
            match self.note_join_in_turn(dev_eui, dev_addr, author).await {
                Err(error) if overtaken.is_again(&error) => {}
                done => return done,
            }
        }
    }

    async fn note_join_in_turn(
        &self,
        dev_eui: DevEui,
        dev_addr: Option<DevAddr>,
        author: &dyn Author,
    ) -> Result<(), DevicesError> {
        let rows = self.reread_in_turn(dev_eui).await?.ok_or(DevicesError::Unknown(dev_eui))?;
        let before = self.reports.state(dev_eui).dev_addr();
        let before = before.or_else(|| self.get(dev_eui).and_then(|device| device.dev_addr));
        let state = self.reports.after_join(dev_eui, dev_addr);
        let mut batch = Batch::new();
        rows.expect_unchanged(&mut batch);
        REPORTS.replace(&mut batch, &rows.progress.reports.seen, &state)?;
        let moved = Moved { dev_addr_before: before, dev_addr };
        let act = AuditEntry::of_act("join-told", dev_eui).with(json!(moved)).in_any_case();
        author.commit(batch, act).await?;
        self.reports.insert(dev_eui, state);
        Ok(())
    }
}
