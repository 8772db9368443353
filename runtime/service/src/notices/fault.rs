//! The faults of notices, each with what to write instead.

use champollion_fleet::names::GroupId;
use champollion_store::TableError;
use jiff::Timestamp;
use uuid::Uuid;

use super::notice::{BYTES, DAYS};

/// Why a notice is not made or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NoticeFault {
    /// No notice has this id, or none that the sender may see.
    #[error("there is no notice {0}, or it is not about your objects")]
    Unknown(Uuid),
    /// The end is not after the begin.
    #[error(
        "end {end} is not after begin {begin}: write a later end, such as {begin} plus some hours"
    )]
    EndBeforeBegin {
        /// The begin that is asked for.
        begin: Timestamp,
        /// The end that is asked for.
        end: Timestamp,
    },
    /// Planned work has no end.
    #[error(
        "planned work needs an end: write when it is over at the latest, as in \"end\": \"2027-03-01T14:00:00Z\""
    )]
    PlannedWithoutEnd,
    /// Planned work has no begin.
    #[error(
        "planned work needs a begin: write when it starts, as in \"begin\": \"2027-03-01T08:00:00Z\""
    )]
    PlannedWithoutBegin,
    /// Planned work begins in the past.
    #[error(
        "planned work is told before it begins, and {0} is past: write a later begin, or \"kind\": \"incident\""
    )]
    PlannedInThePast(Timestamp),
    /// An incident begins in the future.
    #[error(
        "an incident has begun, and {0} is to come: leave begin out, or write \"kind\": \"planned\""
    )]
    IncidentToCome(Timestamp),
    /// A notice lasts too long.
    #[error(
        "the notice lasts from {begin} to {end}, and {DAYS} days are the limit: write an earlier end"
    )]
    TooLong {
        /// The begin that is asked for.
        begin: Timestamp,
        /// The end that is asked for.
        end: Timestamp,
    },
    /// A group of the scope is none.
    #[error("there is no group {0}: `champollion partners list` shows those that there are")]
    UnknownGroup(GroupId),
    /// A gateway of the scope has no name that a gateway can have.
    #[error("{0:?} is no name of a gateway: it has 1 to 64 bytes, as the network server writes it")]
    Gateway(String),
    /// A part of the scope has too many names.
    #[error("{part} has {count} names, and {limit} are the limit: leave it out for all")]
    TooManyNames {
        /// The part of the scope.
        part: &'static str,
        /// The names that it has.
        count: usize,
        /// The most names that it may have.
        limit: usize,
    },
    /// Days are to be left out of no object's figures.
    #[error(
        "the notice names gateways alone, and no object is known to be theirs: leave leavesOut out, or name the objects in scope.groups or scope.useCases"
    )]
    NothingToLeaveOut,
    /// A notice with its follow-ups is too large.
    #[error(
        "the notice with its follow-ups takes {0} bytes, and {BYTES} are the limit: make another notice"
    )]
    TooLarge(usize),
    /// A notice that was cancelled is to be changed.
    #[error("the notice {0} was cancelled: make another one")]
    Cancelled(Uuid),
    /// A change says nothing.
    #[error("the change says nothing: give one of title, text, begin, end, leavesOut")]
    NoChange,
    /// The store cannot be read or written.
    #[error(transparent)]
    Table(#[from] TableError),
}

impl NoticeFault {
    /// The most bytes of a notice with its follow-ups.
    pub const BYTES: usize = BYTES;

    /// The longest time of a notice in days.
    pub const DAYS: i64 = DAYS;

    /// Returns the member of a request that is at fault, where one is.
    #[must_use]
    pub fn path(&self) -> Option<&'static str> {
        match self {
            Self::EndBeforeBegin { .. } | Self::PlannedWithoutEnd | Self::TooLong { .. } => {
                Some("end")
            }
            Self::PlannedWithoutBegin | Self::PlannedInThePast(_) | Self::IncidentToCome(_) => {
                Some("begin")
            }
            Self::UnknownGroup(_) => Some("scope.groups"),
            Self::Gateway(_) => Some("scope.gateways"),
            Self::TooManyNames { .. } => Some("scope"),
            Self::NothingToLeaveOut => Some("leavesOut"),
            Self::TooLarge(_) => Some("text"),
            Self::Unknown(_) | Self::Cancelled(_) | Self::NoChange | Self::Table(_) => None,
        }
    }
}
