//! Headers of all answers that keep browsers from doing more with them than they should.

use axum::{
    http::{
        HeaderName, HeaderValue,
        header::{
            CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
            X_CONTENT_TYPE_OPTIONS,
        },
    },
    response::Response,
};

/// Headers that an answer has unless it says otherwise, as a page does that has scripts of its own.
const DEFAULTS: [(HeaderName, &str); 3] = [
    (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (REFERRER_POLICY, "no-referrer"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
];

/// Adds the headers. An answer that does not say that it is for everybody may depend on a token, and is kept nowhere.
pub(super) fn add(strict_transport: Option<&HeaderValue>, mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in DEFAULTS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    let cached = headers.get(CACHE_CONTROL).and_then(|value| value.to_str().ok());
    if !cached.is_some_and(|value| value.starts_with("public")) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if let Some(value) = strict_transport {
        headers.insert(STRICT_TRANSPORT_SECURITY, value.clone());
    }
    response
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;

    use super::*;

    #[test]
    fn an_answer_keeps_what_it_says_itself() {
        let policy = "default-src 'self'";
        let page = [(CONTENT_SECURITY_POLICY, policy), (CACHE_CONTROL, "public, no-cache")];
        let page = add(None, page.into_response());
        assert_eq!(page.headers()[CONTENT_SECURITY_POLICY], policy);
        assert_eq!(page.headers()[CACHE_CONTROL], "public, no-cache");
        assert_eq!(page.headers()[X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert!(!page.headers().contains_key(STRICT_TRANSPORT_SECURITY));
        let stream = [(CACHE_CONTROL, "no-cache")].into_response();
        let stream = add(Some(&HeaderValue::from_static("max-age=1")), stream);
        assert_eq!(stream.headers()[CACHE_CONTROL], "no-store");
        assert_eq!(stream.headers()[STRICT_TRANSPORT_SECURITY], "max-age=1");
    }
}
