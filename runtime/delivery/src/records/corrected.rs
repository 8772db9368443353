//! Records that were decoded once more, by another version, and what of a kept record it takes for that.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use champollion_frames::DevEui;
use champollion_sandbox::{Digest, Reading, Specimen};
use champollion_store::Sequence;
use jiff::Timestamp;
use semver::Version;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{
    cursor::Cursor,
    decoder_name::{DecoderName, made_by},
    derived::{Derived, derived_by, with_derived},
    kept_frame::{KeptFrame, KeptPage},
    object::PointInfo,
    record::{DecodedOrNot, FORMAT_VERSION, Outcome, RecordType, decoded_or_not},
    replaced::Replaced,
    stored::StoredRecord,
    told::{DamagedRecord, ToldDevice, ToldUplink},
};
use crate::names::GroupId;

/// Parts of the name of a record of a frame: DevEUI, FCnt and fingerprint.
const FRAME_PARTS: usize = 3;

/// Digits of a package's digest that the name of a corrected record ends with.
const DIGEST_DIGITS: usize = 8;

/// The beginning of a record of a frame that was not decoded again, as [`RecordType`] writes it.
const FIRST_OF_ITS_FRAME: &[u8] = br#"{"type":"record","#;

/// A record that is kept: made of a verified frame once, and read back as it was written.
#[derive(Clone, Debug)]
pub struct KeptRecord {
    /// Its place in the log of its group.
    pub place: Cursor,
    json: Arc<str>,
    told: KeptMembers,
}

/// The members of a kept record that are looked at.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct KeptMembers {
    id: String,
    received_at: Timestamp,
    device: ToldDevice,
    #[serde(default)]
    object: Option<ToldObject>,
    uplink: ToldUplink,
    #[serde(default)]
    decoder: Option<ToldDecoder>,
    #[serde(default)]
    decoded: Option<ToldReading>,
}

#[derive(Clone, Debug, Deserialize)]
struct ToldReading {
    #[serde(default)]
    derived: Vec<ToldDerived>,
}

#[derive(Clone, Debug, Deserialize)]
struct ToldDerived {
    decoder: ToldDecoder,
}

#[derive(Clone, Debug, Deserialize)]
struct ToldObject {
    #[serde(default)]
    point: Option<PointInfo>,
}

#[derive(Clone, Debug, Deserialize)]
struct ToldDecoder {
    id: String,
    version: Version,
    digest: Digest,
    #[serde(default)]
    mapping: Option<ToldMapping>,
}

#[derive(Clone, Debug, Deserialize)]
struct ToldMapping {
    digest: Digest,
}

/// The parts of a record that stay as they are when its frame is decoded once more.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Unchanged<'json> {
    #[serde(borrow)]
    device: &'json RawValue,
    #[serde(default, borrow)]
    object: Option<&'json RawValue>,
    #[serde(borrow)]
    received_at: &'json RawValue,
    #[serde(borrow)]
    verified_by: &'json RawValue,
    #[serde(borrow)]
    network_server: &'json RawValue,
    #[serde(borrow)]
    uplink: &'json RawValue,
    #[serde(borrow)]
    radio: &'json RawValue,
}

/// A record in the place of one that is kept. It can only be made of that one.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CorrectedRecord {
    #[serde(rename = "type")]
    record_type: RecordType,
    format_version: &'static str,
    id: String,
    group: GroupId,
    device: Box<RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    object: Option<Box<RawValue>>,
    received_at: Box<RawValue>,
    recorded_at: Timestamp,
    verified_by: Box<RawValue>,
    network_server: Box<RawValue>,
    uplink: Box<RawValue>,
    radio: Box<RawValue>,
    replaces: Replaced,
    #[serde(skip_serializing_if = "Option::is_none")]
    decoder: Option<DecoderName>,
    #[serde(flatten)]
    outcome: DecodedOrNot,
}

impl KeptRecord {
    pub(crate) fn read(group: &GroupId, stored: StoredRecord) -> Result<Self, DamagedRecord> {
        let place = Cursor::new(stored.sequence);
        let told: Result<KeptMembers, _> = serde_json::from_str(&stored.json);
        let told = told.map_err(|error| {
            let (group, reason) = (group.clone(), error.to_string());
            DamagedRecord { group, place, reason }
        })?;
        Ok(Self { place, json: stored.json, told })
    }

