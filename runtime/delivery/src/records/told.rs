//! The members of a stored record that more than one reader takes, and the error of one that cannot be read.

use champollion_frames::DevEui;
use champollion_sandbox::Specimen;
use data_encoding::HEXUPPER;
use jiff::Timestamp;
use serde::Deserialize;

use super::cursor::Cursor;
use crate::names::GroupId;

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ToldDevice {
    pub(super) dev_eui: DevEui,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ToldUplink {
    pub(super) f_cnt: u32,
    pub(super) f_port: Option<u8>,
    pub(super) payload: String,
}

/// A record is not as it was written.
#[derive(Debug, thiserror::Error)]
#[error("the record {place} of the group {group} is not as it was written: {reason}")]
pub struct DamagedRecord {
    pub(super) group: GroupId,
    pub(super) place: Cursor,
    pub(super) reason: String,
}

impl ToldUplink {
    /// The frame of the record as a decoder gets it; nothing where it has no application payload.
    pub(super) fn specimen(&self, received_at: Timestamp) -> Option<Specimen> {
        let Self { f_cnt, f_port, payload } = self;
        let payload = HEXUPPER.decode(payload.as_bytes()).ok()?;
        let received_at = u64::try_from(received_at.as_millisecond()).unwrap_or(0);
        Some(Specimen { f_port: (*f_port)?, f_cnt: *f_cnt, payload, received_at })
    }
}

impl DamagedRecord {
    /// Returns the place of the record.
    #[must_use]
    pub fn place(&self) -> Cursor {
        self.place
    }
}
