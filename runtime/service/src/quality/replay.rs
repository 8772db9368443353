//! Counting of what is kept: records that were not counted are read from the logs of their groups, be it after a crash, or
//! since several nodes add to them.

use std::collections::HashMap;

use champollion_fleet::names::GroupId;
use champollion_frames::{DevEui, RadioMetadata};
use champollion_store::{Sequence, Store, StoreError, tables::RECORDS};
use jiff::Timestamp;
use serde::Deserialize;

use super::{books::Books, counting::Counting, heard::Heard};
use crate::gateways::Hearing;

/// Entries that are read at once.
const AT_ONCE: usize = 1_000;

/// Names of logs that are read at once.
const LOGS: usize = 1_000;

/// The bytes of the moment that each entry of a log begins with.
const STAMP_BYTES: usize = 8;

/// The type of a record that is of a frame, and in place of none.
const OF_A_FRAME: &str = "record";

/// The outcome of a replay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Records that were counted.
    pub counted: u64,
    /// Records that cannot be read.
    pub unreadable: u64,
}

/// A record as far as it is counted.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct KeptFrame {
    #[serde(rename = "type", default = "of_a_frame")]
    record_type: String,
    device: KeptDevice,
    received_at: Timestamp,
    uplink: KeptUplink,
    #[serde(default)]
    radio: RadioMetadata,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct KeptDevice {
    dev_eui: DevEui,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct KeptUplink {
    #[serde(default)]
    missed_frames: Option<u32>,
}

/// Records of earlier versions have no type.
fn of_a_frame() -> String {
    OF_A_FRAME.to_owned()
}

/// A replay that counts what was not counted before, and goes on again and again with what was added meanwhile. Nothing is
/// counted beside it.
#[derive(Default)]
pub struct Replay {
    /// The places up to which the logs were read.
    places: HashMap<GroupId, u64>,
}

impl Replay {
    /// Counts the records of all groups that were added since the last time, and the gateways that heard them.
    ///
    /// # Errors
    /// [`StoreError`] where the store does not answer. What was read until then is counted, and is not read again.
    pub async fn go_on(
        &mut self,
        store: &dyn Store,
        books: &Books,
        counts: (&Counting, &Hearing),
    ) -> Result<Replayed, StoreError> {
        let (mut replayed, mut after) = (Replayed::default(), None);
        loop {
            let logs = store.logs(RECORDS.as_str(), after.as_deref(), LOGS).await?;
            let groups = logs.iter().filter_map(|log| RECORDS.owner_of(log)?.parse().ok());
            for group in groups {
                self.read_group(store, books, (&group, counts), &mut replayed).await?;
            }
            match logs.into_iter().next_back() {
                Some(last) => after = Some(last),
                None => return Ok(replayed),
            }
        }
    }

    /// The groups whose logs were read, and the place up to which each was.
    pub fn places(&self) -> impl Iterator<Item = (&GroupId, Sequence)> {
        self.places.iter().map(|(group, place)| (group, Sequence::new(*place)))
    }

    async fn read_group(
        &mut self,
        store: &dyn Store,
        books: &Books,
        (group, counts): (&GroupId, (&Counting, &Hearing)),
        replayed: &mut Replayed,
    ) -> Result<(), StoreError> {
        let (log, counted) = (RECORDS.log_of(group), books.place(group));
        let place = self.places.entry(group.clone()).or_insert(counted.through);
        loop {
            let entries = store.read(&log, Sequence::new(*place), AT_ONCE).await?;
            let Some(last) = entries.last() else { return Ok(()) };
            let last = last.sequence.get();
            for entry in entries {
                let sequence = entry.sequence.get();
                if counted.has(sequence) {
                    continue;
                }
                match read(&entry.value) {
                    Some(frame) if frame.record_type == OF_A_FRAME => {
                        note(counts, (group, sequence), &frame);
                        replayed.counted += 1;
                    }
                    Some(_) => {}
                    None => replayed.unreadable += 1,
                }
            }
            *place = last;
        }
    }
}

fn read(entry: &[u8]) -> Option<KeptFrame> {
    serde_json::from_slice(entry.get(STAMP_BYTES..)?).ok()
}

fn note(
    (counting, hearing): (&Counting, &Hearing),
    (group, sequence): (&GroupId, u64),
    frame: &KeptFrame,
) {
    let at_ms = frame.received_at.as_millisecond().try_into().unwrap_or_default();
    let heard = Heard {
        at_ms,
        missed: frame.uplink.missed_frames,
        redundancy: u32::try_from(frame.radio.redundancy()).unwrap_or(u32::MAX),
        best: frame.radio.best_reception(),
        spreading_factor: frame.radio.spreading_factor,
    };
    hearing.note(&frame.radio.gateways, at_ms);
    counting.note(group, Some(sequence), frame.device.dev_eui, &heard);
}
