//! The doors of frames without the bounds around them, and each bound around a handler that does nothing. Measurements
//! hold the one against the whole interface, and the others against each other.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{Request, State},
    http::StatusCode,
    middleware::{Next, from_fn, from_fn_with_state, map_response},
    response::Response,
    routing::post,
};
use tower_http::{catch_panic::CatchPanicLayer, trace::TraceLayer};
use utoipa_axum::router::OpenApiRouter;

use super::{
    Bounds,
    authorized::{Authorized, Ingest, Inspect},
    handing_on, handshakes, ingest, leftover, problem, protective_headers,
    reference::{Reference, frontispiece},
    request_id, requester, span, within_bounds,
};
use crate::service::Service;

/// The path of frames in our own format, at which the handler that does nothing stands too.
pub const PATH: &str = "/v1/ingest/phy";

/// The service, as a layer around a router is given it.
type Known = State<Arc<Service>>;

/// A part that stands around each request, or before its handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// The recognition of the token and of what it may do.
    Token,
    /// The same with the rates of the token and of its group, which frames do not have.
    RateOfToken,
    /// The rate of the client's address, for a request without a token.
    RateOfAddress,
    /// The places of large answers by requester.
    Requester,
    /// The judgement of the parameters of the query, and of the room on the disk and in the audit.
    Judgement,
    /// The reading of what a handler has left of a body.
    Leftover,
    /// The look whether this node may answer.
    HandingOn,
    /// The look whether it is a handshake of a cloud.
    Handshakes,
    /// The answer to a handler that panics.
    Panic,
    /// The headers that protect browsers.
    Headers,
    /// The id of the request.
    RequestId,
    /// The span of the request in the log.
    Span,
}

impl Bound {
    /// All of them, in no order of their own.
    pub const ALL: [Self; 12] = [
        Self::Token,
        Self::RateOfToken,
        Self::RateOfAddress,
        Self::Requester,
        Self::Judgement,
        Self::Leftover,
        Self::HandingOn,
        Self::Handshakes,
        Self::Panic,
        Self::Headers,
        Self::RequestId,
        Self::Span,
    ];

    /// The name under which it is measured.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::RateOfToken => "rate-of-token",
            Self::RateOfAddress => "rate-of-address",
            Self::Requester => "requester",
            Self::Judgement => "judgement",
            Self::Leftover => "leftover",
            Self::HandingOn => "handing-on",
            Self::Handshakes => "handshakes",
            Self::Panic => "panic",
            Self::Headers => "headers",
            Self::RequestId => "request-id",
            Self::Span => "span",
        }
    }

    /// Whether it is measured by requests that have a token.
    #[must_use]
    pub fn has_token(self) -> bool {
        self != Self::RateOfAddress
    }
}

/// The doors of frames with nothing around them. Their handlers recognize the token, and look at the disk, as ever.
pub fn doors(service: Arc<Service>) -> Router {
    let (doors, _) = ingest::routes().split_for_parts();
    doors.with_state(service)
}

/// A handler that reads the body and does nothing, within one bound or within none.
pub fn alone(service: &Arc<Service>, bound: Option<Bound>) -> Router {
    let handled = Router::new().route(
        PATH,
        match bound {
            Some(Bound::Token) => post(nothing_with_token),
            Some(Bound::RateOfToken) => post(nothing_at_a_rate),
            _ => post(nothing),
        },
    );
    within(handled, service, bound).with_state(Arc::clone(service))
}

/// Puts a bound around a router, where it stands around routers.
fn within(
    router: Router<Arc<Service>>,
    service: &Arc<Service>,
    bound: Option<Bound>,
) -> Router<Arc<Service>> {
    let state = || Arc::clone(service);
    match bound {
        None | Some(Bound::Token | Bound::RateOfToken) => router,
        Some(Bound::RateOfAddress | Bound::Requester) => {
            let bounded = |State(service): Known, request: Request, next: Next| async move {
                requester::bounded(&service, request, |request| next.run(request)).await
            };
            router.layer(from_fn_with_state(state(), bounded))
        }
        Some(Bound::Judgement) => {
            router.route_layer(from_fn_with_state(judges(service), within_bounds))
        }
        Some(Bound::Leftover) => {
            let read = |request: Request, next: Next| {
                leftover::read_leftover(request, |request| next.run(request))
            };
            router.layer(from_fn(read))
        }
        Some(Bound::HandingOn) => {
            let handed = |State(service): Known, request: Request, next: Next| async move {
                let next = |request| next.run(request);
                handing_on::where_it_belongs(&service, request, next).await
            };
            router.layer(from_fn_with_state(state(), handed))
        }
        Some(Bound::Handshakes) => {
            let asked = |State(service): Known, request: Request, next: Next| async move {
                if handshakes::may_be(&request) {
                    return handshakes::before_the_token(&service, request, next).await;
                }
                next.run(request).await
            };
            router.layer(from_fn_with_state(state(), asked))
        }
        Some(Bound::Panic) => router.layer(CatchPanicLayer::custom(problem::panicked)),
        Some(Bound::Headers) => {
            let security = service.config.tls.strict_transport_security();
            let added = move |response: Response| {
                std::future::ready(protective_headers::add(security.as_ref(), response))
            };
            router.layer(map_response(added))
        }
        Some(Bound::RequestId) => {
            let named = |request: Request, next: Next| {
                request_id::named(request, |request| next.run(request))
            };
            router.layer(from_fn(named))
        }
        Some(Bound::Span) => router.layer(TraceLayer::new_for_http().make_span_with(span)),
    }
}

/// The judges of requests, who know the doors of frames alone.
fn judges(service: &Arc<Service>) -> Bounds {
    let doors = OpenApiRouter::with_openapi(frontispiece()).merge(ingest::routes());
    let (_, document) = doors.split_for_parts();
    Bounds { service: Arc::clone(service), reference: Arc::new(Reference::new(&document)) }
}

async fn nothing(_: Bytes) -> StatusCode {
    StatusCode::OK
}

async fn nothing_with_token(_: Authorized<Ingest>, _: Bytes) -> StatusCode {
    StatusCode::OK
}

async fn nothing_at_a_rate(_: Authorized<Inspect>, _: Bytes) -> StatusCode {
    StatusCode::OK
}
