//! A device that joins as it lies in memory, laid out as small as it can be: there may be a million of them.

use std::sync::Arc;

use parking_lot::Mutex;

use super::state::JoinState;
use crate::{
    address::{DevEui, JoinEui},
    by_dev_eui::OfDevice,
    keys::{AppKey, NwkKey, RootKeys},
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

/// The part of a device that changes with its joins, laid out as small as it can be: a million of them are in memory.
#[derive(Debug)]
pub(super) struct Joining {
    /// The root key that every device has.
    app_key: AppKey,
    /// The bytes of the JoinEUI, which need no place of their own alignment.
    join_eui: Option<[u8; 8]>,
    pub(super) version: LorawanVersion,
    /// A frame of it was verified and is not durable yet.
    pub(super) pending: bool,
    /// Absent until the device asks to join for the first time, where it has one key: of a park that is registered before
    /// it is built in, that is nearly every device.
    rest: Option<Box<Rest>>,
}

/// The part of a device that has asked to join, or that is made for LoRaWAN 1.1.
#[derive(Debug)]
struct Rest {
    state: JoinState,
    /// The root key for the network, of LoRaWAN 1.1.
    nwk_key: Option<Box<NwkKey>>,
}

/// The state of a device that has never asked to join.
static NEVER_ASKED: JoinState = JoinState::never_asked();

impl Registered {
    pub(super) fn new(joiner: Joiner, state: JoinState) -> Arc<Self> {
        let Joiner { dev_eui, join_eui, root_keys, version } = joiner;
        let (app_key, nwk_key) = match root_keys {
            RootKeys::V1_0(app_key) => (app_key, None),
            RootKeys::V1_1 { nwk_key, app_key } => (app_key, Some(Box::new(nwk_key))),
        };
        let (join_eui, rest) = (join_eui.map(JoinEui::to_be_bytes), Rest::of(state, nwk_key));
        let joining = Joining { app_key, join_eui, version, pending: false, rest };
        Arc::new(Self { dev_eui, joining: Mutex::new(joining) })
    }
}

impl Rest {
    /// The rest of a device with a state and a key; none of one without either.
    fn of(state: JoinState, nwk_key: Option<Box<NwkKey>>) -> Option<Box<Self>> {
        let says_something = nwk_key.is_some() || state != NEVER_ASKED;
        says_something.then(|| Box::new(Self { state, nwk_key }))
    }
}

impl Joining {
    /// The root keys of the device.
    pub(super) fn root_keys(&self) -> RootKeys {
        let app_key = self.app_key.clone();
        match self.rest.as_deref().and_then(|rest| rest.nwk_key.as_deref()) {
            None => RootKeys::V1_0(app_key),
            Some(nwk_key) => RootKeys::V1_1 { nwk_key: nwk_key.clone(), app_key },
        }
    }

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
        let (root_keys, version) = (self.root_keys(), self.version);
        Joiner { dev_eui, join_eui: self.join_eui(), root_keys, version }
    }

    pub(super) fn state(&self) -> &JoinState {
        self.rest.as_deref().map_or(&NEVER_ASKED, |rest| &rest.state)
    }

    pub(super) fn put_state(&mut self, state: JoinState) {
        let nwk_key = self.rest.take().and_then(|rest| rest.nwk_key);
        self.rest = Rest::of(state, nwk_key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bytes that mimalloc v3 looks for beyond a size that is no power of two, to align it to 8.
    const FOR_ALIGNMENT: usize = 7;

    /// A million devices take so many bytes each, of the class of 80; of the next one, 96, a million take 16 MB more.
    #[test]
    fn a_device_that_joins_is_small() {
        let counts_of_arc = 2 * size_of::<usize>();
        let bytes = size_of::<Registered>() + counts_of_arc + FOR_ALIGNMENT;
        assert!(bytes <= 80, "{bytes}");
        let bytes = size_of::<Rest>() + FOR_ALIGNMENT;
        assert!(bytes <= 96, "{bytes}");
    }

    #[test]
    fn a_device_has_the_keys_and_the_state_that_it_was_given() {
        let key = |byte| [byte; 16];
        let [one, two] = [
            RootKeys::V1_0(AppKey::from_bytes(key(1))),
            RootKeys::V1_1 {
                nwk_key: NwkKey::from_bytes(key(2)),
                app_key: AppKey::from_bytes(key(3)),
            },
        ];
        let asked: JoinState = serde_json::from_str(r#"{"devNonces":[7]}"#).unwrap();
        for root_keys in [one, two] {
            for state in [NEVER_ASKED.clone(), asked.clone()] {
                let dev_eui = DevEui::from_be_bytes([1; 8]);
                let (version, join_eui) = (LorawanVersion::V1_1, None);
                let joiner = Joiner { dev_eui, join_eui, root_keys: root_keys.clone(), version };
                let registered = Registered::new(joiner.clone(), state.clone());
                let mut joining = registered.joining.lock();
                assert_eq!(joining.joiner(dev_eui), joiner);
                assert_eq!(*joining.state(), state);
                for next in [asked.clone(), NEVER_ASKED.clone()] {
                    joining.put_state(next.clone());
                    assert_eq!(*joining.state(), next);
                    assert_eq!(joining.root_keys(), root_keys, "the keys outlive the state");
                }
            }
        }
    }
}
