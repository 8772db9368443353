//! The devices that join: their root keys, the nonces that were used, and the session that comes of
//! a join-request and the join-accept that answers it.
//!
//! Neither is made here: the network server answers the device, and hands both over. As with data, a
//! frame is verified first, which gives a [`JoinClaim`]; what it changes is then made durable by the
//! caller; and [`JoinClaim::confirm`] says that it is.
//!
//! A join-accept does not say for whom it is. It is tried with the keys of the devices that asked
//! last, unless the network server says whose it is.

mod registered;
mod state;

use std::{collections::VecDeque, sync::Arc};

use parking_lot::{Mutex, RwLock};

use self::registered::Registered;
pub use self::{registered::Joiner, state::JoinState};
use crate::{
    address::{DevEui, JoinEui},
    by_dev_eui::ByDevEui,
    join_frames::{JoinAccept, JoinRequest, RejoinRequest},
    join_keys::Asked,
    keys::RootKeys,
    phy_payload::{MType, MalformedPhyPayload},
    session::Session,
};

/// Devices that are tried for a join-accept of which the network server does not name the device, those that
/// asked last. Each costs a microsecond. A join-accept follows its request within seconds, and a network of
/// 10^5 devices that all come back after a power cut joins some hundred a second.
const TRIED_DEVICES: usize = 1_024;

/// The devices that join over the air. Every method takes `&self` and may be called from any thread.
#[derive(Debug, Default)]
pub struct Joins {
    devices: RwLock<ByDevEui<Registered>>,
    /// The devices that asked or were answered last, the latest in front.
    recent: Mutex<VecDeque<DevEui>>,
}

/// A message of the join procedure that was verified and is not durable yet. Until it is confirmed or
/// dropped every other of the device is refused as [`InFlight`](JoinRefusal::InFlight).
#[derive(Debug)]
#[must_use = "dropping a claim says that the message was not kept, as if it had not come"]
pub struct JoinClaim {
    device: Arc<Registered>,
    next_state: JoinState,
    message: JoinMessage,
    kept: bool,
}

/// A message of the join procedure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JoinMessage {
    /// A device asks to join.
    Request {
        /// The number of its request.
        dev_nonce: u16,
    },
    /// The network lets it. Boxed, since it is much larger than a request.
    Accept {
        /// The session that the device has now, if it heard the answer.
        session: Box<Session>,
    },
}

/// Why a message of the join procedure is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JoinRefusal {
    /// The bytes are no such message.
    #[error(transparent)]
    Malformed(#[from] MalformedPhyPayload),
    /// The device is not registered with root keys.
    #[error(
        "no device of the DevEUI {dev_eui} is registered with an AppKey: it is unknown, or activated by personalization"
    )]
    UnknownDevEui {
        /// The DevEUI of the device.
        dev_eui: DevEui,
    },
    /// The device names another join server than it is registered with.
    #[error("{dev_eui} asks the JoinEUI {asked} and is registered with {registered}")]
    OtherJoinEui {
        /// The DevEUI of the device.
        dev_eui: DevEui,
        /// The join server in the frame.
        asked: JoinEui,
        /// The one that is registered.
        registered: JoinEui,
    },
    /// The device's root key does not make the MIC.
    #[error("the MIC of the join request of {dev_eui} is wrong: damaged, forged, or another {key}")]
    MicMismatch {
        /// The device that the frame names.
        dev_eui: DevEui,
        /// The name of the key that makes the MIC.
        key: &'static str,
    },
    /// The DevNonce was used before.
    #[error(
        "replayed join request of {dev_eui}: the DevNonce {dev_nonce} was used before, or is below one that was"
    )]
    UsedDevNonce {
        /// The DevEUI of the device.
        dev_eui: DevEui,
        /// The number of the request.
        dev_nonce: u16,
    },
    /// No device that asked is answered by this join-accept.
    #[error(
        "the join accept answers none of the {tried} devices that asked last: the join request was not handed over, or the accept is of another network; saying devEui beside it lets it be tried for that device alone"
    )]
    NobodyAsked {
        /// The number of devices that were tried.
        tried: usize,
    },
    /// The JoinNonce was used before.
    #[error("replayed join accept for {dev_eui}: the JoinNonce {join_nonce} was used before")]
    UsedJoinNonce {
        /// The DevEUI of the device.
        dev_eui: DevEui,
        /// The number of the answer.
        join_nonce: u32,
    },
    /// The last message of this kind once more.
    #[error("duplicate of the last {m_type} of {dev_eui}")]
    Duplicate {
        /// The DevEUI of the device.
        dev_eui: DevEui,
        /// The type of the message.
        m_type: MType,
    },
    /// A rejoin-request, which only the network server can answer.
    #[error(
        "a rejoin request of {dev_eui} gives no session by itself; hand over the session keys that its answer gives"
    )]
    Rejoin {
        /// The device that the frame names.
        dev_eui: DevEui,
    },
    /// Another message of the device is not durable yet.
    #[error("another join message of {dev_eui} is not durable yet, try again")]
    InFlight {
        /// The DevEUI of the device.
        dev_eui: DevEui,
    },
}

