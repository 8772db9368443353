//! The derived decoders of devices and of groups.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use champollion_delivery::names::GroupId;
use champollion_frames::DevEui;
use champollion_registry::{
    LoadedDecoder, Registry, RegistryError,
    ledger::AuditEntry,
    package::{DecoderId, DecoderRef},
};
use champollion_store::{Batch, Store, Table, TableError, tables};
use parking_lot::RwLock;
use serde_json::json;

use super::order::{Circle, in_order};
use crate::{
    authors::Author,
    devices::{Devices, derived::DERIVED_OF_DEVICES},
};

const OF_GROUPS: Table<GroupId, Vec<DecoderRef>> = Table::new(tables::DERIVED_OF_GROUPS);

/// Most derived decoders of a device, and of a group.
const DECODERS: usize = 16;

/// The derived decoders of devices and groups, as the store has them. A clone is the same.
#[derive(Clone)]
pub struct DerivedAssignments {
    store: Arc<dyn Store>,
    registry: Arc<Registry>,
    known: Arc<RwLock<Known>>,
}

/// Those that may have derived decoders: all that have a line in the store, and some that had one. Most devices never
/// have any, and the store is not asked about them for each of their frames.
#[derive(Default)]
struct Known {
    devices: HashSet<DevEui>,
    groups: HashSet<GroupId>,
}

