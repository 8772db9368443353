//! The settings of mail.

use serde::Deserialize;

use super::{MailError, Mailer};

/// The server that mails are handed to: the section `[mail]`. Without a host nothing is mailed.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct MailSettings {
    /// The host of the SMTP server; empty: none.
    pub host: String,
    /// The port of the SMTP server.
    pub port: u16,
    /// The kind of connection.
    pub security: MailSecurity,
    /// The user that the server signs in as; empty: none.
    pub user: String,
    /// The password of the user.
    pub password: String,
    /// The address that mails come from.
    pub from: String,
}

/// The kind of connection to an SMTP server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MailSecurity {
    /// A connection in clear that becomes one of TLS before anything is said.
    Starttls,
    /// A connection of TLS from the beginning.
    Tls,
    /// A connection in clear, for a server on the same machine.
    None,
}

impl std::fmt::Debug for MailSettings {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { host, port, security, user, from, .. } = self;
        formatter
            .debug_struct("MailSettings")
            .field("host", host)
            .field("port", port)
            .field("security", security)
            .field("user", user)
            .field("from", from)
            .finish_non_exhaustive()
    }
}

impl MailSettings {
    /// The mailer of the settings, where there is a host.
    ///
    /// # Errors
    /// [`MailError`] where the settings cannot be used.
    pub fn open(&self) -> Result<Option<Mailer>, MailError> {
        if self.host.is_empty() { Ok(None) } else { Mailer::new(self).map(Some) }
    }
}
