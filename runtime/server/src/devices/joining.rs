//! Devices that join: what a join-request and a join-accept change, made durable.

use champollion_frames::{DevAddr, DevEui, JoinMessage, JoinRefusal, JoinRequest, MType, Session};
use champollion_registry::ledger::AuditEntry;
use champollion_store::Batch;
use serde::Serialize;
use serde_json::json;

use super::{
    Device, Devices, DevicesError, JOINED, JOINS, JoinedSession, JoinedSessions, Overtaken,
    SESSIONS,
};
use crate::{authors::Author, ingest::Authority};

/// A change of the session of a device, for the audit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Moved {
    /// The address of the session before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) dev_addr_before: Option<DevAddr>,
    /// The address of the new one, where it is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) dev_addr: Option<DevAddr>,
}

/// The result of a message of the join procedure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Joined {
    /// A device asked to join.
    Asked {
        /// The DevEUI of the device.
        dev_eui: DevEui,
        /// The number of its request.
        dev_nonce: u16,
    },
    /// It was answered, and has a session from its next frame on.
    Answered {
        /// The DevEUI of the device.
        dev_eui: DevEui,
        /// The address of the session.
        dev_addr: DevAddr,
    },
}

/// Why a message of the join procedure was not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JoinError {
    /// It is not what it says, or came before.
    #[error(transparent)]
    Refused(#[from] JoinRefusal),
    /// The device is another network server's.
    #[error("{0} is not a device of this network server")]
    OtherNetworkServer(DevEui),
    /// It could not be kept.
    #[error(transparent)]
    Devices(#[from] DevicesError),
}

impl Devices {
    /// Takes a message of the join procedure. When this returns, what it changed is durable.
    /// `dev_eui` says for whom a join-accept is, where the network server tells it; `authority` for which
    /// devices the network server speaks. A new session is in the audit as its `author`'s.
    pub async fn join(
        &self,
        phy: &[u8],
        dev_eui: Option<DevEui>,
        authority: &Authority,
        author: &dyn Author,
    ) -> Result<Joined, JoinError> {
        let dev_eui = self.sender_of(phy, dev_eui)?;
        if self.get(dev_eui).is_some_and(|device| !authority.covers(&device)) {
            return Err(JoinError::OtherNetworkServer(dev_eui));
        }
        let _turn = self.turns.of(dev_eui).await;
        let mut overtaken = Overtaken::default();
        loop {
            match self.join_in_turn(phy, dev_eui, author).await {
                Err(JoinError::Devices(error)) if overtaken.is_again(&error) => {}
                done => return done,
            }
        }
    }

    /// The device that a message of the join procedure is of. A join-accept does not say it: where the
    /// network server does not either, the devices that asked last are tried.
    fn sender_of(&self, phy: &[u8], told: Option<DevEui>) -> Result<DevEui, JoinRefusal> {
        match (phy.first().map(|&mhdr| MType::of(mhdr)), told) {
            (Some(Ok(MType::JoinRequest)), _) => Ok(JoinRequest::parse(phy)?.dev_eui()),
            (Some(Ok(MType::JoinAccept)), Some(told)) => Ok(told),
            _ => Ok(self.joins.verify(phy, told)?.dev_eui()),
        }
    }

    /// Devices join rarely, so what is stored is read first, which another process may have changed.
    async fn join_in_turn(
        &self,
        phy: &[u8],
        dev_eui: DevEui,
        author: &dyn Author,
    ) -> Result<Joined, JoinError> {
        let unknown = || JoinRefusal::UnknownDevEui { dev_eui };
        let rows = self.reread_in_turn(dev_eui).await?.ok_or_else(unknown)?;
        let joins = rows.progress.joins.as_ref().ok_or_else(unknown)?;
        let claim = self.joins.verify(phy, Some(dev_eui))?;
        let mut batch = Batch::new();
        rows.expect_unchanged(&mut batch);
        JOINS.replace(&mut batch, &joins.seen, claim.next_state()).map_err(DevicesError::from)?;
        match claim.message() {
            JoinMessage::Request { .. } => {
                self.store.commit(batch).await.map_err(DevicesError::from)?;
            }
            JoinMessage::Accept { session } => {
                self.put_offered(&mut batch, session)?;
                let before = self.sessions.get(dev_eui).map(|before| before.dev_addr());
                let moved = Moved { dev_addr_before: before, dev_addr: Some(session.dev_addr()) };
                let act = AuditEntry::of_act("join", dev_eui).with(json!(moved)).in_any_case();
                author.commit(batch, act).await.map_err(DevicesError::from)?;
            }
        }
        Ok(match self.joins.confirm(claim) {
            JoinMessage::Request { dev_nonce } => Joined::Asked { dev_eui, dev_nonce },
            JoinMessage::Accept { session } => {
                let dev_addr = session.dev_addr();
                self.sessions.offer(*session);
                self.refresh(dev_eui);
                Joined::Answered { dev_eui, dev_addr }
            }
        })
    }

    /// The session that a device has goes on until it uses the one that it is offered. The batch is to be
    /// based on the device's rows, which memory says the same as.
    pub(super) fn put_offered(
        &self,
        batch: &mut Batch,
        session: &Session,
    ) -> Result<(), DevicesError> {
        let dev_eui = session.dev_eui();
        let offered = JoinedSession::of(session);
        let joined = match self.sessions.get(dev_eui) {
            None => {
                SESSIONS.delete(batch, &dev_eui);
                JoinedSessions { current: Some(offered), offered: None }
            }
            Some(current) => JoinedSessions {
                current: Some(JoinedSession::of(&current)),
                offered: Some(offered),
            },
        };
        Ok(JOINED.put(batch, &dev_eui, &joined)?)
    }

    /// After the first frame of a new session was confirmed: the session before is over.
    pub(super) fn settle(&self, dev_eui: DevEui) {
        self.sessions.settle(dev_eui);
        self.refresh(dev_eui);
    }

    /// Shows the address that a device has now.
    fn refresh(&self, dev_eui: DevEui) {
        if let Some(device) = self.get(dev_eui) {
            self.know(Device::clone(&device));
        }
    }
}
