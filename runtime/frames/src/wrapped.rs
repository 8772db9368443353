//! Session keys on their way between servers: in clear, or wrapped with a key that both know
//! (RFC 3394, as the LoRaWAN Backend Interfaces TS002 say). The wrapping also proves that nobody
//! changed the key.

use aes::{Block, cipher::BlockCipherDecrypt};
use zeroize::Zeroizing;

use crate::keys::Kek;

/// The first eight bytes that unwrapping a key with the right KEK gives (RFC 3394, 2.2.3.1).
const INITIAL_VALUE: [u8; 8] = [0xA6; 8];

/// Rounds over the key (RFC 3394, 2.2.2).
const ROUNDS: u64 = 6;

/// Eight-byte parts of a key of 16 bytes.
const PARTS: u64 = 2;

/// A wrapped key was changed on its way, or wrapped with another KEK.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the wrapped key cannot be unwrapped: it was changed on its way, or wrapped with another KEK"
)]
pub struct WrongKek;

/// Unwraps a session key.
///
/// # Errors
/// [`WrongKek`] when the result is not what was wrapped.
pub fn unwrap(kek: &Kek, wrapped: &[u8; 24]) -> Result<[u8; 16], WrongKek> {
    let cipher = kek.expand_to_decrypt();
    let mut block = Zeroizing::new([0; 16]);
    let mut key = Zeroizing::new([0; 16]);
    let (head, rest) = wrapped.split_at(8);
    block[..8].copy_from_slice(head);
    key.copy_from_slice(rest);
    for step in (1..=ROUNDS * PARTS).rev() {
        let part = if step % PARTS == 0 { 8..16 } else { 0..8 };
        for (byte, count) in block.iter_mut().zip(step.to_be_bytes()) {
            *byte ^= count;
        }
        block[8..].copy_from_slice(&key[part.clone()]);
        let mut whole = Block::from(*block);
        cipher.decrypt_block(&mut whole);
        *block = whole.into();
        key[part].copy_from_slice(&block[8..]);
    }
    // All bytes are looked at, so that the time tells nothing about how many are right.
    let difference =
        block.iter().zip(INITIAL_VALUE).fold(0, |found, (byte, wanted)| found | (byte ^ wanted));
    if difference == 0 { Ok(*key) } else { Err(WrongKek) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 3394, section 4.1.
    const KEK: [u8; 16] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
    const KEY: [u8; 16] = [
        0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE,
        0xFF,
    ];
    const WRAPPED: [u8; 24] = [
        0x1F, 0xA6, 0x8B, 0x0A, 0x81, 0x12, 0xB4, 0x47, 0xAE, 0xF3, 0x4B, 0xD8, 0xFB, 0x5A, 0x7B,
        0x82, 0x9D, 0x3E, 0x86, 0x23, 0x71, 0xD2, 0xCF, 0xE5,
    ];

    #[test]
    fn the_vector_of_the_rfc() {
        assert_eq!(unwrap(&Kek::from_bytes(KEK), &WRAPPED), Ok(KEY));
    }

    #[test]
    fn a_changed_bit_or_another_kek_is_found() {
        for bit in 0..WRAPPED.len() * 8 {
            let mut changed = WRAPPED;
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(unwrap(&Kek::from_bytes(KEK), &changed), Err(WrongKek), "bit {bit}");
        }
        assert_eq!(unwrap(&Kek::from_bytes(KEY), &WRAPPED), Err(WrongKek));
    }
}
