//! Requests of the places that are reached over HTTP.

use std::time::Duration;

use url::Url;

use super::error::{PlaceError, UnusablePlace};
use crate::destinations::{
    AddressError, Bound, ConnectError, Connector, DestinationLimits, HttpClient, HttpError, Tls,
};

/// The bound of what is read of an answer: documents of errors are some kilobytes.
pub(super) const ANSWER: Bound = Bound { bytes: 64 << 10, time: Duration::from_secs(5) };

/// A client that goes where it is sent, and nowhere else.
pub(super) fn client(tls: &Tls, connector: Connector) -> Result<HttpClient, UnusablePlace> {
    Ok(HttpClient::new(tls.config()?, connector))
}

/// Checks a URL that files are put to.
pub(super) fn check(
    member: &'static str,
    url: &Url,
    destination_limits: &DestinationLimits,
    connector: &Connector,
) -> Result<(), UnusablePlace> {
    let is_allowed =
        url.scheme() == "https" || (url.scheme() == "http" && destination_limits.plain_http);
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
    Ok(connector.check_url(url)?)
}

/// Makes the error of a request that got no answer.
pub(super) fn meaning(host: &str, error: &HttpError) -> PlaceError {
    let host = host.to_owned();
    match error {
        HttpError::Connect(ConnectError::Address(error)) => {
            PlaceError::Address(AddressError::clone(error))
        }
        HttpError::Connect(error) => PlaceError::Unreachable { host, reason: error.to_string() },
        HttpError::Tls(reason) => PlaceError::tls(&host, reason),
        HttpError::Lost(reason) => PlaceError::Lost { reason: reason.clone() },
    }
}
