//! A device that joins as it lies in memory, laid out as small as it can be: there may be a million of them.

use std::sync::Arc;

use parking_lot::Mutex;

use super::state::JoinState;
use crate::{
    address::{DevEui, JoinEui},
    by_dev_eui::OfDevice,
    keys::{AppKey, RootKeys},
    version::LorawanVersion,
};

/// A device that joins over the air.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joiner {
    /// The DevEUI of the device.
    pub dev_eui: DevEui,
    /// The join server that it belongs to; where it is absent, any that it names.
    pub join_eui: Option<JoinEui>,
    /// The root keys, from which the device's sessions are derived.
    pub root_keys: RootKeys,
    /// The version that it is made for.
    pub version: LorawanVersion,
}

/// A device that joins, which is found by its DevEUI.
#[derive(Debug)]
pub(super) struct Registered {
    pub(super) dev_eui: DevEui,
    pub(super) joining: Mutex<Joining>,
}

impl OfDevice for Registered {
    fn dev_eui(&self) -> &DevEui {
        &self.dev_eui
    }
}

/// The root keys of a device, laid out for the one key that nearly every device has.
#[derive(Debug)]
pub(super) enum HeldKeys {
    One(AppKey),
    Several(Box<RootKeys>),
}

impl HeldKeys {
    pub(super) fn to_root_keys(&self) -> RootKeys {
        match self {
            Self::One(app_key) => RootKeys::V1_0(app_key.clone()),
            Self::Several(root_keys) => RootKeys::clone(root_keys),
        }
    }
}

impl From<RootKeys> for HeldKeys {
    fn from(root_keys: RootKeys) -> Self {
        match root_keys {
            RootKeys::V1_0(app_key) => Self::One(app_key),
            several @ RootKeys::V1_1 { .. } => Self::Several(Box::new(several)),
        }
    }
}

/// The part of a device that changes with its joins, laid out as small as it can be: a million of them are in memory.
#[derive(Debug)]
pub(super) struct Joining {
    pub(super) keys: HeldKeys,
    /// The bytes of the JoinEUI, which need no place of their own alignment.
    join_eui: Option<[u8; 8]>,
    pub(super) version: LorawanVersion,
    /// Absent until the device asks to join for the first time: of a park that is registered before it is built in, that
    /// is every device.
    state: Option<Box<JoinState>>,
    /// A frame of it was verified and is not durable yet.
    pub(super) pending: bool,
}

/// The state of a device that has never asked to join.
static NEVER_ASKED: JoinState = JoinState::never_asked();

impl Registered {
    pub(super) fn new(joiner: Joiner, state: JoinState) -> Arc<Self> {
        let Joiner { dev_eui, join_eui, root_keys, version } = joiner;
        let (keys, join_eui) = (root_keys.into(), join_eui.map(JoinEui::to_be_bytes));
        let mut joining = Joining { keys, join_eui, version, state: None, pending: false };
        joining.put_state(state);
        Arc::new(Self { dev_eui, joining: Mutex::new(joining) })
    }
}

impl Joining {
    pub(super) fn join_eui(&self) -> Option<JoinEui> {
        self.join_eui.map(JoinEui::from_be_bytes)
    }

    /// Changes all that is registered but the root keys, which are the same.
    pub(super) fn register(&mut self, joiner: &Joiner) {
        self.join_eui = joiner.join_eui.map(JoinEui::to_be_bytes);
        self.version = joiner.version;
    }

    /// The registration of the device.
    pub(super) fn joiner(&self, dev_eui: DevEui) -> Joiner {
        let (root_keys, version) = (self.keys.to_root_keys(), self.version);
        Joiner { dev_eui, join_eui: self.join_eui(), root_keys, version }
    }

    pub(super) fn state(&self) -> &JoinState {
        self.state.as_deref().unwrap_or(&NEVER_ASKED)
    }

    pub(super) fn put_state(&mut self, state: JoinState) {
        self.state = (state != NEVER_ASKED).then(|| Box::new(state));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A million devices take so many bytes each, as much as the allocator gives for 65 to 80.
    #[test]
    fn a_device_that_joins_is_small() {
        let counts_of_arc = 2 * size_of::<usize>();
        let bytes = size_of::<Registered>() + counts_of_arc;
        assert!(bytes <= 80, "{bytes}");
    }
}
