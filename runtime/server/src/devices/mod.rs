//! The devices: whose they are, what decodes them, the keys of their sessions.

mod activation;
mod admission;
mod assignment;
pub(crate) mod decoder_states;
pub(crate) mod derived;
mod handover;
mod import;
mod impossible;
mod in_service;
mod joining;
mod last_heard;
mod line;
mod names;
mod of_groups;
mod opening;
mod payloads;
mod points;
mod points_of_groups;
mod progress;
mod registration;
mod reports;
mod rows;
mod shared;
mod stored_line;
mod walking;

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use champollion_delivery::names::{GroupId, SubGroup, UseCase};
use champollion_fleet::{ShortText, objects::ObjectFields};
use champollion_frames::{
    ByDevEui, DevAddr, DevEui, JoinEui, JoinState, Joins, LorawanVersion, OfDevice, ReportState,
    Reports, SessionState, Sessions,
};
use champollion_lns::NetworkServerName;
use champollion_registry::{RegistryError, ledger::AuditEntry};
use champollion_sdk::vectors::Setting;
use champollion_service::quality::FirstHeard;
use champollion_store::{Batch, Store, StoreError, Table, TableError, tables};
use indexmap::IndexMap;
use parking_lot::{Mutex, RwLock};
use serde::Serialize;
use serde_json::json;

pub use activation::{Abp, Activation, ActivationKind, Otaa};
pub use admission::NotAdmitted;
pub use assignment::Assignment;
pub use handover::{HandedSession, HandoverError, Keks};
pub use import::{
    CellRefusal, FieldChange, ImportProgress, ImportReport, ImportUnderWay, ImportWish,
    ImportsUnderWay, MayGoOn, Notes, RefusesObject, RowVerdict, Told, Verdict,
};
pub use impossible::ImpossibleRegistration;
pub use joining::{JoinError, Joined};
pub use names::NamelessError;
pub use payloads::{Opened, PayloadState};
pub use points::{PlaceError, PlacedPoint};
pub use registration::Registration;
pub use shared::{Part, Shared};

use crate::{authors::Author, turns::Turns};
use admission::Admission;
use last_heard::LastHeard;
use line::{Credentials, JoinedSession, JoinedSessions, Line};
use names::Names;
use of_groups::OfGroups;
use points::Points;
pub(crate) use progress::FrameTurn;
use progress::Written;
pub(crate) use rows::Overtaken;
use rows::Row;
use shared::Alike;

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
    known: RwLock<ByDevEui<Device>>,
    alike: Alike,
    /// The devices of each group, by their DevEUIs. Taken after `known` where both are held.
    of_groups: Mutex<OfGroups>,
    admission: Admission,
    /// The devices by the names that their network servers have for them.
    names: Names,
    heard: LastHeard,
    /// The days on which devices were first heard, which the books of the days keep.
    first_heard: Arc<FirstHeard>,
    /// The number of changes of what is registered, as far as they are known.
    changes: AtomicU64,
    points: Points,
}

/// A device that is registered: all but its keys, which are never shown again.
// It is read as a `StoredLine`: here `default` says to the reference that a member may be missing.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
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
    #[serde(default)]
    pub lorawan: LorawanVersion,
    /// The join server that it names, where it must be a certain one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub join_eui: Option<JoinEui>,
    /// Whether it may start its counter over.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub allow_counter_reset: bool,
    /// Its name for people.
    #[schema(value_type = String)]
    pub name: ShortText,
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
    #[schema(value_type = Assignment)]
    pub assignment: Shared<Assignment>,
    /// The variables for the device's decoder.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    #[schema(value_type = IndexMap<String, Setting>)]
    pub variables: Shared<IndexMap<String, Setting>>,
    /// Words of the operator's own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, String>)]
    pub tags: Shared<BTreeMap<String, String>>,
    /// The network server that it belongs to, which alone speaks for it and takes its commands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_server: Option<NetworkServerName>,
    /// The name that its network server has for it, where its messages hold no DevEUI.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub device_id: Option<Box<str>>,
    /// Whether its uplinks are taken on its network server's word though its keys are registered here.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reported: bool,
    /// The state in which its network server hands its payloads over, where messages do not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<PayloadState>,
    /// The fields of the territory's sheet.
    #[serde(flatten)]
    pub object: ObjectFields,
}

impl OfDevice for Device {
    fn dev_eui(&self) -> &DevEui {
        &self.dev_eui
    }
}

