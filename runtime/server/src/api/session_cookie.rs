//! The cookie of a session, and the origin of requests that come with it.

use axum::http::{
    HeaderMap, HeaderValue, Method, Uri,
    header::{COOKIE, HOST, ORIGIN},
};
use jiff::Timestamp;

use crate::{config::Config, sign_in::Session};

/// The name of the cookie. Browsers take one of the other name over HTTPS alone, and from this host alone.
const NAME: &str = "champollion-session";
const HOST_NAME: &str = "__Host-champollion-session";

/// The header in which browsers say where a request comes from.
const SEC_FETCH_SITE: &str = "sec-fetch-site";

/// A request with a session comes from another site, or does not say from where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a request with a session that changes anything must come from the server's own pages: the headers Origin and \
     Sec-Fetch-Site do not say so. Programs use a token"
)]
pub(crate) struct OtherOrigin;

/// The cookie of a sign-in that has begun at a provider. It must come with the way back from another site, so it is
/// laxer than that of a session.
const PENDING_NAME: &str = "champollion-openid";
const PENDING_HOST_NAME: &str = "__Host-champollion-openid";

/// The longest that a person takes at the provider, in seconds.
const PENDING_SECONDS: i64 = 600;

fn is_for_https(config: &Config) -> bool {
    config.tls.is_on() || config.sign_in.behind_https
}

fn name(config: &Config) -> &'static str {
    if is_for_https(config) { HOST_NAME } else { NAME }
}

/// The secret of the session that a request comes with.
pub(crate) fn session_of<'of>(headers: &'of HeaderMap, config: &Config) -> Option<&'of str> {
    cookie_of(headers, name(config))
}

/// The text of a sign-in at a provider that a request comes with.
pub(super) fn pending_of<'of>(headers: &'of HeaderMap, config: &Config) -> Option<&'of str> {
    cookie_of(headers, pending_name(config))
}

fn pending_name(config: &Config) -> &'static str {
    if is_for_https(config) { PENDING_HOST_NAME } else { PENDING_NAME }
}

/// The value of a cookie that a request comes with.
pub(crate) fn cookie_of<'of>(headers: &'of HeaderMap, name: &str) -> Option<&'of str> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs =
        cookies.flat_map(|all| all.split(';')).filter_map(|one| one.trim().split_once('='));
    pairs.find(|(own, _)| *own == name).map(|(_, value)| value)
}

/// The cookie of a sign-in that has begun at a provider; without a text the one that takes it away.
pub(super) fn of_pending(text: Option<&str>, config: &Config) -> Option<HeaderValue> {
    let seconds = text.map_or(0, |_| PENDING_SECONDS);
    let cookie = (pending_name(config), text.unwrap_or_default());
    written(cookie, (seconds, "Lax"), config)
}

/// The cookie of a session that has begun.
pub(super) fn of_session(
    secret: &str,
    session: &Session,
    config: &Config,
    now: Timestamp,
) -> Option<HeaderValue> {
    let seconds = session.ends_at.duration_since(now).as_secs().max(0);
    written((name(config), secret), (seconds, "Strict"), config)
}

/// The cookie that takes another one away.
pub(super) fn of_none(config: &Config) -> Option<HeaderValue> {
    written((name(config), ""), (0, "Strict"), config)
}

fn written(
    (name, value): (&str, &str),
    (seconds, same_site): (i64, &str),
    config: &Config,
) -> Option<HeaderValue> {
    let secure = if is_for_https(config) { "; Secure" } else { "" };
    let cookie = format!(
        "{name}={value}; Path=/; HttpOnly; SameSite={same_site}; Max-Age={seconds}{secure}"
    );
    HeaderValue::from_str(&cookie).ok()
}

/// Checks that a request which changes anything comes from a page of the server itself.
///
/// # Errors
/// [`OtherOrigin`] where it comes from elsewhere, or does not say from where.
pub(crate) fn check_origin(
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<(), OtherOrigin> {
    if [Method::GET, Method::HEAD, Method::OPTIONS].contains(method) {
        return Ok(());
    }
    match is_own_origin(uri, headers) {
        Some(true) => Ok(()),
        Some(false) | None => Err(OtherOrigin),
    }
}

/// Whether a request says that it comes from a page of the server; nothing where it says nothing.
pub(super) fn is_own_origin(uri: &Uri, headers: &HeaderMap) -> Option<bool> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text(SEC_FETCH_SITE) {
        return Some(site == "same-origin");
    }
    let origin = text(ORIGIN.as_str())?;
    let (_, from) = origin.split_once("://").unwrap_or(("", origin));
    // Over HTTP/2 the host stands in the address.
    let own = uri.authority().map(|authority| authority.as_str()).or_else(|| text(HOST.as_str()));
    Some(own.is_some_and(|own| own.eq_ignore_ascii_case(from)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(method: Method, headers: &[(&'static str, &'static str)]) -> bool {
        let headers = headers.iter().map(|(name, value)| {
            (axum::http::HeaderName::from_static(name), HeaderValue::from_static(value))
        });
        check_origin(&method, &Uri::from_static("/v1/routes"), &headers.collect()).is_ok()
    }

    #[test]
    fn what_changes_anything_comes_from_the_servers_own_pages() {
        let host = ("host", "champollion.example:8080");
        assert!(checked(Method::GET, &[host]), "it changes nothing");
        for (headers, is_own) in [
            (vec![host], false),
            (vec![host, ("origin", "http://champollion.example:8080")], true),
            (vec![host, ("origin", "https://Champollion.example:8080")], true),
            (vec![host, ("origin", "https://champollion.example")], false),
            (vec![host, ("origin", "https://evil.example")], false),
            (vec![host, ("origin", "null")], false),
            (vec![host, ("sec-fetch-site", "same-origin")], true),
            (vec![host, ("sec-fetch-site", "same-site")], false),
            (
                vec![
                    host,
                    ("sec-fetch-site", "cross-site"),
                    ("origin", "http://champollion.example:8080"),
                ],
                false,
            ),
        ] {
            for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
                assert_eq!(checked(method, &headers), is_own, "{headers:?}");
            }
        }
    }
}
