//! A verified uplink that is not durable yet.

use std::sync::Arc;

use crate::{
    counter::{Counter, Reservation},
    metadata::RadioMetadata,
    reports::{place::ReportHold, state::ReportState},
    session::SessionState,
    uplink::VerifiedUplink,
};

/// A verified uplink and the hold on its FCnt.
///
/// Until it is confirmed or dropped, every fresh frame of the session is refused as
/// [`InFlight`](crate::Refusal::InFlight): what becomes of this one is not known yet, and the
/// copy of a frame may only be called a duplicate once the first is durable.
///
/// Dropping it says that the record was not made: the FCnt is given back and the network server's
/// retry is accepted.
#[derive(Debug)]
#[must_use = "dropping a claim gives its FCnt back, as if the uplink had not come"]
pub struct Claim {
    uplink: VerifiedUplink,
    hold: Hold,
}

/// The reservation that is held until a claim is confirmed or dropped.
#[derive(Debug)]
pub(crate) enum Hold {
    /// The FCnt of a session, and how far the session was when the uplink was verified.
    Session(Reservation, SessionState),
    /// The place of a device whose uplinks are reported.
    Report(ReportHold),
}

/// The state that has to be stored, once a claim is confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NextState {
    /// The state of the device's session.
    Session(SessionState),
    /// The state of the reported uplinks of the device.
    Report(ReportState),
}

/// The progress of a claim's device: the state that the uplink was verified against, and the one that comes
/// of it. Store the one only in the place of the other: then of all who verified an uplink against the
/// same state, in this process or another, one alone moves the device on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress<'claim> {
    /// The device's session moves on. Where the claim [takes over](Claim::takes_over), `from` is the state
    /// of the session that begins, and not of the one that ends.
    Session {
        /// The state that the uplink was verified against.
        from: SessionState,
        /// The state once the claim is confirmed.
        to: SessionState,
    },
    /// The uplinks that are reported of the device move on.
    Report {
        /// The state that the uplink was accepted against.
        from: &'claim ReportState,
        /// The state once the claim is confirmed.
        to: &'claim ReportState,
    },
}

impl Claim {
    pub(crate) fn new(uplink: VerifiedUplink, hold: Hold) -> Self {
        Self { uplink, hold }
    }

    /// The uplink, to make the record of.
    #[must_use]
    pub fn uplink(&self) -> &VerifiedUplink {
        &self.uplink
    }

    /// The same with other metadata, such as those of all copies of the frame. The MIC does not cover
    /// them.
    pub fn with_metadata(self, metadata: impl Into<Arc<RadioMetadata>>) -> Self {
        Self { uplink: self.uplink.with_metadata(metadata.into()), ..self }
    }

    /// Whether this is the first uplink of the session that a device was offered when it joined. Once
    /// this is confirmed the session before is over: store in the same transaction which one is
    /// current, and [`settle`](crate::Sessions::settle) the device's sessions afterwards.
    #[must_use]
    pub fn takes_over(&self) -> bool {
        matches!(&self.hold, Hold::Session(reservation, _) if reservation.takes_over())
    }

    pub(crate) fn moves(&self, counter: &Counter) -> bool {
        matches!(&self.hold, Hold::Session(reservation, _) if reservation.is_of(counter))
    }

    /// Returns the state after the confirmation. Store it together with the record, in one transaction.
    #[must_use]
    pub fn next_state(&self) -> NextState {
        match &self.hold {
            Hold::Session(reservation, _) => NextState::Session(reservation.next_state()),
            Hold::Report(hold) => NextState::Report(hold.next_state().clone()),
        }
    }

    /// Returns the progress of the claim's device.
    #[must_use]
    pub fn progress(&self) -> Progress<'_> {
        match &self.hold {
            Hold::Session(reservation, from) => {
                Progress::Session { from: *from, to: reservation.next_state() }
            }
            Hold::Report(hold) => {
                Progress::Report { from: hold.previous_state(), to: hold.next_state() }
            }
        }
    }

    /// Says that record and state are durable: the session moves on, copies of the frame are
    /// duplicates from now on.
    pub fn confirm(self) -> VerifiedUplink {
        match self.hold {
            Hold::Session(reservation, _) => reservation.keep(),
            Hold::Report(hold) => hold.keep(),
        }
        self.uplink
    }
}
