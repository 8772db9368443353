//! The two cryptographic operations on data uplinks of LoRaWAN 1.0.x (specification 1.0.3,
//! sections 4.3.3 and 4.4). The parser crate has both, bound to older releases of `aes` and
//! `cmac`; two releases of a cipher in one binary are one too many to audit.

use aes::{
    Aes128Enc, Block,
    cipher::{BlockCipherEncrypt, common::InnerInit},
};
use cmac::{Cmac, Mac};

use crate::{address::DevAddr, mic::Mic};

/// The first byte of the block that starts the MIC.
const MIC_BLOCK: u8 = 0x49;
/// The first byte of the blocks that are encrypted into the key stream.
const KEY_STREAM_BLOCK: u8 = 0x01;

/// Which frame: the values that enter both operations beside the key and the bytes.
#[derive(Clone, Copy)]
pub(crate) struct UplinkId {
    pub(crate) dev_addr: DevAddr,
    /// All 32 bits, of which the frame carries the lower 16.
    pub(crate) f_cnt: u32,
}

impl UplinkId {
    /// The block that the specification calls B0 for the MIC and Ai for the key stream: they
    /// differ in the first and the last byte.
    fn block(self, first: u8, last: u8) -> Block {
        // Byte 5 is the direction: 0 is up.
        let mut block = Block::default();
        block[0] = first;
        block[6..10].copy_from_slice(&self.dev_addr.to_le_bytes());
        block[10..14].copy_from_slice(&self.f_cnt.to_le_bytes());
        block[15] = last;
        block
    }
}

/// The MIC over `message`: MHDR | FHDR | FPort | FRMPayload.
pub(crate) fn uplink_mic(nwk_s_key: &Aes128Enc, id: UplinkId, message: &[u8]) -> Mic {
    debug_assert!(message.len() <= usize::from(u8::MAX), "the parser lets no longer frame pass");
    // The cipher is lent: CMAC owning it would copy the expanded key.
    let mut cmac = Cmac::<&Aes128Enc>::inner_init(nwk_s_key);
    cmac.update(&id.block(MIC_BLOCK, message.len() as u8));
    cmac.update(message);
    let tag = cmac.finalize().into_bytes();
    Mic::from_bytes([tag[0], tag[1], tag[2], tag[3]])
}

/// Encrypts a FRMPayload in place, or decrypts it: it is the same operation.
pub(crate) fn apply_key_stream(key: &Aes128Enc, id: UplinkId, frm_payload: &mut [u8]) {
    for (counter, bytes) in (1_u8..).zip(frm_payload.chunks_mut(16)) {
        let mut key_stream = id.block(KEY_STREAM_BLOCK, counter);
        key.encrypt_block(&mut key_stream);
        bytes.iter_mut().zip(key_stream).for_each(|(byte, key_byte)| *byte ^= key_byte);
    }
}
