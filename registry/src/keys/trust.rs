//! Where a package comes from, and whether it may be published as coming from there.

use champollion_sandbox::Digest;
use semver::Version;

use super::{
    keyring::Publishers,
    signing::{PackageSignature, PublicKey},
};
use crate::package::DecoderId;

/// Whether a package is signed, and what is asked of one that is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Provenance {
    /// The package is signed.
    Signed(PackageSignature),
    /// It is not, and that will not do.
    Unsigned,
    /// It is not, and that will do for namespaces that belong to no key: while decoders are developed.
    Development,
}

/// Why it is not known where a package comes from.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UntrustedError {
    /// It is not signed.
    #[error(
        "the package is not signed: sign it with `champollion publish --key`; for development \
         [publication] unsigned = true takes packages without signature"
    )]
    Unsigned,
    /// It is not signed, and the namespace belongs to keys.
    #[error(
        "the package is not signed, and the namespace {0} belongs to keys: sign it with one of them"
    )]
    NamespaceTaken(String),
    /// The signature is of something else.
    #[error("the signature is none of this package by the key {0}")]
    WrongSignature(PublicKey),
    /// The key is not known.
    #[error("the key {0} is not known here: an admin adds it with `champollion registry keys add`")]
    UnknownKey(PublicKey),
    /// The key was revoked.
    #[error("the key {key} was revoked{}", because(reason))]
    Revoked {
        /// The key at fault.
        key: PublicKey,
        /// The reason of the distrust.
        reason: String,
    },
    /// The key is not one of the namespace.
    #[error("the key {key} is of the namespaces {namespaces}, and not of {wanted}")]
    OtherNamespace {
        /// The key at fault.
        key: PublicKey,
        /// The namespaces that the key may sign for.
        namespaces: String,
        /// The namespace that was to be signed for.
        wanted: String,
    },
}

fn because(reason: &str) -> String {
    if reason.is_empty() { String::new() } else { format!(": {reason}") }
}

impl Publishers {
    /// Whether a package may be published as coming from where it says.
    pub fn check(
        &self,
        provenance: &Provenance,
        (id, version): (&DecoderId, &Version),
        digest: Digest,
    ) -> Result<(), UntrustedError> {
        let namespace = id.vendor();
        let signature = match provenance {
            Provenance::Signed(signature) => signature,
            _ if self.owns(namespace) => {
                return Err(UntrustedError::NamespaceTaken(namespace.to_owned()));
            }
            Provenance::Unsigned => return Err(UntrustedError::Unsigned),
            Provenance::Development => return Ok(()),
        };
        let key = signature.key;
        if !signature.is_of(id, version, digest) {
            return Err(UntrustedError::WrongSignature(key));
        }
        let known = self.get(&key).ok_or(UntrustedError::UnknownKey(key))?;
        if let Some(reason) = known.revoked.clone() {
            return Err(UntrustedError::Revoked { key, reason });
        }
        if !known.namespaces.iter().any(|own| own == namespace) {
            let (namespaces, wanted) = (known.namespaces.join(", "), namespace.to_owned());
            return Err(UntrustedError::OtherNamespace { key, namespaces, wanted });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{PublisherKey, SecretKey};

    #[test]
    fn a_namespace_belongs_to_its_keys() {
        let (own, other) = (SecretKey::generate().unwrap(), SecretKey::generate().unwrap());
        let mut publishers = Publishers::default();
        let key = |namespaces: &[&str]| PublisherKey {
            name: "Acme".into(),
            namespaces: namespaces.iter().map(|&name| name.into()).collect(),
            revoked: None,
        };
        let (id, version, digest): (DecoderId, _, _) =
            ("acme/t1".parse().unwrap(), Version::new(1, 0, 0), Digest::of(b"it"));
        let signed = |by: &SecretKey| Provenance::Signed(by.sign_package(&id, &version, digest));
        let check = |publishers: &Publishers, provenance: &Provenance| {
            publishers.check(provenance, (&id, &version), digest).err()
        };
        // Nobody owns anything yet.
        assert_eq!(check(&publishers, &Provenance::Development), None);
        assert_eq!(check(&publishers, &Provenance::Unsigned), Some(UntrustedError::Unsigned));
        let unknown = Some(UntrustedError::UnknownKey(own.public()));
        assert_eq!(check(&publishers, &signed(&own)), unknown);

        publishers.put(own.public(), key(&["acme"]));
        publishers.put(other.public(), key(&["axioma", "elsys"]));
        assert_eq!(check(&publishers, &signed(&own)), None);
        let taken = Some(UntrustedError::NamespaceTaken("acme".into()));
        assert_eq!(check(&publishers, &Provenance::Development), taken);
        assert_eq!(check(&publishers, &Provenance::Unsigned), taken);
        let said = check(&publishers, &signed(&other)).unwrap().to_string();
        assert!(said.contains("of the namespaces axioma, elsys, and not of acme"), "{said}");
        let wrong = own.sign_package(&id, &version, Digest::of(b"something else"));
        let wrong = check(&publishers, &Provenance::Signed(wrong));
        assert_eq!(wrong, Some(UntrustedError::WrongSignature(own.public())));

        publishers.revoke(&own.public(), "it leaked");
        let said = check(&publishers, &signed(&own)).unwrap().to_string();
        assert!(said.ends_with("was revoked: it leaked"), "{said}");
        assert_eq!(check(&publishers, &Provenance::Development), taken, "it is still taken");
    }
}
