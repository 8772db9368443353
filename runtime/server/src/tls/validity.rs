//! The time for which a certificate is good.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use rustls::{
    CertificateError, Error, RootCertStore,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier},
    crypto::CryptoProvider,
    pki_types::{CertificateDer, ServerName, UnixTime},
};

use super::Fault;

/// The last second of the year 9999, the latest that a certificate can name.
const LAST_SECOND: u64 = 253_402_300_799;

/// The time for which a certificate is good. A side that is missing has no end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Validity {
    begins: Option<Timestamp>,
    ends: Option<Timestamp>,
}

impl Validity {
    /// The time of a certificate that is good until a moment, for tests.
    #[cfg(test)]
    pub(super) fn until(ends: Option<Timestamp>) -> Self {
        Self { begins: None, ends }
    }

    /// Reads the time out of a certificate. The library tells it only of a certificate that is not good, so it is
    /// asked about the first moment and about the last one.
    pub(super) fn of(
        certificate: &CertificateDer<'_>,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, Fault> {
        let bad = |error: &dyn std::fmt::Display| Fault::BadCertificate(error.to_string());
        let mut own = RootCertStore::empty();
        own.add(certificate.clone().into_owned()).map_err(|error| bad(&error))?;
        let verifier =
            WebPkiServerVerifier::builder_with_provider(Arc::new(own), Arc::clone(provider))
                .build()
                .map_err(|error| bad(&error))?;
        let name = ServerName::try_from("localhost").map_err(|error| bad(&error))?;
        let at = |second: u64| {
            let moment = UnixTime::since_unix_epoch(Duration::from_secs(second));
            verifier.verify_server_cert(certificate, &[], &name, &[], moment).err()
        };
        let (mut begins, mut ends) = (None, None);
        for second in [0, LAST_SECOND] {
            match at(second) {
                Some(Error::InvalidCertificate(CertificateError::NotValidYetContext {
                    not_before,
                    ..
                })) => begins = moment(not_before),
                Some(Error::InvalidCertificate(CertificateError::ExpiredContext {
                    not_after,
                    ..
                })) => ends = moment(not_after),
                Some(error @ Error::InvalidCertificate(CertificateError::BadEncoding)) => {
                    return Err(bad(&error));
                }
                // Names and authorities are the clients' to judge.
                _ => {}
            }
        }
        Ok(Self { begins, ends })
    }

    /// Returns the end, where there is one.
    pub(super) fn ends(&self) -> Option<Timestamp> {
        self.ends
    }

    /// Whether the certificate is good at a moment.
    pub(super) fn check(&self, now: Timestamp) -> Result<(), Fault> {
        match *self {
            Self { begins: Some(begins), .. } if now < begins => Err(Fault::NotYet(begins)),
            Self { ends: Some(ends), .. } if now > ends => Err(Fault::Expired(ends)),
            Self { .. } => Ok(()),
        }
    }
}

fn moment(time: UnixTime) -> Option<Timestamp> {
    Timestamp::from_second(i64::try_from(time.as_secs()).ok()?).ok()
}
