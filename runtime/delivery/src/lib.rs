//! Records: what a partner is given of a frame, and the mailbox that keeps them until they are
//! delivered, or until their time is over.

#![forbid(unsafe_code)]

mod group;
mod mailbox;
mod record;

pub use group::{GroupId, GroupIdError};
pub use mailbox::{Cursor, CursorError, DeliveryError, Mailbox, Page, PulledRecord};
pub use record::{DecoderName, DeviceInfo, Outcome, Record, RecordId};
