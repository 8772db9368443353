//! Progress of a device: a frame's batch stores it on condition that nobody else has moved the device
//! meanwhile, be it another frame, the operator, or another process.
//!
//! The stored bytes of a state follow from the state, so the batch of a frame is based on the one before
//! without reading anything. Only the first frame since a device was read has nothing before it that was
//! stored here. There the rows are read, for their bytes may be those of another version of this software;
//! and the batch is based also on the row that has the session's keys, so that no session goes on from the
//! counter of another.

use std::collections::HashSet;

use champollion_frames::{
    Claim, DevEui, Progress, ReportState, Session, SessionState, VerifiedUplink,
};
use champollion_store::{Batch, Seen};
use parking_lot::RwLock;
use tokio::sync::MutexGuard;

use super::{
    DEVICES, Devices, DevicesError, JOINED, REPORTS, SESSIONS,
    decoder_states::StatelessDevices,
    line::{Credentials, JoinedSession, JoinedSessions},
    rows::Row,
};

/// The devices whose rows were stored last by a frame that was taken here, as far as this process knows:
/// the bytes of these rows are known.
#[derive(Default)]
pub(super) struct Written {
    sessions: RwLock<HashSet<DevEui>>,
    reports: RwLock<HashSet<DevEui>>,
    /// The devices of which no decoder remembers anything.
    stateless: StatelessDevices,
}

impl Written {
    pub(super) fn forget(&self, dev_eui: DevEui) {
        forget(&self.sessions, dev_eui);
        forget(&self.reports, dev_eui);
        self.stateless.forget(dev_eui);
    }
}

fn forget(written: &RwLock<HashSet<DevEui>>, dev_eui: DevEui) {
    if has(written, dev_eui) {
        written.write().remove(&dev_eui);
    }
}

fn has(written: &RwLock<HashSet<DevEui>>, dev_eui: DevEui) -> bool {
    written.read().contains(&dev_eui)
}

fn mark(written: &RwLock<HashSet<DevEui>>, dev_eui: DevEui) {
    // Nearly always it is there already, and many may look at once.
    if !has(written, dev_eui) {
        written.write().insert(dev_eui);
    }
}

/// The turn in which a frame is kept.
pub(crate) struct FrameTurn<'devices> {
    /// Held where another frame of the device could come in between.
    _held: Option<MutexGuard<'devices, ()>>,
    /// Whether uplinks of the device may come both as whole frames and as reports.
    comes_both_ways: bool,
}

