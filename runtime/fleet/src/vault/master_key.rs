//! The master key, which wraps the data keys and seals nothing else.

use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead, KeyInit, Payload},
};
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use hmac::Mac;
use zeroize::Zeroizing;

use super::authentication_code::mac;
use super::data_key::DataKey;
use super::error::{UnusableKey, VaultError};
use super::key_name::KeyName;

/// Bytes of a master key.
const BYTES: usize = 32;

/// Bytes of a nonce. Random ones never meet: there are 2^192.
const NONCE_BYTES: usize = 24;

/// Bytes of the name of a key.
const NAME_BYTES: usize = 8;

/// Keeps wrapped keys apart from all else that is sealed, and each from those of other tables.
const PURPOSE: &str = "champollion/vault/1/data-key/";

/// The text whose code under a master key is the name of the key.
const NAMED: &[u8] = b"champollion/vault/1/name-of-the-master-key";

/// A master key, with which data keys are wrapped.
pub(super) struct MasterKey(Zeroizing<[u8; BYTES]>);

impl MasterKey {
    /// Makes a key out of the system's randomness.
    pub(super) fn generate() -> Result<Self, getrandom::Error> {
        let mut key = Zeroizing::new([0; BYTES]);
        getrandom::fill(&mut *key)?;
        Ok(Self(key))
    }

    /// Reads a key from its digits.
    pub(super) fn parse(digits: &str) -> Result<Self, UnusableKey> {
        if digits.len() != 2 * BYTES {
            return Err(UnusableKey::Length(digits.chars().count()));
        }
        let mut key = Zeroizing::new([0; BYTES]);
        let read = HEXLOWER_PERMISSIVE.decode_mut(digits.as_bytes(), &mut *key);
        read.map_err(|fault| UnusableKey::Digit(fault.error.position + 1))?;
        Ok(Self(key))
    }

    /// Returns the digits of the key, for the file that keeps it.
    pub(super) fn reveal_digits(&self) -> Zeroizing<String> {
        Zeroizing::new(HEXLOWER.encode(&*self.0))
    }

    /// Returns the name of the key.
    pub(super) fn name(&self) -> KeyName {
        let code = mac(&self.0[..]).chain_update(NAMED).finalize().into_bytes();
        KeyName(HEXLOWER.encode(&code[..NAME_BYTES]))
    }

    /// Wraps the data key of a table.
    pub(super) fn wrap(&self, table: &str, key: &DataKey) -> Result<Vec<u8>, VaultError> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce)?;
        let purpose = format!("{PURPOSE}{table}");
        let key = key.reveal();
        let payload = Payload { msg: &key, aad: purpose.as_bytes() };
        let sealed = self.cipher().encrypt(&XNonce::from(nonce), payload);
        let sealed = sealed.map_err(|_| VaultError::TooLong { table: table.to_owned() })?;
        Ok([&nonce[..], &sealed].concat())
    }

    /// Unwraps the data key of a table; `None` where another key has wrapped it, or that of another table.
    pub(super) fn unwrap(&self, table: &str, wrapped: &[u8]) -> Option<DataKey> {
        let (nonce, sealed) = wrapped.split_first_chunk::<NONCE_BYTES>()?;
        let purpose = format!("{PURPOSE}{table}");
        let payload = Payload { msg: sealed, aad: purpose.as_bytes() };
        let key = self.cipher().decrypt(&XNonce::from(*nonce), payload).ok()?;
        DataKey::read(&Zeroizing::new(key))
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.0).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_from_its_digits_alone() {
        let key = MasterKey::generate().unwrap();
        let digits = key.reveal_digits();
        assert_eq!(MasterKey::parse(&digits).unwrap().name(), key.name());
        assert_eq!(MasterKey::parse(&digits.to_uppercase()).unwrap().name(), key.name());
        assert_ne!(MasterKey::generate().unwrap().name(), key.name());
        let refused = |text: &str| MasterKey::parse(text).err();
        assert_eq!(refused(""), Some(UnusableKey::Length(0)));
        assert_eq!(refused(&digits[1..]), Some(UnusableKey::Length(63)));
        assert_eq!(refused(&format!("{}0", *digits)), Some(UnusableKey::Length(65)));
        assert_eq!(refused(&format!("{}x", &digits[1..])), Some(UnusableKey::Digit(64)));
        assert_eq!(refused(&"é".repeat(32)), Some(UnusableKey::Digit(1)));
        assert!(
            !key.name().to_string().contains(&digits[..4]),
            "the name shows nothing of the key"
        );
    }

    #[test]
    fn a_wrapped_key_belongs_to_its_master_key_and_its_table() {
        let (master, other) = (MasterKey::generate().unwrap(), MasterKey::generate().unwrap());
        let key = DataKey::generate().unwrap();
        let wrapped = master.wrap("devices", &key).unwrap();
        let unwrapped = master.unwrap("devices", &wrapped).unwrap();
        assert_eq!(unwrapped.reveal(), key.reveal());
        assert!(other.unwrap("devices", &wrapped).is_none());
        assert!(master.unwrap("routes", &wrapped).is_none());
        for length in [0, 1, NONCE_BYTES, wrapped.len() - 1] {
            assert!(master.unwrap("devices", &wrapped[..length]).is_none(), "{length}");
        }
        assert_ne!(master.wrap("devices", &key).unwrap(), wrapped, "each has a nonce of its own");
    }
}
