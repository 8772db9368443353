//! Signatures of requests: HMAC-SHA256 over id, timestamp and body.

use std::fmt;

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::destinations::Secret;

/// The beginning of the text of a secret.
const PREFIX: &str = "whsec_";

/// The allowed sizes of a secret in bytes.
const BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// Bytes of a secret that we make.
const GENERATED: usize = 32;

/// A key that requests are signed with.
#[derive(Clone)]
pub struct SigningKey(Hmac<Sha256>);

/// A text that is no signing key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("each must be {PREFIX} and the base64 of 24 to 64 bytes; leave all out to be given one")]
pub struct SigningKeyError;

impl SigningKey {
    /// Reads a key.
    ///
    /// # Errors
    /// It is none.
    pub fn new(secret: &Secret) -> Result<Self, SigningKeyError> {
        let text = secret.reveal().strip_prefix(PREFIX).ok_or(SigningKeyError)?;
        let key = BASE64.decode(text.as_bytes()).map_err(|_| SigningKeyError)?;
        if !BYTES.contains(&key.len()) {
            return Err(SigningKeyError);
        }
        Hmac::new_from_slice(&key).map(Self).map_err(|_| SigningKeyError)
    }

    /// A new secret.
    ///
    /// # Panics
    /// Where the system gives no randomness.
    #[must_use]
    pub fn generate() -> Secret {
        let mut key = [0; GENERATED];
        getrandom::fill(&mut key).expect("the system gives randomness");
        Secret::new(format!("{PREFIX}{}", BASE64.encode(&key)))
    }

    /// The signature of a request, as it stands in its header.
    #[must_use]
    pub fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let mut mac = self.0.clone();
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(body);
        format!("v1,{}", BASE64.encode(&mac.finalize().into_bytes()))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SigningKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_specification_is_signed_as_there() {
        let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let body = br#"{"test": 2432232314}"#;
        let signed = SigningKey::new(&secret).unwrap().sign(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            body,
        );
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_is_long_enough_and_no_other_text() {
        assert!(SigningKey::new(&SigningKey::generate()).is_ok());
        for text in ["", "whsec_", "whsec_AAAA", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_é"] {
            assert!(SigningKey::new(&Secret::new(text)).is_err(), "{text}");
        }
    }
}
