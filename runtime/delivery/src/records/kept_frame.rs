//! The frames of kept records, for whoever decodes them once more and keeps nothing of what comes of it. What stands
//! behind the uplink, which is most of a record, is not read.

use std::fmt;

use champollion_frames::DevEui;
use champollion_sandbox::Specimen;
use champollion_store::Entry;
use jiff::Timestamp;
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};

use super::{
    cursor::Cursor,
    told::{DamagedRecord, ToldDevice, ToldUplink},
};
use crate::{mailbox::STAMP_BYTES, names::GroupId};

/// The frame of a kept record.
#[derive(Clone, Debug)]
pub struct KeptFrame {
    /// The place of the record in the log of its group.
    pub place: Cursor,
    /// The device that sent the frame.
    pub dev_eui: DevEui,
    /// When the network received it.
    pub received_at: Timestamp,
    /// The frame as a decoder gets it; nothing where it has no application payload.
    pub specimen: Option<Specimen>,
    /// The id of the record.
    pub(super) id: String,
}

/// Some records of a group as they lie in its log, the oldest first, of which nothing is read yet.
#[derive(Debug)]
pub struct KeptPage {
    group: GroupId,
    entries: Vec<Entry>,
}

impl KeptPage {
    pub(crate) fn new(group: GroupId, entries: Vec<Entry>) -> Self {
        Self { group, entries }
    }

    /// Returns the place of the last record; none where there are no records.
    #[must_use]
    pub fn last(&self) -> Option<Cursor> {
        self.entries.last().map(|entry| Cursor::new(entry.sequence))
    }

    /// Reads the frames. One whose record cannot be read is no reason not to give the others.
    #[must_use]
    pub fn frames(&self) -> Vec<Result<KeptFrame, DamagedRecord>> {
        self.records().map(|(place, json)| KeptFrame::read(&self.group, place, json)).collect()
    }

    /// The records as JSON. Each lies behind the moment at which it was stored; one without is none, and is damaged.
    pub(super) fn records(&self) -> impl Iterator<Item = (Cursor, &[u8])> {
        self.entries.iter().map(|entry| {
            let json = entry.value.get(STAMP_BYTES..).unwrap_or_default();
            (Cursor::new(entry.sequence), json)
        })
    }
}

impl KeptFrame {
    pub(super) fn read(group: &GroupId, place: Cursor, json: &[u8]) -> Result<Self, DamagedRecord> {
        let mut members = Members::default();
        let mut deserializer = serde_json::Deserializer::from_slice(json);
        // Where all members are known the rest is left unread, which the parser takes for an error.
        let ended = deserializer.deserialize_map(&mut members);
        if let Members {
            id: Some(id),
            received_at: Some(received_at),
            device: Some(ToldDevice { dev_eui }),
            uplink: Some(uplink),
        } = members
        {
            let specimen = uplink.specimen(received_at);
            return Ok(Self { place, dev_eui, received_at, specimen, id });
        }
        let reason = match ended {
            Ok(()) => "a member is missing".to_owned(),
            Err(error) => error.to_string(),
        };
        Err(DamagedRecord { group: group.clone(), place, reason })
    }
}

/// The members that a frame is made of, as far as they were read.
#[derive(Default)]
struct Members {
    id: Option<String>,
    received_at: Option<Timestamp>,
    device: Option<ToldDevice>,
    uplink: Option<ToldUplink>,
}

/// The name of a member.
#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
enum Member {
    Id,
    ReceivedAt,
    Device,
    Uplink,
    #[serde(other)]
    Other,
}

impl Members {
    fn are_complete(&self) -> bool {
        let Self { id, received_at, device, uplink } = self;
        id.is_some() && received_at.is_some() && device.is_some() && uplink.is_some()
    }
}

impl<'de> Visitor<'de> for &mut Members {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a record")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut record: A) -> Result<(), A::Error> {
        while !self.are_complete() {
            match record.next_key()? {
                Some(Member::Id) => self.id = Some(record.next_value()?),
                Some(Member::ReceivedAt) => self.received_at = Some(record.next_value()?),
                Some(Member::Device) => self.device = Some(record.next_value()?),
                Some(Member::Uplink) => self.uplink = Some(record.next_value()?),
                Some(Member::Other) => drop(record.next_value::<IgnoredAny>()?),
                None => break,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::Arc;

    use champollion_store::Sequence;

    use super::*;
    use crate::records::{KeptRecord, StoredRecord};

    pub(in crate::records) const RECORD: &str = r#"{"type":"record","formatVersion":"1.3","id":"02C4A3FFFE100001-00000007-22E5E2A3","group":"water","device":{"devEui":"02C4A3FFFE100001","name":"Meter \u00e9","tags":{"uplink":"x"}},"object":{"id":"none of ours"},"receivedAt":"2019-07-22T11:37:52Z","verifiedBy":"mic","uplink":{"fCnt":7,"fPort":100,"payload":"0EA0"},"radio":{"redundancy":1},"decoded":{"data":{}}}"#;

    pub(in crate::records) const CORRECTED: &str = r#"{"type":"correction","formatVersion":"1.3","id":"02C4A3FFFE100001-00000007-22E5E2A3-0A1B2C3D","group":"water","device":{"devEui":"02C4A3FFFE100001"},"receivedAt":"2019-07-22T11:37:52Z","verifiedBy":"mic","uplink":{"fCnt":7,"fPort":100,"payload":"0EA0"},"replaces":{"record":"02C4A3FFFE100001-00000007-22E5E2A3"},"decoded":{"data":{}}}"#;

    fn read(json: &str) -> Result<KeptFrame, DamagedRecord> {
        let place = Cursor::new(Sequence::new(1));
        KeptFrame::read(&"water".parse().unwrap(), place, json.as_bytes())
    }

    fn read_whole(json: &str) -> KeptRecord {
        let (sequence, stored_at) = (Sequence::new(1), Timestamp::UNIX_EPOCH);
        let stored = StoredRecord { sequence, stored_at, json: Arc::from(json) };
        KeptRecord::read(&"water".parse().unwrap(), stored).unwrap()
    }

    #[test]
    fn a_frame_is_that_of_the_whole_record() {
        let without_port = RECORD.replace("\"fPort\":100,", "");
        let odd = RECORD.replace("0EA0", "0EA");
        for (json, has_specimen) in
            [(RECORD, true), (CORRECTED, true), (&without_port, false), (&odd, false)]
        {
            let (frame, whole) = (read(json).unwrap(), read_whole(json));
            assert_eq!(
                (frame.id.as_str(), frame.dev_eui, frame.received_at),
                (whole.id(), whole.dev_eui(), whole.received_at()),
            );
            let told = [frame.specimen, whole.specimen()].map(|specimen| {
                let Specimen { f_port, f_cnt, payload, received_at } = specimen?;
                Some((f_port, f_cnt, payload, received_at))
            });
            assert_eq!(told[0], told[1]);
            assert_eq!(told[0].is_some(), has_specimen, "{json}");
        }
    }

    #[test]
    fn a_record_that_ends_too_early_is_damaged() {
        let uplink_ends = RECORD.find(",\"radio\"").unwrap();
        assert!(read(&RECORD[..uplink_ends]).is_ok(), "nothing behind the uplink is looked at");
        for end in [0, 1, 30, uplink_ends - 1] {
            assert!(read(&RECORD[..end]).is_err(), "{end}");
        }
        let missing = RECORD.replace("receivedAt", "receivedat");
        assert!(read(&missing).unwrap_err().reason.contains("missing"));
        assert!(read(&RECORD.replace("2019-", "19-")).is_err());
        assert!(read("[]").is_err());
    }
}