/// Why derived decoders are not assigned.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DerivedError {
    /// The decoder reads payloads.
    #[error(
        "{0} reads payloads and derives nothing: assign it as the device's decoder, with \
         PUT /v1/devices/{{dev_eui}}/decoder"
    )]
    NotDerived(DecoderRef),
    /// One decoder is named twice.
    #[error("{0} is named twice: take one of them away")]
    Twice(DecoderId),
    /// There are more of them than there may be.
    #[error("{0} derived decoders are named, and {DECODERS} are the limit")]
    TooMany(usize),
    /// They need each other.
    #[error(transparent)]
    Circle(#[from] Circle),
    /// A decoder is not there, or the change could not be kept.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The store does not answer.
    #[error(transparent)]
    Table(#[from] TableError),
}

impl DerivedAssignments {
    /// Opens those that a store keeps, of decoders of a registry.
    pub async fn open(store: Arc<dyn Store>, registry: Arc<Registry>) -> Result<Self, TableError> {
        let mut known = Known::default();
        let (of_devices, of_groups) = (DERIVED_OF_DEVICES.raw(), OF_GROUPS.raw());
        let mut lines = of_devices.pages(&*store);
        while let Some(page) = lines.next().await? {
            known.devices.extend(page.into_iter().map(|(dev_eui, _)| dev_eui));
        }
        let mut lines = of_groups.pages(&*store);
        while let Some(page) = lines.next().await? {
            known.groups.extend(page.into_iter().map(|(group, _)| group));
        }
        Ok(Self { store, registry, known: Arc::new(RwLock::new(known)) })
    }

    /// Knows devices whose lines another node has changed.
    pub(crate) fn know_devices(&self, keys: &BTreeSet<Vec<u8>>) -> Result<(), TableError> {
        let named = keys.iter().map(|key| DERIVED_OF_DEVICES.key_of(key));
        let named: Vec<DevEui> = named.collect::<Result<_, _>>()?;
        self.known.write().devices.extend(named);
        Ok(())
    }

    /// Knows groups whose lines another node has changed.
    pub(crate) fn know_groups(&self, keys: &BTreeSet<Vec<u8>>) -> Result<(), TableError> {
        let named = keys.iter().map(|key| OF_GROUPS.key_of(key));
        let named: Vec<GroupId> = named.collect::<Result<_, _>>()?;
        self.known.write().groups.extend(named);
        Ok(())
    }

    /// The store that keeps them.
    pub(crate) fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// The registry of their decoders.
    pub(crate) fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// Returns the derived decoders of a device itself.
    pub async fn of_device(&self, dev_eui: DevEui) -> Result<Vec<DecoderRef>, TableError> {
        if !self.known.read().devices.contains(&dev_eui) {
            return Ok(Vec::new());
        }
        Ok(DERIVED_OF_DEVICES.get(&*self.store, &dev_eui).await?.unwrap_or_default())
    }

    /// Returns the derived decoders of a group.
    pub async fn of_group(&self, group: &GroupId) -> Result<Vec<DecoderRef>, TableError> {
        if !self.known.read().groups.contains(group) {
            return Ok(Vec::new());
        }
        Ok(OF_GROUPS.get(&*self.store, group).await?.unwrap_or_default())
    }

    /// Returns all that are run on the readings of a device: its own, and those of its group. Of one decoder that both
    /// name the device's requirement counts.
    pub async fn of_both(
        &self,
        dev_eui: DevEui,
        group: &GroupId,
    ) -> Result<Vec<DecoderRef>, TableError> {
        let mut all = self.of_device(dev_eui).await?;
        for wanted in self.of_group(group).await? {
            if !all.iter().any(|own| own.id == wanted.id) {
                all.push(wanted);
            }
        }
        Ok(all)
    }

    /// Returns the requirements that devices and groups have of a derived decoder, each with the number of devices on
    /// whose readings it runs.
    pub(crate) async fn asked(
        &self,
        id: &DecoderId,
        devices: &Devices,
    ) -> Result<Vec<(DecoderRef, usize)>, TableError> {
        let is_empty = {
            let known = self.known.read();
            known.devices.is_empty() && known.groups.is_empty()
        };
        if is_empty {
            return Ok(Vec::new());
        }
        let mut asked: BTreeMap<String, (DecoderRef, usize)> = BTreeMap::new();
        let mut count = |wanted: DecoderRef, more: usize| {
            asked.entry(wanted.to_string()).or_insert((wanted, 0)).1 += more;
        };
        // Of a decoder that both name the device's requirement counts.
        let mut with_own: HashMap<GroupId, usize> = HashMap::new();
        // Page by page, since there may be one for each device, and a change of a channel waits for this.
        let mut pages = DERIVED_OF_DEVICES.pages(&*self.store);
        while let Some(page) = pages.next().await? {
            for (dev_eui, all) in page {
                let (Some(device), Some(wanted)) = (devices.get(dev_eui), named(all, id)) else {
                    continue;
                };
                count(wanted, 1);
                *with_own.entry(device.group.clone()).or_default() += 1;
            }
        }
        let mut pages = OF_GROUPS.pages(&*self.store);
        while let Some(page) = pages.next().await? {
            for (group, all) in page {
                if let Some(wanted) = named(all, id) {
                    let own = with_own.get(&group).copied().unwrap_or_default();
                    count(wanted, devices.count_of(&group).saturating_sub(own));
                }
            }
        }
        Ok(asked.into_values().collect())
    }

    /// Assigns derived decoders to a device, in the place of those that it has.
    pub async fn assign_device(
        &self,
        (dev_eui, group): (DevEui, &GroupId),
        decoders: &[DecoderRef],
        author: &dyn Author,
    ) -> Result<(), DerivedError> {
        let mut others = self.of_group(group).await?;
        others.retain(|other| decoders.iter().all(|own| own.id != other.id));
        self.check(decoders, &others).await?;
        let mut batch = Batch::new();
        DERIVED_OF_DEVICES.put(&mut batch, &dev_eui, &decoders.to_vec())?;
        // Known before the line is there: a frame that comes meanwhile asks the store, and finds what is true.
        self.known.write().devices.insert(dev_eui);
        let act = AuditEntry::of_act("derive", dev_eui).with(json!({ "decoders": decoders }));
        Ok(author.commit(batch, act).await?)
    }

    /// Assigns derived decoders to all devices of a group, in the place of those that it has.
    pub async fn assign_group(
        &self,
        group: &GroupId,
        decoders: &[DecoderRef],
        author: &dyn Author,
    ) -> Result<(), DerivedError> {
        self.check(decoders, &[]).await?;
        let mut batch = Batch::new();
        OF_GROUPS.put(&mut batch, group, &decoders.to_vec())?;
        self.known.write().groups.insert(group.clone());
        let act = AuditEntry::of_act("derive", group).with(json!({ "decoders": decoders }));
        Ok(author.commit(batch, act).await?)
    }

    /// Checks that decoders can be run one after the other, beside those of the group.
    async fn check(
        &self,
        decoders: &[DecoderRef],
        others: &[DecoderRef],
    ) -> Result<(), DerivedError> {
        if decoders.len() > DECODERS {
            return Err(DerivedError::TooMany(decoders.len()));
        }
        let mut named = BTreeSet::new();
        if let Some(twice) = decoders.iter().find(|wanted| !named.insert(wanted.id.to_string())) {
            return Err(DerivedError::Twice(twice.id.clone()));
        }
        let mut loaded: Vec<Arc<LoadedDecoder>> = Vec::new();
        for wanted in decoders {
            let decoder = self.registry.decoder(wanted).await?;
            if decoder.decoder.formulas().is_none() {
                return Err(DerivedError::NotDerived(wanted.clone()));
            }
            loaded.push(decoder);
        }
        for other in others {
            // One that is not to be had any more is told in the records.
            loaded.extend(self.registry.decoder(other).await.ok());
        }
        match in_order(loaded) {
            (_, Some(circle)) => Err(circle.into()),
            (_, None) => Ok(()),
        }
    }
}

/// The requirement of a decoder among those of a device or a group.
fn named(all: Vec<DecoderRef>, id: &DecoderId) -> Option<DecoderRef> {
    all.into_iter().find(|wanted| wanted.id == *id)
}
