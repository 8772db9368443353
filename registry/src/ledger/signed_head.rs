//! The end of the index, signed by the registry, so that no line of it can be kept back.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::chain::Head;
use crate::keys::{PublicKey, SecretKey, Signature};

/// The lifetime of a signed head: a reader who is shown an older one is kept from seeing what came since.
const HEAD_LIFETIME: SignedDuration = SignedDuration::from_hours(24);

/// Where the index ends, signed by the registry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignedHead {
    /// The head that is signed.
    pub head: Head,
    /// The moment of the signature.
    pub signed_at: Timestamp,
    /// Until when it may be shown.
    pub expires_at: Timestamp,
    /// The registry's public key.
    pub key: PublicKey,
    /// The registry's signature of the head.
    pub signature: Signature,
}

/// Why a signed head is not to be trusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HeadError {
    /// It is signed by somebody else.
    #[error("the head is signed by {0}, which is not the registry's key")]
    OtherKey(PublicKey),
    /// The signature is wrong.
    #[error("the signature of the head is wrong")]
    WrongSignature,
    /// It is too old.
    #[error("the head expired at {0}")]
    Expired(Timestamp),
}

impl SignedHead {
    /// Signs where the index ends now.
    pub(crate) fn of(head: Head, key: &SecretKey, now: Timestamp) -> Self {
        let expires_at = now.saturating_add(HEAD_LIFETIME).unwrap_or(now);
        let signature = key.sign(&head_message(&head, now, expires_at));
        Self { head, signed_at: now, expires_at, key: key.public(), signature }
    }

    /// Whether the registry of this key says now that its index ends there.
    pub fn check(&self, key: Option<&PublicKey>, now: Timestamp) -> Result<(), HeadError> {
        if key != Some(&self.key) {
            return Err(HeadError::OtherKey(self.key));
        }
        let message = head_message(&self.head, self.signed_at, self.expires_at);
        if !self.key.verifies(&message, &self.signature) {
            return Err(HeadError::WrongSignature);
        }
        if self.expires_at < now { Err(HeadError::Expired(self.expires_at)) } else { Ok(()) }
    }
}

fn head_message(head: &Head, signed_at: Timestamp, expires_at: Timestamp) -> String {
    let Head { sequence, hash } = head;
    format!("champollion head v1\n{sequence} {hash}\n{signed_at} {expires_at}\n")
}
