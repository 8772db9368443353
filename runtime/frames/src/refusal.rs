//! Why a frame is not accepted.

use crate::{
    address::{DevAddr, DevEui},
    phy_payload::MalformedPhyPayload,
};

/// Why [`Sessions::verify`](crate::Sessions::verify) did not accept a frame.
///
/// What the network server should hear: a [`Duplicate`](Self::Duplicate) is well received, since
/// its first copy is durable; [`InFlight`](Self::InFlight) asks it to try again in a moment; all
/// others will never be accepted as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The bytes are not a data uplink.
    #[error(transparent)]
    Malformed(#[from] MalformedPhyPayload),

    /// No session has this address: the device is not registered, or belongs to a neighbour.
    #[error(
        "no session has DevAddr {dev_addr}: register the device with its session keys, or with its AppKey and \
         hand its joins over"
    )]
    UnknownDevAddr {
        /// The address in the frame.
        dev_addr: DevAddr,
    },

    /// The address is known, but no session's keys make this MIC at any FCnt the frame can
    /// have. The frame is another network's device with the same address, damaged or forged; or
    /// the session is registered with a wrong key, or with a last FCnt that is too far away.
    #[error(
        "the MIC fits none of the {sessions} session(s) of DevAddr {dev_addr} at FCnt {f_cnt_16} (16 bits): wrong NwkSKey (or FNwkSIntKey, SNwkSIntKey), not our device, or a counter of which the upper 16 bits are not known here, such as that of a device that was in the field before: hand the frame over with fCnt, all 32 bits, or register the device with fCntUp"
    )]
    MicMismatch {
        /// The address in the frame.
        dev_addr: DevAddr,
        /// The lower 16 bits of the FCnt, which is all that the frame tells.
        f_cnt_16: u16,
        /// The number of sessions that share the address.
        sessions: usize,
    },

    /// Half of the MIC fits several sessions of LoRaWAN 1.1, and the other half cannot be checked,
    /// since the FCnt of the acknowledged downlink was not told. Whose the frame is, chance would
    /// decide.
    #[error(
        "half of the MIC fits {sessions} sessions of DevAddr {dev_addr}, and the other half cannot be checked: hand the frame over with confFCnt, the FCnt of the downlink that it acknowledges"
    )]
    AmbiguousMic {
        /// The address in the frame.
        dev_addr: DevAddr,
        /// The number of sessions that the frame fits.
        sessions: usize,
    },

    /// The network keys of the address are not known here, so no MIC can be checked.
    #[error(
        "the network keys of DevAddr {dev_addr} are with its network server, which has to check the MIC and to say so: hand the frame over with micChecked and devEui"
    )]
    KeysWithheld {
        /// The address in the frame.
        dev_addr: DevAddr,
    },

    /// The device that the network server names does not have the address of the frame.
    #[error("the session of {dev_eui} has another DevAddr than {dev_addr}, which the frame has")]
    OtherDevice {
        /// The address in the frame.
        dev_addr: DevAddr,
        /// The device that the network server names.
        dev_eui: DevEui,
    },

    /// The FCnt that the network server tells is not the one in the frame.
    #[error(
        "the frame of {dev_eui} has FCnt {f_cnt_16} (16 bits), which is not the end of {f_cnt}"
    )]
    OtherFCnt {
        /// The device that the network server names.
        dev_eui: DevEui,
        /// The FCnt that it tells.
        f_cnt: u32,
        /// The lower 16 bits, as they are in the frame.
        f_cnt_16: u16,
    },

    /// The payload is encrypted, and the AppSKey of the session is not known here.
    #[error(
        "the payload of {dev_eui} is encrypted, and no session is known whose AppSKey decrypts it{}: hand the session over, or have the network server decrypt",
        from(.dev_addr)
    )]
    UnknownAppSKey {
        /// The DevEUI of the device.
        dev_eui: DevEui,
        /// The address of the session, where it is told.
        dev_addr: Option<DevAddr>,
    },

    /// The device's keys are registered here, and the MIC of a report cannot be confirmed with them.
    #[error(
        "the keys of {dev_eui} are registered here, so only frames whose MIC fits them are taken, and {}: hand over whole frames, or register the device as reported, whose uplinks are taken on its network server's word",
        unconfirmed(*.has_mic)
    )]
    MicUnconfirmed {
        /// The DevEUI of the device.
        dev_eui: DevEui,
        /// Whether the report has a MIC.
        has_mic: bool,
    },

    /// The device is registered for another network server than the one that hands the frame over.
    #[error(
        "{dev_eui} is not a device of this network server: a token speaks for the devices that are registered for the network server that it is bound to; register the device with networkServer, or use that one's token"
    )]
    OtherNetworkServer {
        /// The DevEUI of the device.
        dev_eui: DevEui,
    },

    /// No device of this DevEUI is registered.
    #[error(
        "no device of the DevEUI {dev_eui} is registered: register it, without keys where its network server \
         keeps them"
    )]
    UnknownDevEui {
        /// The DevEUI of the device.
        dev_eui: DevEui,
    },

    /// The last accepted frame once more: through another gateway, or the network server's retry.
    #[error("duplicate of the last accepted uplink of {dev_eui}, FCnt {f_cnt}")]
    Duplicate {
        /// The DevEUI of the device.
        dev_eui: DevEui,
        /// The frame's FCnt, which is the last accepted.
        f_cnt: u32,
    },

    /// A genuine frame of the past, or a second frame with the FCnt of the last accepted.
    #[error("replayed uplink of {dev_eui}: FCnt {f_cnt}, but {last} was accepted already")]
    Replay {
        /// The DevEUI of the device.
        dev_eui: DevEui,
        /// The FCnt of the frame.
        f_cnt: u32,
        /// The FCnt of the last accepted frame.
        last: u32,
    },

    /// A genuine frame that must wait until it is known what becomes of another one.
    #[error(
        "uplink of {dev_eui}, FCnt {f_cnt}: FCnt {pending} of the same session is not durable yet, try again"
    )]
    InFlight {
        /// The DevEUI of the device.
        dev_eui: DevEui,
        /// The FCnt of the frame.
        f_cnt: u32,
        /// The FCnt of the frame that is being made durable; often the same.
        pending: u32,
    },
}

