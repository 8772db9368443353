//! Keys and signatures, Ed25519. What is signed begins with what it is, so that no signature can be taken
//! for one of something else.

use std::{fmt, str::FromStr};

use champollion_sandbox::Digest;
use data_encoding::BASE64URL_NOPAD;
use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use semver::Version;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::package::DecoderId;

/// Starts every public key.
const PUBLIC_PREFIX: &str = "ed25519:";

/// Starts every secret key, so that people and scanners of leaked secrets know what it is.
const SECRET_PREFIX: &str = "champollion-secret-ed25519:";

/// Bytes of a key.
const KEY_BYTES: usize = 32;

/// Bytes of a signature.
const SIGNATURE_BYTES: usize = 64;

/// A public key, with which signatures are checked: `ed25519:` and 43 characters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, utoipa::ToSchema)]
#[schema(value_type = String, pattern = "^ed25519:[A-Za-z0-9_-]{43}$")]
pub struct PublicKey([u8; KEY_BYTES]);

/// A secret key, which signs.
pub struct SecretKey(SigningKey);

/// A signature, 86 characters as text.
#[derive(Clone, Copy, PartialEq, Eq, utoipa::ToSchema)]
#[schema(value_type = String, pattern = "^[A-Za-z0-9_-]{86}$")]
pub struct Signature([u8; SIGNATURE_BYTES]);

/// A signature of a package, and who made it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PackageSignature {
    /// The public key of the signer.
    pub key: PublicKey,
    /// The signature of the package.
    pub signature: Signature,
}

/// A text that should be a key or a signature.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no {what}: it must read {form}")]
pub struct UnreadableKey {
    what: &'static str,
    form: &'static str,
}

impl SecretKey {
    /// Makes a key of the system's randomness.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; KEY_BYTES];
        getrandom::fill(&mut bytes)?;
        Ok(Self(SigningKey::from_bytes(&bytes)))
    }

    /// Returns the public key that checks this key's signatures.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    /// The key as text, for the file that keeps it.
    #[must_use]
    pub fn reveal(&self) -> String {
        format!("{SECRET_PREFIX}{}", BASE64URL_NOPAD.encode(&self.0.to_bytes()))
    }

    /// Signs a text message.
    #[must_use]
    pub(crate) fn sign(&self, message: &str) -> Signature {
        Signature(self.0.sign(message.as_bytes()).to_bytes())
    }

    /// Signs a package that is to be published.
    #[must_use]
    pub fn sign_package(
        &self,
        id: &DecoderId,
        version: &Version,
        digest: Digest,
    ) -> PackageSignature {
        let signature = self.sign(&package_message(id, version, digest));
        PackageSignature { key: self.public(), signature }
    }

    /// Signs that another key takes the place of this one.
    pub(crate) fn vouch_for(&self, new: &PublicKey) -> Signature {
        self.sign(&rotation_message(new))
    }
}

impl FromStr for SecretKey {
    type Err = UnreadableKey;

    fn from_str(text: &str) -> Result<Self, UnreadableKey> {
        let form = "champollion-secret-ed25519: and 43 characters";
        let bytes = decoded(text.trim(), SECRET_PREFIX);
        let bytes = bytes.ok_or(UnreadableKey { what: "secret key", form })?;
        Ok(Self(SigningKey::from_bytes(&bytes)))
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the secret key of {}", self.public())
    }
}

impl PublicKey {
    /// Whether a signature of a message was made with the secret key.
    #[must_use]
    pub(crate) fn verifies(&self, message: &str, signature: &Signature) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        VerifyingKey::from_bytes(&self.0)
            .is_ok_and(|key| key.verify_strict(message.as_bytes(), &signature).is_ok())
    }

    /// Whether the secret key has signed that another key takes its place.
    pub(crate) fn vouches_for(&self, new: &PublicKey, signature: &Signature) -> bool {
        self.verifies(&rotation_message(new), signature)
    }
}

impl PackageSignature {
    /// Whether it is a signature of this package.
    #[must_use]
    pub fn is_of(&self, id: &DecoderId, version: &Version, digest: Digest) -> bool {
        self.key.verifies(&package_message(id, version, digest), &self.signature)
    }
}

/// Returns the message by which a registry's old key vouches for its new one.
fn rotation_message(new: &PublicKey) -> String {
    format!("champollion registry key v1\n{new}\n")
}

