//! A certificate with its key, as two files hold them.

use std::{fs, path::Path, sync::Arc};

use jiff::Timestamp;
use rustls::{
    Error,
    crypto::CryptoProvider,
    pki_types::{
        CertificateDer, PrivateKeyDer,
        pem::{self, PemObject},
    },
    sign::CertifiedKey,
};

use super::{Fault, TlsError, TlsSettings, validity::Validity};

/// The setting that names the file of the certificate.
const CERTIFICATE_FILE: &str = "certificate-file";

/// The setting that names the file of the key.
const KEY_FILE: &str = "key-file";

/// The first byte of all certificates and keys in DER.
const DER_SEQUENCE: u8 = 0x30;

/// The bytes of both files.
#[derive(PartialEq, Eq)]
pub(super) struct Files {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

/// A certificate with its key, which are good together.
pub(super) struct Pair {
    pub(super) certified: Arc<CertifiedKey>,
    pub(super) validity: Validity,
}

impl Files {
    /// Reads both files as they are now.
    pub(super) fn read(settings: &TlsSettings) -> Result<Self, TlsError> {
        let read = |setting, file: &Path| {
            fs::read(file).map_err(|source| TlsError::Unreadable {
                setting,
                file: file.to_owned(),
                source,
            })
        };
        let certificate = read(CERTIFICATE_FILE, &settings.certificate_file)?;
        Ok(Self { certificate, key: read(KEY_FILE, &settings.key_file)? })
    }

    /// Checks the files, each by itself and both together.
    pub(super) fn pair(
        &self,
        settings: &TlsSettings,
        provider: &Arc<CryptoProvider>,
        now: Timestamp,
    ) -> Result<Pair, TlsError> {
        let of_certificate = |fault| TlsError::Unusable {
            setting: CERTIFICATE_FILE,
            file: settings.certificate_file.clone(),
            fault,
        };
        let of_key = |fault| TlsError::Unusable {
            setting: KEY_FILE,
            file: settings.key_file.clone(),
            fault,
        };
        let chain = certificates(&self.certificate).map_err(of_certificate)?;
        let own = chain.first().ok_or_else(|| of_certificate(Fault::NoCertificate))?;
        let validity = Validity::of(own, provider).map_err(of_certificate)?;
        validity.check(now).map_err(of_certificate)?;
        let key = private_key(&self.key).map_err(of_key)?;
        let certified =
            CertifiedKey::from_der(chain, key, provider).map_err(|error| match error {
                Error::InconsistentKeys(_) => of_key(Fault::Mismatch),
                Error::InvalidCertificate(_) => {
                    of_certificate(Fault::BadCertificate(error.to_string()))
                }
                error => of_key(Fault::BadKey(error.to_string())),
            })?;
        Ok(Pair { certified: Arc::new(certified), validity })
    }
}

/// The certificates of a file. Errors of the library are not shown: they quote what stands in the file.
fn certificates(file: &[u8]) -> Result<Vec<CertificateDer<'static>>, Fault> {
    let found = CertificateDer::pem_slice_iter(file).collect::<Result<Vec<_>, _>>();
    let found = found.map_err(|_| Fault::Damaged)?;
    match found.is_empty() {
        false => Ok(found),
        true if file.first() == Some(&DER_SEQUENCE) => Err(Fault::Binary),
        true if holds(file, "PRIVATE KEY-----") => Err(Fault::KeyForCertificate),
        true => Err(Fault::NoCertificate),
    }
}

fn private_key(file: &[u8]) -> Result<PrivateKeyDer<'static>, Fault> {
    match PrivateKeyDer::from_pem_slice(file) {
        Ok(key) => Ok(key),
        // Of old keys a line within the block says so.
        Err(_) if holds(file, "ENCRYPTED") => Err(Fault::Encrypted),
        Err(pem::Error::NoItemsFound) if file.first() == Some(&DER_SEQUENCE) => Err(Fault::Binary),
        Err(pem::Error::NoItemsFound) if holds(file, "BEGIN CERTIFICATE") => {
            Err(Fault::CertificateForKey)
        }
        Err(pem::Error::NoItemsFound) => Err(Fault::NoKey),
        Err(_) => Err(Fault::Damaged),
    }
}

fn holds(file: &[u8], text: &str) -> bool {
    file.windows(text.len()).any(|window| window == text.as_bytes())
}
