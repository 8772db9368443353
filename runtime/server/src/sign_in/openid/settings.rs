//! The settings of sign-in by OpenID Connect.

use std::fmt;

use serde::Deserialize;

/// The provider at which people sign in: the section `[sign-in.openid]`. Without an issuer there is none.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct OpenidSettings {
    /// The address of the issuer; empty: none.
    pub issuer: String,
    /// The name of this server at the provider.
    pub client_id: String,
    /// The file with the secret of this server at the provider; empty: none.
    pub client_secret_file: String,
    /// The secret itself, where it is in no file; empty: none.
    pub client_secret: String,
    /// The scopes that are asked for beside `openid`, with blanks between.
    pub scopes: String,
    /// The file with the authorities that sign the provider's certificate; empty: those of the system.
    pub ca_file: String,
}

impl OpenidSettings {
    /// Whether there is a provider.
    #[must_use]
    pub fn is_on(&self) -> bool {
        !self.issuer.is_empty()
    }
}

impl fmt::Debug for OpenidSettings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { issuer, client_id, client_secret_file, scopes, ca_file, .. } = self;
        formatter
            .debug_struct("OpenidSettings")
            .field("issuer", issuer)
            .field("client_id", client_id)
            .field("client_secret_file", client_secret_file)
            .field("scopes", scopes)
            .field("ca_file", ca_file)
            .finish_non_exhaustive()
    }
}
