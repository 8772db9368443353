//! The data key of a table, and the form of a sealed value.
//!
//! A sealed value is a byte that says how it is sealed, a nonce of 24 bytes, and the value encrypted by
//! XChaCha20-Poly1305. What is authenticated besides is the table and the key of the row, so a value is of use
//! in its row alone.
//!
//! The nonce is a code (HMAC-SHA256) of row and value under a key of its own. Equal values of one row are
//! therefore sealed alike, and a change that expects a value ([`expect_value`](champollion_store::Batch::expect_value))
//! needs not read it. All that this shows is that a row was written again with the same value. Nonces of
//! different values do not meet, and a weak source of randomness harms none.

use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead, KeyInit, Payload},
};
use hmac::Mac;
use zeroize::{Zeroize, Zeroizing};

use super::authentication_code::mac;

/// Bytes of each part of a data key.
const PART_BYTES: usize = 32;

/// Bytes of a data key.
pub(super) const DATA_KEY_BYTES: usize = 2 * PART_BYTES;

/// Bytes of a nonce.
const NONCE_BYTES: usize = 24;

/// The first byte of a sealed value. No value in clear begins so: texts and JSON do not.
const SEALED: u8 = 1;

/// Keeps sealed values apart from wrapped keys.
const PURPOSE: &[u8] = b"champollion/vault/1/value";

/// A data key, with which the values of one table are sealed.
pub(super) struct DataKey {
    /// The part that encrypts.
    encrypts: Zeroizing<[u8; PART_BYTES]>,
    /// The part that makes nonces.
    makes_nonces: Zeroizing<[u8; PART_BYTES]>,
}

/// A sealed value that cannot be opened, or a value that cannot be sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum SealError {
    /// The value is in clear, or sealed in a way that this version does not know.
    #[error("its value is not sealed as this version seals it")]
    NotSealed,
    /// The value was changed, cut off, or put there from another row.
    #[error("its sealed value was changed or belongs to another row")]
    NotOfThisRow,
    /// The value is longer than the cipher takes.
    #[error("its value is too long to be sealed")]
    TooLong,
}

impl DataKey {
    /// Makes a key out of the system's randomness.
    pub(super) fn generate() -> Result<Self, getrandom::Error> {
        let mut key = Zeroizing::new([0; DATA_KEY_BYTES]);
        getrandom::fill(&mut *key)?;
        Ok(Self::of(&key))
    }

    /// Reads a key; `None` where it has another length.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self::of)
    }

    fn of(bytes: &[u8; DATA_KEY_BYTES]) -> Self {
        let (mut encrypts, mut makes_nonces) =
            (Zeroizing::new([0; PART_BYTES]), Zeroizing::new([0; PART_BYTES]));
        encrypts.copy_from_slice(&bytes[..PART_BYTES]);
        makes_nonces.copy_from_slice(&bytes[PART_BYTES..]);
        Self { encrypts, makes_nonces }
    }

    /// Returns the bytes of the key, to be wrapped.
    pub(super) fn reveal(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new([&self.encrypts[..], &self.makes_nonces[..]].concat())
    }

    /// Seals a value in its place; what it was in clear is wiped.
    pub(super) fn seal(
        &self,
        table: &str,
        row: &[u8],
        value: &mut Vec<u8>,
    ) -> Result<(), SealError> {
        let associated = associated(table, row);
        let nonce = self.nonce_of(&associated, value);
        let payload = Payload { msg: value.as_slice(), aad: &associated };
        let encrypted = self.cipher().encrypt(&XNonce::from(nonce), payload);
        let encrypted = encrypted.map_err(|_| SealError::TooLong)?;
        let mut sealed = Vec::with_capacity(1 + NONCE_BYTES + encrypted.len());
        sealed.push(SEALED);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&encrypted);
        value.zeroize();
        *value = sealed;
        Ok(())
    }

    /// Opens a sealed value.
    pub(super) fn open(
        &self,
        table: &str,
        row: &[u8],
        sealed: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        let rest = sealed.strip_prefix(&[SEALED]).ok_or(SealError::NotSealed)?;
        let parts = rest.split_first_chunk::<NONCE_BYTES>().ok_or(SealError::NotOfThisRow)?;
        let (nonce, encrypted) = parts;
        let associated = associated(table, row);
        let payload = Payload { msg: encrypted, aad: &associated };
        let opened = self.cipher().decrypt(&XNonce::from(*nonce), payload);
        opened.map_err(|_| SealError::NotOfThisRow)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.encrypts).into())
    }

    fn nonce_of(&self, associated: &[u8], value: &[u8]) -> [u8; NONCE_BYTES] {
        let length = (associated.len() as u64).to_be_bytes();
        let code = mac(&self.makes_nonces[..])
            .chain_update(length)
            .chain_update(associated)
            .chain_update(value)
            .finalize()
            .into_bytes();
        let mut nonce = [0; NONCE_BYTES];
        nonce.copy_from_slice(&code[..NONCE_BYTES]);
        nonce
    }
}

