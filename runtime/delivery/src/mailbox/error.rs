//! Errors of records that wait.

use champollion_store::{StoreError, TableError};

use crate::{names::GroupId, records::Cursor};

/// Why the mailbox did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeliveryError {
    /// The store did not.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A table of the store cannot be read or written.
    #[error(transparent)]
    Table(#[from] TableError),
    /// A record cannot be written as JSON, or not be read.
    #[error("a record of the group {group} is not as it was written: {reason}")]
    Damaged {
        /// The group of the record.
        group: GroupId,
        /// The fault of the record.
        reason: String,
    },
    /// Records cannot be written in the format of a file.
    #[error("records cannot be written: {reason}")]
    Unwritable {
        /// The reason that was given.
        reason: String,
    },
    /// A change could not be put into the audit, and was not made.
    #[error("nothing was changed, since the change could not be put into the audit: {reason}")]
    NotAudited {
        /// The reason that was given.
        reason: String,
    },
    /// A filter could not be held against records.
    #[error("records cannot be filtered: {reason}")]
    NotFiltered {
        /// The reason that was given.
        reason: String,
    },
    /// A record is larger than the store takes.
    #[error("the record has {bytes} bytes, and {limit} are the limit")]
    RecordTooLarge {
        /// Its size in bytes.
        bytes: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// Acknowledged was what was never given out.
    #[error("the cursor {given} is beyond the last record of the group, which is {last}")]
    BeyondEnd {
        /// The cursor that was acknowledged.
        given: Cursor,
        /// The cursor of the last record.
        last: Cursor,
    },
}
