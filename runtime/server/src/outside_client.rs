//! The client by which the server asks others that its settings name: network servers, and the provider of OpenID
//! Connect.

use std::time::Duration;

use reqwest::{Certificate, Client, redirect};

/// The time that an answer may take: a network server only has to put a command into its queue, and at a provider a
/// person waits.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// Makes a client that trusts these authorities alone, in PEM, where some are given. It follows no redirects: a request
/// goes to nobody else than the one that stands in the settings.
///
/// # Errors
/// The certificates cannot be used.
pub(crate) fn client(authorities: Option<&str>) -> Result<Client, reqwest::Error> {
    let mut client = Client::builder()
        .timeout(PATIENCE)
        .connect_timeout(PATIENCE)
        .redirect(redirect::Policy::none());
    if let Some(pem) = authorities {
        client = client.tls_certs_only(Certificate::from_pem_bundle(pem.as_bytes())?);
    }
    client.build()
}

/// An error with what caused it, without the address: its query may hold a signature or a code.
pub(crate) fn sentence(error: &reqwest::Error) -> String {
    let mut said = match (error.is_timeout(), error.is_connect()) {
        (true, _) => format!("no answer within {} s", PATIENCE.as_secs()),
        (_, true) => "it cannot be reached".to_owned(),
        _ => "the request failed".to_owned(),
    };
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        source = cause.source();
        if source.is_none() {
            said.push_str(&format!(": {cause}"));
        }
    }
    said
}
