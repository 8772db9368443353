//! From bytes to the fields of the messages by which devices join. No key is involved but to decrypt
//! a join-accept: nothing here is trusted yet.

use crate::{
    address::{DevAddr, DevEui, JoinEui},
    mic::Mic,
    phy_payload::{MType, MalformedPhyPayload},
};

/// MHDR | JoinEUI | DevEUI | DevNonce | MIC.
const JOIN_REQUEST_LEN: usize = 1 + 8 + 8 + 2 + 4;
/// MHDR | RejoinType | NetID | DevEUI | RJcount0 | MIC.
const REJOIN_REQUEST_0_2_LEN: usize = 1 + 1 + 3 + 8 + 2 + 4;
/// MHDR | RejoinType | JoinEUI | DevEUI | RJcount1 | MIC.
const REJOIN_REQUEST_1_LEN: usize = 1 + 1 + 8 + 8 + 2 + 4;
/// JoinNonce | NetID | DevAddr | DLSettings | RxDelay | MIC.
const JOIN_ACCEPT_BODY_LEN: usize = 3 + 3 + 4 + 1 + 1 + 4;
/// A list of channels or of masks, between RxDelay and MIC.
const CF_LIST_LEN: usize = 16;

/// The bit of DLSettings by which a network of LoRaWAN 1.1 says that it is one.
const OPT_NEG: u8 = 1 << 7;

/// The request of a device to join a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JoinRequest<'a> {
    bytes: &'a [u8; JOIN_REQUEST_LEN],
}

/// The request of a device of LoRaWAN 1.1 to have a session renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RejoinRequest<'a> {
    bytes: &'a [u8],
    /// Why the device asks.
    pub kind: RejoinKind,
    /// The DevEUI of the device.
    pub dev_eui: DevEui,
    /// The device's counter of such requests.
    pub counter: u16,
}

/// Why a device of LoRaWAN 1.1 asks for a new session, and what it says beside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RejoinKind {
    /// Type 0: to reset all of its radio parameters too.
    Everything {
        /// The network that it is in.
        net_id: u32,
    },
    /// Type 1: like a join-request, from a device that the network may have forgotten.
    LikeJoin {
        /// The JoinEUI of the join server.
        join_eui: JoinEui,
    },
    /// Type 2: for new keys alone.
    Keys {
        /// The network that it is in.
        net_id: u32,
    },
}

/// A join-accept, decrypted. Its MIC may still be false.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinAccept {
    /// All of it, decrypted: MHDR to MIC.
    clear: Vec<u8>,
}

impl<'a> JoinRequest<'a> {
    /// Takes a join-request apart.
    ///
    /// # Errors
    /// [`MalformedPhyPayload`] says what the bytes are instead.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, MalformedPhyPayload> {
        expect(bytes, MType::JoinRequest)?;
        let length = wrong_length(MType::JoinRequest, bytes, "23");
        bytes.try_into().map(|bytes| Self { bytes }).map_err(|_| length)
    }

    /// All bytes, MHDR to MIC.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The bytes that the MIC is computed over.
    #[must_use]
    pub fn message(&self) -> &'a [u8] {
        &self.bytes[..JOIN_REQUEST_LEN - 4]
    }

    /// The join server that the device belongs to.
    #[must_use]
    pub fn join_eui(&self) -> JoinEui {
        JoinEui::from_le_bytes(take(self.bytes, 1))
    }

    /// Returns the DevEUI of the device.
    #[must_use]
    pub fn dev_eui(&self) -> DevEui {
        DevEui::from_le_bytes(take(self.bytes, 9))
    }

    /// A number that the device uses once.
    #[must_use]
    pub fn dev_nonce(&self) -> u16 {
        u16::from_le_bytes(take(self.bytes, 17))
    }

    /// The integrity code that it ends with.
    #[must_use]
    pub fn mic(&self) -> Mic {
        Mic::from_bytes(take(self.bytes, JOIN_REQUEST_LEN - 4))
    }
}

