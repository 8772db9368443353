//! A frame on its way in, whole or reported.

use std::sync::Arc;

use champollion_delivery::records::Warning;
use champollion_frames::{DevEui, RadioMetadata, ReportedUplink};
use champollion_lns::HandedKey;
use jiff::Timestamp;

use super::{speaker::Speaker, traced};

/// A frame that is handed over whole.
#[derive(Clone, Debug)]
pub(super) struct WholeFrame {
    pub(super) phy_payload: Vec<u8>,
    pub(super) dev_eui: Option<DevEui>,
    pub(super) f_cnt: Option<u32>,
    pub(super) mic_checked: bool,
    pub(super) received_at: Timestamp,
    pub(super) metadata: Arc<RadioMetadata>,
    pub(super) sender: Sender,
    /// Whether copies that other gateways heard may come.
    pub(super) awaits_copies: bool,
}

/// The sender of a frame, and what is to be said of its message.
#[derive(Clone, Debug)]
pub(super) struct Sender {
    /// The network server that speaks for the device.
    pub(super) speaker: Speaker,
    /// The network server hands over many frames at once, which wait for a decoder instead of being
    /// turned away.
    pub(super) has_many: bool,
    /// Warnings about the message, for the record.
    pub(super) warnings: Vec<Warning>,
    /// When the frame came, where frames are traced.
    pub(super) began: Option<Timestamp>,
}

impl Sender {
    /// The sender of a frame that comes alone and now.
    pub(super) fn of(speaker: &Speaker) -> Self {
        let (speaker, began) = (speaker.clone(), traced::moment());
        Self { speaker, has_many: false, warnings: Vec::new(), began }
    }
}

/// A frame as a network server reports it that has taken it apart.
#[derive(Clone, Debug)]
pub(super) struct ReportedFrame {
    pub(super) uplink: ReportedUplink,
    pub(super) app_s_key: Option<HandedKey>,
    /// Whether the message says if the payload is encrypted.
    pub(super) says_encryption: bool,
    pub(super) received_at: Timestamp,
    pub(super) metadata: Arc<RadioMetadata>,
    pub(super) sender: Sender,
}

/// Milliseconds since the epoch, UTC; 0 for what was before.
pub(super) fn milliseconds(moment: Timestamp) -> u64 {
    u64::try_from(moment.as_millisecond()).unwrap_or(0)
}
