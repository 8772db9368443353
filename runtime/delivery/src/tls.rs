//! How recipients are trusted, and how they trust us: certificates that stand in a route.

use std::sync::Arc;

use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use serde::{Deserialize, Serialize};

use crate::Secret;

/// How a connection is secured, where something else than usual is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClientCertificate {
    /// The certificate and those between it and its authority, as PEM.
    pub certificate: String,
    /// Its key, as PEM.
    pub key: Secret,
}

/// What is wrong with certificates.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("tls.{member} cannot be used: {reason}")]
pub struct TlsError {
    member: &'static str,
    reason: String,
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
                for certificate in certificates("ca", pem)? {
                    roots.add(certificate).map_err(unusable("ca"))?;
                }
            }
            // Those of the system that cannot be read are nobody's.
            None => drop(
                roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs),
            ),
        }
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(unusable("ca"))?
            .with_root_certificates(roots);
        let Some(client) = &self.client else { return Ok(builder.with_no_client_auth()) };
        let chain = certificates("client.certificate", &client.certificate)?;
        let key = PrivateKeyDer::from_pem_slice(client.key.reveal().as_bytes())
            .map_err(unusable("client.key"))?;
        builder.with_client_auth_cert(chain, key).map_err(unusable("client"))
    }
}

fn certificates(member: &'static str, pem: &str) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let all = CertificateDer::pem_slice_iter(pem.as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .map_err(unusable(member))?;
    if all.is_empty() {
        return Err(unusable(member)("there is no certificate in it"));
    }
    Ok(all)
}

fn unusable<E: ToString>(member: &'static str) -> impl FnOnce(E) -> TlsError {
    move |error| TlsError { member, reason: error.to_string() }
}
