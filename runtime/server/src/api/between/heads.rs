//! Heads of requests and answers as nodes hand them on: all of a head but the body.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, request, response};
use data_encoding::BASE64;
use serde::{Deserialize, Serialize};

/// Headers by their names, each value in base64: it need not be text.
#[derive(Debug, Serialize, Deserialize)]
struct Headers(Vec<(String, String)>);

/// The head of a request that a node hands on.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AskedHead {
    method: String,
    /// The path and the query, as the client has sent them.
    target: String,
    headers: Headers,
    /// The address of the client, as the node that was asked knows it.
    pub(super) client: Option<IpAddr>,
}

/// The head of the answer to a request that was handed on.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct AnsweredHead {
    status: u16,
    headers: Headers,
}

impl Headers {
    fn of(headers: &HeaderMap) -> Self {
        let encoded = |(name, value): (&HeaderName, &HeaderValue)| {
            (name.as_str().to_owned(), BASE64.encode(value.as_bytes()))
        };
        Self(headers.iter().map(encoded).collect())
    }

    /// The headers; nothing where one of them is none.
    fn read(self) -> Option<HeaderMap> {
        let mut headers = HeaderMap::with_capacity(self.0.len());
        for (name, value) in self.0 {
            let name: HeaderName = name.parse().ok()?;
            let value = BASE64.decode(value.as_bytes()).ok()?;
            headers.append(name, HeaderValue::from_bytes(&value).ok()?);
        }
        Some(headers)
    }
}

impl AskedHead {
    pub(super) fn of(
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        client: Option<IpAddr>,
    ) -> Self {
        let target = uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
        Self { method: method.to_string(), target, headers: Headers::of(headers), client }
    }

    /// Has a request be the one that was handed on; nothing where the head is none of a request.
    pub(super) fn put(self, parts: &mut request::Parts) -> Option<()> {
        let (method, uri) = (self.method.parse().ok()?, self.target.parse().ok()?);
        parts.headers = self.headers.read()?;
        (parts.method, parts.uri) = (method, uri);
        Some(())
    }
}

impl AnsweredHead {
    pub(super) fn of(parts: &response::Parts) -> Self {
        Self { status: parts.status.as_u16(), headers: Headers::of(&parts.headers) }
    }

    /// Status and headers; nothing where the head is none of an answer.
    pub(super) fn read(self) -> Option<(StatusCode, HeaderMap)> {
        Some((StatusCode::from_u16(self.status).ok()?, self.headers.read()?))
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    #[test]
    fn the_head_of_a_request_is_handed_on_as_it_was() {
        let request = Request::builder()
            .method("PUT")
            .uri("https://city.example/v1/routes/all?group=water")
            .header("authorization", "Bearer secret")
            .header("x-note", HeaderValue::from_bytes(b"caf\xe9").unwrap())
            .header("cookie", "a=1")
            .header("cookie", "b=2");
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let client: IpAddr = "192.0.2.7".parse().unwrap();
        let head = AskedHead::of(&parts.method, &parts.uri, &parts.headers, Some(client));
        let written = serde_json::to_vec(&head).unwrap();
        let head: AskedHead = serde_json::from_slice(&written).unwrap();
        assert_eq!(head.client, Some(client));
        let (mut other, ()) = Request::new(()).into_parts();
        head.put(&mut other).unwrap();
        assert_eq!(other.method, Method::PUT);
        assert_eq!(other.uri, "/v1/routes/all?group=water");
        assert_eq!(other.headers, parts.headers);
    }

    #[test]
    fn what_is_no_head_is_refused() {
        let head = |method: &str, target: &str, name: &str| AskedHead {
            method: method.to_owned(),
            target: target.to_owned(),
            headers: Headers(vec![(name.to_owned(), BASE64.encode(b"it"))]),
            client: None,
        };
        let put = |head: AskedHead| head.put(&mut Request::new(()).into_parts().0);
        assert!(put(head("GET", "/v1/me", "accept")).is_some());
        assert!(put(head("GET /", "/v1/me", "accept")).is_none());
        assert!(put(head("GET", "a path", "accept")).is_none());
        assert!(put(head("GET", "/v1/me", "two words")).is_none());
    }
}