impl<'a> RejoinRequest<'a> {
    /// Takes a rejoin-request apart.
    ///
    /// # Errors
    /// [`MalformedPhyPayload`] says what the bytes are instead.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, MalformedPhyPayload> {
        expect(bytes, MType::RejoinRequest)?;
        let length = wrong_length(MType::RejoinRequest, bytes, "19 (type 0 and 2) or 24 (type 1)");
        let &kind = bytes.get(1).ok_or(length)?;
        let needed = match kind {
            0 | 2 => REJOIN_REQUEST_0_2_LEN,
            1 => REJOIN_REQUEST_1_LEN,
            kind => return Err(MalformedPhyPayload::UnknownRejoinType { kind }),
        };
        if bytes.len() != needed {
            return Err(length);
        }
        let net_id = || three_bytes(take(bytes, 2));
        let (kind, rest) = match kind {
            0 => (RejoinKind::Everything { net_id: net_id() }, 5),
            1 => (RejoinKind::LikeJoin { join_eui: JoinEui::from_le_bytes(take(bytes, 2)) }, 10),
            _ => (RejoinKind::Keys { net_id: net_id() }, 5),
        };
        let dev_eui = DevEui::from_le_bytes(take(bytes, rest));
        let counter = u16::from_le_bytes(take(bytes, rest + 8));
        Ok(Self { bytes, kind, dev_eui, counter })
    }

    /// The bytes that the MIC is computed over.
    #[must_use]
    pub fn message(&self) -> &'a [u8] {
        &self.bytes[..self.bytes.len() - 4]
    }

    /// The integrity code that it ends with.
    #[must_use]
    pub fn mic(&self) -> Mic {
        Mic::from_bytes(take(self.bytes, self.bytes.len() - 4))
    }
}

impl JoinAccept {
    /// The bytes of a join-accept, still encrypted.
    ///
    /// # Errors
    /// [`MalformedPhyPayload`] says what the bytes are instead.
    pub fn check_length(bytes: &[u8]) -> Result<(), MalformedPhyPayload> {
        expect(bytes, MType::JoinAccept)?;
        let body = bytes.len() - 1;
        if body == JOIN_ACCEPT_BODY_LEN || body == JOIN_ACCEPT_BODY_LEN + CF_LIST_LEN {
            return Ok(());
        }
        Err(wrong_length(MType::JoinAccept, bytes, "17 or 33"))
    }

    /// Decrypts the bytes of a join-accept, block by block. Networks encrypt it with the operation
    /// that decrypts, so that devices need no other than the one that encrypts.
    ///
    /// # Errors
    /// [`MalformedPhyPayload`] says what the bytes are instead.
    pub(crate) fn decrypt(
        bytes: &[u8],
        decrypt_block: impl Fn([u8; 16]) -> [u8; 16],
    ) -> Result<Self, MalformedPhyPayload> {
        Self::check_length(bytes)?;
        let mut clear = vec![bytes[0]];
        let (blocks, _) = bytes[1..].as_chunks();
        for block in blocks {
            clear.extend(decrypt_block(*block));
        }
        Ok(Self { clear })
    }

    /// The bytes that the MIC is computed over, in LoRaWAN 1.1 after others.
    #[must_use]
    pub fn message(&self) -> &[u8] {
        &self.clear[..self.clear.len() - 4]
    }

    /// A number that the network uses once for this device, of 24 bits. LoRaWAN 1.0.x called it
    /// AppNonce.
    #[must_use]
    pub fn join_nonce(&self) -> u32 {
        three_bytes(take(&self.clear, 1))
    }

    /// The network, 24 bits.
    #[must_use]
    pub fn net_id(&self) -> u32 {
        three_bytes(take(&self.clear, 4))
    }

    /// The address that the device is to send from.
    #[must_use]
    pub fn dev_addr(&self) -> DevAddr {
        DevAddr::from_le_bytes(take(&self.clear, 7))
    }

    /// Settings of the downlinks, as sent.
    #[must_use]
    pub fn dl_settings(&self) -> u8 {
        self.clear[11]
    }

    /// Whether the network is one of LoRaWAN 1.1 and the session to be one too.
    #[must_use]
    pub fn is_1_1(&self) -> bool {
        self.dl_settings() & OPT_NEG != 0
    }

    /// Seconds between an uplink and the first window in which the device listens; 0 means 1.
    #[must_use]
    pub fn rx_delay(&self) -> u8 {
        self.clear[12]
    }

    /// The list of channels, or of masks of channels, where there is one.
    #[must_use]
    pub fn cf_list(&self) -> Option<[u8; CF_LIST_LEN]> {
        (self.clear.len() > 1 + JOIN_ACCEPT_BODY_LEN).then(|| take(&self.clear, 13))
    }

    /// The integrity code that it ends with.
    #[must_use]
    pub fn mic(&self) -> Mic {
        Mic::from_bytes(take(&self.clear, self.clear.len() - 4))
    }

    /// JoinNonce | NetID as they are sent, which enter the keys of LoRaWAN 1.0.x.
    pub(crate) fn join_nonce_and_net_id(&self) -> [u8; 6] {
        take(&self.clear, 1)
    }
}

