//! The log of a group, as it is read in the end: no id twice, counters of frames that only grow, and the counts that the
//! decoder read one after another, without gap and without repeat. A compare-and-set that was lost shows in them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::partner::id;

/// The last frame of a device.
#[derive(Default)]
struct Device {
    /// The counter that the next frame has at least.
    next_f_cnt: u64,
    /// The count of the frame before.
    count: u64,
}

/// The faults of a log.
#[derive(Default)]
pub(super) struct Faults {
    /// Ids that come twice, and counters of frames that fall.
    pub(super) repeated: Vec<String>,
    /// Counts that were not the next ones.
    pub(super) counts: Vec<String>,
    /// Records that the follower saw otherwise.
    pub(super) followed: Option<String>,
}

/// Checks the records of a group against the ids that the follower saw.
pub(super) fn check(group: &str, records: &[Json], followed: &[String]) -> Faults {
    let (mut faults, mut ids) = (Faults::default(), BTreeSet::new());
    let mut devices: BTreeMap<&str, Device> = BTreeMap::new();
    for record in records {
        let dev_eui = record["device"]["devEui"].as_str().unwrap_or_default();
        let f_cnt = record["uplink"]["fCnt"].as_u64().unwrap_or_default();
        let device = devices.entry(dev_eui).or_default();
        if !ids.insert(id(record)) || f_cnt < device.next_f_cnt {
            let next = device.next_f_cnt;
            faults.repeated.push(format!("{f_cnt} of {dev_eui} is in the log after {next}"));
        }
        device.next_f_cnt = device.next_f_cnt.max(f_cnt + 1);
        let count = record["decoded"]["data"]["count"].as_u64();
        if count != Some(device.count + 1) {
            faults.counts.push(format!(
                "{f_cnt} of {dev_eui} has the count {count:?} after {}: {}",
                device.count, record["decodeError"]
            ));
        }
        device.count = count.unwrap_or(device.count);
    }
    faults.followed = difference(group, records, followed);
    faults
}

fn difference(group: &str, records: &[Json], followed: &[String]) -> Option<String> {
    let scanned: Vec<String> = records.iter().map(id).collect();
    if scanned == followed {
        return None;
    }
    let same = scanned.iter().zip(followed).take_while(|(one, other)| one == other).count();
    Some(format!(
        "of {group} {} records are there and {} were followed; they differ from number {same} on",
        scanned.len(),
        followed.len()
    ))
}
