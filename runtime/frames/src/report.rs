//! An uplink as a network server reports it that has taken the frame apart.

use crate::{
    address::{DevAddr, DevEui},
    mic::Mic,
};

/// An uplink as an authenticated network server reports it that keeps the PHYPayload to itself. The network
/// server has checked the MIC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportedUplink {
    /// The device that sent it.
    pub dev_eui: DevEui,
    /// The address that it was sent from, where it is told.
    pub dev_addr: Option<DevAddr>,
    /// The frame counter, all 32 bits.
    pub f_cnt: u32,
    /// The port: absent when the frame ends with its header.
    pub f_port: Option<u8>,
    /// The FRMPayload of the uplink.
    pub payload: Vec<u8>,
    /// Whether it is still encrypted, under the AppSKey.
    pub is_encrypted: bool,
    /// Whether the device asked for an acknowledgement.
    pub confirmed: bool,
    /// Whether the device lets the network set its data rate.
    pub adr: bool,
    /// The integrity code that the frame ended with, where it is told.
    pub mic: Option<Mic>,
    /// When it was received, in milliseconds since the epoch, UTC, where the network server tells it.
    pub received_at_ms: Option<u64>,
}