    /// Returns the id of the record.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.told.id
    }

    /// The device that sent the frame.
    #[must_use]
    pub fn dev_eui(&self) -> DevEui {
        self.told.device.dev_eui
    }

    /// When the network received it.
    #[must_use]
    pub fn received_at(&self) -> Timestamp {
        self.told.received_at
    }

    /// The frame as a decoder gets it; nothing where it has no application payload.
    #[must_use]
    pub fn specimen(&self) -> Option<Specimen> {
        self.told.uplink.specimen(self.told.received_at)
    }

    /// The name of the decoder that made it.
    #[must_use]
    pub fn decoder(&self) -> Option<&str> {
        self.told.decoder.as_ref().map(|decoder| decoder.id.as_str())
    }

    /// The digest of what made it: its package, the mapping where there was one, and what was derived.
    #[must_use]
    pub fn digest(&self) -> Option<Digest> {
        let told = self.told.decoder.as_ref()?;
        let made = made_by(told.digest, told.mapping.as_ref().map(|mapping| mapping.digest));
        Some(with_derived(made, self.derived().map(|derived| derived.decoder.digest)))
    }

    fn derived(&self) -> impl Iterator<Item = &ToldDerived> {
        self.told.decoded.iter().flat_map(|decoded| &decoded.derived)
    }

    /// The part of its name that all records of its frame begin with.
    fn frame(&self) -> &str {
        frame(&self.told.id)
    }

    /// The record of the same frame as another version of a decoder reads it now.
    pub fn corrected(
        &self,
        group: &GroupId,
        decoder: DecoderName,
        reading: Reading,
        now: Timestamp,
    ) -> Result<CorrectedRecord, serde_json::Error> {
        let unchanged: Unchanged<'_> = serde_json::from_str(&self.json)?;
        let Unchanged { device, object, received_at, verified_by, network_server, uplink, radio } =
            unchanged;
        let mapping = decoder.mapping.as_ref().map(|mapping| mapping.digest);
        let id = self.corrected_id(made_by(decoder.digest, mapping));
        let outcome = Outcome::Decoded(decoder, reading);
        let (decoder, mut outcome) = decoded_or_not(self.dev_eui(), self.received_at(), outcome);
        if let Some(point) = self.told.object.as_ref().and_then(|object| object.point.as_ref()) {
            outcome.place(self.received_at(), point);
        }
        let before = self.told.decoder.as_ref();
        Ok(CorrectedRecord {
            record_type: RecordType::Correction,
            format_version: FORMAT_VERSION,
            id,
            group: group.clone(),
            device: device.to_owned(),
            object: object.map(RawValue::to_owned),
            received_at: received_at.to_owned(),
            recorded_at: now,
            verified_by: verified_by.to_owned(),
            network_server: network_server.to_owned(),
            uplink: uplink.to_owned(),
            radio: radio.to_owned(),
            replaces: Replaced {
                record: self.told.id.clone(),
                decoder: before.map(|before| before.id.clone()),
                version: before.map(|before| before.version.clone()),
            },
            decoder,
            outcome,
        })
    }

    /// The name that its frame's record has when this package makes it: always the same one.
    fn corrected_id(&self, digest: Digest) -> String {
        format!("{}-{}", self.frame(), suffix(digest))
    }
}

/// The frames of a group that were decoded more than once.
#[derive(Debug, Default)]
pub struct Corrections {
    /// By frame the last record of it, and the ends of the names of all that are corrected.
    frames: HashMap<String, (Sequence, Vec<String>)>,
    /// Where the log ended.
    end: Sequence,
}

impl Corrections {
    /// None yet, of a log that ends here.
    pub(crate) fn until(end: Sequence) -> Self {
        Self { end, ..Self::default() }
    }

    /// Notes the corrected ones of some records of the log. They come in their order.
    pub fn note(&mut self, page: &KeptPage) {
        page.records().for_each(|(place, json)| self.note_record(place, json));
    }

    fn note_record(&mut self, place: Cursor, json: &[u8]) {
        // Nearly all are: their names say nothing more, so they need not be read.
        if json.starts_with(FIRST_OF_ITS_FRAME) {
            return;
        }
        let Ok(Named { id }) = serde_json::from_slice::<Named<'_>>(json) else { return };
        let own = frame(&id);
        if let Some(suffix) = id.get(own.len() + 1..) {
            let (last, made) = self.frames.entry(own.to_owned()).or_default();
            *last = place.sequence();
            made.push(suffix.to_owned());
        }
    }

