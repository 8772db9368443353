//! TLS of recipients: certificates that stand in a route.

use std::sync::Arc;

use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use serde::{Deserialize, Serialize};

use super::secret::Secret;

/// The security of a connection, where it is other than usual.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Tls {
    /// The certificates that the recipient's own must come from, as PEM; those of the system without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca: Option<String>,
    /// Our own certificate, by which the recipient knows us.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<ClientCertificate>,
}

/// A certificate of our own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClientCertificate {
    /// The certificate and those between it and its authority, as PEM.
    pub certificate: String,
    /// Its key, as PEM.
    pub key: Secret,
}

/// An error in the certificates of a route.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("tls.{} cannot be used: {reason}", part.member())]
pub struct TlsError {
    part: TlsPart,
    reason: String,
}

impl TlsError {
    /// The part that cannot be used.
    #[must_use]
    pub fn part(&self) -> TlsPart {
        self.part
    }

    /// The reason why the part cannot be used.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

/// A part of the security of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsPart {
    /// The certificates of those who are trusted.
    Ca,
    /// Our own certificate for the recipient.
    Certificate,
    /// The key of our certificate.
    Key,
}

impl TlsPart {
    /// Where it stands in [`Tls`].
    fn member(self) -> &'static str {
        match self {
            Self::Ca => "ca",
            Self::Certificate => "client.certificate",
            Self::Key => "client.key",
        }
    }
}

impl Tls {
    /// The secret in it.
    pub(crate) fn secrets(&mut self) -> impl Iterator<Item = &mut Secret> {
        self.client.iter_mut().map(|client| &mut client.key)
    }

    /// The same for a client.
    ///
    /// # Errors
    /// Says which certificate or key cannot be used.
    pub fn config(&self) -> Result<ClientConfig, TlsError> {
        let mut roots = RootCertStore::empty();
        match &self.ca {
            Some(pem) => {
                for certificate in certificates(TlsPart::Ca, pem)? {
                    roots.add(certificate).map_err(unusable(TlsPart::Ca))?;
                }
            }
            // Those of the system that cannot be read are nobody's.
            None => drop(
                roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs),
            ),
        }
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(unusable(TlsPart::Ca))?
            .with_root_certificates(roots);
        let Some(client) = &self.client else { return Ok(builder.with_no_client_auth()) };
        let chain = certificates(TlsPart::Certificate, &client.certificate)?;
        let key = PrivateKeyDer::from_pem_slice(client.key.reveal().as_bytes())
            .map_err(unusable(TlsPart::Key))?;
        // What does not fit is the key, since the certificate was read.
        builder.with_client_auth_cert(chain, key).map_err(unusable(TlsPart::Key))
    }
}

fn certificates(part: TlsPart, pem: &str) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let all = CertificateDer::pem_slice_iter(pem.as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .map_err(unusable(part))?;
    if all.is_empty() {
        return Err(unusable(part)("there is no certificate in it"));
    }
    Ok(all)
}

fn unusable<E: ToString>(part: TlsPart) -> impl FnOnce(E) -> TlsError {
    move |error| TlsError { part, reason: error.to_string() }
}
