//! Devices that a message names otherwise than by their DevEUIs: by the network server's name of the device, or
//! by the address that it sends from.

use std::collections::{BTreeSet, HashMap};

use champollion_frames::{DevAddr, DevEui};
use champollion_lns::Nameless;
use parking_lot::RwLock;

use super::Devices;
use crate::ingest::Authority;

/// The devices by the names that their network servers have for them.
#[derive(Default)]
pub(super) struct Names(RwLock<HashMap<String, BTreeSet<DevEui>>>);

impl Names {
    /// Says that a device has another name, or none any more.
    pub(super) fn change(&self, dev_eui: DevEui, before: Option<&str>, now: Option<&str>) {
        if before == now {
            return;
        }
        let mut names = self.0.write();
        if let Some(before) = before
            && let Some(devices) = names.get_mut(before)
        {
            devices.remove(&dev_eui);
            if devices.is_empty() {
                names.remove(before);
            }
        }
        if let Some(now) = now {
            names.entry(now.to_owned()).or_default().insert(dev_eui);
        }
    }

    fn of(&self, name: &str) -> Vec<DevEui> {
        self.0.read().get(name).into_iter().flatten().copied().collect()
    }
}

/// Why the device of a message without a DevEUI is not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NamelessError {
    /// No device is it.
    #[error(
        "the message has no DevEUI, and no device of its network server is registered here with {}: give the device a DevEUI at the network server, or register it here with deviceId (`champollion devices add DEVEUI --device-id NAME …`), under a DevEUI of your own choice where it has none",
        told(.device_id.as_deref(), *.dev_addr)
    )]
    Nobody {
        /// The network server's name of the device, where it is told.
        device_id: Option<String>,
        /// The address of the device, where it is told.
        dev_addr: Option<DevAddr>,
    },
    /// Several devices may be it.
    #[error(
        "the message has no DevEUI, and {devices} devices of its network server are registered here with {}: register the one that is meant with a deviceId of its own, or give it a DevEUI at the network server",
        told(.device_id.as_deref(), *.dev_addr)
    )]
    Several {
        /// The number of devices that may be it.
        devices: usize,
        /// The network server's name of the device, where it is told.
        device_id: Option<String>,
        /// The address of the device, where it is told.
        dev_addr: Option<DevAddr>,
    },
}

fn told(device_id: Option<&str>, dev_addr: Option<DevAddr>) -> String {
    match (device_id, dev_addr) {
        (Some(device_id), Some(dev_addr)) => {
            format!("the deviceId {device_id:?} or the DevAddr {dev_addr}")
        }
        (Some(device_id), None) => format!("the deviceId {device_id:?}"),
        (None, Some(dev_addr)) => format!("the DevAddr {dev_addr}"),
        (None, None) => "what it tells".to_owned(),
    }
}

impl NamelessError {
    /// A word for machines. It does not change between releases.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Nobody { .. } => "unknown-device",
            Self::Several { .. } => "ambiguous-device",
        }
    }
}

impl Devices {
    /// Finds the device that a message names otherwise than by its DevEUI, among those of its network server.
    /// A name that is registered counts more than an address.
    pub(crate) fn find_nameless(
        &self,
        nameless: &Nameless,
        authority: &Authority,
    ) -> Result<DevEui, NamelessError> {
        let (device_id, dev_addr) = (nameless.device_id.clone(), nameless.dev_addr);
        let named = device_id.as_deref().map(|name| self.names.of(name)).unwrap_or_default();
        let named = self.covered(named, authority);
        let found = if named.is_empty() {
            let addressed = dev_addr.map(|dev_addr| self.sessions.devices_at(dev_addr));
            self.covered(addressed.unwrap_or_default(), authority)
        } else {
            named
        };
        match found[..] {
            [dev_eui] => Ok(dev_eui),
            [] => Err(NamelessError::Nobody { device_id, dev_addr }),
            [..] => Err(NamelessError::Several { devices: found.len(), device_id, dev_addr }),
        }
    }

    fn covered(&self, devices: Vec<DevEui>, authority: &Authority) -> Vec<DevEui> {
        let is_covered =
            |dev_eui: &DevEui| self.get(*dev_eui).is_some_and(|device| authority.covers(&device));
        devices.into_iter().filter(is_covered).collect()
    }
}
