//! The code of authentication from which nonces and names of keys are made: HMAC with SHA-256 (RFC 2104).

use hmac::Hmac;
use sha2::Sha256;

/// A code of authentication under a key.
pub(super) fn mac(key: &[u8]) -> Hmac<Sha256> {
    // It takes keys of every length.
    <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key).expect("HMAC takes a key of any length")
}
