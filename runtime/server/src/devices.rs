//! The devices: whose they are, what decodes them, the keys of their sessions.

mod assignment;
pub(crate) mod decoder_states;
mod handover;
mod joining;
mod line;
mod progress;
mod registration;
mod reports;
mod rows;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use champollion_delivery::names::{GroupId, SubGroup, UseCase};
use champollion_frames::{
    DevAddr, DevEui, JoinEui, JoinState, Joins, LorawanVersion, ReportState, Reports, SessionState,
    Sessions,
};
use champollion_lns::NetworkServerName;
use champollion_sdk::vectors::Setting;
use champollion_store::{Batch, Store, StoreError, Table, TableError, tables};
use parking_lot::RwLock;
use serde::{Deserialize, Serialize};

pub use assignment::Assignment;
pub use handover::{HandedSession, HandoverError, Keks};
pub use joining::{JoinError, Joined};
pub use registration::{
    Abp, Activation, ActivationKind, ImpossibleRegistration, Otaa, Registration,
};

use crate::turns::Turns;
use line::{JoinedSession, JoinedSessions, Line};
use progress::Written;
pub(crate) use rows::Overtaken;
use rows::{ProgressRows, Row};

const DEVICES: Table<DevEui, Line> = Table::new(tables::DEVICES);
const SESSIONS: Table<DevEui, SessionState> = Table::new(tables::SESSIONS);
const JOINED: Table<DevEui, JoinedSessions> = Table::new(tables::JOINED);
const JOINS: Table<DevEui, JoinState> = Table::new(tables::JOINS);
const REPORTS: Table<DevEui, ReportState> = Table::new(tables::REPORTS);

/// Most bytes of a device's name, tags and variables together, as JSON: they are in each of its
/// records, which must fit into the store.
const DESCRIPTION_BYTES: usize = 16 << 10;

/// All devices, in memory; the store keeps what is needed to have them again.
pub struct Devices {
    store: Arc<dyn Store>,
    sessions: Sessions,
    joins: Joins,
    reports: Reports,
    /// The turns by which one at a time changes the sessions of a device: the operator, a join-accept, and
    /// the first frame of a new session. Each reads what there is, stores what comes of it, and then changes
    /// what is in memory. All other frames wait for none of them.
    turns: Turns,
    written: Written,
    /// Held for a look-up or an insertion, never across an await.
    known: RwLock<HashMap<DevEui, Arc<Device>>>,
}

/// A device that is registered: all but its keys, which are never shown again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Device {
    /// The DevEUI of the device.
    pub dev_eui: DevEui,
    /// The address that it sends from; absent where it has not joined yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dev_addr: Option<DevAddr>,
    /// The way in which the device is activated.
    #[serde(default)]
    pub activation: ActivationKind,
    /// The version of LoRaWAN that it is made for.
    #[serde(default = "oldest_registered_version")]
    pub lorawan: LorawanVersion,
    /// The join server that it names, where it must be a certain one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub join_eui: Option<JoinEui>,
    /// Whether it may start its counter over.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub allow_counter_reset: bool,
    /// Its name for people.
    pub name: String,
    /// The group that owns the device.
    pub group: GroupId,
    /// The part of the group that it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_group: Option<SubGroup>,
    /// The purpose of the device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub use_case: Option<UseCase>,
    /// The decoder of the device.
    #[serde(flatten)]
    pub assignment: Assignment,
    /// The variables for the device's decoder.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<String, Setting>,
    /// Words of the operator's own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// The network server that its commands go to, where it is not the one that it was last heard of
    /// through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_server: Option<NetworkServerName>,
}

/// Returns the version of a device that was registered before its version could be said.
fn oldest_registered_version() -> LorawanVersion {
    LorawanVersion::V1_0_3
}

