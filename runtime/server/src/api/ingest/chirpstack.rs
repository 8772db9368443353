//! Events of ChirpStack, JSON or protobuf. Which event it is says the query.

use std::sync::Arc;

use axum::{
    Json,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, header::CONTENT_TYPE},
};
use serde::Deserialize;

use super::{
    super::extract::{Parameters, read_body},
    Problem, network_server, origin,
};
use crate::{
    api::authorized::{Authorized, Ingest},
    ingest::Receipt,
    lns::{
        Kind,
        chirpstack::uplink::{self, Encoding},
    },
    service::Service,
};

#[derive(Deserialize)]
pub(super) struct Query {
    /// ChirpStack appends it to the address that it is given.
    event: Option<String>,
}

pub(super) async fn take(
    authorized: Authorized<Ingest>,
    State(service): State<Arc<Service>>,
    Parameters(query): Parameters<Query>,
    request: Request<Body>,
) -> Result<Json<Receipt>, Problem> {
    let from = network_server(&authorized, &service, Kind::Chirpstack)?;
    let event = query.event.filter(|event| !event.is_empty()).ok_or_else(|| {
        let detail = "event: it is missing in the query, as in ?event=up, which ChirpStack appends";
        Problem::bad_request("invalid-query", detail).with("path", "event")
    })?;
    let declared = encoding(request.headers());
    let body = read_body(request, service.config.http.body_bytes).await?;
    let encoding = declared.unwrap_or_else(|| looks_like(&body));
    let message = uplink::read(&event, encoding, &body)?;
    let origin = origin(&authorized, &from, Kind::Chirpstack, &event, &body);
    Ok(Json(service.messages.take(message, &origin).await?))
}

/// How the body is written, where the headers say it.
fn encoding(headers: &HeaderMap) -> Option<Encoding> {
    let declared = headers.get(CONTENT_TYPE)?.to_str().ok()?.to_ascii_lowercase();
    if declared.contains("json") {
        Some(Encoding::Json)
    } else if declared.contains("octet-stream") || declared.contains("protobuf") {
        Some(Encoding::Protobuf)
    } else {
        None
    }
}

/// How it seems to be written: no event of protobuf begins with a brace, which would be a field of a
/// number that none has.
fn looks_like(body: &[u8]) -> Encoding {
    match body.trim_ascii_start().first() {
        Some(b'{') | None => Encoding::Json,
        Some(_) => Encoding::Protobuf,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn the_headers_say_how_a_body_is_written() {
        let of = |declared: &'static str| {
            let headers = [(CONTENT_TYPE, HeaderValue::from_static(declared))];
            encoding(&headers.into_iter().collect())
        };
        assert_eq!(of("application/json; charset=utf-8"), Some(Encoding::Json));
        assert_eq!(of("application/octet-stream"), Some(Encoding::Protobuf));
        assert_eq!(of("application/X-Protobuf"), Some(Encoding::Protobuf));
        assert_eq!(of("text/plain"), None);
        assert_eq!(encoding(&HeaderMap::new()), None);
        assert_eq!(looks_like(b" {}"), Encoding::Json);
        assert_eq!(looks_like(b"\x0A\x24"), Encoding::Protobuf);
    }
}
