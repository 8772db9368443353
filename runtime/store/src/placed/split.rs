//! A batch, split by the databases that its rows and logs lie in.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::places::Places;
use super::rules::{Owner, Rules, device, device_key};
use crate::batch::{Batch, Operation};
use crate::error::StoreError;
use crate::port::Store;
use crate::tables;

const GROUP_PLACES: &str = tables::GROUP_PLACES.as_str();
const DEVICE_PLACES: &str = tables::DEVICE_PLACES.as_str();

/// A part of a batch.
#[derive(Debug, Default)]
pub(super) struct Part {
    pub(super) batch: Batch,
    /// The places of its entries among all that the whole batch appends.
    pub(super) appended: Vec<usize>,
}

/// An entry of a log that is told last.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) log: String,
    pub(super) value: Vec<u8>,
    /// The place of the entry among all that the whole batch appends.
    pub(super) appended: usize,
}

/// The parts of a batch.
#[derive(Debug)]
pub(super) enum Parts {
    /// All of it lies in one database.
    One(usize),
    /// It lies in several.
    Several {
        parts: BTreeMap<usize, Part>,
        /// Told once the other parts are seen.
        told: Vec<Told>,
        /// The number of entries that are appended.
        entries: usize,
    },
}

/// A batch whose parts are found, and the places that it gives.
#[derive(Debug)]
pub(super) struct Split {
    pub(super) parts: Parts,
    pub(super) places: NewPlaces,
}

/// Places that a batch gives, and what it is based on.
#[derive(Debug, Default)]
pub(super) struct NewPlaces {
    /// Conditions and rows in the home database.
    added: Batch,
    groups: HashMap<String, usize>,
    devices: HashMap<u64, usize>,
}

impl Split {
    /// Finds out where the parts of a batch lie. What it writes first of a group or a device gets a place.
    pub(super) async fn of(
        batch: &Batch,
        places: &Places,
        rules: &Rules,
    ) -> Result<Self, StoreError> {
        let mut splitter = Splitter {
            places,
            rules,
            batch,
            groups: HashMap::new(),
            devices: HashMap::new(),
            new: NewPlaces::default(),
        };
        splitter.place_owners().await?;
        splitter.split().await
    }
}

impl NewPlaces {
    /// Whether the batch gives no place, and is based on the absence of none.
    pub(super) fn is_empty(&self) -> bool {
        self.added.conditions.is_empty()
    }

    /// Adds to a batch that lies in the home database what it is based on, and the places that it gives.
    pub(super) fn add_to(&self, batch: &mut Batch) {
        batch.conditions.extend(self.added.conditions.iter().cloned());
        batch.operations.extend(self.added.operations.iter().cloned());
    }

    /// Whether a batch was refused for what was added to it: others have given places meanwhile.
    pub(super) fn are_overtaken(&self, error: &StoreError, rules: &Rules) -> bool {
        let ours = [GROUP_PLACES, DEVICE_PLACES, rules.devices];
        let StoreError::Conflict { table, .. } = error else { return false };
        !self.is_empty() && ours.contains(&table.as_str())
    }

    /// Has the places remembered that the batch gave, which is durable now.
    pub(super) fn learn(&self, places: &Places) {
        self.groups.iter().for_each(|(group, place)| places.learn_group(group, *place));
        self.devices.iter().for_each(|(device, place)| places.learn_device(*device, *place));
    }
}

/// Whether a batch writes something of a group.
fn writes(batch: &Batch, rules: &Rules, group: &str) -> bool {
    let is_its = |operation: &Operation| {
        let owner = match operation {
            Operation::Put { table, key, .. } => (rules.of_row)(table, key),
            Operation::Append { log, .. } | Operation::Skip { log, .. } => (rules.of_log)(log),
            Operation::Delete { .. } | Operation::Truncate { .. } => return false,
        };
        owner == Owner::Group(group)
    };
    batch.operations.iter().any(is_its) || batch.owners.iter().any(|(_, owner)| owner == group)
}

struct Splitter<'a> {
    places: &'a Places,
    rules: &'a Rules,
    batch: &'a Batch,
    groups: HashMap<&'a str, usize>,
    devices: HashMap<u64, usize>,
    new: NewPlaces,
}

impl<'a> Splitter<'a> {
    /// Gives each device that is registered the place of its group.
    async fn place_owners(&mut self) -> Result<(), StoreError> {
        for (key, group) in &self.batch.owners {
            let Some(device) = str::from_utf8(key).ok().and_then(device) else { continue };
            let wanted = self.group(group).await?;
            let held = match self.places.of_device(device).await? {
                Some(held) => held,
                None => self.place_device(device, key, wanted).await?,
            };
            if held != wanted {
                return Err(StoreError::OtherDatabase {
                    device: device_key(device),
                    held: self.places.name(held).to_string(),
                    group: group.clone(),
                    wanted: self.places.name(wanted).to_string(),
                });
            }
            self.devices.insert(device, held);
        }
        Ok(())
    }

