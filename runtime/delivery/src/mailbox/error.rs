//! What goes wrong with records that wait.

use champollion_store::StoreError;

use crate::{names::GroupId, records::Cursor};

/// Why the mailbox did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeliveryError {
    /// The store did not.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A record cannot be written as JSON, or not be read.
    #[error("a record of the group {group} is not as it was written: {reason}")]
    Damaged {
        /// Whose.
        group: GroupId,
        /// What is wrong.
        reason: String,
    },
    /// A route is not as it was written.
    #[error("the route {key} is not as it was written: {reason}")]
    DamagedRoute {
        /// Which.
        key: String,
        /// What is wrong.
        reason: String,
    },
    /// Records cannot be written in the format of a file.
    #[error("records cannot be written: {reason}")]
    Unwritable {
        /// Why.
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
        /// What was acknowledged.
        given: Cursor,
        /// The last record.
        last: Cursor,
    },
}
