//! The devices: whose they are, what decodes them, the keys of their sessions.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, PoisonError, RwLock},
};

use champollion_delivery::GroupId;
use champollion_frames::{AppSKey, DevAddr, DevEui, NwkSKey, Session, SessionState, Sessions};
use champollion_registry::DecoderRef;
use champollion_sdk::vectors::Setting;
use champollion_store::{Batch, Store, StoreError};
use serde::{Deserialize, Serialize};

/// The table of devices, by DevEUI.
const DEVICES: &str = "devices";

/// The table of how far each session has come, by DevEUI. Apart from the devices, since it changes
/// with every frame.
const SESSIONS: &str = "sessions";

/// The table of what decoders remember of a device, by DevEUI.
pub(crate) const DECODER_STATES: &str = "decoder-states";

/// How many devices are read from the store at once at the start.
const SCAN: usize = 1_000;

/// Most bytes of a device's name, tags and variables together, as JSON: they are in each of its
/// records, which must fit into the store.
const DESCRIPTION_BYTES: usize = 16 << 10;

/// All devices, in memory; the store keeps what is needed to have them again.
pub struct Devices {
    store: Arc<dyn Store>,
    sessions: Sessions,
    /// A std lock: it is held for a look-up or an insertion, never across an await.
    known: RwLock<HashMap<DevEui, Arc<Device>>>,
}

/// A device as its operator registers it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Registration {
    /// Its name for people.
    #[serde(default)]
    pub name: String,
    /// Whose it is.
    pub group: GroupId,
    /// What decodes it: `vendor/model@requirement`. Without, its records are raw.
    #[serde(default)]
    pub decoder: Option<DecoderRef>,
    /// How it was activated: its address and keys.
    pub activation: Activation,
    /// What its decoder is to know of it.
    #[serde(default)]
    pub variables: BTreeMap<String, Setting>,
    /// Words of the operator's own, which its records carry.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
}

/// How a device was activated.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Activation {
    /// By personalization: address and keys are written into the device.
    Abp(Abp),
}

/// Address and keys of a LoRaWAN 1.0.x device activated by personalization.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Abp {
    /// The address that it sends from.
    pub dev_addr: DevAddr,
    /// The key of the MIC.
    pub nwk_s_key: NwkSKey,
    /// The key of the payload.
    pub app_s_key: AppSKey,
}

/// A device that is registered: all but its keys, which are never shown again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Device {
    /// The device.
    pub dev_eui: DevEui,
    /// The address that it sends from.
    pub dev_addr: DevAddr,
    /// Its name for people.
    pub name: String,
    /// Whose it is.
    pub group: GroupId,
    /// What decodes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decoder: Option<DecoderRef>,
    /// What its decoder is to know of it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<String, Setting>,
    /// Words of the operator's own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

/// What the store keeps of a device.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    #[serde(flatten)]
    device: Device,
    nwk_s_key: String,
    app_s_key: String,
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
    /// There is no such device.
    #[error("no device of the DevEUI {0} is registered")]
    Unknown(DevEui),
}

