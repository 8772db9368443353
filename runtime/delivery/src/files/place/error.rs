//! Errors of places that files are put into: the fault, and the remedy.

use crate::destinations::{AddressError, Failure, FailureKind, TlsError};

/// Why a file is not where it was to be put.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlaceError {
    /// Its name has no address, or one where recipients may not be.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// There is nobody there.
    #[error("{host} cannot be reached: {reason}")]
    Unreachable {
        /// The host of the place.
        host: String,
        /// The reason that was given.
        reason: String,
    },
    /// It is not the server that was meant, or the server has a new key.
    #[error(
        "{host} shows the host key {shown}, and {pinned} is pinned: ask its owner whether the key was \
         changed, and pin the new one only if it was"
    )]
    HostKey {
        /// The host of the place.
        host: String,
        /// The fingerprint that it shows.
        shown: String,
        /// The fingerprint that is in the route.
        pinned: String,
    },
    /// Its certificate is not good.
    #[error("the certificate of {host} is not accepted: {reason}. {advice}")]
    Certificate {
        /// The host of the place.
        host: String,
        /// The reason that was given.
        reason: String,
        /// The advice about the fault.
        advice: &'static str,
    },
    /// It does not let us in.
    #[error("{user:?} is not let in: {reason}")]
    Login {
        /// The user that was refused.
        user: String,
        /// The reason that was given.
        reason: String,
    },
    /// We may not write there.
    #[error("there is no permission to write {what}: {reason}")]
    Denied {
        /// The object at fault.
        what: String,
        /// The words of the server.
        reason: String,
    },
    /// The folder or the bucket is not there.
    #[error("{what} is not there, and is not made here: {reason}")]
    Missing {
        /// The object at fault.
        what: String,
        /// The words of the server.
        reason: String,
    },
    /// The file was written and cannot be given its name.
    #[error(
        "{part} was written, and cannot be renamed: {reason}. Where the account may not rename, say \
         \"inPlace\": true, so that files are written under their own names{left}"
    )]
    NotRenamed {
        /// The name under which the file was written.
        part: String,
        /// The words of the server.
        reason: String,
        /// The words about the rest of the file, where something of it is left.
        left: &'static str,
    },
    /// There is no room.
    #[error("there is no room for the file: {reason}")]
    Full {
        /// The words of the server.
        reason: String,
    },
    /// The connection is gone.
    #[error("the connection was lost while the file was written: {reason}")]
    Lost {
        /// The details that are known.
        reason: String,
    },
    /// It took too long.
    #[error("the file was not there after {seconds} seconds, which is the limit")]
    TimedOut {
        /// The limit in seconds.
        seconds: u64,
    },
    /// The server refused for a reason of its own.
    #[error("{what} was refused: {reason}")]
    Refused {
        /// The request that was made.
        what: &'static str,
        /// The words of the server.
        reason: String,
    },
}

/// Why a place cannot be like that.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnusablePlace {
    /// A text cannot be used.
    #[error("{member}: {reason}")]
    Text {
        /// The member at fault.
        member: &'static str,
        /// The reason why the member is refused.
        reason: &'static str,
    },
    /// The fingerprint is none.
    #[error(
        "hostKey must be SHA256: and 43 characters, as `ssh-keygen -lf` shows it for the server's key"
    )]
    Fingerprint,
    /// The private key cannot be read.
    #[error("privateKey cannot be used: {0}")]
    Key(String),
    /// A URL is none that files can be put to.
    #[error(
        "{member} must begin with https://; the operator may allow http:// with [delivery] plain-http"
    )]
    Scheme {
        /// The member at fault.
        member: &'static str,
    },
    /// It is where recipients may not be.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// Certificates cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The client cannot be made.
    #[error("no client can be made: {0}")]
    Client(String),
    /// A name is not as the protocol has it.
    #[error("{member} cannot be {value:?}: {form}")]
    Grammar {
        /// The member at fault.
        member: &'static str,
        /// The value of the member.
        value: String,
        /// The form that it must have.
        form: &'static str,
    },
    /// There are no folders for files.
    #[error("files are put into no folder here: the operator may allow it with [delivery] folders")]
    NoFolders,
    /// The server was built without the libraries that speak to such a place.
    #[error(
        "files are put to no place of this kind here: the server was built without the feature \
         {feature}"
    )]
    NotBuilt {
        /// The feature that it would need.
        feature: &'static str,
    },
}

impl From<PlaceError> for Failure {
    fn from(error: PlaceError) -> Self {
        let kind = match &error {
            PlaceError::Address(error) => error.into(),
            PlaceError::Unreachable { .. } => FailureKind::Unreachable,
            PlaceError::HostKey { .. } | PlaceError::Certificate { .. } => FailureKind::NotSecure,
            PlaceError::Login { .. } => FailureKind::NotLetIn,
            PlaceError::Denied { .. } => FailureKind::NoRight,
            PlaceError::Missing { .. } => FailureKind::Missing,
            PlaceError::NotRenamed { .. } => FailureKind::NotRenamed,
            PlaceError::Full { .. } => FailureKind::Full,
            PlaceError::Lost { .. } => FailureKind::ConnectionLost,
            PlaceError::TimedOut { .. } => FailureKind::TimedOut,
            PlaceError::Refused { .. } => FailureKind::Refused,
        };
        Self::new(kind, error)
    }
}

impl PlaceError {
    /// Makes the error of a file that is written and not renamed, from that of the renaming.
    pub(super) fn not_renamed(part: String, error: &Self, is_removed: bool) -> Self {
        let reason = match error {
            Self::Denied { reason, .. }
            | Self::Missing { reason, .. }
            | Self::Full { reason }
            | Self::Refused { reason, .. } => reason.clone(),
            other => other.to_string(),
        };
        let left = if is_removed { "" } else { ". It could not be taken away either, and is left" };
        Self::NotRenamed { part, reason, left }
    }

    /// Makes the error of a failed handshake of TLS, of which only the words are known.
    pub(super) fn tls(host: &str, reason: &str) -> Self {
        let advice = [
            ("xpired", "It has to be renewed, or our clock is wrong"),
            ("NotValidYet", "It is not valid yet, or our clock is wrong"),
            ("not valid yet", "It is not valid yet, or our clock is wrong"),
            (
                "UnknownIssuer",
                "If it comes from an authority of its own, say that one's under tls.ca",
            ),
            ("NotValidForName", "It is for another name: say the name that it is for"),
            ("not valid for name", "It is for another name: say the name that it is for"),
            ("invalid peer certificate", "Ask its owner"),
        ];
        let (host, reason) = (host.to_owned(), reason.to_owned());
        match advice.into_iter().find(|(word, _)| reason.contains(word)) {
            Some((_, advice)) => Self::Certificate { host, reason, advice },
            None => Self::Unreachable { host, reason },
        }
    }
}
