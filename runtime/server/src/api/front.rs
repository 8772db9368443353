//! The front of the interface: what stands around all routes, each part a function that the one before it calls.
//!
//! As layers of axum each of them boxes its future and a copy of all that is below it, for each request. Here a request is
//! boxed three times: as a whole, within its span, and apart from the rest where it may panic.

use std::{
    convert::Infallible,
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderValue},
    response::Response,
};
use futures_util::FutureExt;
use tower::Layer;
use tower_http::{
    classify::{ServerErrorsAsFailures, SharedClassifier},
    trace::{Trace, TraceLayer},
};
use tower_service::Service as TowerService;

use super::{
    Interface, Pages, between, handing_on, leftover, problem, protective_headers, request_id,
    requester, span,
};
use crate::service::Service;

type Answered = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

/// The maker of the span of a request.
type MakeSpan = fn(&Request) -> tracing::Span;

/// The front, as a service that a router takes.
#[derive(Clone)]
pub(super) struct Front(Arc<Outside>);

/// The parts outside of the span of a request.
struct Outside {
    service: Arc<Service>,
    strict_transport: Option<HeaderValue>,
    spanned: Trace<Spanned, SharedClassifier<ServerErrorsAsFailures>, MakeSpan>,
}

/// The parts within the span of a request.
#[derive(Clone)]
struct Spanned(Arc<InSpan>);

struct InSpan {
    apart: Apart,
    /// The same, with problems shown as pages.
    shown: Router,
    wants_page: fn(&HeaderMap) -> bool,
}

/// The routes, with what may end a request before it comes to them. A panic ends here.
#[derive(Clone)]
struct Apart(Arc<Routes>);

struct Routes {
    service: Arc<Service>,
    /// The interface, which pages ask.
    interface: Interface,
    all: Router,
}

impl Front {
    /// The front of all routes.
    pub(super) fn of(
        all: Router,
        interface: Interface,
        pages: &Pages,
        service: &Arc<Service>,
    ) -> Self {
        let apart = Apart(Arc::new(Routes { service: Arc::clone(service), interface, all }));
        let shown = (pages.shown)(Router::new().fallback_service(apart.clone()), service);
        let shown = shown.with_state(Arc::clone(service));
        let spanned = Spanned(Arc::new(InSpan { apart, shown, wants_page: pages.wants_page }));
        Self(Arc::new(Outside {
            service: Arc::clone(service),
            strict_transport: service.config.tls.strict_transport_security(),
            spanned: TraceLayer::new_for_http().make_span_with(span as MakeSpan).layer(spanned),
        }))
    }
}

impl Outside {
    async fn answer(&self, request: Request) -> Response {
        let spanned = |request: Request| async move {
            let Ok(response) = self.spanned.clone().call(request).await;
            response.map(Body::new)
        };
        let named = |request| request_id::named(request, spanned);
        let response = between::opened(&self.service, request, named).await;
        protective_headers::add(self.strict_transport.as_ref(), response)
    }
}

impl Routes {
    async fn answer(&self, mut request: Request) -> Response {
        request.extensions_mut().insert(self.interface.clone());
        let routed = |request: Request| async move {
            let Ok(response) = self.all.clone().call(request).await;
            response
        };
        let placed = |request| handing_on::where_it_belongs(&self.service, request, routed);
        let bounded = |request| requester::bounded(&self.service, request, placed);
        let answered = leftover::read_leftover(request, bounded);
        // What a request leaves half done when it panics is dropped with it.
        AssertUnwindSafe(answered).catch_unwind().await.unwrap_or_else(problem::panicked)
    }
}

impl TowerService<Request> for Front {
    type Response = Response;
    type Error = Infallible;
    type Future = Answered;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Answered {
        let outside = Arc::clone(&self.0);
        Box::pin(async move { Ok(outside.answer(request).await) })
    }
}

impl TowerService<Request> for Spanned {
    type Response = Response;
    type Error = Infallible;
    type Future = Answered;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Answered {
        if (self.0.wants_page)(request.headers()) {
            let mut shown = self.0.shown.clone();
            return Box::pin(async move { shown.call(request).await });
        }
        self.0.apart.clone().call(request)
    }
}

impl TowerService<Request> for Apart {
    type Response = Response;
    type Error = Infallible;
    type Future = Answered;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Answered {
        let routes = Arc::clone(&self.0);
        Box::pin(async move { Ok(routes.answer(request).await) })
    }
}
