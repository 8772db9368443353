//! Failures to hand something over: their kinds, which programs tell apart, and their words.

use serde::{Deserialize, Serialize};

use super::{AddressError, ConnectError, HttpError};

/// The kind of a failure to hand something over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
// A decoder's failures have kinds as well.
#[schema(as = HandoverFailureKind)]
pub enum FailureKind {
    /// The recipient answered with a status that takes nothing.
    Answered,
    /// There was no answer in time.
    TimedOut,
    /// The name of the host has no address.
    NotResolved,
    /// The host is where recipients may not be.
    PlaceNotAllowed,
    /// There is no connection.
    Unreachable,
    /// The connection is not secure: the certificate or the key of the host is not accepted.
    NotSecure,
    /// The connection was lost.
    ConnectionLost,
    /// The user is not let in.
    NotLetIn,
    /// The user has no right to write.
    NoRight,
    /// The folder, the bucket or the database is not there.
    Missing,
    /// The recipient has no room.
    Full,
    /// The file was written and cannot be given its name.
    NotRenamed,
    /// The database takes no changes.
    ReadOnly,
    /// The tables of the database are of a later version.
    SchemaNewer,
    /// The recipient refuses for a reason of its own.
    Refused,
    /// The record, or the request made of it, cannot be used.
    Unusable,
}

/// A failure to hand something over, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) kind: FailureKind,
    pub(crate) words: String,
}

impl Failure {
    pub(crate) fn new(kind: FailureKind, words: impl ToString) -> Self {
        Self { kind, words: words.to_string() }
    }
}

impl From<&AddressError> for FailureKind {
    fn from(error: &AddressError) -> Self {
        match error {
            AddressError::NotResolved { .. } => Self::NotResolved,
            AddressError::Network { .. }
            | AddressError::Denied { .. }
            | AddressError::Port { .. } => Self::PlaceNotAllowed,
        }
    }
}

impl From<&ConnectError> for FailureKind {
    fn from(error: &ConnectError) -> Self {
        match error {
            ConnectError::Address(error) => error.into(),
            ConnectError::TimedOut | ConnectError::Io(_) => Self::Unreachable,
        }
    }
}

impl From<&HttpError> for FailureKind {
    fn from(error: &HttpError) -> Self {
        match error {
            HttpError::Connect(error) => error.into(),
            HttpError::Tls(_) => Self::NotSecure,
            HttpError::Lost(_) => Self::ConnectionLost,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn a_connection_that_is_not_made_tells_why() {
        let host = "a.example".to_owned();
        let unknown = AddressError::NotResolved { host: host.clone(), reason: String::new() };
        for (error, kind) in [
            (ConnectError::Address(unknown), FailureKind::NotResolved),
            (AddressError::Denied { host }.into(), FailureKind::PlaceNotAllowed),
            (ConnectError::TimedOut, FailureKind::Unreachable),
            (io::Error::from(io::ErrorKind::ConnectionRefused).into(), FailureKind::Unreachable),
        ] {
            assert_eq!(FailureKind::from(&error), kind);
        }
        let word = serde_json::to_value(FailureKind::PlaceNotAllowed).unwrap();
        assert_eq!(word, "place-not-allowed");
    }
}
