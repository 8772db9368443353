//! The devices: whose they are, what decodes them, the keys of their sessions.

mod assignment;
pub(crate) mod decoder_states;
mod handover;
mod joining;
mod line;
mod registration;
mod reports;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use champollion_delivery::{GroupId, SubGroup, UseCase};
use champollion_frames::{
    Claim, DevAddr, DevEui, JoinEui, JoinState, Joins, LorawanVersion, NextState, ReportState,
    Reports, SessionState, Sessions,
};
use champollion_sdk::vectors::Setting;
use champollion_store::{Batch, Store, StoreError};
use parking_lot::RwLock;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

pub use assignment::Assignment;
pub use handover::{HandedKey, HandedSession, HandoverError, Keks};
pub use joining::{JoinError, Joined};
pub use registration::{
    Abp, Activation, ActivationKind, ImpossibleRegistration, Otaa, Registration,
};

use crate::{lns::NetworkServerName, turns::Turns};
use decoder_states::RememberedState;
use line::{Credentials, JoinedSession, JoinedSessions, Line};

/// The table of devices, by DevEUI.
const DEVICES: &str = "devices";

/// The table of how far each session has come, by DevEUI. Apart from the devices, since it changes
/// with every frame.
const SESSIONS: &str = "sessions";

/// The table of the sessions that devices have by joining, by DevEUI.
const JOINED: &str = "joined";

/// The table of the numbers that devices used up by joining, by DevEUI.
const JOINS: &str = "joins";

/// The table of how far the devices have come whose uplinks are reported, by DevEUI.
const REPORTS: &str = "reports";

/// How many devices are read from the store at once at the start.
const SCAN: usize = 1_000;

/// Most bytes of a device's name, tags and variables together, as JSON: they are in each of its
/// records, which must fit into the store.
const DESCRIPTION_BYTES: usize = 16 << 10;

/// All devices, in memory; the store keeps what is needed to have them again.
pub struct Devices {
    store: Arc<dyn Store>,
    sessions: Sessions,
    joins: Joins,
    reports: Reports,
    /// Which sessions a device has is changed by one at a time: by the operator, by a join-accept, and
    /// by the first frame of a new session. Each reads what there is, stores what comes of it, and then
    /// changes what is in memory. All other frames wait for none of them.
    turns: Turns,
    /// Held for a look-up or an insertion, never across an await.
    known: RwLock<HashMap<DevEui, Arc<Device>>>,
}

/// A device that is registered: all but its keys, which are never shown again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Device {
    /// The device.
    pub dev_eui: DevEui,
    /// The address that it sends from; absent where it has not joined yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dev_addr: Option<DevAddr>,
    /// How it is activated.
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
    /// Whose it is.
    pub group: GroupId,
    /// The part of the group that it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_group: Option<SubGroup>,
    /// What it is there for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub use_case: Option<UseCase>,
    /// What decodes it.
    #[serde(flatten)]
    pub assignment: Assignment,
    /// What its decoder is to know of it.
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

