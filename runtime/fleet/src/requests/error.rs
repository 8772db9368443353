//! The reasons why a request is not taken, or not carried on.

use champollion_store::TableError;
use jiff::Timestamp;
use uuid::Uuid;

use super::DeclarationFault;

/// The reason why a request is not taken, or not carried on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// A row cannot be read or written.
    #[error(transparent)]
    Table(#[from] TableError),
    /// No such request exists, or the secret is not its own.
    #[error("there is no request {0}, or the secret is none of it")]
    Unknown(Uuid),
    /// The declaration makes no sense.
    #[error(transparent)]
    Declaration(#[from] DeclarationFault),
    /// The name of who asks is none.
    #[error("name: {0}")]
    Name(&'static str),
    /// As many requests wait as may.
    #[error(
        "{limit} requests wait for a decision, as many as [approvals] waiting lets: come again later"
    )]
    TooMany {
        /// The bound of the setting.
        limit: usize,
    },
    /// The request has grown to the size that a row may have.
    #[error(
        "the request takes {bytes} bytes with all its remarks, and {limit} are the limit: write less"
    )]
    TooLarge {
        /// The bytes that it would take.
        bytes: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// The request is decided.
    #[error("the request was decided at {0}, and nothing is added to it")]
    Decided(Timestamp),
    /// There is no such check.
    #[error("the request has the checks 1 to {count}, and {number} is none of them")]
    UnknownCheck {
        /// The number that is asked for.
        number: usize,
        /// The number of checks.
        count: usize,
    },
    /// Checks are open or not passed.
    #[error("a request is accepted once all checks are passed; these are not: {0}")]
    ChecksLeft(String),
    /// The partner asks for the same already.
    #[error("the partner asks for an approval already: the request {0} waits for its decision")]
    AsksAlready(Uuid),
    /// The request is about something else.
    #[error("the request is about {0}, which this does not go with")]
    OtherMatter(&'static str),
    /// The number does not suit the request.
    #[error("{number} objects are fewer than the {least} that are asked for")]
    TooFew {
        /// The number that is granted.
        number: u32,
        /// The least that makes sense.
        least: u32,
    },
}
