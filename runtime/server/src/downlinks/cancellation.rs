//! Taking commands back: those that wait here, and those that wait at a network server which gives them back.

use std::sync::Arc;

use champollion_lns::NetworkServerName;
use champollion_registry::ledger::AuditEntry;
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use super::{
    Downlink, Downlinks, LedgerError, State,
    carrier::Withdrawn,
    queue::{Queue, Reason},
};
use crate::authors::Author;

/// Why a command was not taken back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CancelError {
    /// There is none of that name.
    #[error("there is no command {0}")]
    Unknown(Uuid),
    /// The network server has it.
    #[error("the network server {0} has the command already, and it cannot be taken back: {1}")]
    HandedOver(NetworkServerName, String),
    /// It was offered, and the network server did not answer yet.
    #[error(
        "the command was offered to the network server {0}, which may have it: it cannot be taken back ({1}), and is not offered again"
    )]
    MayBeHandedOver(NetworkServerName, String),
    /// It is being offered.
    #[error("the command is being offered to the network server {0}: ask again")]
    BeingOffered(NetworkServerName),
    /// It is at its end.
    #[error("the command is {} already", .0.as_str())]
    AtItsEnd(State),
    /// The store did not keep it.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl Downlinks {
    /// Takes a command back, unless the network server has it and does not give it back. Taking it back
    /// twice is fine.
    pub async fn cancel(
        &self,
        id: Uuid,
        author: &dyn Author,
    ) -> Result<Arc<Downlink>, CancelError> {
        let cancel = |downlink: &mut Downlink| match downlink.state {
            State::Queued if downlink.is_waiting() && !downlink.unanswered => {
                downlink.state = State::Cancelled;
                downlink.cancelled_at = Some(Timestamp::now());
                Ok(true)
            }
            State::Cancelled | State::Queued | State::Unknown => Ok::<_, CancelError>(false),
            state => Err(CancelError::AtItsEnd(state)),
        };
        let cancelled = self.ledger.change_in_name_of(id, cancel, (author, cancelling)).await?;
        let downlink = cancelled.ok_or(CancelError::Unknown(id))?;
        if downlink.state == State::Cancelled {
            return Ok(downlink);
        }
        if !self.ledger.is_open(id) {
            return Err(CancelError::AtItsEnd(downlink.state));
        }
        self.withdraw(&downlink, author).await
    }

    /// Takes a command back from the network server. Where it does not give it back, one that it may not
    /// have is not offered again.
    async fn withdraw(
        &self,
        downlink: &Downlink,
        author: &dyn Author,
    ) -> Result<Arc<Downlink>, CancelError> {
        let (id, server) = (downlink.id, downlink.network_server.clone());
        if downlink.is_waiting() && self.is_being_offered(downlink) {
            return Err(CancelError::BeingOffered(server));
        }
        let whereabouts = self.whereabouts.of(downlink.dev_eui);
        let withdrawn = match self.carriers.get().and_then(|carriers| carriers.get(&server)) {
            Some(carrier) => carrier.withdraw(downlink, whereabouts.as_deref()).await,
            None => Withdrawn::Not("the settings say no way to it any more".to_owned()),
        };
        let now = Timestamp::now();
        let change = |downlink: &mut Downlink| {
            // Something may have been told meanwhile.
            if !matches!(downlink.state, State::Queued | State::Unknown) {
                return Ok::<_, CancelError>(false);
            }
            // An offer that was under way may have ended without being taken.
            let is_here = downlink.is_waiting() && !downlink.unanswered;
            if is_here || withdrawn == Withdrawn::Done {
                downlink.state = State::Cancelled;
            } else if downlink.handed_over_at.is_some() || downlink.cancelled_at.is_some() {
                return Ok(false);
            } else {
                downlink.state = State::Unknown;
            }
            downlink.cancelled_at.get_or_insert(now);
            Ok(true)
        };
        let after = self.ledger.change_in_name_of(id, change, (author, cancelling)).await?;
        let after = after.ok_or(CancelError::Unknown(id))?;
        match (withdrawn, after.state) {
            (_, State::Cancelled) => Ok(after),
            (Withdrawn::Not(why), State::Queued) => Err(CancelError::HandedOver(server, why)),
            (Withdrawn::Not(why), State::Unknown) => Err(CancelError::MayBeHandedOver(server, why)),
            (_, state) => Err(CancelError::AtItsEnd(state)),
        }
    }

    fn is_being_offered(&self, downlink: &Downlink) -> bool {
        let reason = |queue: &mut Queue| queue.reason(downlink);
        self.ledger.with_queue(&downlink.network_server, reason) == Some(Reason::Offered)
    }
}

/// The line of the audit of a command that somebody takes back.
fn cancelling(downlink: &Downlink) -> AuditEntry {
    AuditEntry::of_act("command-cancel", downlink.id)
        .with(json!({ "device": downlink.dev_eui }))
        .essential()
}
