//! The device's side: frames as a sensor makes them, for tests and load generators.
//!
//! Joining has a side of its own, [`joining`], with the network's answers.
//!
//! It makes bytes, never a [`VerifiedUplink`](crate::VerifiedUplink): who needs one has the bytes
//! verified.

pub mod fuzz;
pub mod joining;

use crate::{
    address::DevAddr,
    crypto::{self, FrameId, TxContext},
    keys::{AppSKey, NetworkKeys},
    phy_payload::{MalformedPhyPayload, PhyPayload},
    session::Session,
};

/// A device with its session's keys. It does not count its frames: tests want
/// to send any FCnt at any time.
#[derive(Debug, Clone)]
pub struct Device {
    dev_addr: DevAddr,
    network_keys: NetworkKeys,
    app_s_key: AppSKey,
}

/// One uplink before encryption. `Default` is an unconfirmed frame without port and payload.
#[derive(Debug, Clone, Copy, Default)]
pub struct Uplink<'a> {
    /// All 32 bits of the FCnt.
    pub f_cnt: u32,
    /// The port; without one there is no payload either.
    pub f_port: Option<u8>,
    /// The payload, not encrypted. On FPort 0 it is encrypted with the network's key.
    pub payload: &'a [u8],
    /// MAC commands in the header, at most 15 bytes.
    pub f_opts: &'a [u8],
    /// Whether the device asks for an acknowledgement.
    pub confirmed: bool,
    /// Whether the device lets the network set its data rate.
    pub adr: bool,
    /// The FCnt of the confirmed downlink that is acknowledged, where one is.
    pub acknowledges: Option<u32>,
    /// The index of the data rate that it is sent with; enters the MIC of LoRaWAN 1.1.
    pub tx_dr: u8,
    /// The index of the channel that it is sent on; enters the MIC of LoRaWAN 1.1.
    pub tx_ch: u8,
}

/// Why a device cannot send what it was asked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CannotSend {
    /// The FCtrl has four bits for the length of the FOpts.
    #[error("{got} bytes of FOpts do not fit in a frame, at most 15 do")]
    FOptsTooLong {
        /// The number of bytes asked for.
        got: usize,
    },
    /// The session was handed over without the keys that a device needs.
    #[error("the network keys of the session are not known")]
    NoKeys,
    /// A payload needs a port.
    #[error("a payload without FPort cannot be sent")]
    NoPort,
    /// The frame would break the format, by its length.
    #[error(transparent)]
    Malformed(#[from] MalformedPhyPayload),
}

impl Device {
    /// The device that a session is with.
    #[must_use]
    pub fn of(session: &Session) -> Self {
        Self {
            dev_addr: session.dev_addr(),
            network_keys: session.network_keys().clone(),
            app_s_key: session.app_s_key().clone(),
        }
    }

    /// The PHYPayload of an application's uplink.
    ///
    /// # Errors
    /// [`CannotSend`] when the payload is longer than a frame can be: 242 bytes.
    pub fn uplink(
        &self,
        f_port: u8,
        payload: &[u8],
        f_cnt: u32,
        confirmed: bool,
    ) -> Result<Vec<u8>, CannotSend> {
        let f_port = Some(f_port);
        self.send(&Uplink { f_cnt, f_port, payload, confirmed, ..Uplink::default() })
    }

    /// The PHYPayload of any data uplink.
    ///
    /// # Errors
    /// [`CannotSend`] when it does not fit in a frame.
    pub fn send(&self, uplink: &Uplink<'_>) -> Result<Vec<u8>, CannotSend> {
        let f_opts_len = match u8::try_from(uplink.f_opts.len()) {
            Ok(f_opts_len @ 0..=15) => f_opts_len,
            _ => return Err(CannotSend::FOptsTooLong { got: uplink.f_opts.len() }),
        };
        if uplink.f_port.is_none() && !uplink.payload.is_empty() {
            return Err(CannotSend::NoPort);
        }

        let mut phy = vec![if uplink.confirmed { 0x80 } else { 0x40 }];
        phy.extend(self.dev_addr.to_le_bytes());
        let ack = u8::from(uplink.acknowledges.is_some());
        phy.push(u8::from(uplink.adr) << 7 | ack << 5 | f_opts_len);
        phy.extend(&uplink.f_cnt.to_le_bytes()[..2]);
        let id = FrameId::uplink(self.dev_addr, uplink.f_cnt);
        let f_opts_start = phy.len();
        phy.extend(uplink.f_opts);
        if let NetworkKeys::V1_1(keys) = &self.network_keys {
            let key = keys.nwk_s_enc_key.expand();
            crypto::apply_f_opts_key_stream(&key, id, uplink.f_port, &mut phy[f_opts_start..]);
        }
        phy.extend(uplink.f_port);
        let frm_payload_start = phy.len();
        phy.extend(uplink.payload);
        // Checked before the MIC is made, whose block has one byte for the length.
        phy.extend([0; 4]);
        PhyPayload::parse(&phy)?;
        phy.truncate(phy.len() - 4);

        let key = match uplink.f_port {
            Some(0) => self.network_keys.expand_for_mac_commands().ok_or(CannotSend::NoKeys)?,
            _ => self.app_s_key.expand(),
        };
        crypto::apply_key_stream(&key, id, &mut phy[frm_payload_start..]);
        let mic = match &self.network_keys {
            NetworkKeys::Withheld => return Err(CannotSend::NoKeys),
            NetworkKeys::V1_0(nwk_s_key) => crypto::mic(&nwk_s_key.expand(), id, &phy).to_bytes(),
            NetworkKeys::V1_1(keys) => {
                // Of the acknowledged FCnt the lower 16 bits enter.
                let conf_f_cnt = uplink.acknowledges.unwrap_or(0) as u16;
                let context = TxContext { conf_f_cnt, tx_dr: uplink.tx_dr, tx_ch: uplink.tx_ch };
                let [s0, s1] = crypto::mic_s(&keys.s_nwk_s_int_key.expand(), id, context, &phy);
                let [f0, f1] = crypto::mic_f(&keys.f_nwk_s_int_key.expand(), id, &phy);
                [s0, s1, f0, f1]
            }
        };
        phy.extend(mic);
        Ok(phy)
    }
}