    /// Whether a record is the last one of its frame.
    #[must_use]
    pub fn is_last(&self, record: &KeptRecord) -> bool {
        self.is_last_of(record.frame(), record.place)
    }

    /// Whether the record that a frame was read out of is the last one of it.
    #[must_use]
    pub fn is_last_frame(&self, kept: &KeptFrame) -> bool {
        self.is_last_of(frame(&kept.id), kept.place)
    }

    fn is_last_of(&self, frame: &str, place: Cursor) -> bool {
        self.frames.get(frame).is_none_or(|(last, _)| *last == place.sequence())
    }

    /// Whether there is a record of the same frame that was made so.
    #[must_use]
    pub fn are_made(&self, record: &KeptRecord, digest: Digest) -> bool {
        let suffix = suffix(digest);
        record.digest() == Some(digest)
            || self.frames.get(record.frame()).is_some_and(|(_, made)| made.contains(&suffix))
    }

    /// Whether the record of a place came after these were looked for.
    #[must_use]
    pub fn is_later(&self, place: Cursor) -> bool {
        place.sequence() > self.end
    }
}

impl CorrectedRecord {
    /// The same with what derived decoders make of its reading now.
    #[must_use]
    pub fn with_derived(mut self, record: &KeptRecord, results: Vec<Derived>) -> Self {
        if let Some(decoder) = &self.decoder {
            let mapping = decoder.mapping.as_ref().map(|mapping| mapping.digest);
            let made = derived_by(made_by(decoder.digest, mapping), &results);
            self.id = record.corrected_id(made);
        }
        self.outcome.derive(record.dev_eui(), record.received_at(), results);
        self
    }

    /// Returns the group of the record.
    pub(crate) fn group(&self) -> &GroupId {
        &self.group
    }
}

#[derive(Deserialize)]
struct Named<'json> {
    #[serde(borrow)]
    id: Cow<'json, str>,
}

/// The first parts of a name; all of it where it is that of no corrected record.
fn frame(id: &str) -> &str {
    let end = id.match_indices('-').nth(FRAME_PARTS - 1);
    end.map_or(id, |(end, _)| &id[..end])
}

fn suffix(digest: Digest) -> String {
    let mut hex = digest.hex().to_uppercase();
    hex.truncate(DIGEST_DIGITS);
    hex
}

#[cfg(test)]
mod tests {
    use champollion_store::Entry;

    use super::*;
    use crate::{mailbox::STAMP_BYTES, records::kept_frame};

    #[test]
    fn a_name_tells_its_frame() {
        let own = "70B3D5499A000001-00000001-2F7A11C0";
        assert_eq!(frame(own), own);
        assert_eq!(frame(&format!("{own}-0A1B2C3D")), own);
        assert_eq!(frame("damaged"), "damaged");
        let digest = Digest::of(b"package");
        assert_eq!(suffix(digest).len(), DIGEST_DIGITS);
        assert_eq!(suffix(digest), suffix(Digest::of(b"package")));
    }

    #[test]
    fn a_corrected_record_is_the_last_of_its_frame() {
        let group: GroupId = "water".parse().unwrap();
        let (first, corrected) = (kept_frame::tests::RECORD, kept_frame::tests::CORRECTED);
        assert!(first.as_bytes().starts_with(FIRST_OF_ITS_FRAME));
        // As an earlier version wrote records, which had no type.
        let before = first.replace("\"type\":\"record\",", "");
        let mut corrections = Corrections::until(Sequence::new(3));
        let stored = [first, &before, corrected].into_iter().zip(1..);
        let entries = stored.map(|(json, place)| Entry {
            sequence: Sequence::new(place),
            value: [&[0; STAMP_BYTES][..], json.as_bytes()].concat(),
        });
        let page = KeptPage::new(group, entries.collect());
        corrections.note(&page);
        let frames: Vec<KeptFrame> = page.frames().into_iter().map(Result::unwrap).collect();
        let last: Vec<bool> = frames.iter().map(|kept| corrections.is_last_frame(kept)).collect();
        assert_eq!(last, [false, false, true]);
        assert!(!corrections.is_later(frames[2].place));
        assert!(corrections.is_later(Cursor::new(Sequence::new(4))));
    }
}
