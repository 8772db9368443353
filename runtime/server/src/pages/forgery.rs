//! Protection against forged submissions: a form says that it is a page's own, by where it comes from and by a token that
//! only pages of the same session hold.

use axum::http::{HeaderMap, Method, Uri};
use champollion_sandbox::Digest;

use crate::api::{Problem, check_origin};

/// The name of the hidden field.
pub(super) const FIELD: &str = "form-token";

/// Starts what the token is the digest of, so that no other digest of the secret is the same.
const PURPOSE: &str = "champollion form\n";

/// Digits of the digest that are the token.
const DIGITS: usize = 32;

/// Returns the token of the forms of a session, by its secret.
pub(super) fn token_of(secret: &str) -> String {
    let mut digits = Digest::of(format!("{PURPOSE}{secret}").as_bytes()).hex();
    digits.truncate(DIGITS);
    digits
}

/// Checks that a submission comes from a page of the server and, where there is a session, from one of the same.
///
/// # Errors
/// A [`Problem`] where it does not.
pub(super) fn check(
    (uri, headers): (&Uri, &HeaderMap),
    session: Option<&str>,
    token: Option<&str>,
) -> Result<(), Problem> {
    check_origin(&Method::POST, uri, headers)?;
    let Some(expected) = session.map(token_of) else { return Ok(()) };
    // Digests are compared, so that the time says nothing of the token.
    let same = |token: &str| Digest::of(token.as_bytes()) == Digest::of(expected.as_bytes());
    if token.is_some_and(same) {
        return Ok(());
    }
    let detail = "the form is of another session: open the page again, and send it from there";
    Err(Problem::form_of_another_session(detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(site: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("sec-fetch-site", site.parse().unwrap());
        headers
    }

    #[test]
    fn only_a_page_of_the_same_session_can_send_a_form() {
        let uri = Uri::from_static("/objects");
        let right = token_of("secret");
        let checked =
            |site, session, token: Option<&str>| check((&uri, &from(site)), session, token).is_ok();
        assert!(checked("same-origin", Some("secret"), Some(&right)));
        assert!(!checked("cross-site", Some("secret"), Some(&right)));
        assert!(!checked("same-origin", Some("secret"), Some(&token_of("other"))));
        assert!(!checked("same-origin", Some("secret"), None));
        assert!(checked("same-origin", None, None));
        assert!(!checked("cross-site", None, None));
        assert!(check((&uri, &HeaderMap::new()), None, None).is_err());
    }
}
