//! Handshakes of clouds: taken at the doors of network servers, with a token or without, and listed for admins.

use std::{net::IpAddr, sync::Arc};

use axum::{
    Json,
    body::Body,
    extract::{Request, State},
    http::{Method, header::AUTHORIZATION},
    middleware::Next,
    response::{IntoResponse, Response},
};
use champollion_lns::{HANDSHAKE_BYTES, Handshake};
use jiff::Timestamp;
use serde::Serialize;

use super::{
    Problem,
    authorized::{Administer, Authorized},
    extract::read_body,
};
use crate::{
    connections::ClientAddress,
    handshakes::{Sender, ShownHandshake},
    ingest::Receipt,
    service::Service,
};

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct HandshakeList {
    handshakes: Vec<ShownHandshake>,
}

#[utoipa::path(
    get,
    path = "/v1/network-servers/handshakes",
    operation_id = "listHandshakes",
    tag = "operation",
    summary = "List the handshakes of clouds that wait for somebody to confirm them",
    responses((
        status = 200,
        description = "The handshakes of the last three days, the oldest first. They come without a token, \
                       from anybody: confirm those alone that you expect.",
        body = HandshakeList,
    )),
)]
pub(super) async fn list(
    _: Authorized<Administer>,
    State(service): State<Arc<Service>>,
) -> Json<HandshakeList> {
    Json(HandshakeList { handshakes: service.handshakes.list(Timestamp::now()) })
}

/// Whether a request at a door may be a handshake that comes without a token.
pub(super) fn may_be(request: &Request) -> bool {
    request.method() == Method::POST && !request.headers().contains_key(AUTHORIZATION)
}

/// Takes a handshake that comes without a token; passes all else on to where it is refused. Of a body without
/// a token no more is read than a handshake has.
pub(super) async fn before_the_token(service: &Service, request: Request, next: Next) -> Response {
    let (door, from) = (request.uri().path().to_owned(), client(&request));
    let (parts, body) = request.into_parts();
    let head = parts.clone();
    let body = read_body(Request::from_parts(parts, body), HANDSHAKE_BYTES).await.ok();
    let from = Sender { address: from, has_token: false };
    match body.and_then(|body| take(service, &body, &door, from)) {
        Some(taken) => taken.map(Json).into_response(),
        None => next.run(Request::from_parts(head, Body::empty())).await,
    }
}

/// The sender of a request that came with a token.
pub(super) fn with_token(request: &Request) -> Sender {
    Sender { address: client(request), has_token: true }
}

/// The address that a request comes from.
fn client(request: &Request) -> Option<IpAddr> {
    request.extensions().get::<ClientAddress>().map(|client| client.address)
}

/// Takes a body that is a handshake; nothing where it is anything else.
pub(super) fn take(
    service: &Service,
    body: &[u8],
    door: &str,
    from: Sender,
) -> Option<Result<Receipt, Problem>> {
    let handshake = Handshake::read(body)?;
    let what = handshake.what.to_owned();
    let taken = service.handshakes.take(handshake, door, from, Timestamp::now());
    Some(taken.map(|()| Receipt::Ignored { what }).map_err(Problem::from))
}
