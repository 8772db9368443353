//! The cryptographic operations on data frames (specification 1.0.3, sections 4.3.3 and 4.4;
//! specification 1.1, sections 4.3.1.6, 4.3.3 and 4.4, with the erratum on the encryption of FOpts).
//! The parser crate has some of them, bound to older releases of `aes` and `cmac`; two releases of a
//! cipher in one binary are one too many to audit.

use aes::{
    Aes128Enc, Block,
    cipher::{BlockCipherEncrypt, common::InnerInit},
};
use cmac::{Cmac, Mac};

use crate::{address::DevAddr, direction::Direction, mic::Mic};

/// The first byte of the block that starts the MIC.
const MIC_BLOCK: u8 = 0x49;
/// The first byte of the blocks that are encrypted into the key stream.
const KEY_STREAM_BLOCK: u8 = 0x01;

/// Filling of the bytes 1 to 4 of a block that has no context.
const NO_CONTEXT: [u8; 4] = [0; 4];
/// Filling of the same bytes for FOpts.
const F_OPTS_CONTEXT: [u8; 4] = [0, 0, 0, 1];
const F_OPTS_CONTEXT_OF_A_F_CNT_DOWN: [u8; 4] = [0, 0, 0, 2];

/// The identity of a frame: the values that enter all operations beside the key and the bytes.
#[derive(Clone, Copy)]
pub(crate) struct FrameId {
    pub(crate) direction: Direction,
    pub(crate) dev_addr: DevAddr,
    /// All 32 bits, of which the frame carries the lower 16.
    pub(crate) f_cnt: u32,
}

/// The transmission of an uplink of LoRaWAN 1.1, as the half of its MIC that the serving network checks
/// covers it.
#[derive(Clone, Copy)]
pub(crate) struct TxContext {
    /// The lower 16 bits of the FCnt of the confirmed downlink that the uplink acknowledges; 0 where
    /// it acknowledges none.
    pub(crate) conf_f_cnt: u16,
    /// The index of its data rate.
    pub(crate) tx_dr: u8,
    /// The index of its channel.
    pub(crate) tx_ch: u8,
}

impl TxContext {
    fn bytes(self) -> [u8; 4] {
        let [low, high] = self.conf_f_cnt.to_le_bytes();
        [low, high, self.tx_dr, self.tx_ch]
    }
}

impl FrameId {
    pub(crate) fn uplink(dev_addr: DevAddr, f_cnt: u32) -> Self {
        Self { direction: Direction::Up, dev_addr, f_cnt }
    }

    /// The block that the specification calls B0 or B1 for the MIC and Ai for the key stream: they
    /// differ in the first and the last byte, and in what fills the bytes 1 to 4.
    fn block(self, first: u8, context: [u8; 4], last: u8) -> Block {
        let mut block = Block::default();
        block[0] = first;
        block[1..5].copy_from_slice(&context);
        block[5] = match self.direction {
            Direction::Up => 0,
            Direction::Down => 1,
        };
        block[6..10].copy_from_slice(&self.dev_addr.to_le_bytes());
        block[10..14].copy_from_slice(&self.f_cnt.to_le_bytes());
        block[15] = last;
        block
    }
}

/// The MIC of LoRaWAN 1.0.x over `message`: MHDR | FHDR | FPort | FRMPayload.
pub(crate) fn mic(key: &Aes128Enc, id: FrameId, message: &[u8]) -> Mic {
    Mic::from_bytes(cmac_of(key, id, NO_CONTEXT, message))
}

/// The MIC of a downlink of LoRaWAN 1.1, which covers the FCnt of the uplink that it acknowledges.
pub(crate) fn downlink_mic_1_1(
    key: &Aes128Enc,
    id: FrameId,
    conf_f_cnt: u16,
    message: &[u8],
) -> Mic {
    let context = TxContext { conf_f_cnt, tx_dr: 0, tx_ch: 0 };
    Mic::from_bytes(cmac_of(key, id, context.bytes(), message))
}

