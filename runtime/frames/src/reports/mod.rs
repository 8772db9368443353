//! The devices whose network server takes their frames apart, and how far each has come.
//!
//! Of such a frame no MIC can be checked here; the network server has checked it, and its FCnt, by its
//! own rules. So nothing is refused for being old. What is told apart is a frame that was taken
//! already, which its network server hands over again since it heard no answer, from one that was not:
//!
//! - **The same FCnt, the same content, received at about the same moment**: taken already, be it through
//!   another network server, which tells more of it, or less. Under another address it is another frame; and
//!   after a join, or with another MIC, only what was received within seconds is the same.
//! - **An FCnt that is not above the last, received earlier than the last**: it was held up, by a
//!   gateway or a network server that was out of reach, and overtaken. It is taken; the last stays.
//! - **The same, received later**: the counter started over. Under a new address, or after the network
//!   server told of a join, that is how it should be; else the uplink says so
//!   ([`counter_reset`](crate::VerifiedUplink::counter_reset)).
//!
//! As in [`Sessions`](crate::Sessions) a device has one pending claim at most.

pub(crate) mod place;
mod seen;
pub(crate) mod state;

use std::{collections::HashMap, sync::Arc};

use parking_lot::RwLock;

use self::{place::Place, seen::Arriving, state::ReportState};
use crate::{
    address::{DevAddr, DevEui},
    claim::{Claim, Hold},
    crypto::{self, FrameId},
    fingerprint::Fingerprint,
    keys::AppSKey,
    metadata::RadioMetadata,
    refusal::Refusal,
    report::ReportedUplink,
    uplink::VerifiedUplink,
};

/// The states of the devices whose uplinks are reported. Every method takes `&self` and may be called from
/// any thread.
#[derive(Debug, Default)]
pub struct Reports {
    devices: RwLock<HashMap<DevEui, Place>>,
}

impl Reports {
    /// A table without devices.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Says how far a device had come when its state was stored.
    pub fn insert(&self, dev_eui: DevEui, state: ReportState) {
        self.devices.write().insert(dev_eui, Place::new(state));
    }

    /// Forgets a device. A claim that is pending moves what is no longer in the table.
    pub fn remove(&self, dev_eui: DevEui) {
        self.devices.write().remove(&dev_eui);
    }

    /// Returns the state of a device; a pending claim does not show.
    #[must_use]
    pub fn state(&self, dev_eui: DevEui) -> ReportState {
        self.find(dev_eui).map(|place| place.state()).unwrap_or_default()
    }

    /// The state of a device after its network server told that it has joined: its next FCnt may be
    /// any. Store it, then [`insert`](Self::insert) it.
    #[must_use]
    pub fn after_join(&self, dev_eui: DevEui, dev_addr: Option<DevAddr>) -> ReportState {
        self.state(dev_eui).after_join(dev_addr)
    }

    /// Takes an uplink that an authenticated network server reports of a registered device.
    /// `app_s_key` is the key of a payload that is still encrypted; `now_ms` tells moments apart that
    /// cannot be, of a network server whose clock is wrong. `received_at_ms` and `metadata` are passed on
    /// as they are.
    ///
    /// # Errors
    /// [`Refusal`]: the uplink was taken already, or must wait, or cannot be decrypted.
    pub fn accept(
        &self,
        mut report: ReportedUplink,
        app_s_key: Option<&AppSKey>,
        now_ms: u64,
        received_at_ms: u64,
        metadata: impl Into<Arc<RadioMetadata>>,
    ) -> Result<Claim, Refusal> {
        let metadata = metadata.into();
        if report.is_encrypted {
            decrypt(&mut report, app_s_key)?;
        }
        let fingerprint = Fingerprint::of(&report);
        let arriving = Arriving::of(&report, now_ms);
        let (arrival, hold) = self.place(report.dev_eui).take(report.dev_eui, &arriving)?;
        let uplink =
            VerifiedUplink::reported(report, fingerprint, arrival, received_at_ms, metadata);
        Ok(Claim::new(uplink, Hold::Report(hold)))
    }

    fn find(&self, dev_eui: DevEui) -> Option<Place> {
        self.devices.read().get(&dev_eui).cloned()
    }

    fn place(&self, dev_eui: DevEui) -> Place {
        self.find(dev_eui)
            .unwrap_or_else(|| self.devices.write().entry(dev_eui).or_default().clone())
    }
}

fn decrypt(report: &mut ReportedUplink, app_s_key: Option<&AppSKey>) -> Result<(), Refusal> {
    let ReportedUplink { dev_eui, dev_addr, f_cnt, .. } = *report;
    // MAC commands are the network's business, under the network's key.
    if report.payload.is_empty() || matches!(report.f_port, None | Some(0)) {
        return Ok(());
    }
    let unknown = Refusal::UnknownAppSKey { dev_eui, dev_addr };
    let (Some(app_s_key), Some(dev_addr)) = (app_s_key, dev_addr) else { return Err(unknown) };
    let id = FrameId::uplink(dev_addr, f_cnt);
    crypto::apply_key_stream(&app_s_key.expand(), id, &mut report.payload);
    report.is_encrypted = false;
    Ok(())
}