impl Joins {
    /// A table without devices.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Registers a device, or changes what is registered of it. Its nonces stay as long as its root
    /// keys do, and are taken from `state` otherwise.
    pub fn insert(&self, joiner: Joiner, state: JoinState) {
        let dev_eui = joiner.dev_eui;
        if state.awaits_accept() {
            self.was_here(dev_eui);
        }
        let mut devices = self.devices.write();
        if let Some(known) = devices.get(dev_eui) {
            let mut joining = known.joining.lock();
            if joining.root_keys() == joiner.root_keys {
                joining.register(&joiner);
                return;
            }
        }
        devices.insert(Registered::new(joiner, state));
    }

    /// Puts a device as it was stored: its nonces are those of `state`, whatever they were here. A claim
    /// that is pending moves what is no longer in the table.
    pub fn restore(&self, joiner: Joiner, state: JoinState) {
        let dev_eui = joiner.dev_eui;
        if state.awaits_accept() {
            self.was_here(dev_eui);
        }
        self.devices.write().insert(Registered::new(joiner, state));
    }

    /// Removes a device that is registered to join.
    pub fn remove(&self, dev_eui: DevEui) {
        self.devices.write().remove(dev_eui);
    }

    /// Returns the registration of a device.
    #[must_use]
    pub fn get(&self, dev_eui: DevEui) -> Option<Joiner> {
        self.find(dev_eui).map(|device| device.joining.lock().joiner(dev_eui))
    }

    /// Verifies a message of the join procedure. `dev_eui` says for whom a join-accept is, where the
    /// network server tells it.
    ///
    /// # Errors
    /// [`JoinRefusal`] says why it is not accepted.
    pub fn verify(&self, phy: &[u8], dev_eui: Option<DevEui>) -> Result<JoinClaim, JoinRefusal> {
        match phy.first().map(|&mhdr| MType::of(mhdr)).transpose()? {
            Some(MType::JoinAccept) => self.accept(phy, dev_eui),
            Some(MType::RejoinRequest) => {
                Err(JoinRefusal::Rejoin { dev_eui: RejoinRequest::parse(phy)?.dev_eui })
            }
            _ => self.request(&JoinRequest::parse(phy)?),
        }
    }

    fn request(&self, request: &JoinRequest<'_>) -> Result<JoinClaim, JoinRefusal> {
        let (dev_eui, dev_nonce) = (request.dev_eui(), request.dev_nonce());
        let known = self.find(dev_eui).ok_or(JoinRefusal::UnknownDevEui { dev_eui })?;
        let mut joining = known.joining.lock();
        let (root_keys, version) = (joining.root_keys(), joining.version);
        if !root_keys.made(request) {
            let key = match root_keys {
                RootKeys::V1_0(_) => "AppKey",
                RootKeys::V1_1 { .. } => "NwkKey",
            };
            return Err(JoinRefusal::MicMismatch { dev_eui, key });
        }
        let asked = request.join_eui();
        if let Some(registered) = joining.join_eui().filter(|&registered| registered != asked) {
            return Err(JoinRefusal::OtherJoinEui { dev_eui, asked, registered });
        }
        if joining.state().is_last_request(request) {
            return Err(if joining.pending {
                JoinRefusal::InFlight { dev_eui }
            } else {
                JoinRefusal::Duplicate { dev_eui, m_type: MType::JoinRequest }
            });
        }
        if !joining.state().is_fresh_dev_nonce(dev_nonce, version) {
            return Err(JoinRefusal::UsedDevNonce { dev_eui, dev_nonce });
        }
        if joining.pending {
            return Err(JoinRefusal::InFlight { dev_eui });
        }
        let next_state = joining.state().after_request(request, version);
        joining.pending = true;
        drop(joining);
        let message = JoinMessage::Request { dev_nonce };
        Ok(JoinClaim { device: known, next_state, message, kept: false })
    }

    fn accept(&self, phy: &[u8], dev_eui: Option<DevEui>) -> Result<JoinClaim, JoinRefusal> {
        JoinAccept::check_length(phy)?;
        let candidates = match dev_eui {
            Some(dev_eui) => vec![dev_eui],
            None => self.recent.lock().iter().copied().collect(),
        };
        let tried = candidates.len();
        for candidate in candidates {
            let Some(known) = self.find(candidate) else {
                match dev_eui {
                    Some(dev_eui) => return Err(JoinRefusal::UnknownDevEui { dev_eui }),
                    None => continue,
                }
            };
            if let Some(result) = accept_for(&known, phy) {
                return result;
            }
        }
        Err(JoinRefusal::NobodyAsked { tried })
    }

