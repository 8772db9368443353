//! Verified uplinks, the purpose of this crate: uplinks that are known to come from their device.

use std::sync::Arc;

use crate::{
    address::{DevAddr, DevEui},
    crypto::{self, FrameId},
    fingerprint::Fingerprint,
    keys::{AppSKey, NetworkKeys},
    metadata::RadioMetadata,
    mic::Mic,
    mic_1_1::Checked,
    phy_payload::PhyPayload,
    report::ReportedUplink,
};

/// An uplink whose origin and FCnt were verified, decrypted.
///
/// Only this crate can build one; whoever holds one need not ask again. It has on purpose neither
/// `Default` nor `Deserialize`, and no field can be changed: a clone shares what is large.
#[derive(Debug, Clone, PartialEq)]
pub struct VerifiedUplink {
    dev_eui: DevEui,
    dev_addr: Option<DevAddr>,
    f_cnt: u32,
    f_port: Option<u8>,
    payload: Arc<[u8]>,
    f_opts: Box<[u8]>,
    confirmed: bool,
    adr: bool,
    fingerprint: Fingerprint,
    phy_payload: Arc<[u8]>,
    counter_reset: bool,
    held_up: bool,
    received_at_ms: u64,
    metadata: Arc<RadioMetadata>,
    verified_by: VerifiedBy,
}

/// The verifier of an uplink, and the means of the verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum VerifiedBy {
    /// This crate checked the MIC with the session's keys.
    Mic,
    /// This crate checked the half of the MIC that the FNwkSIntKey of LoRaWAN 1.1 makes. The other
    /// half covers the FCnt of the downlink that the uplink acknowledges, which was not told.
    MicForwardingHalf,
    /// An authenticated network server says that it checked the MIC. It keeps the keys to itself.
    NetworkServer,
}

impl VerifiedBy {
    /// The same word as in JSON, for records and logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mic => "mic",
            Self::MicForwardingHalf => "mic-forwarding-half",
            Self::NetworkServer => "network-server",
        }
    }
}

/// The key that an uplink is decrypted with, and the device that it is of.
pub(crate) struct Opener<'a> {
    pub(crate) dev_eui: DevEui,
    pub(crate) network_keys: &'a NetworkKeys,
    pub(crate) app_s_key: &'a AppSKey,
}

/// The facts that were found out about a frame.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Finding {
    /// The FCnt with all 32 bits.
    pub(crate) f_cnt: u32,
    /// Whether the device's counter started over with this frame.
    pub(crate) counter_reset: bool,
    pub(crate) checked: Checked,
}

/// The arrival of an uplink, compared with those before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// As it should: above the last FCnt, or the first of a session.
    InOrder,
    /// After one that was received later.
    HeldUp,
    /// The device's counter started over within a session.
    StartsOver,
}

impl VerifiedUplink {
    /// Decrypts a frame whose MIC was found right.
    pub(crate) fn open(
        opener: &Opener<'_>,
        phy: &PhyPayload<'_>,
        finding: Finding,
        received_at_ms: u64,
        metadata: Arc<RadioMetadata>,
    ) -> Self {
        let Finding { f_cnt, counter_reset, checked } = finding;
        let id = FrameId::uplink(phy.dev_addr(), f_cnt);
        let mut payload: Arc<[u8]> = phy.frm_payload().into();
        let key = match phy.f_port() {
            _ if payload.is_empty() => None,
            // MAC commands are the network's business, under the network's key.
            None | Some(0) => opener.network_keys.expand_for_mac_commands(),
            Some(_) => Some(opener.app_s_key.expand()),
        };
        if let Some(key) = key {
            crypto::apply_key_stream(&key, id, Arc::make_mut(&mut payload));
        }
        let mut f_opts: Box<[u8]> = phy.f_opts().into();
        if let NetworkKeys::V1_1(keys) = opener.network_keys
            && !f_opts.is_empty()
        {
            let key = keys.nwk_s_enc_key.expand();
            crypto::apply_f_opts_key_stream(&key, id, phy.f_port(), &mut f_opts);
        }
        Self {
            dev_eui: opener.dev_eui,
            dev_addr: Some(phy.dev_addr()),
            f_cnt,
            f_port: phy.f_port(),
            payload,
            f_opts,
            confirmed: phy.confirmed(),
            adr: phy.adr(),
            fingerprint: Fingerprint::Mic(phy.mic()),
            phy_payload: phy.bytes().into(),
            counter_reset,
            held_up: false,
            received_at_ms,
            metadata,
            verified_by: match checked {
                Checked::Whole => VerifiedBy::Mic,
                Checked::ForwardingHalf => VerifiedBy::MicForwardingHalf,
                Checked::ByNetworkServer => VerifiedBy::NetworkServer,
            },
        }
    }

