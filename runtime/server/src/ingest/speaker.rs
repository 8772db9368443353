//! Speakers: in whose name something is handed over, and for which devices that one speaks.

use std::sync::Arc;

use champollion_frames::{DevEui, Refusal};
use champollion_lns::NetworkServerName;
use champollion_registry::ledger::Actor;
use champollion_traces::TraceContext;

use crate::devices::{Device, Devices, PayloadState};

/// The one in whose name something is handed over.
#[derive(Clone, Debug)]
pub struct Speaker {
    /// The name that records carry.
    pub name: Arc<str>,
    /// The author of what comes of it, for the audit.
    pub by: Arc<Actor>,
    /// The devices that it speaks for.
    pub authority: Authority,
    /// The state of the payloads that it reports, where the settings say it.
    pub payloads: Option<PayloadState>,
    /// The trace of the caller, where requests are traced and this one names one.
    pub trace: Option<TraceContext>,
}

/// The devices that somebody speaks for.
#[derive(Clone, Debug)]
pub enum Authority {
    /// All devices, which an admin speaks for.
    All,
    /// Those that are registered for no network server: of a token that is bound to none.
    Unassigned,
    /// Those of a network server of the settings.
    Of {
        /// The network server that the devices are registered with.
        server: Arc<NetworkServerName>,
        /// Whether those that are registered for none count as its own.
        unassigned: bool,
    },
}

impl Authority {
    /// Whether a device is among them.
    #[must_use]
    pub fn covers(&self, device: &Device) -> bool {
        match (self, &device.network_server) {
            (Self::All, _) | (Self::Unassigned, None) => true,
            (Self::Of { server, .. }, Some(own)) => **server == *own,
            (Self::Of { unassigned, .. }, None) => *unassigned,
            (Self::Unassigned, Some(_)) => false,
        }
    }
}

/// A network server of this name that no settings name.
impl From<&str> for Speaker {
    fn from(name: &str) -> Self {
        let by = Arc::new(Actor::named(name));
        let authority = Authority::Unassigned;
        Self { name: name.into(), by, authority, payloads: None, trace: None }
    }
}

impl Speaker {
    /// Refuses what is said of a device that it does not speak for. Of one that is not registered nothing is
    /// known here, and others say so.
    pub(crate) fn check(&self, devices: &Devices, dev_eui: DevEui) -> Result<(), Refusal> {
        match devices.get(dev_eui) {
            Some(device) if !self.authority.covers(&device) => {
                Err(Refusal::OtherNetworkServer { dev_eui })
            }
            _ => Ok(()),
        }
    }
}
