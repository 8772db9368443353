//! The ledger of torture: frames acknowledged, records arrived, and everything that must not be.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value as Json;

/// Most violations that are kept: the first ones say what is wrong.
const VIOLATIONS: usize = 20;

/// A device and the counter of one of its frames.
type Frame = (String, u32);

/// All that is known so far.
#[derive(Default)]
pub(super) struct Ledger {
    /// The group of each device.
    groups: HashMap<String, String>,
    /// The number of frames of each device that were acknowledged: those below this.
    acknowledged: BTreeMap<String, u32>,
    /// The name of each record that was told or seen, and whose it is.
    ids: HashMap<String, Frame>,
    names: HashMap<Frame, String>,
    /// By recipient and device: the first frame that it has not taken.
    taken: BTreeMap<(String, String), u32>,
    /// The recipients of each group.
    recipients: BTreeMap<String, BTreeSet<String>>,
    pub(super) delivered: u64,
    pub(super) repeated: u64,
    /// Records that came before an earlier one of their device.
    pub(super) disordered: u64,
    pub(super) violations: Vec<String>,
}

impl Ledger {
    pub(super) fn add_device(&mut self, dev_eui: &str, group: &str) {
        self.groups.insert(dev_eui.to_owned(), group.to_owned());
        self.acknowledged.insert(dev_eui.to_owned(), 0);
    }

    /// All records of a group must come to this recipient.
    pub(super) fn add_recipient(&mut self, recipient: &str, group: &str) {
        self.recipients.entry(group.to_owned()).or_default().insert(recipient.to_owned());
    }

    /// The server has answered that it keeps a frame; under which name, if it said so.
    pub(super) fn acknowledge(&mut self, dev_eui: &str, f_cnt: u32, id: Option<&str>) {
        self.acknowledged.insert(dev_eui.to_owned(), f_cnt + 1);
        if let Some(id) = id {
            self.name((dev_eui.to_owned(), f_cnt), id);
        }
    }

    /// Records have come to a recipient of a group, which takes them or does not.
    pub(super) fn arrive(&mut self, recipient: &str, group: &str, records: &[&Json], takes: bool) {
        // In a request that is not taken, a device's later record follows its earlier one.
        let mut within = BTreeMap::<String, u32>::new();
        for record in records {
            let dev_eui = text(&record["device"]["devEui"]);
            let f_cnt = record["uplink"]["fCnt"].as_u64().and_then(|f_cnt| f_cnt.try_into().ok());
            let Some(f_cnt) = f_cnt else {
                self.violate(format!("{recipient} got a record without FCnt: {record}"));
                continue;
            };
            if self.groups.get(&dev_eui).map(String::as_str) != Some(group) {
                self.violate(format!("{recipient} got what is not its own: {record}"));
                continue;
            }
            self.name((dev_eui.clone(), f_cnt), &text(&record["id"]));
            let place = (recipient.to_owned(), dev_eui.clone());
            let next = self.taken.get(&place).copied().unwrap_or_default();
            let expected = within.get(&dev_eui).copied().unwrap_or(next).max(next);
            within.insert(dev_eui.clone(), (f_cnt + 1).max(expected));
            if f_cnt > expected {
                self.disordered += 1;
                self.violate(format!(
                    "{recipient} got FCnt {f_cnt} of {dev_eui} before it took {expected}"
                ));
            }
            if takes {
                if f_cnt < next {
                    self.repeated += 1;
                } else {
                    self.delivered += 1;
                    self.taken.insert(place, f_cnt + 1);
                }
            }
        }
    }

    /// Returns the number of frames that were acknowledged.
    pub(super) fn acknowledged(&self) -> u64 {
        self.acknowledged.values().copied().map(u64::from).sum()
    }

    /// The devices of a group, each with the number of its frames that were acknowledged.
    pub(super) fn frames_of(&self, group: &str) -> Vec<(String, u32)> {
        let is_of = |dev_eui: &str| self.groups.get(dev_eui).is_some_and(|own| own == group);
        let own = self.acknowledged.iter().filter(|(dev_eui, _)| is_of(dev_eui));
        own.map(|(dev_eui, frames)| (dev_eui.clone(), *frames)).collect()
    }

    /// Returns the number of acknowledged records that recipients have not taken.
    pub(super) fn missing(&self) -> u64 {
        let mut missing = 0;
        for (dev_eui, recipient) in self.expected() {
            let place = (recipient.clone(), dev_eui.clone());
            let taken = self.taken.get(&place).copied().unwrap_or_default();
            let acknowledged = self.acknowledged.get(dev_eui).copied().unwrap_or_default();
            missing += u64::from(acknowledged.saturating_sub(taken));
        }
        missing
    }

    /// Everything is over: what recipients have and nobody acknowledged, and what they lack.
    pub(super) fn close(&mut self) {
        let mut found = Vec::new();
        for (dev_eui, recipient) in self.expected() {
            let place = (recipient.clone(), dev_eui.clone());
            let taken = self.taken.get(&place).copied().unwrap_or_default();
            let acknowledged = self.acknowledged.get(dev_eui).copied().unwrap_or_default();
            if taken != acknowledged {
                found.push(format!(
                    "{recipient} took {taken} records of {dev_eui}, of which {acknowledged} frames \
                     were acknowledged"
                ));
            }
        }
        found.into_iter().for_each(|violation| self.violate(violation));
    }

    pub(super) fn violate(&mut self, violation: String) {
        if self.violations.len() < VIOLATIONS {
            self.violations.push(violation);
        }
    }

    /// Each device with each recipient of its group.
    fn expected(&self) -> impl Iterator<Item = (&String, &String)> {
        self.groups.iter().flat_map(|(dev_eui, group)| {
            let recipients = self.recipients.get(group).into_iter().flatten();
            recipients.map(move |recipient| (dev_eui, recipient))
        })
    }

    /// A record has one name, and no other record has it.
    fn name(&mut self, frame: Frame, id: &str) {
        let before = self.names.entry(frame.clone()).or_insert_with(|| id.to_owned()).clone();
        let owner = self.ids.entry(id.to_owned()).or_insert_with(|| frame.clone()).clone();
        if before != id || owner != frame {
            self.violate(format!("{frame:?} is called {id:?} and {before:?}, as {owner:?}"));
        }
    }
}

/// A JSON string as it is; anything else as nothing.
fn text(json: &Json) -> String {
    json.as_str().unwrap_or_default().to_owned()
}