/// What a device is that was registered before its version could be said.
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
    /// What the store keeps cannot be read.
    #[error("the table {table} is damaged at {key}: {reason}")]
    Damaged {
        /// Which table.
        table: &'static str,
        /// Which line.
        key: String,
        /// What is wrong.
        reason: String,
    },
    /// More is said of a device than fits into a record.
    #[error("name, tags and variables take {bytes} bytes, and {limit} are the limit")]
    DescriptionTooLarge {
        /// What they take, in bytes of JSON.
        bytes: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// What is said of a device does not go together.
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
            known: RwLock::new(HashMap::new()),
        };
        let mut after: Option<Vec<u8>> = None;
        loop {
            let page = devices.store.scan(DEVICES, b"", after.as_deref(), SCAN).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.key.clone());
            for line in &page {
                let damaged = |reason: String| damaged(DEVICES, &line.key, reason);
                let read: Line = serde_json::from_slice(&line.value)
                    .map_err(|error| damaged(error.to_string()))?;
                let credentials = read.credentials().map_err(damaged)?;
                devices.restore(read.device, credentials).await?;
            }
        }
        devices.count();
        Ok(devices)
    }

    async fn restore(&self, device: Device, credentials: Credentials) -> Result<(), DevicesError> {
        let dev_eui = device.dev_eui;
        match credentials {
            Credentials::Session(session) => {
                let state: SessionState = self.stored(SESSIONS, dev_eui).await?;
                self.sessions.insert(session.with_state(state));
            }
            Credentials::Joiner(joiner) => {
                self.joins.insert(joiner, self.stored(JOINS, dev_eui).await?);
                self.restore_joined(dev_eui).await?;
            }
            Credentials::Elsewhere => self.restore_joined(dev_eui).await?,
        }
        let reported: ReportState = self.stored(REPORTS, dev_eui).await?;
        if reported != ReportState::default() {
            self.reports.insert(dev_eui, reported);
        }
        self.know(device);
        Ok(())
    }

    async fn restore_joined(&self, dev_eui: DevEui) -> Result<(), DevicesError> {
        let joined: JoinedSessions = self.stored(JOINED, dev_eui).await?;
        let session = |stored: JoinedSession| {
            stored.session(dev_eui).map_err(|reason| damaged(JOINED, &key(dev_eui), reason))
        };
        if let Some(current) = joined.current {
            let state: SessionState = self.stored(SESSIONS, dev_eui).await?;
            self.sessions.insert(session(current)?.with_state(state));
        }
        if let Some(offered) = joined.offered {
            self.sessions.offer(session(offered)?);
        }
        Ok(())
    }

    /// What a table keeps of a device, or nothing yet.
    async fn stored<T: Default + DeserializeOwned>(
        &self,
        table: &'static str,
        dev_eui: DevEui,
    ) -> Result<T, DevicesError> {
        let key = key(dev_eui);
        let Some(value) = self.store.get(table, &key).await? else { return Ok(T::default()) };
        serde_json::from_slice(&value).map_err(|error| damaged(table, &key, error.to_string()))
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
        let line = Line::new(device.clone(), &activation);
        let credentials =
            line.credentials().map_err(|reason| damaged(DEVICES, &key(dev_eui), reason))?;
        let value = encode(DEVICES, dev_eui, &line)?;
        if value.len() > DESCRIPTION_BYTES {
            let (bytes, limit) = (value.len(), DESCRIPTION_BYTES);
            return Err(DevicesError::DescriptionTooLarge { bytes, limit });
        }
        let mut batch = Batch::new();
        batch.put(DEVICES, key(dev_eui), value);

        let _turn = self.turns.of(dev_eui).await;
        let goes_on = self.goes_on(dev_eui, &credentials);
        if !goes_on {
            for table in [SESSIONS, JOINS, JOINED, REPORTS] {
                batch.delete(table, key(dev_eui));
            }
            RememberedState::forget(&mut batch, dev_eui);
        }
        self.store.commit(batch).await?;
        if !goes_on {
            self.reports.remove(dev_eui);
        }
        match credentials {
            Credentials::Session(session) => {
                self.joins.remove(dev_eui);
                self.sessions.insert(session);
            }
            Credentials::Joiner(joiner) => {
                if !goes_on {
                    self.sessions.remove(dev_eui);
                }
                self.joins.insert(joiner, JoinState::default());
            }
            Credentials::Elsewhere => {
                if !goes_on {
                    self.sessions.remove(dev_eui);
                }
                self.joins.remove(dev_eui);
            }
        }
        let device = self.know(device);
        self.count();
        Ok(device)
    }

    /// Whether a device that is registered again has the keys that it had.
    fn goes_on(&self, dev_eui: DevEui, credentials: &Credentials) -> bool {
        let before = self.get(dev_eui).map(|device| device.activation);
        match credentials {
            Credentials::Session(session) => {
                before == Some(ActivationKind::Abp)
                    && self.sessions.get(dev_eui).is_some_and(|before| {
                        before.dev_addr() == session.dev_addr()
                            && before.network_keys() == session.network_keys()
                    })
            }
            Credentials::Joiner(joiner) => {
                self.joins.get(dev_eui).is_some_and(|before| before.root_keys == joiner.root_keys)
            }
            Credentials::Elsewhere => before.is_some_and(|before| {
                matches!(before, ActivationKind::OtaaElsewhere | ActivationKind::NetworkServer)
            }),
        }
    }

    /// Forgets a device. Its records stay until they are delivered or expire.
    pub async fn remove(&self, dev_eui: DevEui) -> Result<Arc<Device>, DevicesError> {
        let _turn = self.turns.of(dev_eui).await;
        let device = self.get(dev_eui).ok_or(DevicesError::Unknown(dev_eui))?;
        let mut batch = Batch::new();
        for table in [DEVICES, SESSIONS, JOINS, JOINED, REPORTS] {
            batch.delete(table, key(dev_eui));
        }
        RememberedState::forget(&mut batch, dev_eui);
        self.store.commit(batch).await?;
        self.sessions.remove(dev_eui);
        self.joins.remove(dev_eui);
        self.reports.remove(dev_eui);
        self.known.write().remove(&dev_eui);
        self.count();
        Ok(device)
    }

    /// A device.
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

    /// Puts how far a session has come into the batch of the frame that moved it, and which session
    /// it is, where the device uses it for the first time.
    pub(crate) fn put_progress(
        &self,
        batch: &mut Batch,
        claim: &Claim,
    ) -> Result<(), DevicesError> {
        let dev_eui = claim.uplink().dev_eui();
        if claim.takes_over() {
            let session =
                self.sessions.offered_of(claim).ok_or(DevicesError::SessionReplaced(dev_eui))?;
            let current = Some(JoinedSession::of(&session));
            put(batch, JOINED, dev_eui, &JoinedSessions { current, offered: None })?;
        }
        match claim.next_state() {
            NextState::Session(state) => put(batch, SESSIONS, dev_eui, &state),
            NextState::Report(state) => put(batch, REPORTS, dev_eui, &state),
        }
    }

    /// What is known of a device, with the address that it has now.
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

/// Puts what a table keeps of a device into a batch.
fn put(
    batch: &mut Batch,
    table: &'static str,
    dev_eui: DevEui,
    value: &impl Serialize,
) -> Result<(), DevicesError> {
    batch.put(table, key(dev_eui), encode(table, dev_eui, value)?);
    Ok(())
}

fn encode(
    table: &'static str,
    dev_eui: DevEui,
    value: &impl Serialize,
) -> Result<Vec<u8>, DevicesError> {
    serde_json::to_vec(value).map_err(|error| damaged(table, &key(dev_eui), error.to_string()))
}

/// The key of a device in all tables.
pub(crate) fn key(dev_eui: DevEui) -> Vec<u8> {
    dev_eui.to_string().into_bytes()
}

fn damaged(table: &'static str, key: &[u8], reason: String) -> DevicesError {
    DevicesError::Damaged { table, key: String::from_utf8_lossy(key).into_owned(), reason }
}
