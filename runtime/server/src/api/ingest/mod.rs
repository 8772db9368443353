//! Messages from network servers: a handler for each kind, and what they share.

mod chirpstack;
mod lines;
mod phy;
mod ts002;

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Body,
    extract::{Request, State},
    routing::post,
};

use super::{Problem, extract::read_body};
use crate::{
    api::authorized::{Authorized, Ingest},
    ingest::{Origin, Receipt},
    lns::{Kind, Message, Unreadable, actility, aws, kerlink, loriot, tts},
    service::Service,
};

/// Where network servers hand over.
pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route("/v1/ingest/phy", post(phy::take))
        .route("/v1/ingest/chirpstack", post(chirpstack::take))
        .route("/v1/ingest/ts002", post(ts002::take))
        .route("/v1/ingest/tts", handler(Kind::Tts, tts::uplink::read))
        .route("/v1/ingest/actility", handler(Kind::Actility, actility::uplink::read))
        .route("/v1/ingest/kerlink", handler(Kind::Kerlink, kerlink::uplink::read))
        // Appended by the Wanesy Management Center to the address that it is given.
        .route("/v1/ingest/kerlink/dataUp", handler(Kind::Kerlink, kerlink::uplink::read))
        .route("/v1/ingest/loriot", handler(Kind::Loriot, loriot::read))
        .route("/v1/ingest/aws", handler(Kind::Aws, aws::read))
}

/// Takes the messages of a network server that are JSON and need nothing beside.
fn handler(
    kind: Kind,
    read: fn(&[u8]) -> Result<Message, Unreadable>,
) -> axum::routing::MethodRouter<Arc<Service>> {
    post(
        move |authorized: Authorized<Ingest>,
              State(service): State<Arc<Service>>,
              request: Request<Body>| async move {
            let from = network_server(&authorized, &service, kind)?;
            let body = read_body(request, service.config.http.body_bytes).await?;
            let message = read(&body)?;
            let origin = origin(&authorized, &from, kind, "", &body);
            let receipt = service.messages.take(message, &origin).await?;
            Ok::<Json<Receipt>, Problem>(Json(receipt))
        },
    )
}

/// Where a message comes from. What it tells of commands is heard of network servers of the settings
/// alone.
fn origin<'message>(
    authorized: &'message Authorized<Ingest>,
    from: &'message Arc<str>,
    kind: Kind,
    event: &'message str,
    body: &'message [u8],
) -> Origin<'message> {
    let server = authorized.principal.network_server.as_ref();
    Origin { from, server, kind, event, body, whereabouts: None }
}

/// In whose name something is handed over. Who is bound to a network server of the settings speaks as
/// that one does.
fn network_server(
    authorized: &Authorized<Ingest>,
    service: &Service,
    kind: Kind,
) -> Result<Arc<str>, Problem> {
    let principal = &authorized.principal;
    let bound = principal.network_server.as_ref();
    let known = bound.and_then(|name| Some((name, service.config.network_servers.get(name)?)));
    match known {
        Some((name, known)) if known.kind != kind => Err(Problem::forbidden(format!(
            "the token is bound to the network server {name}, which is of the kind {}: its messages \
             belong to /v1/ingest/{}",
            known.kind, known.kind
        ))),
        _ => Ok(principal.network_server()),
    }
}