    /// Gives a device its place, unless it was registered at home before places were given.
    async fn place_device(
        &mut self,
        device: u64,
        key: &[u8],
        wanted: usize,
    ) -> Result<usize, StoreError> {
        let is_at_home =
            wanted == 0 || self.places.home().get(self.rules.devices, key).await?.is_some();
        let place = if is_at_home { 0 } else { wanted };
        let (row, name) = (device_key(device), self.places.name(place).to_string());
        self.new.added.expect_absent(DEVICE_PLACES, row.clone()).put(DEVICE_PLACES, row, name);
        if place != 0 {
            self.new.added.expect_absent(self.rules.devices, key);
        }
        self.new.devices.insert(device, place);
        Ok(place)
    }

    async fn split(mut self) -> Result<Split, StoreError> {
        let batch = self.batch;
        let mut of_conditions = Vec::with_capacity(batch.conditions.len());
        for condition in &batch.conditions {
            let owner = (self.rules.of_row)(&condition.table, &condition.key);
            of_conditions.push(self.place(owner).await?);
        }
        let mut of_operations = Vec::with_capacity(batch.operations.len());
        for operation in &batch.operations {
            let owner = match operation {
                Operation::Put { table, key, .. } | Operation::Delete { table, key } => {
                    (self.rules.of_row)(table, key)
                }
                Operation::Append { log, .. }
                | Operation::Truncate { log, .. }
                | Operation::Skip { log, .. } => (self.rules.of_log)(log),
            };
            of_operations.push(self.place(owner).await?.unwrap_or(0));
        }
        let mut touched: BTreeSet<usize> =
            of_conditions.iter().flatten().chain(&of_operations).copied().collect();
        if !self.new.is_empty() {
            touched.insert(0);
        }
        // The proof of a lease is looked at where something else is.
        let of_proofs = touched.first().copied().unwrap_or(0);
        touched.insert(of_proofs);
        let parts = if touched.len() == 1 {
            Parts::One(of_proofs)
        } else {
            let of_conditions = of_conditions.iter().map(|place| place.unwrap_or(of_proofs));
            self.several(batch, (of_conditions, of_operations))
        };
        Ok(Split { parts, places: self.new })
    }

    /// Parts a batch by the places of its conditions and operations.
    fn several(
        &self,
        batch: &Batch,
        (of_conditions, of_operations): (impl Iterator<Item = usize>, Vec<usize>),
    ) -> Parts {
        let (mut parts, mut told, mut entries) = (BTreeMap::<usize, Part>::new(), Vec::new(), 0);
        // What moves the ends of a log keeps its order with what is appended.
        let cut: HashSet<&str> = batch.operations.iter().filter_map(cut_log).collect();
        for (condition, place) in batch.conditions.iter().zip(of_conditions) {
            parts.entry(place).or_default().batch.conditions.push(condition.clone());
        }
        for (operation, place) in batch.operations.iter().zip(of_operations) {
            if let Operation::Append { log, value } = operation {
                let appended = entries;
                entries += 1;
                if (self.rules.is_told_last)(log) && !cut.contains(log.as_str()) {
                    told.push(Told { log: log.clone(), value: value.clone(), appended });
                    continue;
                }
                parts.entry(place).or_default().appended.push(appended);
            }
            parts.entry(place).or_default().batch.operations.push(operation.clone());
        }
        // The home database decides, whether it has a part or not.
        self.new.add_to(&mut parts.entry(0).or_default().batch);
        Parts::Several { parts, told, entries }
    }

    /// The place of what is an owner's; `None` of the proof of a lease.
    async fn place(&mut self, owner: Owner<'a>) -> Result<Option<usize>, StoreError> {
        Ok(match owner {
            Owner::Territory => Some(0),
            Owner::Group(group) => Some(self.group(group).await?),
            Owner::Device(device) => Some(self.device(device).await?),
            Owner::Holder => None,
        })
    }

    async fn group(&mut self, group: &'a str) -> Result<usize, StoreError> {
        if let Some(place) = self.groups.get(group) {
            return Ok(*place);
        }
        let place = match self.places.of_group(group).await? {
            Some(place) => place,
            None => {
                self.new.added.expect_absent(GROUP_PLACES, group);
                if writes(self.batch, self.rules, group) {
                    let place = self.places.of_new_group();
                    self.new.added.put(GROUP_PLACES, group, self.places.name(place).to_string());
                    self.new.groups.insert(group.to_owned(), place);
                    place
                } else {
                    0
                }
            }
        };
        self.groups.insert(group, place);
        Ok(place)
    }

    async fn device(&mut self, device: u64) -> Result<usize, StoreError> {
        if let Some(place) = self.devices.get(&device) {
            return Ok(*place);
        }
        let place = match self.places.of_device(device).await? {
            Some(place) => place,
            None => {
                // It may be registered elsewhere meanwhile.
                self.new.added.expect_absent(DEVICE_PLACES, device_key(device));
                0
            }
        };
        self.devices.insert(device, place);
        Ok(place)
    }
}

/// The log whose ends an operation moves.
fn cut_log(operation: &Operation) -> Option<&str> {
    match operation {
        Operation::Truncate { log, .. } | Operation::Skip { log, .. } => Some(log),
        Operation::Put { .. } | Operation::Delete { .. } | Operation::Append { .. } => None,
    }
}