/// Why the devices cannot be read or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DevicesError {
    /// The store did not.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A table of the store cannot be read.
    #[error(transparent)]
    Table(#[from] TableError),
    /// More is said of a device than fits into a record.
    #[error("name, tags and variables take {bytes} bytes, and {limit} are the limit")]
    DescriptionTooLarge {
        /// The bytes of JSON that they take.
        bytes: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// The parts of a registration do not go together.
    #[error(transparent)]
    Impossible(#[from] ImpossibleRegistration),
    /// A session that is handed over cannot be used.
    #[error(transparent)]
    Handover(#[from] HandoverError),
    /// There is no such device.
    #[error("no device of the DevEUI {0} is registered")]
    Unknown(DevEui),
    /// The session of a frame was replaced while the frame was under way.
    #[error("the session of {0} was replaced while its frame was under way")]
    SessionReplaced(DevEui),
}

impl Devices {
    /// Reads all devices and their sessions.
    pub async fn open(store: Arc<dyn Store>) -> Result<Self, DevicesError> {
        let devices = Self {
            store,
            sessions: Sessions::new(),
            joins: Joins::new(),
            reports: Reports::new(),
            turns: Turns::default(),
            written: Written::default(),
            known: RwLock::new(HashMap::new()),
        };
        let mut pages = DEVICES.pages(&*devices.store);
        while let Some(page) = pages.next().await? {
            for (dev_eui, line) in page {
                let credentials = line.credentials_of(dev_eui)?;
                let progress = ProgressRows::read(&*devices.store, dev_eui, &credentials).await?;
                devices.restore(&line, &progress)?;
            }
        }
        devices.count();
        Ok(devices)
    }

    /// The sessions, to verify frames with.
    #[must_use]
    pub fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    /// Registers a device, or changes what is registered. Under the same keys (and, of one activated
    /// by personalization, the same address) its counter and its session go on, so that old frames
    /// cannot be played again; with new ones it starts over.
    pub async fn register(
        &self,
        dev_eui: DevEui,
        registration: Registration,
    ) -> Result<Arc<Device>, DevicesError> {
        let lorawan = registration.version()?;
        let Registration { name, group, activation, variables, tags, .. } = registration;
        let Registration { decoder, firmware, firmware_decoders, .. } = registration;
        let Registration { sub_group, use_case, .. } = registration;
        let assignment = Assignment { decoder, firmware, firmware_decoders };
        let (dev_addr, join_eui) = match &activation {
            Activation::Abp(abp) => (Some(abp.dev_addr), None),
            Activation::Otaa(otaa) => (None, otaa.join_eui),
            Activation::OtaaElsewhere {} | Activation::NetworkServer {} => (None, None),
        };
        let device = Device {
            dev_eui,
            dev_addr,
            activation: activation.kind(),
            lorawan,
            join_eui,
            allow_counter_reset: registration.allow_counter_reset,
            name,
            group,
            sub_group,
            use_case,
            assignment,
            variables,
            tags,
            network_server: registration.network_server,
        };
        let line = Line::new(device, &activation);
        let _turn = self.turns.of(dev_eui).await;
        let mut overtaken = Overtaken::default();
        loop {
            match self.register_in_turn(&line).await {
                Err(error) if overtaken.is_again(&error) => {}
                done => return done,
            }
        }
    }

    async fn register_in_turn(&self, line: &Line) -> Result<Arc<Device>, DevicesError> {
        let dev_eui = line.device.dev_eui;
        let credentials = line.credentials_of(dev_eui)?;
        let before = Row::read(DEVICES, &*self.store, dev_eui).await?;
        let mut batch = Batch::new();
        before.seen.expect_unchanged(&mut batch);
        put_line(&mut batch, line)?;
        let before = before.value.map(|line| line.credentials_of(dev_eui)).transpose()?;
        if !before.is_some_and(|before| credentials.go_on_from(&before)) {
            delete_progress(&mut batch, dev_eui);
        }
        self.store.commit(batch).await?;
        self.reread_in_turn(dev_eui).await?;
        self.count();
        self.get(dev_eui).ok_or(DevicesError::Unknown(dev_eui))
    }

    /// Forgets a device. Its records stay until they are delivered or expire.
    pub async fn remove(&self, dev_eui: DevEui) -> Result<Arc<Device>, DevicesError> {
        let _turn = self.turns.of(dev_eui).await;
        let mut overtaken = Overtaken::default();
        loop {
            match self.remove_in_turn(dev_eui).await {
                Err(error) if overtaken.is_again(&error) => {}
                done => return done,
            }
        }
    }

    async fn remove_in_turn(&self, dev_eui: DevEui) -> Result<Arc<Device>, DevicesError> {
        let unknown = || DevicesError::Unknown(dev_eui);
        let rows = self.reread_in_turn(dev_eui).await?.ok_or_else(unknown)?;
        let device = self.get(dev_eui).ok_or_else(unknown)?;
        let mut batch = Batch::new();
        rows.expect_unchanged(&mut batch);
        DEVICES.delete(&mut batch, &dev_eui);
        delete_progress(&mut batch, dev_eui);
        self.store.commit(batch).await?;
        self.forget(dev_eui);
        Ok(device)
    }

    /// Returns a device by its DevEUI.
    #[must_use]
    pub fn get(&self, dev_eui: DevEui) -> Option<Arc<Device>> {
        self.known.read().get(&dev_eui).cloned()
    }

    /// All devices that a filter lets through, in the order of their DevEUIs.
    #[must_use]
    pub fn list(&self, filter: impl Fn(&Device) -> bool) -> Vec<Arc<Device>> {
        let known = self.known.read();
        let mut devices: Vec<Arc<Device>> =
            known.values().filter(|device| filter(device)).cloned().collect();
        devices.sort_by_key(|device| device.dev_eui);
        devices
    }

    /// Keeps a device in memory, with the address that it has now.
    fn know(&self, mut device: Device) -> Arc<Device> {
        if device.activation != ActivationKind::Abp {
            device.dev_addr = self.sessions.get(device.dev_eui).map(|session| session.dev_addr());
        }
        let device = Arc::new(device);
        self.known.write().insert(device.dev_eui, Arc::clone(&device));
        device
    }

    #[expect(clippy::cast_precision_loss, reason = "nobody has 2^53 devices")]
    fn count(&self) {
        let known = self.known.read().len();
        metrics::gauge!("champollion_devices").set(known as f64);
    }
}

/// Puts what is registered of a device into a batch, unless more is said of it than fits into a record.
fn put_line(batch: &mut Batch, line: &Line) -> Result<(), DevicesError> {
    let dev_eui = line.device.dev_eui;
    let value = DEVICES.encode(&dev_eui, line)?;
    if value.len() > DESCRIPTION_BYTES {
        let (bytes, limit) = (value.len(), DESCRIPTION_BYTES);
        return Err(DevicesError::DescriptionTooLarge { bytes, limit });
    }
    DEVICES.raw().put_bytes(batch, &dev_eui, value);
    Ok(())
}

/// Removes in a batch all that came of a device's frames and joins.
fn delete_progress(batch: &mut Batch, dev_eui: DevEui) {
    for table in [SESSIONS.raw(), JOINS.raw(), JOINED.raw(), REPORTS.raw()] {
        table.delete(batch, &dev_eui);
    }
    decoder_states::forget(batch, dev_eui);
}
