//! The places of groups and devices: in which database they lie.
//!
//! A place is a row in the home database, written in the batch that first writes something of the group or the device,
//! and never changed. So what is in memory is true for ever, and only what is not in memory is asked for.

use std::collections::{BTreeMap, HashMap};

use parking_lot::RwLock;

use super::options::DatabaseName;
use super::rules::{device, device_key};
use crate::error::StoreError;
use crate::port::{Health, Store};
use crate::postgres::PostgresStore;
use crate::tables;

/// Rows that are read at once.
const PAGE: usize = 10_000;

/// A database with its name, and its connections.
#[derive(Clone, Debug)]
pub(super) struct Database {
    pub(super) name: DatabaseName,
    pub(super) store: PostgresStore,
}

/// Databases, and what lies in which of them.
pub(super) struct Places {
    databases: Vec<Database>,
    /// The database of new groups, if it is always the same.
    new_groups: Option<usize>,
    devices: RwLock<HashMap<u64, u8>>,
    groups: RwLock<HashMap<String, u8>>,
    /// The numbers of devices and groups of each database.
    counts: RwLock<Vec<Count>>,
}

/// The numbers of what lies in a database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) devices: usize,
    pub(super) groups: usize,
}

impl Places {
    pub(super) fn new(databases: Vec<Database>, new_groups: Option<usize>) -> Self {
        let counts = RwLock::new(vec![Count::default(); databases.len()]);
        let (devices, groups) = (RwLock::default(), RwLock::default());
        Self { databases, new_groups, devices, groups, counts }
    }

    pub(super) fn databases(&self) -> &[Database] {
        &self.databases
    }

    /// The database that has all that is the territory's.
    pub(super) fn home(&self) -> &PostgresStore {
        self.store(0)
    }

    /// The database at a place.
    pub(super) fn store(&self, place: usize) -> &PostgresStore {
        &self.databases[place].store
    }

    pub(super) fn name(&self, place: usize) -> &DatabaseName {
        &self.databases[place].name
    }

    pub(super) fn by_name(&self, name: &str) -> Option<usize> {
        self.databases.iter().position(|database| database.name.as_str() == name)
    }

    pub(super) fn count(&self, place: usize) -> Count {
        self.counts.read().get(place).copied().unwrap_or_default()
    }

    /// The place of a group; `None` of one of which nothing was ever written.
    pub(super) async fn of_group(&self, group: &str) -> Result<Option<usize>, StoreError> {
        if let Some(place) = self.known_group(group) {
            return Ok(Some(place));
        }
        let table = tables::GROUP_PLACES.as_str();
        let Some(name) = self.home().get(table, group.as_bytes()).await? else { return Ok(None) };
        let place = self.read(&name, || format!("the group {group}"))?;
        self.learn_group(group, place);
        Ok(Some(place))
    }

    /// The place of a group that is in memory.
    pub(super) fn known_group(&self, group: &str) -> Option<usize> {
        self.groups.read().get(group).copied().map(usize::from)
    }

    /// The groups that are in memory, in their order, each with its place.
    pub(super) fn known_groups(&self) -> BTreeMap<String, usize> {
        self.groups.read().iter().map(|(group, place)| (group.clone(), (*place).into())).collect()
    }

    /// The place of a device; `None` of one that was never registered.
    pub(super) async fn of_device(&self, device: u64) -> Result<Option<usize>, StoreError> {
        if let Some(place) = self.known_device(device) {
            return Ok(Some(place));
        }
        let (table, key) = (tables::DEVICE_PLACES.as_str(), device_key(device));
        let Some(name) = self.home().get(table, key.as_bytes()).await? else { return Ok(None) };
        let place = self.read(&name, || format!("the device {key}"))?;
        self.learn_device(device, place);
        Ok(Some(place))
    }

    /// The place of a device that is in memory.
    pub(super) fn known_device(&self, device: u64) -> Option<usize> {
        self.devices.read().get(&device).copied().map(usize::from)
    }

    /// The place of a group of which something is written for the first time.
    pub(super) fn of_new_group(&self) -> usize {
        let counts = self.counts.read();
        // One that has no room, or is away, is taken where no other is better.
        let fewest = counts.iter().enumerate().min_by_key(|(place, count)| {
            let store = self.store(*place);
            let takes_changes = store.health() == Health::Ready && !store.is_full();
            (!takes_changes, count.devices, count.groups)
        });
        self.new_groups.or_else(|| fewest.map(|(place, _)| place)).unwrap_or(0)
    }

    pub(super) fn learn_group(&self, group: &str, place: usize) {
        let before = self.groups.write().insert(group.to_owned(), number(place));
        if let Some(count) = self.counts.write().get_mut(place).filter(|_| before.is_none()) {
            count.groups += 1;
        }
    }

    pub(super) fn learn_device(&self, device: u64, place: usize) {
        let before = self.devices.write().insert(device, number(place));
        if let Some(count) = self.counts.write().get_mut(place).filter(|_| before.is_none()) {
            count.devices += 1;
        }
    }

    /// Reads all places into memory. Where something lies in a database that is not there, that is the error.
    pub(super) async fn load(&self) -> Result<(), StoreError> {
        self.load_groups().await?;
        let learn = |key: &str, place| {
            if let Some(device) = device(key) {
                self.learn_device(device, place);
            }
        };
        self.load_table(tables::DEVICE_PLACES.as_str(), learn).await
    }

    /// Reads the places of all groups into memory.
    pub(super) async fn load_groups(&self) -> Result<(), StoreError> {
        self.load_table(tables::GROUP_PLACES.as_str(), |key, place| self.learn_group(key, place))
            .await
    }

    async fn load_table(&self, table: &str, learn: impl Fn(&str, usize)) -> Result<(), StoreError> {
        let mut after: Option<Vec<u8>> = None;
        loop {
            let rows = self.home().scan(table, b"", after.as_deref(), PAGE).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = Some(last.key.clone());
            for row in &rows {
                let key = String::from_utf8_lossy(&row.key);
                learn(&key, self.read(&row.value, || format!("{key} of {table}"))?);
            }
        }
    }

    /// The place that a row names.
    fn read(&self, name: &[u8], held: impl FnOnce() -> String) -> Result<usize, StoreError> {
        let name = String::from_utf8_lossy(name);
        let unknown =
            || StoreError::UnknownDatabase { name: name.clone().into_owned(), held: held() };
        self.by_name(&name).ok_or_else(unknown)
    }
}

/// A place in one byte: there are many devices.
fn number(place: usize) -> u8 {
    u8::try_from(place).unwrap_or(u8::MAX)
}
