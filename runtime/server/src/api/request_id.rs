//! Ids of requests, by which a client, the log and the audit speak of the same request.

use std::sync::Arc;

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue},
    response::Response,
};
use uuid::Uuid;

/// The header in which a client names its request, and an answer its own.
const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longest id of a client's own in characters; those that are in use have 64 at most.
const LONGEST: usize = 128;

tokio::task_local! {
    static CURRENT: RequestId;
}

/// The id of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RequestId(Arc<str>);

impl RequestId {
    /// Takes the id that the client gives where it is well-formed, and makes one otherwise. It stands in the log and in
    /// headers, so it must not hold anything else than an id: no blanks, no quotes, no ends of lines.
    fn of(headers: &HeaderMap) -> Self {
        let mut given = headers.get_all(X_REQUEST_ID).iter();
        let only = given.next().filter(|_| given.next().is_none());
        let well_formed =
            only.and_then(|value| value.to_str().ok()).filter(|id| is_well_formed(id));
        match well_formed {
            Some(id) => Self(id.into()),
            None => Self(Uuid::now_v7().to_string().into()),
        }
    }

    /// Returns the id of the request that the task answers.
    pub(crate) fn current() -> Option<Self> {
        CURRENT.try_with(Clone::clone).ok()
    }

    /// Puts the id into headers, where another one may stand.
    pub(super) fn put(&self, headers: &mut HeaderMap) {
        if let Ok(value) = HeaderValue::from_str(self.as_str()) {
            headers.insert(X_REQUEST_ID, value);
        }
    }

    /// Returns the id as text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_well_formed(id: &str) -> bool {
    let may_stand = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:+/=~@".contains(&byte);
    (1..=LONGEST).contains(&id.len()) && id.bytes().all(may_stand)
}

/// Answers a request under its id.
pub(super) async fn named<F: Future<Output = Response>>(
    mut request: Request,
    next: impl FnOnce(Request) -> F,
) -> Response {
    let id = RequestId::of(request.headers());
    request.extensions_mut().insert(id.clone());
    let mut response = CURRENT.scope(id.clone(), next(request)).await;
    id.put(response.headers_mut());
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(given: &[&'static [u8]]) -> String {
        let values = given.iter().map(|value| HeaderValue::from_bytes(value).unwrap());
        let headers = values.map(|value| (X_REQUEST_ID, value)).collect();
        RequestId::of(&headers).as_str().to_owned()
    }

    #[test]
    fn an_id_is_taken_where_it_is_well_formed_and_else_made() {
        for own in ["a", "01981f4e-7f1c-7cc0-b1d1-4f8e0a2b3c4d", "Root=1-67891233:abc/d+e=~@_."] {
            assert_eq!(id(&[own.as_bytes()]), own);
        }
        assert_eq!(id(&[&[b'x'; LONGEST]]).len(), LONGEST);
        let long: &[u8] = &[b'x'; LONGEST + 1];
        let made =
            [id(&[]), id(&[b""]), id(&[b"a b"]), id(&[b"a\"b"]), id(&[b"\xc3\xa9"]), id(&[long])];
        for made in made.into_iter().chain([id(&[b"a", b"b"])]) {
            assert!(made.parse::<Uuid>().is_ok(), "{made}");
        }
        assert_ne!(id(&[]), id(&[]));
    }
}