impl Device {
    /// Whether only frames are taken of it whose MIC fits the keys that are registered here.
    #[must_use]
    pub fn needs_mic(&self) -> bool {
        self.activation.has_keys() && !self.reported
    }
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
    /// The audit cannot take a line of the change.
    #[error(transparent)]
    Audit(Box<RegistryError>),
    /// The sender of a sheet has lost the right to register devices while it was imported.
    #[error(
        "the right to register devices has ended while the sheet was imported: what was taken before stays, and nothing more \
         is taken"
    )]
    RightEnded,
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
    /// The group, or the partner that owns it, has as many as it may have, or may have no more.
    #[error(transparent)]
    NotAdmitted(#[from] NotAdmitted),
    /// There is no such device.
    #[error("no device of the DevEUI {0} is registered")]
    Unknown(DevEui),
    /// The session of a frame was replaced while the frame was under way.
    #[error("the session of {0} was replaced while its frame was under way: send the frame again")]
    SessionReplaced(DevEui),
}

impl From<RegistryError> for DevicesError {
    fn from(error: RegistryError) -> Self {
        match error {
            RegistryError::Store(error) => Self::Store(error),
            error => Self::Audit(Box::new(error)),
        }
    }
}

impl Devices {
    /// Reads all devices and their sessions.
    pub async fn open(store: Arc<dyn Store>) -> Result<Self, DevicesError> {
        let heard = LastHeard::read(&*store).await?;
        let points = Points::read(&*store).await?;
        let devices = Self {
            store,
            sessions: Sessions::new(),
            joins: Joins::new(),
            reports: Reports::new(),
            turns: Turns::default(),
            written: Written::default(),
            known: RwLock::default(),
            alike: Alike::default(),
            of_groups: Mutex::default(),
            admission: Admission::default(),
            names: Names::default(),
            heard,
            first_heard: Arc::default(),
            changes: AtomicU64::default(),
            points,
        };
        devices.read_all().await?;
        devices.of_groups.lock().pack();
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
        author: &dyn Author,
    ) -> Result<Arc<Device>, DevicesError> {
        let last_f_cnt = registration.f_cnt_up;
        let line = Line::of_registration(dev_eui, registration)?;
        let _turn = self.turns.of(dev_eui).await;
        let _place = self.reserve(dev_eui, &line.device.group).await?;
        let mut overtaken = Overtaken::default();
        loop {
            match self.register_in_turn(&line, last_f_cnt, author).await {
                Err(error) if overtaken.is_again(&error) => {}
                done => return done,
            }
        }
    }

    /// Returns the number of devices of a group.
    #[must_use]
    pub fn count_of(&self, group: &GroupId) -> usize {
        self.of_groups.lock().count(group)
    }

    /// Returns the number of devices of some groups together.
    #[must_use]
    pub fn count_in(&self, groups: &[GroupId]) -> usize {
        let of_groups = self.of_groups.lock();
        groups.iter().map(|group| of_groups.count(group)).sum()
    }

    /// Returns the number of all devices.
    #[must_use]
    pub fn count_of_all(&self) -> usize {
        self.known.read().len()
    }

    /// Returns the groups that have devices.
    #[must_use]
    pub fn groups(&self) -> Vec<GroupId> {
        self.of_groups.lock().groups().cloned().collect()
    }

    /// Returns the sub-groups and the use cases that devices of a group have, in order, at most `limit` of each.
    #[must_use]
    pub fn parts_of(&self, group: &GroupId, limit: usize) -> (Vec<SubGroup>, Vec<UseCase>) {
        self.of_groups.lock().parts(group, limit)
    }

    async fn register_in_turn(
        &self,
        line: &Line,
        last_f_cnt: Option<u32>,
        author: &dyn Author,
    ) -> Result<Arc<Device>, DevicesError> {
        let dev_eui = line.device.dev_eui;
        let credentials = line.credentials_of(dev_eui)?;
        let before = Row::read(DEVICES, &*self.store, dev_eui).await?;
        let mut batch = Batch::new();
        before.seen.expect_unchanged(&mut batch);
        put_line(&mut batch, line)?;
        let device_before = before.value.as_ref().map(|line| &line.device);
        in_service::note(&mut batch, dev_eui, (device_before, Some(&line.device)))?;
        let is_elsewhere = |before: &Line| before.device.group != line.device.group;
        // A point is its group's.
        let ended = match before.value.as_ref().is_some_and(is_elsewhere) {
            true => self.end_links(&mut batch, &[dev_eui]).await?,
            false => Vec::new(),
        };
        let before = before.value.map(|line| line.credentials_of(dev_eui)).transpose()?;
        let goes_on = before.is_some_and(|before| credentials.go_on_from(&before));
        if !goes_on {
            delete_progress(&mut batch, dev_eui);
        }
        if let (Some(last_f_cnt), Credentials::Session(_)) = (last_f_cnt, &credentials) {
            self.put_last_f_cnt(&mut batch, dev_eui, last_f_cnt, goes_on).await?;
        }
        // Whose it is and what decodes it; its keys stay where they are.
        let Device { group, assignment, network_server, reported, .. } = &line.device;
        let act = AuditEntry::of_act("device-register", dev_eui).with(json!({
            "group": group, "assignment": assignment, "networkServer": network_server,
            "reported": reported,
        }));
        author.commit(batch, act).await?;
        self.know_ended(ended);
        self.reread_in_turn(dev_eui).await?;
        self.count();
        self.get(dev_eui).ok_or(DevicesError::Unknown(dev_eui))
    }

