//! Faults of a history, in words that say what to do.

use tokio_postgres::error::{Error, SqlState};

use crate::destinations::{ConnectError, Failure, FailureKind};

/// A fault of a history.
#[derive(Debug, thiserror::Error)]
pub(super) enum PostgresFault {
    /// There is no connection.
    #[error("the database cannot be reached: {0}")]
    Unreachable(String),
    /// Recipients may not be there, or nobody is.
    #[error("the database cannot be reached: {0}")]
    NotConnected(ConnectError),
    /// The server does not know who we are.
    #[error("the database does not let us in: {0}. Check user and password of the route")]
    WrongPassword(String),
    /// There is no such database.
    #[error(
        "the server has no such database: {0}. Make it, or say another one in the url of the route"
    )]
    NoDatabase(String),
    /// The user may not do what is to be done.
    #[error("the user of the route may not do that: {0}. GRANT CREATE ON DATABASE … TO it")]
    NoRight(String),
    /// A later version of this software has made the tables.
    #[error(
        "the tables are of version {found}, and this software knows {known}: update it, or say another schema in the \
         route"
    )]
    SchemaNewer {
        /// The version of the tables.
        found: i32,
        /// The latest version that is known here.
        known: i32,
    },
    /// The server takes no changes.
    #[error("the database is read-only, as a standby is: say the address of the primary")]
    ReadOnly,
    /// The disk of the server is full.
    #[error("the disk of the database is full: {0}")]
    Full(String),
    /// The server says something else.
    #[error("the database refuses it: {0}")]
    Refused(String),
    /// No answer came in time.
    #[error("the database did not answer in time")]
    TimedOut,
    /// A record cannot be read.
    #[error("a record cannot be read: {0}")]
    Record(#[from] serde_json::Error),
}

impl From<ConnectError> for PostgresFault {
    fn from(error: ConnectError) -> Self {
        Self::NotConnected(error)
    }
}

impl From<PostgresFault> for Failure {
    fn from(fault: PostgresFault) -> Self {
        let kind = match &fault {
            PostgresFault::Unreachable(_) => FailureKind::Unreachable,
            PostgresFault::NotConnected(error) => error.into(),
            PostgresFault::WrongPassword(_) => FailureKind::NotLetIn,
            PostgresFault::NoDatabase(_) => FailureKind::Missing,
            PostgresFault::NoRight(_) => FailureKind::NoRight,
            PostgresFault::SchemaNewer { .. } => FailureKind::SchemaNewer,
            PostgresFault::ReadOnly => FailureKind::ReadOnly,
            PostgresFault::Full(_) => FailureKind::Full,
            PostgresFault::Refused(_) => FailureKind::Refused,
            PostgresFault::TimedOut => FailureKind::TimedOut,
            PostgresFault::Record(_) => FailureKind::Unusable,
        };
        Self::new(kind, fault)
    }
}

impl From<Error> for PostgresFault {
    fn from(error: Error) -> Self {
        let Some(database) = error.as_db_error() else {
            return Self::Unreachable(in_one_line(&error));
        };
        let reason = database.message().to_owned();
        match *database.code() {
            SqlState::INVALID_PASSWORD | SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
                Self::WrongPassword(reason)
            }
            SqlState::INVALID_CATALOG_NAME => Self::NoDatabase(reason),
            SqlState::INSUFFICIENT_PRIVILEGE => Self::NoRight(reason),
            SqlState::READ_ONLY_SQL_TRANSACTION => Self::ReadOnly,
            SqlState::DISK_FULL => Self::Full(reason),
            _ => Self::Refused(reason),
        }
    }
}

/// The words of an error and of its causes.
fn in_one_line(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_words = cause.to_string();
        if !words.contains(&cause_words) {
            words = format!("{words}: {cause_words}");
        }
        next = cause.source();
    }
    words
}
