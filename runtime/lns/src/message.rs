//! Messages of network servers: frames, joins, and all that hands nothing over.

use champollion_frames::{DevAddr, DevEui, RadioMetadata, ReportedUplink};
use jiff::Timestamp;

use crate::HandedKey;

/// Most gateways of one frame. With them a raw record stays well below what the store takes.
pub const GATEWAYS: usize = 100;

/// A message of a network server.
#[derive(Clone, Debug)]
pub enum Message {
    /// A frame. Boxed, since it is much larger than the others.
    Frame(Box<Frame>),
    /// A frame of a device that the message names otherwise than by a DevEUI.
    Nameless(Box<Nameless>),
    /// A device has joined.
    Joined(Joined),
    /// A gateway tells that it is there.
    Gateway(GatewayStatus),
    /// It is of a kind that hands nothing over, such as the state of a battery: well received.
    Nothing {
        /// The kind of the message, in the network server's word.
        what: String,
    },
}

/// A frame as a network server hands it over.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The content of the frame, as far as it is handed over.
    pub content: Content,
    /// When the network received it; now where it is not told.
    pub received_at: Option<Timestamp>,
    /// The circumstances in which the network received the frame.
    pub metadata: RadioMetadata,
}

/// The content of a frame that a network server hands over.
#[derive(Clone, Debug)]
pub enum Content {
    /// The whole frame with its MIC.
    Phy {
        /// The PHYPayload, still encrypted.
        phy_payload: Vec<u8>,
        /// The device of the frame, where the network server tells it; a join-accept does not say it.
        dev_eui: Option<DevEui>,
        /// All 32 bits of its FCnt, where the network server tells them.
        f_cnt: Option<u32>,
        /// The network server, which keeps the keys of the MIC to itself, has checked it.
        mic_checked: bool,
    },
    /// The content of a frame whose MIC the network server has checked.
    Reported {
        /// The uplink that the network server reports.
        uplink: ReportedUplink,
        /// The key of its payload, where it stands beside.
        app_s_key: Option<HandedKey>,
        /// Whether the message says if the payload is encrypted. Where it does not, `is_encrypted` of the
        /// uplink means nothing.
        says_encryption: bool,
    },
}

/// A frame of a device that has no DevEUI at its network server, as devices with fixed keys up to LoRaWAN
/// 1.0.3 may. It becomes one with a DevEUI once the device is found that is meant.
#[derive(Clone, Debug)]
pub struct Nameless {
    /// The network server's own name of the device, where it has one.
    pub device_id: Option<String>,
    /// The address that the frame was sent from, where it is told.
    pub dev_addr: Option<DevAddr>,
    /// The frame, whose uplink has a DevEUI that means nothing.
    frame: Frame,
}

impl Nameless {
    /// Makes one of a frame whose uplink has any DevEUI.
    pub(super) fn new(device_id: Option<String>, dev_addr: Option<DevAddr>, frame: Frame) -> Self {
        Self { device_id, dev_addr, frame }
    }

    /// The frame as one of this device.
    #[must_use]
    pub fn named(self, dev_eui: DevEui) -> Frame {
        let mut frame = self.frame;
        match &mut frame.content {
            Content::Reported { uplink, .. } => uplink.dev_eui = dev_eui,
            Content::Phy { dev_eui: told, .. } => *told = Some(dev_eui),
        }
        frame
    }
}

/// The status of a gateway, of which the one thing that counts is that it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayStatus {
    /// The gateway, by the name that it has in frames.
    pub gateway_id: String,
    /// When the gateway told it; now where it is not told.
    pub at: Option<Timestamp>,
}

/// A device has a new session.
#[derive(Clone, Debug)]
pub struct Joined {
    /// The device that has joined.
    pub dev_eui: DevEui,
    /// The address of the session, where it is told.
    pub dev_addr: Option<DevAddr>,
    /// The key of its payloads, where the network server leaves it to us to decrypt them.
    pub app_s_key: Option<HandedKey>,
}

/// A moment as the verifier wants it. One before the epoch is no moment at which a frame was received.
pub(super) fn milliseconds(moment: Option<Timestamp>) -> Option<u64> {
    moment.and_then(|moment| u64::try_from(moment.as_millisecond()).ok())
}

impl Message {
    /// Makes a message of a frame.
    #[must_use]
    pub fn frame(frame: Frame) -> Self {
        Self::Frame(Box::new(frame))
    }

    /// A message of a kind that hands nothing over.
    #[must_use]
    pub fn nothing(what: &str) -> Self {
        Self::Nothing { what: what.to_owned() }
    }
}
