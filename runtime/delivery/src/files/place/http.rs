//! Requests of the places that are reached over HTTP.

use std::error::Error as _;

use reqwest::{Client, Url, redirect};

use super::error::{PlaceError, UnusablePlace};
use crate::destinations::{AddressError, Surroundings, Tls};

/// A client that goes where it is sent, and nowhere else: neither by a proxy of the environment, which
/// nobody looked at the addresses of, nor by a redirection.
pub(super) fn client(tls: &Tls, surroundings: &Surroundings) -> Result<Client, UnusablePlace> {
    Client::builder()
        .tls_backend_preconfigured(tls.config()?)
        .dns_resolver(surroundings.addresses)
        .no_proxy()
        .redirect(redirect::Policy::none())
        .user_agent(concat!("champollion/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| UnusablePlace::Client(error.to_string()))
}

/// Checks a URL that files are put to.
pub(super) fn check(
    member: &'static str,
    url: &Url,
    surroundings: &Surroundings,
) -> Result<(), UnusablePlace> {
    let is_allowed = url.scheme() == "https" || (url.scheme() == "http" && surroundings.plain_http);
    if !is_allowed {
        return Err(UnusablePlace::Scheme { member });
    }
    if !url.username().is_empty() || url.password().is_some() {
        let reason = "it must not hold a name or a password: say them beside it";
        return Err(UnusablePlace::Text { member, reason });
    }
    if url.query().is_some() || url.fragment().is_some() {
        let reason = "it must end with its path";
        return Err(UnusablePlace::Text { member, reason });
    }
    Ok(surroundings.addresses.check(url)?)
}

/// Makes the error of a request that got no answer.
pub(super) fn meaning(host: &str, error: &reqwest::Error) -> PlaceError {
    let mut cause = error.source();
    let mut last = error.to_string();
    while let Some(reason) = cause {
        if let Some(address) = reason.downcast_ref::<AddressError>() {
            return PlaceError::Address(address.clone());
        }
        last = reason.to_string();
        cause = reason.source();
    }
    if error.is_connect() {
        PlaceError::tls(host, &last)
    } else {
        PlaceError::Lost { reason: last }
    }
}