fn expect(bytes: &[u8], expected: MType) -> Result<(), MalformedPhyPayload> {
    let Some(&mhdr) = bytes.first() else {
        return Err(wrong_length(expected, bytes, "more"));
    };
    match MType::of(mhdr)? {
        m_type if m_type == expected => Ok(()),
        m_type => Err(MalformedPhyPayload::OtherMType { m_type, expected }),
    }
}

fn wrong_length(m_type: MType, bytes: &[u8], needed: &'static str) -> MalformedPhyPayload {
    MalformedPhyPayload::WrongLength { m_type, got: bytes.len(), needed }
}

/// Bytes of a message whose length was checked.
fn take<const N: usize>(bytes: &[u8], start: usize) -> [u8; N] {
    let mut taken = [0; N];
    taken.copy_from_slice(&bytes[start..start + N]);
    taken
}

fn three_bytes([low, middle, high]: [u8; 3]) -> u32 {
    u32::from_le_bytes([low, middle, high, 0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_join_request_is_taken_apart() {
        let bytes: Vec<u8> = (0..23).collect();
        let request = JoinRequest::parse(&bytes).unwrap();
        assert_eq!(request.join_eui().to_string(), "0807060504030201");
        assert_eq!(request.dev_eui().to_string(), "100F0E0D0C0B0A09");
        assert_eq!(request.dev_nonce(), 0x1211);
        assert_eq!(request.mic().to_bytes(), [19, 20, 21, 22]);
        assert_eq!(request.message(), &bytes[..19]);
        for length in [1, 22, 24, 255] {
            let error = JoinRequest::parse(&vec![0; length]).unwrap_err().to_string();
            assert_eq!(error, format!("a join request has 23 bytes, got {length}"));
        }
        let error = JoinRequest::parse(&[0x40; 23]).unwrap_err().to_string();
        assert_eq!(error, "the PHYPayload is a unconfirmed data uplink, expected a join request");
    }

    #[test]
    fn a_rejoin_request_is_taken_apart() {
        let mut bytes: Vec<u8> = (0..19).collect();
        (bytes[0], bytes[1]) = (0xC0, 0);
        let request = RejoinRequest::parse(&bytes).unwrap();
        assert_eq!(request.kind, RejoinKind::Everything { net_id: 0x0004_0302 });
        assert_eq!(request.dev_eui.to_string(), "0C0B0A0908070605");
        assert_eq!(request.counter, 0x0E0D);
        assert_eq!(request.mic().to_bytes(), [15, 16, 17, 18]);
        bytes[1] = 2;
        let kind = RejoinRequest::parse(&bytes).unwrap().kind;
        assert_eq!(kind, RejoinKind::Keys { net_id: 0x0004_0302 });

        let mut bytes: Vec<u8> = (0..24).collect();
        (bytes[0], bytes[1]) = (0xC0, 1);
        let request = RejoinRequest::parse(&bytes).unwrap();
        let join_eui = JoinEui::from_be_bytes([9, 8, 7, 6, 5, 4, 3, 2]);
        assert_eq!(request.kind, RejoinKind::LikeJoin { join_eui });
        assert_eq!(request.dev_eui.to_string(), "11100F0E0D0C0B0A");
        assert_eq!((request.counter, request.message().len()), (0x1312, 20));

        bytes[1] = 3;
        assert!(RejoinRequest::parse(&bytes).unwrap_err().to_string().contains('3'));
        for wrong in [&[0xC0][..], &[0xC0, 0], &bytes[..19], &[0xC0; 24]] {
            assert!(RejoinRequest::parse(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_join_accept_is_taken_apart() {
        let mut bytes: Vec<u8> = (0..17).collect();
        bytes[0] = 0x20;
        let accept = JoinAccept::decrypt(&bytes, |block| block).unwrap();
        assert_eq!((accept.join_nonce(), accept.net_id()), (0x0003_0201, 0x0006_0504));
        assert_eq!(accept.dev_addr().to_string(), "0A090807");
        assert_eq!((accept.dl_settings(), accept.is_1_1(), accept.rx_delay()), (11, false, 12));
        assert_eq!((accept.cf_list(), accept.mic().to_bytes()), (None, [13, 14, 15, 16]));

        bytes.extend(17..33);
        let accept = JoinAccept::decrypt(&bytes, |block| block).unwrap();
        assert_eq!(accept.cf_list().unwrap()[..2], [13, 14]);
        assert_eq!((accept.mic().to_bytes(), accept.message().len()), ([29, 30, 31, 32], 29));
        for length in [1, 16, 18, 32, 34] {
            assert!(JoinAccept::check_length(&vec![0x20; length]).is_err(), "{length}");
        }
        assert!(JoinAccept::check_length(&[]).is_err());
    }
}