    /// Puts the FCnt from which a session goes on into a batch. A counter that is there already never goes
    /// back.
    async fn put_last_f_cnt(
        &self,
        batch: &mut Batch,
        dev_eui: DevEui,
        last_f_cnt: u32,
        goes_on: bool,
    ) -> Result<(), DevicesError> {
        let next = SessionState { last_f_cnt: Some(last_f_cnt), ..SessionState::default() };
        if !goes_on {
            SESSIONS.put(batch, &dev_eui, &next)?;
            return Ok(());
        }
        let row = Row::read(SESSIONS, &*self.store, dev_eui).await?;
        if row.value.unwrap_or_default().last_f_cnt < Some(last_f_cnt) {
            SESSIONS.replace(batch, &row.seen, &next)?;
        }
        Ok(())
    }

    /// Forgets a device. Its records stay until they are delivered or expire.
    pub async fn remove(
        &self,
        dev_eui: DevEui,
        author: &dyn Author,
    ) -> Result<Arc<Device>, DevicesError> {
        let _turn = self.turns.of(dev_eui).await;
        let mut overtaken = Overtaken::default();
        loop {
            match self.remove_in_turn(dev_eui, author).await {
                Err(error) if overtaken.is_again(&error) => {}
                done => return done,
            }
        }
    }

    async fn remove_in_turn(
        &self,
        dev_eui: DevEui,
        author: &dyn Author,
    ) -> Result<Arc<Device>, DevicesError> {
        let unknown = || DevicesError::Unknown(dev_eui);
        let rows = self.reread_in_turn(dev_eui).await?.ok_or_else(unknown)?;
        let device = self.get(dev_eui).ok_or_else(unknown)?;
        let mut batch = Batch::new();
        rows.expect_unchanged(&mut batch);
        DEVICES.delete(&mut batch, &dev_eui);
        in_service::note(&mut batch, dev_eui, (Some(&*device), None))?;
        delete_progress(&mut batch, dev_eui);
        last_heard::delete(&mut batch, dev_eui);
        let ended = self.end_links(&mut batch, &[dev_eui]).await?;
        let act = AuditEntry::of_act("device-remove", dev_eui);
        author.commit(batch, act.essential()).await?;
        self.forget(dev_eui);
        self.know_ended(ended);
        Ok(device)
    }

    /// Returns a device by its DevEUI.
    #[must_use]
    pub fn get(&self, dev_eui: DevEui) -> Option<Arc<Device>> {
        self.known.read().get(dev_eui).cloned()
    }

    /// Keeps a device in memory, with the address that it has now.
    fn know(&self, mut device: Device) -> Arc<Device> {
        if device.activation != ActivationKind::Abp {
            device.dev_addr = self.sessions.get(device.dev_eui).map(|session| session.dev_addr());
        }
        self.alike.share(&mut device);
        let device = Arc::new(device);
        let mut known = self.known.write();
        let before = known.insert(Arc::clone(&device));
        self.of_groups.lock().change(before.as_deref(), Some(&device));
        // Who sees the change finds that there was one.
        self.changes.fetch_add(1, Ordering::AcqRel);
        drop(known);
        // Another node may have removed and registered it anew since it was looked at.
        self.first_heard.doubt(device.dev_eui);
        let name_before = before.as_ref().and_then(|before| before.device_id.as_deref());
        self.names.change(device.dev_eui, name_before, device.device_id.as_deref());
        device
    }

    #[expect(clippy::cast_precision_loss, reason = "nobody has 2^53 devices")]
    fn count(&self) {
        let known = self.count_of_all();
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
    put_encoded(batch, &line.device, value);
    Ok(())
}

/// Puts the encoded line of a device into a batch, with the group that its rows belong to.
fn put_encoded(batch: &mut Batch, device: &Device, line: Vec<u8>) {
    DEVICES.raw().put_bytes(batch, &device.dev_eui, line);
    batch.belongs(device.dev_eui.to_string(), device.group.as_str());
}

/// Removes in a batch all that came of a device's frames and joins.
fn delete_progress(batch: &mut Batch, dev_eui: DevEui) {
    for table in [SESSIONS.raw(), JOINS.raw(), JOINED.raw(), REPORTS.raw()] {
        table.delete(batch, &dev_eui);
    }
    decoder_states::forget(batch, dev_eui);
    derived::forget(batch, dev_eui);
}