/// Returns the data that a value is bound to. No name of a table has a NUL, so no two rows give the same.
fn associated(table: &str, row: &[u8]) -> Vec<u8> {
    [PURPOSE, table.as_bytes(), row].join(&0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sealed(key: &DataKey, table: &str, row: &[u8], value: &[u8]) -> Vec<u8> {
        let mut sealed = value.to_vec();
        key.seal(table, row, &mut sealed).unwrap();
        sealed
    }

    #[test]
    fn a_value_is_of_use_in_its_own_row_alone() {
        let key = DataKey::generate().unwrap();
        let value = b"{\"appKey\":\"00112233445566778899AABBCCDDEEFF\"}";
        let one = sealed(&key, "devices", b"1", value);
        assert_eq!(key.open("devices", b"1", &one).unwrap(), value);
        for (table, row) in [("devices", &b"2"[..]), ("device", b"s1"), ("joined", b"1")] {
            assert_eq!(key.open(table, row, &one), Err(SealError::NotOfThisRow), "{table}");
        }
        let other = DataKey::generate().unwrap();
        assert_eq!(other.open("devices", b"1", &one), Err(SealError::NotOfThisRow));
    }

    #[test]
    fn equal_values_are_sealed_alike_in_one_row_and_in_no_other() {
        let key = DataKey::generate().unwrap();
        let one = sealed(&key, "t", b"1", b"value");
        assert_eq!(sealed(&key, "t", b"1", b"value"), one);
        assert_ne!(sealed(&key, "t", b"2", b"value"), one);
        assert_ne!(sealed(&key, "t", b"1", b"other"), one);
    }

    #[test]
    fn a_value_that_is_cut_off_or_in_clear_is_refused() {
        let key = DataKey::generate().unwrap();
        let one = sealed(&key, "t", b"1", b"value");
        assert_eq!(key.open("t", b"1", b""), Err(SealError::NotSealed));
        for length in 1..one.len() {
            let cut = key.open("t", b"1", &one[..length]);
            assert_eq!(cut, Err(SealError::NotOfThisRow), "{length}");
        }
        assert_eq!(key.open("t", b"1", b"{\"clear\":true}"), Err(SealError::NotSealed));
    }

    proptest! {
        #[test]
        fn what_is_sealed_is_opened(table in "[a-z.-]{1,9}", row: Vec<u8>, value: Vec<u8>) {
            let key = DataKey::of(&[7; DATA_KEY_BYTES]);
            let sealed = sealed(&key, &table, &row, &value);
            prop_assert_eq!(key.open(&table, &row, &sealed), Ok(value));
        }

        #[test]
        fn a_change_of_any_bit_is_found(value: Vec<u8>, at: prop::sample::Index, bit in 0..8_u8) {
            let key = DataKey::of(&[7; DATA_KEY_BYTES]);
            let mut sealed = sealed(&key, "t", b"1", &value);
            let at = at.index(sealed.len());
            sealed[at] ^= 1 << bit;
            prop_assert!(key.open("t", b"1", &sealed).is_err());
        }
    }
}
