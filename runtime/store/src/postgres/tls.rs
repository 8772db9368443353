//! TLS to a database: certificate and name are checked, always.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::address::Address;
use crate::error::{StoreError, in_one_line};

/// The connector for an address. Where the address is not secured it is there, and not used.
pub(super) fn connector(address: &Address) -> Result<MakeRustlsConnect, StoreError> {
    let roots = if address.is_secured { authorities(address)? } else { RootCertStore::empty() };
    let provider = Arc::new(ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| StoreError::BadAddress { reason: in_one_line(&error) })?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

/// The authorities that may vouch for the server.
fn authorities(address: &Address) -> Result<RootCertStore, StoreError> {
    let mut roots = RootCertStore::empty();
    match &address.authorities {
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
        Some(file) => {
            let unusable = |error: &dyn std::error::Error| StoreError::BadAddress {
                reason: format!("sslrootcert {}: {}", file.display(), in_one_line(error)),
            };
            let certificates =
                CertificateDer::pem_file_iter(file).map_err(|error| unusable(&error))?;
            for certificate in certificates {
                let certificate = certificate.map_err(|error| unusable(&error))?;
                roots.add(certificate).map_err(|error| unusable(&error))?;
            }
        }
    }
    if roots.is_empty() {
        let reason =
            "no authority is known that could vouch for the server: name one by sslrootcert";
        return Err(StoreError::BadAddress { reason: reason.to_owned() });
    }
    Ok(roots)
}