/// The half of the MIC of an uplink of LoRaWAN 1.1 that the FNwkSIntKey makes: its last two bytes.
pub(crate) fn mic_f(key: &Aes128Enc, id: FrameId, message: &[u8]) -> [u8; 2] {
    let [first, second, ..] = cmac_of(key, id, NO_CONTEXT, message);
    [first, second]
}

/// The half of the MIC of an uplink of LoRaWAN 1.1 that the SNwkSIntKey makes: its first two bytes.
pub(crate) fn mic_s(key: &Aes128Enc, id: FrameId, context: TxContext, message: &[u8]) -> [u8; 2] {
    let [first, second, ..] = cmac_of(key, id, context.bytes(), message);
    [first, second]
}

fn cmac_of(key: &Aes128Enc, id: FrameId, context: [u8; 4], message: &[u8]) -> [u8; 4] {
    debug_assert!(message.len() <= usize::from(u8::MAX), "the parser lets no longer frame pass");
    // The cipher is lent: CMAC owning it would copy the expanded key.
    let mut cmac = Cmac::<&Aes128Enc>::inner_init(key);
    cmac.update(&id.block(MIC_BLOCK, context, message.len() as u8));
    cmac.update(message);
    let tag = cmac.finalize().into_bytes();
    [tag[0], tag[1], tag[2], tag[3]]
}

/// The first four bytes of the CMAC over the parts of a message of the join procedure.
pub(crate) fn join_mic(key: &Aes128Enc, parts: &[&[u8]]) -> Mic {
    let mut cmac = Cmac::<&Aes128Enc>::inner_init(key);
    for part in parts {
        cmac.update(part);
    }
    let tag = cmac.finalize().into_bytes();
    Mic::from_bytes([tag[0], tag[1], tag[2], tag[3]])
}

/// Encrypts one block of AES-128.
pub(crate) fn encrypt(key: &Aes128Enc, bytes: [u8; 16]) -> [u8; 16] {
    let mut block = Block::from(bytes);
    key.encrypt_block(&mut block);
    block.into()
}

/// Encrypts a FRMPayload in place, or decrypts it: it is the same operation.
pub(crate) fn apply_key_stream(key: &Aes128Enc, id: FrameId, frm_payload: &mut [u8]) {
    for (counter, bytes) in (1_u8..).zip(frm_payload.chunks_mut(16)) {
        let mut key_stream = id.block(KEY_STREAM_BLOCK, NO_CONTEXT, counter);
        key.encrypt_block(&mut key_stream);
        bytes.iter_mut().zip(key_stream).for_each(|(byte, key_byte)| *byte ^= key_byte);
    }
}

/// Encrypts the FOpts of LoRaWAN 1.1 in place, or decrypts them. They are shorter than a block.
/// `f_port` is that of the frame, which tells whose downlink it is.
pub(crate) fn apply_f_opts_key_stream(
    key: &Aes128Enc,
    id: FrameId,
    f_port: Option<u8>,
    f_opts: &mut [u8],
) {
    let context = match (id.direction, f_port) {
        (Direction::Down, Some(1..)) => F_OPTS_CONTEXT_OF_A_F_CNT_DOWN,
        _ => F_OPTS_CONTEXT,
    };
    let mut key_stream = id.block(KEY_STREAM_BLOCK, context, 1);
    key.encrypt_block(&mut key_stream);
    f_opts.iter_mut().zip(key_stream).for_each(|(byte, key_byte)| *byte ^= key_byte);
}

/// Whether two MICs, or halves of them, are the same. They are compared as one number: the time
/// tells nothing about how many bytes are right.
pub(crate) fn same_mic(left: Mic, right: Mic) -> bool {
    u32::from_ne_bytes(left.to_bytes()) == u32::from_ne_bytes(right.to_bytes())
}

/// Compares halves of MICs as [`same_mic`] compares whole ones.
pub(crate) fn same_half(left: [u8; 2], right: [u8; 2]) -> bool {
    u16::from_ne_bytes(left) == u16::from_ne_bytes(right)
}