    /// Makes a verified uplink of a report in clear of a network server.
    pub(crate) fn reported(
        report: ReportedUplink,
        fingerprint: Fingerprint,
        arrival: Arrival,
        received_at_ms: u64,
        metadata: Arc<RadioMetadata>,
    ) -> Self {
        Self {
            dev_eui: report.dev_eui,
            dev_addr: report.dev_addr,
            f_cnt: report.f_cnt,
            f_port: report.f_port,
            payload: report.payload.into(),
            f_opts: Box::default(),
            confirmed: report.confirmed,
            adr: report.adr,
            fingerprint,
            phy_payload: Arc::default(),
            counter_reset: arrival == Arrival::StartsOver,
            held_up: arrival == Arrival::HeldUp,
            received_at_ms,
            metadata,
            verified_by: VerifiedBy::NetworkServer,
        }
    }

    pub(crate) fn with_metadata(self, metadata: Arc<RadioMetadata>) -> Self {
        Self { metadata, ..self }
    }

    /// The device that sent it.
    #[must_use]
    pub fn dev_eui(&self) -> DevEui {
        self.dev_eui
    }

    /// The address it was sent from. Some network servers do not tell it.
    #[must_use]
    pub fn dev_addr(&self) -> Option<DevAddr> {
        self.dev_addr
    }

    /// The frame counter, all 32 bits.
    #[must_use]
    pub fn f_cnt(&self) -> u32 {
        self.f_cnt
    }

    /// The port: absent when the frame ends with its header, 0 when the payload is MAC commands.
    #[must_use]
    pub fn f_port(&self) -> Option<u8> {
        self.f_port
    }

    /// The decrypted payload, MAC commands on FPort 0 included. Empty when there is none. MAC commands
    /// stay encrypted where the network server keeps their key to itself.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// FPort and decrypted payload of the application: what a decoder reads. `None` for a frame
    /// that carries only MAC commands or nothing. The payload may be empty: some devices say all
    /// with the port.
    #[must_use]
    pub fn application_payload(&self) -> Option<(u8, &[u8])> {
        match self.f_port {
            None | Some(0) => None,
            Some(f_port) => Some((f_port, &self.payload)),
        }
    }

    /// MAC commands in the header, 0 to 15 bytes, decrypted where LoRaWAN 1.1 encrypts them. None where
    /// the network server keeps the frame to itself.
    #[must_use]
    pub fn f_opts(&self) -> &[u8] {
        &self.f_opts
    }

    /// Whether the device asked for an acknowledgement.
    #[must_use]
    pub fn confirmed(&self) -> bool {
        self.confirmed
    }

    /// Whether the device lets the network set its data rate.
    #[must_use]
    pub fn adr(&self) -> bool {
        self.adr
    }

    /// The integrity code the frame ends with, where it is known.
    #[must_use]
    pub fn mic(&self) -> Option<Mic> {
        match self.fingerprint {
            Fingerprint::Mic(mic) => Some(mic),
            Fingerprint::Digest(_) => None,
        }
    }

    /// Returns the fingerprint that tells the uplink from all others of the device with the same FCnt.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// The frame as it was received, still encrypted. Empty where the network server keeps it to
    /// itself.
    #[must_use]
    pub fn phy_payload(&self) -> &[u8] {
        &self.phy_payload
    }

    /// Whether the device's counter started over with this uplink, which is allowed only to devices
    /// of which the operator says that they do. It may be an old frame that is played again.
    #[must_use]
    pub fn counter_reset(&self) -> bool {
        self.counter_reset
    }

    /// Whether it was received before one that was accepted already, and comes later. Only where the
    /// network server keeps the frame to itself; others are refused then.
    #[must_use]
    pub fn held_up(&self) -> bool {
        self.held_up
    }

    /// When it was received, as the caller said: milliseconds since the epoch, UTC.
    #[must_use]
    pub fn received_at_ms(&self) -> u64 {
        self.received_at_ms
    }

    /// Returns the radio metadata as the caller gave it. The MIC does not cover it.
    #[must_use]
    pub fn metadata(&self) -> &RadioMetadata {
        &self.metadata
    }

    /// Returns the verifier of the uplink, and the means of the verification.
    #[must_use]
    pub fn verified_by(&self) -> VerifiedBy {
        self.verified_by
    }
}
