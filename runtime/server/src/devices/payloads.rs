//! Payloads of which a message does not say whether they are encrypted.
//!
//! A MIC that comes along proves it. Else the settings say it, of the device or of its network server; or the
//! AppSKey that is known here, since there is little reason to have it but that the network server does not
//! decrypt. What is left is taken for clear, and the record says so: nothing is guessed in silence.

use champollion_frames::{
    DevAddr, DevEui, RadioMetadata, Reassembled, Refusal, ReportedUplink, Session,
};
use serde::{Deserialize, Serialize};

use super::Devices;

/// The state in which a network server hands payloads over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PayloadState {
    /// Decrypted by the network server.
    Clear,
    /// As on the air, under the AppSKey.
    Encrypted,
}

/// The state of a payload, and whether that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opened {
    /// The MIC proves it, or the settings say it.
    Known {
        /// Whether the payload is encrypted.
        is_encrypted: bool,
    },
    /// Nothing says it, and it is taken for what is likely.
    Guessed {
        /// Whether the payload is taken for encrypted.
        is_encrypted: bool,
    },
}

impl Opened {
    /// Whether the payload is to be decrypted.
    #[must_use]
    pub fn is_encrypted(self) -> bool {
        match self {
            Self::Known { is_encrypted } | Self::Guessed { is_encrypted } => is_encrypted,
        }
    }
}

impl Devices {
    /// Finds out whether the payload of a report is encrypted whose message does not say it. `payloads` is
    /// what the settings say of its network server.
    pub(crate) fn opened(
        &self,
        report: &ReportedUplink,
        metadata: &RadioMetadata,
        payloads: Option<PayloadState>,
    ) -> Opened {
        // MAC commands are the network's business, and never decrypted here.
        if report.payload.is_empty() || report.f_port.is_none() {
            return Opened::Known { is_encrypted: false };
        }
        let sessions = self.sessions_at(report.dev_eui, report.dev_addr);
        let proven = sessions.iter().find_map(|session| session.reassemble(report, metadata));
        if let Some(frame) = proven {
            return Opened::Known { is_encrypted: frame.was_encrypted };
        }
        let of_device = self.get(report.dev_eui).and_then(|device| device.payload);
        match of_device.or(payloads) {
            Some(state) => Opened::Known { is_encrypted: state == PayloadState::Encrypted },
            None => Opened::Guessed { is_encrypted: !sessions.is_empty() },
        }
    }

    /// Puts the frame of a report together again whose device takes only frames with a MIC that fits.
    pub(crate) fn reassemble(
        &self,
        report: &ReportedUplink,
        metadata: &RadioMetadata,
    ) -> Result<Reassembled, Refusal> {
        let (dev_eui, has_mic) = (report.dev_eui, report.mic.is_some());
        let sessions = self.sessions_at(dev_eui, report.dev_addr);
        let frame = sessions.iter().find_map(|session| session.reassemble(report, metadata));
        frame.ok_or(Refusal::MicUnconfirmed { dev_eui, has_mic })
    }

    /// The sessions that a report may be of: those at the address that it tells, or all of the device.
    fn sessions_at(&self, dev_eui: DevEui, dev_addr: Option<DevAddr>) -> Vec<Session> {
        let known = [self.sessions.get(dev_eui), self.sessions.get_offered(dev_eui)];
        let is_it = |session: &Session| dev_addr.is_none_or(|told| told == session.dev_addr());
        known.into_iter().flatten().filter(is_it).collect()
    }
}