impl Devices {
    /// Reads all devices and their sessions.
    pub async fn open(store: Arc<dyn Store>) -> Result<Self, DevicesError> {
        let devices = Self { store, sessions: Sessions::new(), known: RwLock::new(HashMap::new()) };
        let mut after: Option<Vec<u8>> = None;
        loop {
            let page = devices.store.scan(DEVICES, b"", after.as_deref(), SCAN).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.key.clone());
            for line in &page {
                let damaged = |reason: String| damaged(DEVICES, &line.key, reason);
                let read: Line = serde_json::from_slice(&line.value)
                    .map_err(|error| damaged(error.to_string()))?;
                let state = devices.stored_state(read.device.dev_eui).await?;
                let session = read.session().map_err(damaged)?;
                devices.sessions.insert(session.with_state(state));
                devices.know(read.device);
            }
        }
        devices.count();
        Ok(devices)
    }

    async fn stored_state(&self, dev_eui: DevEui) -> Result<SessionState, DevicesError> {
        let key = key(dev_eui);
        let Some(value) = self.store.get(SESSIONS, &key).await? else {
            return Ok(SessionState::default());
        };
        serde_json::from_slice(&value).map_err(|error| damaged(SESSIONS, &key, error.to_string()))
    }

    /// The sessions, to verify frames with.
    #[must_use]
    pub fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    /// Registers a device, or changes what is registered. Under the same address and NwkSKey its
    /// counter goes on, so that old frames cannot be played again; with new ones it starts over.
    pub async fn register(
        &self,
        dev_eui: DevEui,
        registration: Registration,
    ) -> Result<Arc<Device>, DevicesError> {
        let Registration { name, group, decoder, activation, variables, tags } = registration;
        let Activation::Abp(Abp { dev_addr, nwk_s_key, app_s_key }) = activation;
        let device = Device { dev_eui, dev_addr, name, group, decoder, variables, tags };
        let line = Line {
            device: device.clone(),
            nwk_s_key: nwk_s_key.reveal_hex(),
            app_s_key: app_s_key.reveal_hex(),
        };
        let session = Session::lorawan_1_0(dev_eui, dev_addr, nwk_s_key.clone(), app_s_key);
        let value = serde_json::to_vec(&line)
            .map_err(|error| damaged(DEVICES, &key(dev_eui), error.to_string()))?;
        if value.len() > DESCRIPTION_BYTES {
            let (bytes, limit) = (value.len(), DESCRIPTION_BYTES);
            return Err(DevicesError::DescriptionTooLarge { bytes, limit });
        }
        let mut batch = Batch::new();
        batch.put(DEVICES, key(dev_eui), value);
        let goes_on = self.sessions.get(dev_eui).is_some_and(|before| {
            before.dev_addr() == dev_addr && *before.nwk_s_key() == nwk_s_key
        });
        if !goes_on {
            batch.delete(SESSIONS, key(dev_eui)).delete(DECODER_STATES, key(dev_eui));
        }
        self.store.commit(batch).await?;
        self.sessions.insert(session);
        let device = self.know(device);
        self.count();
        Ok(device)
    }

    /// Forgets a device. Its records stay until they are delivered or expire.
    pub async fn remove(&self, dev_eui: DevEui) -> Result<Arc<Device>, DevicesError> {
        let device = self.get(dev_eui).ok_or(DevicesError::Unknown(dev_eui))?;
        let mut batch = Batch::new();
        for table in [DEVICES, SESSIONS, DECODER_STATES] {
            batch.delete(table, key(dev_eui));
        }
        self.store.commit(batch).await?;
        self.sessions.remove(dev_eui);
        self.known.write().unwrap_or_else(PoisonError::into_inner).remove(&dev_eui);
        self.count();
        Ok(device)
    }

    /// A device.
    #[must_use]
    pub fn get(&self, dev_eui: DevEui) -> Option<Arc<Device>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).get(&dev_eui).cloned()
    }

    /// All devices that a filter lets through, in the order of their DevEUIs.
    #[must_use]
    pub fn list(&self, filter: impl Fn(&Device) -> bool) -> Vec<Arc<Device>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let mut devices: Vec<Arc<Device>> =
            known.values().filter(|device| filter(device)).cloned().collect();
        devices.sort_by_key(|device| device.dev_eui);
        devices
    }

    /// Puts how far a session has come into the batch of the frame that moved it.
    pub(crate) fn put_state(
        batch: &mut Batch,
        dev_eui: DevEui,
        state: SessionState,
    ) -> Result<(), DevicesError> {
        let value = serde_json::to_vec(&state)
            .map_err(|error| damaged(SESSIONS, &key(dev_eui), error.to_string()))?;
        batch.put(SESSIONS, key(dev_eui), value);
        Ok(())
    }

    fn know(&self, device: Device) -> Arc<Device> {
        let device = Arc::new(device);
        self.known
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(device.dev_eui, Arc::clone(&device));
        device
    }

    #[expect(clippy::cast_precision_loss, reason = "nobody has 2^53 devices")]
    fn count(&self) {
        metrics::gauge!("champollion_devices").set(self.sessions.len() as f64);
    }
}

impl Line {
    fn session(&self) -> Result<Session, String> {
        let nwk_s_key = self.nwk_s_key.parse().map_err(|_| "its NwkSKey is no key".to_owned())?;
        let app_s_key = self.app_s_key.parse().map_err(|_| "its AppSKey is no key".to_owned())?;
        let Device { dev_eui, dev_addr, .. } = self.device;
        Ok(Session::lorawan_1_0(dev_eui, dev_addr, nwk_s_key, app_s_key))
    }
}

/// The key of a device in all tables.
pub(crate) fn key(dev_eui: DevEui) -> Vec<u8> {
    dev_eui.to_string().into_bytes()
}

fn damaged(table: &'static str, key: &[u8], reason: String) -> DevicesError {
    DevicesError::Damaged { table, key: String::from_utf8_lossy(key).into_owned(), reason }
}
