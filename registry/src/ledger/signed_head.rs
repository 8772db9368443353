//! The end of the index or of the audit, signed by the registry, so that no line of it can be kept back.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{audit::AUDIT, chain::Head, event::INDEX};
use crate::keys::{PublicKey, SecretKey, Signature};

/// The lifetime of a signed head: a reader who is shown an older one is kept from seeing what came since.
const HEAD_LIFETIME: SignedDuration = SignedDuration::from_hours(24);

/// The end of the index or of the audit, signed by the registry.
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
        Self::of_chain(INDEX, head, key, now)
    }

    /// Signs where the audit ends now.
    pub(crate) fn of_audit(head: Head, key: &SecretKey, now: Timestamp) -> Self {
        Self::of_chain(AUDIT, head, key, now)
    }

    fn of_chain(chain: &'static str, head: Head, key: &SecretKey, now: Timestamp) -> Self {
        let expires_at = now.saturating_add(HEAD_LIFETIME).unwrap_or(now);
        let signature = key.sign(&head_message(chain, &head, now, expires_at));
        Self { head, signed_at: now, expires_at, key: key.public(), signature }
    }

    /// Whether the registry of this key says now that its index ends there.
    pub fn check(&self, key: Option<&PublicKey>, now: Timestamp) -> Result<(), HeadError> {
        self.check_chain(INDEX, key, now)
    }

    /// Whether the registry of this key says now that its audit ends there.
    pub fn check_audit(&self, key: Option<&PublicKey>, now: Timestamp) -> Result<(), HeadError> {
        self.check_chain(AUDIT, key, now)
    }

    fn check_chain(
        &self,
        chain: &'static str,
        key: Option<&PublicKey>,
        now: Timestamp,
    ) -> Result<(), HeadError> {
        if key != Some(&self.key) {
            return Err(HeadError::OtherKey(self.key));
        }
        let message = head_message(chain, &self.head, self.signed_at, self.expires_at);
        if !self.key.verifies(&message, &self.signature) {
            return Err(HeadError::WrongSignature);
        }
        if self.expires_at < now { Err(HeadError::Expired(self.expires_at)) } else { Ok(()) }
    }
}

/// The text that is signed. That of the index names no chain, since it was signed before others were.
fn head_message(
    chain: &'static str,
    head: &Head,
    signed_at: Timestamp,
    expires_at: Timestamp,
) -> String {
    let Head { sequence, hash } = head;
    let of_chain = if chain == INDEX { String::new() } else { format!("{chain} ") };
    format!("champollion {of_chain}head v1\n{sequence} {hash}\n{signed_at} {expires_at}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_one_chain_is_not_that_of_the_other() {
        let (key, now) = (SecretKey::generate().unwrap(), Timestamp::UNIX_EPOCH);
        let own = key.public();
        let index = SignedHead::of(Head::empty(INDEX), &key, now);
        assert_eq!(index.check(Some(&own), now), Ok(()));
        assert_eq!(index.check_audit(Some(&own), now), Err(HeadError::WrongSignature));
        let audit = SignedHead::of_audit(Head::empty(AUDIT), &key, now);
        assert_eq!(audit.check_audit(Some(&own), now), Ok(()));
        assert_eq!(audit.check(Some(&own), now), Err(HeadError::WrongSignature));
        let late = now.saturating_add(SignedDuration::from_hours(25)).unwrap();
        let expired = Err(HeadError::Expired(audit.expires_at));
        assert_eq!(audit.check_audit(Some(&own), late), expired);
        let other = SecretKey::generate().unwrap().public();
        assert_eq!(audit.check_audit(Some(&other), now), Err(HeadError::OtherKey(own)));
    }
}