fn from(dev_addr: &Option<DevAddr>) -> String {
    dev_addr.map(|dev_addr| format!(" (DevAddr {dev_addr})")).unwrap_or_default()
}

fn unconfirmed(has_mic: bool) -> &'static str {
    if has_mic {
        "the MIC of this report does not fit what it tells (it may be wrong, or the frame has MAC commands in its header)"
    } else {
        "this report tells no MIC"
    }
}

impl Refusal {
    /// A word for machines. It does not change between releases.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::UnknownDevAddr { .. } => "unknown-dev-addr",
            Self::MicMismatch { .. } => "mic-mismatch",
            Self::AmbiguousMic { .. } => "ambiguous-mic",
            Self::KeysWithheld { .. } => "keys-withheld",
            Self::OtherDevice { .. } => "other-device",
            Self::OtherFCnt { .. } => "other-f-cnt",
            Self::UnknownAppSKey { .. } => "unknown-app-s-key",
            Self::MicUnconfirmed { .. } => "mic-unconfirmed",
            Self::OtherNetworkServer { .. } => "other-network-server",
            Self::UnknownDevEui { .. } => "unknown-dev-eui",
            Self::Duplicate { .. } => "duplicate",
            Self::Replay { .. } => "replayed-f-cnt",
            Self::InFlight { .. } => "in-flight",
        }
    }

    /// The device, where the MIC or the network server says which one it is.
    #[must_use]
    pub fn dev_eui(&self) -> Option<DevEui> {
        match *self {
            Self::Malformed(_)
            | Self::UnknownDevAddr { .. }
            | Self::MicMismatch { .. }
            | Self::AmbiguousMic { .. }
            | Self::KeysWithheld { .. }
            | Self::OtherDevice { .. }
            | Self::OtherFCnt { .. }
            | Self::UnknownDevEui { .. } => None,
            Self::UnknownAppSKey { dev_eui, .. }
            | Self::MicUnconfirmed { dev_eui, .. }
            | Self::OtherNetworkServer { dev_eui } => Some(dev_eui),
            Self::Duplicate { dev_eui, .. }
            | Self::Replay { dev_eui, .. }
            | Self::InFlight { dev_eui, .. } => Some(dev_eui),
        }
    }
}
