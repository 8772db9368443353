//! What this crate is for: an uplink that is known to come from its device.

use crate::{
    address::{DevAddr, DevEui},
    crypto::{self, UplinkId},
    keys::{AppSKey, NwkSKey},
    metadata::RadioMetadata,
    mic::Mic,
    phy_payload::PhyPayload,
};

/// An uplink whose origin and FCnt were verified, decrypted.
///
/// Only this crate can build one; whoever holds one need not ask again. It has on purpose neither
/// `Default` nor `Deserialize`, and no field can be changed.
#[derive(Debug, Clone, PartialEq)]
pub struct VerifiedUplink {
    dev_eui: DevEui,
    dev_addr: DevAddr,
    f_cnt: u32,
    f_port: Option<u8>,
    payload: Box<[u8]>,
    f_opts: Box<[u8]>,
    confirmed: bool,
    adr: bool,
    mic: Mic,
    phy_payload: Box<[u8]>,
    received_at_ms: u64,
    metadata: RadioMetadata,
    verified_by: VerifiedBy,
}

/// Who verified an uplink, and by what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum VerifiedBy {
    /// This crate checked the MIC with the session's NwkSKey.
    Mic,
}

impl VerifiedBy {
    /// The same word as in JSON, for records and logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mic => "mic",
        }
    }
}

/// What an uplink is decrypted with, and whose it is then.
pub(crate) struct Opener<'a> {
    pub(crate) dev_eui: DevEui,
    pub(crate) nwk_s_key: &'a NwkSKey,
    pub(crate) app_s_key: &'a AppSKey,
}

impl VerifiedUplink {
    /// Decrypts a frame whose MIC was found right at `f_cnt`.
    pub(crate) fn open(
        opener: &Opener<'_>,
        phy: &PhyPayload<'_>,
        f_cnt: u32,
        received_at_ms: u64,
        metadata: RadioMetadata,
    ) -> Self {
        let mut payload: Box<[u8]> = phy.frm_payload().into();
        if !payload.is_empty() {
            let key = match phy.f_port() {
                // MAC commands are the network's business, under the network's key.
                None | Some(0) => opener.nwk_s_key.expand(),
                Some(_) => opener.app_s_key.expand(),
            };
            let id = UplinkId { dev_addr: phy.dev_addr(), f_cnt };
            crypto::apply_key_stream(&key, id, &mut payload);
        }
        Self {
            dev_eui: opener.dev_eui,
            dev_addr: phy.dev_addr(),
            f_cnt,
            f_port: phy.f_port(),
            payload,
            f_opts: phy.f_opts().into(),
            confirmed: phy.confirmed(),
            adr: phy.adr(),
            mic: phy.mic(),
            phy_payload: phy.bytes().into(),
            received_at_ms,
            metadata,
            verified_by: VerifiedBy::Mic,
        }
    }

    /// The device that sent it.
    #[must_use]
    pub fn dev_eui(&self) -> DevEui {
        self.dev_eui
    }

    /// The address it was sent from.
    #[must_use]
    pub fn dev_addr(&self) -> DevAddr {
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

    /// The decrypted payload, MAC commands on FPort 0 included. Empty when there is none.
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

    /// MAC commands in the header, 0 to 15 bytes, not encrypted in LoRaWAN 1.0.x.
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

    /// The integrity code the frame ends with.
    #[must_use]
    pub fn mic(&self) -> Mic {
        self.mic
    }

    /// The frame as it was received, still encrypted.
    #[must_use]
    pub fn phy_payload(&self) -> &[u8] {
        &self.phy_payload
    }

    /// When it was received, as the caller said: milliseconds since the epoch, UTC.
    #[must_use]
    pub fn received_at_ms(&self) -> u64 {
        self.received_at_ms
    }

    /// How it was received, as the caller said. The MIC does not cover it.
    #[must_use]
    pub fn metadata(&self) -> &RadioMetadata {
        &self.metadata
    }

    /// Who verified it, and by what.
    #[must_use]
    pub fn verified_by(&self) -> VerifiedBy {
        self.verified_by
    }
}