/// Returns the message that is signed for a package. The digest covers all of the package; the rest is for
/// people who look.
fn package_message(id: &DecoderId, version: &Version, digest: Digest) -> String {
    format!("champollion package v1\n{id} {version}\n{digest}\n")
}

fn decoded<const BYTES: usize>(text: &str, prefix: &str) -> Option<[u8; BYTES]> {
    let text = text.strip_prefix(prefix)?;
    BASE64URL_NOPAD.decode(text.as_bytes()).ok()?.try_into().ok()
}

impl fmt::Display for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{PUBLIC_PREFIX}{}", BASE64URL_NOPAD.encode(&self.0))
    }
}

impl FromStr for PublicKey {
    type Err = UnreadableKey;

    fn from_str(text: &str) -> Result<Self, UnreadableKey> {
        let form = "ed25519: and 43 characters";
        let bytes: Option<[u8; KEY_BYTES]> = decoded(text, PUBLIC_PREFIX);
        // Not every number is a point of the curve.
        bytes
            .filter(|bytes| VerifyingKey::from_bytes(bytes).is_ok_and(|key| !key.is_weak()))
            .map(Self)
            .ok_or(UnreadableKey { what: "public key", form })
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&BASE64URL_NOPAD.encode(&self.0))
    }
}

impl FromStr for Signature {
    type Err = UnreadableKey;

    fn from_str(text: &str) -> Result<Self, UnreadableKey> {
        let form = "86 characters";
        decoded(text, "").map(Self).ok_or(UnreadableKey { what: "signature", form })
    }
}

/// Writes a signature as it stands in a header: the key, a space, the signature.
impl fmt::Display for PackageSignature {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.key, self.signature)
    }
}

impl FromStr for PackageSignature {
    type Err = UnreadableKey;

    fn from_str(text: &str) -> Result<Self, UnreadableKey> {
        let form = "a public key, a space and 86 characters";
        let (key, signature) =
            text.split_once(' ').ok_or(UnreadableKey { what: "signature of a package", form })?;
        Ok(Self { key: key.parse()?, signature: signature.parse()? })
    }
}

macro_rules! as_text {
    ($($type:ty),*) => {$(
        impl fmt::Debug for $type {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, formatter)
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

as_text!(PublicKey, Signature);

#[cfg(test)]
mod tests {
    use super::*;

    fn name() -> (DecoderId, Version) {
        ("acme/thermometer".parse().unwrap(), Version::new(1, 0, 0))
    }

    #[test]
    fn a_signature_is_of_one_package_by_one_key() {
        let (id, version) = name();
        let (key, other) = (SecretKey::generate().unwrap(), SecretKey::generate().unwrap());
        let digest = Digest::of(b"package");
        let signature = key.sign_package(&id, &version, digest);
        assert!(signature.is_of(&id, &version, digest));
        assert!(!signature.is_of(&id, &Version::new(1, 0, 1), digest));
        assert!(!signature.is_of(&id, &version, Digest::of(b"another package")));
        let stolen = PackageSignature { key: other.public(), ..signature };
        assert!(!stolen.is_of(&id, &version, digest));
    }

    #[test]
    fn keys_and_signatures_are_read_as_they_are_written() {
        let (id, version) = name();
        let key = SecretKey::generate().unwrap();
        let again: SecretKey = format!("{}\n", key.reveal()).parse().unwrap();
        assert_eq!(again.public(), key.public());
        let signature = key.sign_package(&id, &version, Digest::of(b""));
        assert_eq!(signature.to_string().parse(), Ok(signature.clone()));
        assert!(!format!("{key:?}").contains(&key.reveal()[30..]), "{key:?}");
        assert!(key.reveal().parse::<PublicKey>().is_err());
        assert!(key.public().to_string().parse::<SecretKey>().is_err());
        for text in ["", "ed25519:", "ed25519:AAAA", &"A".repeat(43)] {
            assert!(text.parse::<PublicKey>().is_err(), "{text:?}");
        }
    }

    /// The first vector of RFC 8032, section 7.1.
    #[test]
    fn the_algorithm_is_that_of_the_standard() {
        let hex = |digits: &str| data_encoding::HEXLOWER.decode(digits.as_bytes()).unwrap();
        let seed = hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
        let key = SecretKey(SigningKey::from_bytes(&seed.try_into().unwrap()));
        let public = hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
        assert_eq!(key.public().0.to_vec(), public);
        let signature = hex(
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        );
        assert_eq!(key.sign("").0.to_vec(), signature);
        assert!(key.public().verifies("", &key.sign("")));
    }
}
