//! The errors of tokens: a client that is not let in, and a token that is not made or revoked.

use champollion_registry::RegistryError;
use champollion_store::{StoreError, TableError};
use jiff::Timestamp;

use super::scope::Scope;
use crate::quotas::QuotaExceeded;

/// Why a client is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// The request presents no token.
    #[error("this needs a token: send the header `Authorization: Bearer <token>`")]
    Missing,
    /// It presents something else than a bearer token.
    #[error(
        "the Authorization header is no bearer token: it must read `Bearer <token>`, or `Basic` with the token as the password"
    )]
    NotBearer,
    /// It presents a token that nobody made, or that was revoked.
    #[error(
        "this token is not known here: it is mistyped, it was revoked, or its person was suspended"
    )]
    Unknown,
    /// It presents a token that another node may have made just now.
    #[error("this node cannot read whether another one has just made this token: ask another node")]
    Behind,
    /// It presents a token that has ended.
    #[error("this token expired at {0}: ask an admin for a new one")]
    Expired(Timestamp),
    /// It presents a session that has ended.
    #[error("this session has ended: sign in again")]
    SessionEnded,
    /// It presents a token of a person who is suspended.
    #[error("the account of this token's person is suspended: ask who looks after it")]
    Suspended,
}

/// Why a token was not made or revoked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The store did not keep it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The system gives no randomness.
    #[error("the system gives no randomness: {0}")]
    Randomness(#[from] getrandom::Error),
    /// The table of the store cannot be read.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The audit cannot take a line of the change.
    #[error(transparent)]
    Audit(Box<RegistryError>),
    /// More is said of it than is kept.
    #[error("the name has {bytes} bytes, and {limit} are the limit")]
    NameTooLong {
        /// Its length in bytes.
        bytes: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// Its name would not be seen as it is.
    #[error(
        "the name has a line break, or a character that turns the direction of text or has no width: leave it out"
    )]
    UnseenName,
    /// It would end before it begins.
    #[error("the token would have expired at {0}, before it is made")]
    ExpiresInThePast(Timestamp),
    /// The group has as many as it may have.
    #[error(transparent)]
    Quota(#[from] QuotaExceeded),
    /// The person, or the partner, has as many as it may have.
    #[error(
        "there are {limit} tokens of this person or partner, as many as [people] tokens allows: revoke one first"
    )]
    TooMany {
        /// The bound of the setting.
        limit: usize,
    },
    /// There is no such token.
    #[error("no token has the id {0:?}")]
    NoSuchToken(String),
    /// Nobody could administer the server without it.
    #[error("{0:?} is the last admin with a token of all scopes: make another one first")]
    LastAdmin(String),
    /// A token without scopes could do nothing.
    #[error("a token needs at least one scope; without the list it has all of its role")]
    NoScopes,
    /// Its role does not have a scope.
    #[error("the role {role} has no scope {scope}")]
    ScopeOfAnother {
        /// The role of the token.
        role: &'static str,
        /// The scope in question.
        scope: Scope,
    },
}

impl From<RegistryError> for TokenError {
    fn from(error: RegistryError) -> Self {
        match error {
            RegistryError::Store(error) => Self::Store(error),
            error => Self::Audit(Box::new(error)),
        }
    }
}

impl AuthError {
    /// The word for it, for metrics.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::NotBearer => "malformed",
            Self::Unknown => "unknown",
            Self::Behind => "behind",
            Self::Expired(_) => "expired",
            Self::SessionEnded => "session",
            Self::Suspended => "suspended",
        }
    }
}
