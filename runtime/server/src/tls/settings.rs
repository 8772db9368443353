//! The settings of TLS.

use std::{path::PathBuf, time::Duration};

use axum::http::HeaderValue;
use serde::Deserialize;

use super::{Door, TlsError};

/// The settings of TLS: the section `[tls]`. Without files the server speaks HTTP in clear.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TlsSettings {
    /// The file with the server's certificate and those that lead to its authority; empty: none.
    pub certificate_file: PathBuf,
    /// The file with the key of the certificate; empty: none.
    pub key_file: PathBuf,
    /// Seconds after which both files are looked at again.
    pub look_seconds: u64,
    /// Seconds for which browsers are told to come by HTTPS alone; 0: they are not told.
    pub strict_transport_seconds: u64,
}

impl TlsSettings {
    /// Whether the server speaks TLS.
    #[must_use]
    pub fn is_on(&self) -> bool {
        !self.certificate_file.as_os_str().is_empty() || !self.key_file.as_os_str().is_empty()
    }

    /// Opens the door of the files, where there are some.
    ///
    /// # Errors
    /// [`TlsError`] says what is wrong with which of them.
    pub fn open(&self) -> Result<Option<Door>, TlsError> {
        let is_empty = |file: &PathBuf| file.as_os_str().is_empty();
        match (is_empty(&self.certificate_file), is_empty(&self.key_file)) {
            (true, true) => Ok(None),
            (true, false) => Err(TlsError::Half { given: "key-file", missing: "certificate-file" }),
            (false, true) => Err(TlsError::Half { given: "certificate-file", missing: "key-file" }),
            (false, false) => Door::open(self).map(Some),
        }
    }

    /// The pause between two looks.
    pub(super) fn look_time(&self) -> Duration {
        Duration::from_secs(self.look_seconds.max(1))
    }

    /// The header that has browsers come by HTTPS alone, where it is sent.
    pub(crate) fn strict_transport_security(&self) -> Option<HeaderValue> {
        let seconds = self.strict_transport_seconds;
        let sends = self.is_on() && seconds > 0;
        sends.then(|| HeaderValue::from_str(&format!("max-age={seconds}")).ok()).flatten()
    }
}
