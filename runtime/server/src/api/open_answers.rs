//! Answers that everybody may read, from pages of other sites too: they have tags by which a client learns that nothing
//! has changed, and are sent compressed.

use std::time::Duration;

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    http::{
        HeaderValue, Method, StatusCode,
        header::{
            ACCEPT, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, RETRY_AFTER,
        },
    },
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use champollion_sandbox::Digest;
use tower_http::{
    compression::CompressionLayer,
    cors::{Any, CorsLayer},
};

use super::Problem;

/// The time for which a browser remembers that it may ask.
const REMEMBERED: Duration = Duration::from_secs(24 * 60 * 60);

/// Digits of the digest of an answer that are its tag.
const TAG_DIGITS: usize = 32;

/// Serves the routes of a router so: their answers are open to everybody.
pub(super) fn open<State: Clone + Send + Sync + 'static>(router: Router<State>) -> Router<State> {
    let from_pages = CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::HEAD])
        .allow_headers([ACCEPT, CONTENT_TYPE, IF_NONE_MATCH])
        .expose_headers([ETAG, RETRY_AFTER])
        .max_age(REMEMBERED);
    router
        .layer(middleware::from_fn(tagged))
        .layer(CompressionLayer::new())
        .layer(middleware::from_fn(whole))
        .layer(from_pages)
}

/// Gives an answer its tag; the client that has the answer already is only told that it has not changed.
async fn tagged(request: Request, next: Next) -> Response {
    let is_get = request.method() == Method::GET;
    let known = request.headers().get_all(IF_NONE_MATCH).iter().cloned().collect::<Vec<_>>();
    let response = next.run(request).await;
    if !is_get || response.status() != StatusCode::OK {
        return response;
    }
    let (mut head, body) = response.into_parts();
    let bytes = match to_bytes(body, usize::MAX).await {
        Ok(bytes) => bytes,
        Err(error) => return Problem::internal(&error).into_response(),
    };
    let digest = Digest::of(&bytes).hex();
    // It is a weak one: the same answer is sent compressed and not.
    let tag = format!("W/\"{}\"", digest.get(..TAG_DIGITS).unwrap_or(&digest));
    let is_known = known.iter().filter_map(|value| value.to_str().ok()).any(|own| names(own, &tag));
    let Ok(tag) = HeaderValue::from_str(&tag) else {
        return Response::from_parts(head, Body::from(bytes));
    };
    let headers = [(ETAG, tag), (CACHE_CONTROL, HeaderValue::from_static("public, no-cache"))];
    if is_known {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    head.headers.extend(headers);
    Response::from_parts(head, Body::from(bytes))
}

/// Whether an `If-None-Match` names a tag. Weak tags and strong ones are the same to it.
fn names(if_none_match: &str, tag: &str) -> bool {
    let strong = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let own = strong(tag);
    if_none_match.split(',').any(|one| one.trim() == "*" || strong(one) == own)
}

/// Has the size of a compressed answer known, so that it counts among the large ones where it is one.
async fn whole(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    if !response.headers().contains_key(CONTENT_ENCODING) {
        return response;
    }
    let (head, body) = response.into_parts();
    match to_bytes(body, usize::MAX).await {
        Ok(bytes) => Response::from_parts(head, Body::from(bytes)),
        Err(error) => Problem::internal(&error).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_found_among_those_of_a_client() {
        let tag = "W/\"0a1b\"";
        for known in ["W/\"0a1b\"", "\"0a1b\"", "\"ff\", W/\"0a1b\"", "*"] {
            assert!(names(known, tag), "{known}");
        }
        for other in ["", "\"0a1\"", "0a1b", "W/\"\""] {
            assert!(!names(other, tag), "{other}");
        }
    }
}
