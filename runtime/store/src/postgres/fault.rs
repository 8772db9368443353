//! Faults of a database, by what is to be done about them.

use tokio_postgres::error::SqlState;

use crate::error::{StoreError, in_one_line};

/// A fault that a statement met.
#[derive(Debug)]
pub(super) enum Fault {
    /// Another transaction was in the way: the same once more.
    Again,
    /// The connection is of no use any more, or the server takes no changes.
    Lost(String),
    /// The database's disk is full.
    Full(String),
    /// The server refuses the statement.
    Refused(String),
    /// The database has lost what it had acknowledged.
    SetBack,
}

impl Fault {
    /// The error for the caller.
    pub(super) fn error(&self, server: &str) -> StoreError {
        let server = server.to_owned();
        match self {
            Self::Again => {
                let reason = "other transactions are in the way all the time".to_owned();
                StoreError::Unreachable { server, reason }
            }
            Self::Lost(reason) => StoreError::Unreachable { server, reason: reason.clone() },
            Self::Full(reason) => StoreError::Full { server, reason: reason.clone() },
            Self::Refused(reason) => StoreError::Refused { server, reason: reason.clone() },
            Self::SetBack => StoreError::SetBack { server },
        }
    }
}

impl From<tokio_postgres::Error> for Fault {
    fn from(error: tokio_postgres::Error) -> Self {
        let reason = in_one_line(&error);
        let Some(code) = error.code() else { return Self::Lost(reason) };
        match *code {
            SqlState::T_R_DEADLOCK_DETECTED | SqlState::T_R_SERIALIZATION_FAILURE => Self::Again,
            SqlState::DISK_FULL => Self::Full(reason),
            // A primary that became a standby: the next connection finds the new primary.
            SqlState::READ_ONLY_SQL_TRANSACTION => Self::Lost(reason),
            _ if is_passing(code.code()) => Self::Lost(reason),
            _ => Self::Refused(reason),
        }
    }
}

/// Whether a code is of those that go away with another connection, or later: connections, resources other than the
/// disk, a server that starts or stops, a transaction that was ended since its client was silent.
fn is_passing(code: &str) -> bool {
    ["08", "53", "57P"].iter().any(|class| code.starts_with(class)) || code == "25P03"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_that_pass_are_told_from_those_that_stay() {
        for passing in ["08006", "53300", "57P01", "57P03", "25P03"] {
            assert!(is_passing(passing), "{passing}");
        }
        for lasting in ["42501", "28P01", "3D000", "25006"] {
            assert!(!is_passing(lasting), "{lasting}");
        }
    }
}
