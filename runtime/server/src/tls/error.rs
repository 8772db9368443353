//! Errors about the files of TLS.

use std::{io, path::PathBuf};

use jiff::Timestamp;

/// A fault of the files of TLS.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// One file is named without the other.
    #[error("[tls] {given} is set and {missing} is not: TLS needs both")]
    Half {
        /// The setting that is there.
        given: &'static str,
        /// The setting that is not.
        missing: &'static str,
    },
    /// A file cannot be read.
    #[error("[tls] {setting} {}: it cannot be read: {source}", .file.display())]
    Unreadable {
        /// The setting that names the file.
        setting: &'static str,
        /// The file in question.
        file: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// A file cannot be used.
    #[error("[tls] {setting} {}: {fault}", .file.display())]
    Unusable {
        /// The setting that names the file.
        setting: &'static str,
        /// The file in question.
        file: PathBuf,
        /// The fault of the file.
        fault: Fault,
    },
    /// The library of TLS takes none of the settings.
    #[error("TLS cannot be set up: {0}")]
    Setup(#[source] rustls::Error),
}

/// A fault of a certificate or of a key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The file holds a key where a certificate should be.
    #[error("it holds a private key and no certificate; are the two files exchanged?")]
    KeyForCertificate,
    /// The file holds a certificate where a key should be.
    #[error("it holds a certificate and no private key; are the two files exchanged?")]
    CertificateForKey,
    /// The file is of the binary form.
    #[error("it is in DER, and PEM is needed, which `openssl` writes with `-outform pem`")]
    Binary,
    /// The file holds no certificate.
    #[error("it holds no certificate in PEM (-----BEGIN CERTIFICATE-----)")]
    NoCertificate,
    /// The file holds no key.
    #[error("it holds no private key in PEM (-----BEGIN PRIVATE KEY-----)")]
    NoKey,
    /// The key needs a passphrase.
    #[error(
        "its key is encrypted: write it without a passphrase, as `openssl pkey -in FILE -out FILE` does"
    )]
    Encrypted,
    /// The text of the file is damaged.
    #[error("its PEM is damaged: a block does not begin or end as it should, or is no Base64")]
    Damaged,
    /// The certificate cannot be read.
    #[error("its certificate cannot be read: {0}")]
    BadCertificate(String),
    /// The key is of a kind that is not known.
    #[error("its key cannot be used: {0}")]
    BadKey(String),
    /// The certificate is over.
    #[error("its certificate has expired at {0}: renew it")]
    Expired(Timestamp),
    /// The certificate has not begun.
    #[error("its certificate begins at {0}: wait until then, or look at the clock")]
    NotYet(Timestamp),
    /// The key is another one's.
    #[error("its key is not the one of the certificate in certificate-file")]
    Mismatch,
}