impl Devices {
    /// Waits for the turn of a frame which is the first of a new session, or whose device hands over frames and
    /// reports. All others wait for nothing.
    pub(crate) async fn turn_of(&self, claim: &Claim) -> FrameTurn<'_> {
        let comes_both_ways = self.comes_both_ways(claim);
        if !comes_both_ways && !claim.takes_over() {
            return FrameTurn { _held: None, comes_both_ways };
        }
        let held = self.turns.of(claim.uplink().dev_eui()).await;
        // While the turn was waited for, the device may have been heard in the other way.
        let comes_both_ways = comes_both_ways || self.comes_both_ways(claim);
        FrameTurn { _held: Some(held), comes_both_ways }
    }

    /// Puts how far a device has come into the batch of the frame that moved it, and which session it
    /// is, where the device uses it for the first time.
    pub(crate) async fn put_progress(
        &self,
        batch: &mut Batch,
        claim: &Claim,
        turn: &FrameTurn<'_>,
    ) -> Result<(), DevicesError> {
        let dev_eui = claim.uplink().dev_eui();
        match claim.progress() {
            Progress::Session { from, to } => {
                let seen = if claim.takes_over() {
                    self.put_takeover(batch, claim).await?
                } else if from != SessionState::default() && has(&self.written.sessions, dev_eui) {
                    SESSIONS.written(&dev_eui, &from)?
                } else {
                    self.see_session(batch, claim, from).await?
                };
                SESSIONS.replace(batch, &seen, &to)?;
            }
            Progress::Report { from, to } => {
                let seen = if *from != ReportState::default() && has(&self.written.reports, dev_eui)
                {
                    REPORTS.written(&dev_eui, from)?
                } else {
                    self.see_reports(batch, dev_eui, from).await?
                };
                REPORTS.replace(batch, &seen, to)?;
            }
        }
        if turn.comes_both_ways {
            self.expect_other_way(batch, claim).await?;
        }
        Ok(())
    }

    /// Has the batch refused where another process takes an uplink of the device in the other way meanwhile: as
    /// a report where this one is a whole frame, and the other way round.
    async fn expect_other_way(&self, batch: &mut Batch, claim: &Claim) -> Result<(), DevicesError> {
        let dev_eui = claim.uplink().dev_eui();
        let (is_known, seen) = match claim.progress() {
            Progress::Session { .. } => {
                let row = Row::read(REPORTS, &*self.store, dev_eui).await?;
                (row.value.unwrap_or_default() == self.reports.state(dev_eui), row.seen)
            }
            Progress::Report { .. } => {
                let row = Row::read(SESSIONS, &*self.store, dev_eui).await?;
                let known = self.sessions.state(dev_eui);
                (row.value.is_none() || row.value == known, row.seen)
            }
        };
        if !is_known {
            return Err(DevicesError::SessionReplaced(dev_eui));
        }
        seen.expect_unchanged(batch);
        Ok(())
    }

    /// The devices of which no decoder remembers anything.
    pub(crate) fn stateless(&self) -> &StatelessDevices {
        &self.written.stateless
    }

    /// Says that what a claim changes is durable: the device has moved on.
    pub(crate) fn confirm(&self, claim: Claim) -> VerifiedUplink {
        let takes_over = claim.takes_over();
        let written = match claim.progress() {
            Progress::Session { .. } => &self.written.sessions,
            Progress::Report { .. } => &self.written.reports,
        };
        let uplink = claim.confirm();
        if takes_over {
            self.settle(uplink.dev_eui());
        }
        mark(written, uplink.dev_eui());
        self.heard.note(&uplink);
        uplink
    }

    /// Reads the row of a session, and has the batch refused where the session is another one by then.
    async fn see_session(
        &self,
        batch: &mut Batch,
        claim: &Claim,
        from: SessionState,
    ) -> Result<Seen, DevicesError> {
        let dev_eui = claim.uplink().dev_eui();
        let session = self.session_of(claim)?;
        let row = Row::read(SESSIONS, &*self.store, dev_eui).await?;
        let line = Row::read(DEVICES, &*self.store, dev_eui).await?;
        let registered = line.value.ok_or(DevicesError::SessionReplaced(dev_eui))?;
        line.seen.expect_unchanged(batch);
        let stored = match registered.credentials_of(dev_eui)? {
            Credentials::Session(session) => Some(session),
            Credentials::Joiner(_) | Credentials::Elsewhere => {
                let joined = Row::read(JOINED, &*self.store, dev_eui).await?;
                joined.seen.expect_unchanged(batch);
                let [current, _] = joined.value.unwrap_or_default().sessions(dev_eui)?;
                current
            }
        };
        let begins = stored.as_ref().map(Session::state).unwrap_or_default();
        let is_where_it_was = row.value.unwrap_or(begins) == from;
        if !is_where_it_was || !is_same(stored, &session) {
            return Err(DevicesError::SessionReplaced(dev_eui));
        }
        Ok(row.seen)
    }

    /// Puts the session that begins with a claim into the place of the one that ends, and gives the row
    /// of the one that ends.
    async fn put_takeover(&self, batch: &mut Batch, claim: &Claim) -> Result<Seen, DevicesError> {
        let dev_eui = claim.uplink().dev_eui();
        let session = self.session_of(claim)?;
        let joined = Row::read(JOINED, &*self.store, dev_eui).await?;
        let [_, offered] = joined.value.unwrap_or_default().sessions(dev_eui)?;
        if !is_same(offered, &session) {
            return Err(DevicesError::SessionReplaced(dev_eui));
        }
        let current = Some(JoinedSession::of(&session));
        let next = JoinedSessions { current, offered: None };
        JOINED.replace(batch, &joined.seen, &next)?;
        Ok(Row::read(SESSIONS, &*self.store, dev_eui).await?.seen)
    }

    /// Reads how far the uplinks have come that are reported of a device, and has the batch refused where
    /// the device is registered anew by then, or removed.
    async fn see_reports(
        &self,
        batch: &mut Batch,
        dev_eui: DevEui,
        from: &ReportState,
    ) -> Result<Seen, DevicesError> {
        let row = Row::read(REPORTS, &*self.store, dev_eui).await?;
        let line = Row::read(DEVICES, &*self.store, dev_eui).await?;
        if line.value.is_none() || row.value.unwrap_or_default() != *from {
            return Err(DevicesError::SessionReplaced(dev_eui));
        }
        line.seen.expect_unchanged(batch);
        Ok(row.seen)
    }

    fn session_of(&self, claim: &Claim) -> Result<Session, DevicesError> {
        let dev_eui = claim.uplink().dev_eui();
        self.sessions.session_of(claim).ok_or(DevicesError::SessionReplaced(dev_eui))
    }
}

/// Whether a session that is stored is one of those in memory, wherever its counter is.
fn is_same(stored: Option<Session>, session: &Session) -> bool {
    stored.is_some_and(|stored| stored.with_state(session.state()) == *session)
}