    /// After a message of a device was confirmed: its next may be a join-accept.
    fn was_here(&self, dev_eui: DevEui) {
        let mut recent = self.recent.lock();
        recent.retain(|&other| other != dev_eui);
        recent.push_front(dev_eui);
        recent.truncate(TRIED_DEVICES);
    }

    fn find(&self, dev_eui: DevEui) -> Option<Arc<Registered>> {
        self.devices.read().get(dev_eui).cloned()
    }

    /// Says that what a claim changes is durable.
    pub fn confirm(&self, claim: JoinClaim) -> JoinMessage {
        self.was_here(claim.dev_eui());
        claim.keep()
    }
}

/// Tries a join-accept for a device; `None` where it is not for this one.
fn accept_for(known: &Arc<Registered>, phy: &[u8]) -> Option<Result<JoinClaim, JoinRefusal>> {
    let dev_eui = known.dev_eui;
    let mut joining = known.joining.lock();
    let request = joining.state().last_request()?;
    let asked = Asked { dev_eui, join_eui: request.join_eui, dev_nonce: request.dev_nonce };
    let root_keys = joining.root_keys();
    let accept = root_keys.open(phy, asked)?;
    let join_nonce = accept.join_nonce();
    if joining.state().is_last_accept(join_nonce, accept.mic()) {
        let m_type = MType::JoinAccept;
        return Some(Err(JoinRefusal::Duplicate { dev_eui, m_type }));
    }
    if !joining.state().awaits_accept()
        || !joining.state().is_fresh_join_nonce(join_nonce, joining.version)
    {
        return Some(Err(JoinRefusal::UsedJoinNonce { dev_eui, join_nonce }));
    }
    if joining.pending {
        return Some(Err(JoinRefusal::InFlight { dev_eui }));
    }
    joining.pending = true;
    let session = Box::new(root_keys.session(&accept, asked));
    let next_state = joining.state().after_accept(join_nonce, accept.mic(), joining.version);
    let message = JoinMessage::Accept { session };
    drop(joining);
    let device = Arc::clone(known);
    Some(Ok(JoinClaim { device, next_state, message, kept: false }))
}

impl JoinClaim {
    /// Returns the DevEUI of the device.
    #[must_use]
    pub fn dev_eui(&self) -> DevEui {
        self.device.dev_eui
    }

    /// Returns the message that was verified.
    #[must_use]
    pub fn message(&self) -> &JoinMessage {
        &self.message
    }

    /// Returns the device's state after the confirmation. Store it, with the session of a join-accept, in one
    /// transaction.
    #[must_use]
    pub fn next_state(&self) -> &JoinState {
        &self.next_state
    }

    fn keep(mut self) -> JoinMessage {
        self.kept = true;
        self.message.clone()
    }
}

impl Drop for JoinClaim {
    fn drop(&mut self) {
        let next_state = self.kept.then(|| std::mem::take(&mut self.next_state));
        let mut joining = self.device.joining.lock();
        joining.pending = false;
        if let Some(next_state) = next_state {
            joining.put_state(next_state);
        }
    }
}

impl JoinRefusal {
    /// A word for machines. It does not change between releases.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::UnknownDevEui { .. } => "unknown-dev-eui",
            Self::OtherJoinEui { .. } => "other-join-eui",
            Self::MicMismatch { .. } => "mic-mismatch",
            Self::UsedDevNonce { .. } => "replayed-dev-nonce",
            Self::NobodyAsked { .. } => "nobody-asked",
            Self::UsedJoinNonce { .. } => "replayed-join-nonce",
            Self::Duplicate { .. } => "duplicate",
            Self::Rejoin { .. } => "rejoin-request",
            Self::InFlight { .. } => "in-flight",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{keys::AppKey, version::LorawanVersion};

    #[test]
    fn a_registration_is_given_back_as_it_was() {
        let app_key = AppKey::from_bytes([2; 16]);
        let nwk_key = crate::keys::NwkKey::from_bytes([4; 16]);
        given_back(RootKeys::V1_0(app_key.clone()));
        given_back(RootKeys::V1_1 { nwk_key, app_key });
    }

    fn given_back(root_keys: RootKeys) {
        let joins = Joins::new();
        let dev_eui = DevEui::from_be_bytes([1; 8]);
        let (join_eui, version) = (Some(JoinEui::from_be_bytes([3; 8])), LorawanVersion::V1_0_4);
        let joiner = Joiner { dev_eui, join_eui, root_keys, version };
        joins.insert(joiner.clone(), JoinState::default());
        assert_eq!(joins.get(dev_eui), Some(joiner.clone()));
        let moved = Joiner { join_eui: None, version: LorawanVersion::V1_0_3, ..joiner };
        joins.insert(moved.clone(), JoinState::default());
        assert_eq!(joins.get(dev_eui), Some(moved));
    }
}
