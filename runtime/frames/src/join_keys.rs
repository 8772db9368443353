//! From root keys to session keys (specification 1.0.3, section 6.2.5; specification 1.1, section
//! 6.2.5 and 6.1.1).

use aes::{Aes128Enc, cipher::KeyInit};

use crate::{
    address::{DevEui, JoinEui},
    crypto,
    join_frames::{JoinAccept, JoinRequest},
    keys::{AppSKey, FNwkSIntKey, NetworkKeysV1_1, NwkSEncKey, NwkSKey, RootKeys, SNwkSIntKey},
    mic::Mic,
    phy_payload::MalformedPhyPayload,
    session::Session,
};

/// The first bytes of the blocks from which keys are derived.
mod label {
    pub(super) const NETWORK: u8 = 0x01;
    pub(super) const APPLICATION: u8 = 0x02;
    pub(super) const SERVING: u8 = 0x03;
    pub(super) const ENCRYPTION: u8 = 0x04;
    pub(super) const JOIN_INTEGRITY: u8 = 0x06;
}

/// The number that stands for a join-request in a join-accept of LoRaWAN 1.1. Rejoin-requests have their own
/// numbers.
const ANSWERS_JOIN_REQUEST: u8 = 0xFF;

/// The request that a join-accept answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) dev_eui: DevEui,
    pub(crate) join_eui: JoinEui,
    pub(crate) dev_nonce: u16,
}

impl RootKeys {
    /// The key of all that is exchanged by joining, but where LoRaWAN 1.1 derives another.
    fn expand(&self) -> Aes128Enc {
        match self {
            Self::V1_0(app_key) => app_key.expand(),
            Self::V1_1 { nwk_key, .. } => nwk_key.expand(),
        }
    }

    /// Whether these keys make the MIC of a join-request.
    pub(crate) fn made(&self, request: &JoinRequest<'_>) -> bool {
        crypto::same_mic(self.request_mic(request.message()), request.mic())
    }

    /// The MIC of a join-request: of all its bytes before the MIC.
    pub(crate) fn request_mic(&self, message: &[u8]) -> Mic {
        crypto::join_mic(&self.expand(), &[message])
    }

    /// Decrypts a join-accept, whose MIC may be false.
    ///
    /// # Errors
    /// [`MalformedPhyPayload`] where the bytes are no join-accept.
    pub(crate) fn decrypt(&self, bytes: &[u8]) -> Result<JoinAccept, MalformedPhyPayload> {
        let key = self.expand();
        JoinAccept::decrypt(bytes, |block| crypto::encrypt(&key, block))
    }

    /// The join-accept, if it was made with these keys for a device that asked so.
    pub(crate) fn open(&self, bytes: &[u8], asked: Asked) -> Option<JoinAccept> {
        let accept = self.decrypt(bytes).ok()?;
        let mic = self.accept_mic(&accept, Some(asked))?;
        crypto::same_mic(mic, accept.mic()).then_some(accept)
    }

    /// The MIC that a join-accept should have. In LoRaWAN 1.1 it depends on what the device asked;
    /// `None` where that is not known.
    pub(crate) fn accept_mic(&self, accept: &JoinAccept, asked: Option<Asked>) -> Option<Mic> {
        if !matches!(self, Self::V1_1 { .. }) || !accept.is_1_1() {
            // To a device of 1.0.x OptNeg is a reserved bit, and means nothing.
            return Some(crypto::join_mic(&self.expand(), &[accept.message()]));
        }
        let asked = asked?;
        let key = self.for_life(label::JOIN_INTEGRITY, asked.dev_eui);
        let request = [
            &[ANSWERS_JOIN_REQUEST][..],
            &asked.join_eui.to_le_bytes(),
            &asked.dev_nonce.to_le_bytes(),
            accept.message(),
        ];
        Some(crypto::join_mic(&key, &request))
    }

    /// The session that a genuine join-accept gives to the device that asked so.
    pub(crate) fn session(&self, accept: &JoinAccept, asked: Asked) -> Session {
        let (dev_eui, dev_addr) = (asked.dev_eui, accept.dev_addr());
        match self {
            Self::V1_1 { app_key, .. } if accept.is_1_1() => {
                let nwk = self.expand();
                let network = |label| of_1_1(&nwk, label, accept, asked);
                let network_keys = NetworkKeysV1_1 {
                    f_nwk_s_int_key: FNwkSIntKey::from_bytes(network(label::NETWORK)),
                    s_nwk_s_int_key: SNwkSIntKey::from_bytes(network(label::SERVING)),
                    nwk_s_enc_key: NwkSEncKey::from_bytes(network(label::ENCRYPTION)),
                };
                let app_s_key = of_1_1(&app_key.expand(), label::APPLICATION, accept, asked);
                let app_s_key = AppSKey::from_bytes(app_s_key);
                Session::lorawan_1_1(dev_eui, dev_addr, network_keys, app_s_key)
            }
            // A device of 1.1 in a network of 1.0.x derives all from its NwkKey.
            _ => {
                let key = self.expand();
                let nwk_s_key = of_1_0(&key, label::NETWORK, accept, asked.dev_nonce);
                let app_s_key = of_1_0(&key, label::APPLICATION, accept, asked.dev_nonce);
                Session::lorawan_1_0(
                    dev_eui,
                    dev_addr,
                    NwkSKey::from_bytes(nwk_s_key),
                    AppSKey::from_bytes(app_s_key),
                )
            }
        }
    }

    /// A key that a device of LoRaWAN 1.1 has for life beside its root keys.
    fn for_life(&self, label: u8, dev_eui: DevEui) -> Aes128Enc {
        let mut block = [0; 16];
        block[0] = label;
        block[1..9].copy_from_slice(&dev_eui.to_le_bytes());
        Aes128Enc::new(&crypto::encrypt(&self.expand(), block).into())
    }
}

fn of_1_0(key: &Aes128Enc, label: u8, accept: &JoinAccept, dev_nonce: u16) -> [u8; 16] {
    let mut block = [0; 16];
    block[0] = label;
    block[1..7].copy_from_slice(&accept.join_nonce_and_net_id());
    block[7..9].copy_from_slice(&dev_nonce.to_le_bytes());
    crypto::encrypt(key, block)
}

fn of_1_1(key: &Aes128Enc, label: u8, accept: &JoinAccept, asked: Asked) -> [u8; 16] {
    let mut block = [0; 16];
    block[0] = label;
    block[1..4].copy_from_slice(&accept.join_nonce_and_net_id()[..3]);
    block[4..12].copy_from_slice(&asked.join_eui.to_le_bytes());
    block[12..14].copy_from_slice(&asked.dev_nonce.to_le_bytes());
    crypto::encrypt(key, block)
}
