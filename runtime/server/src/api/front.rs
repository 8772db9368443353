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
pub(super) type Front = Answering<Outside>;

/// The parts outside of the span of a request.
pub(super) struct Outside {
    service: Arc<Service>,
    strict_transport: Option<HeaderValue>,
    spanned: Trace<Answering<InSpan>, SharedClassifier<ServerErrorsAsFailures>, MakeSpan>,
}

/// The parts within the span of a request.
struct InSpan {
    apart: Answering<Routes>,
    /// The same, with problems shown as pages.
    shown: Router,
    wants_page: fn(&HeaderMap) -> bool,
}

/// The routes, with what may end a request before it comes to them. A panic ends here.
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
        let apart = Answering(Arc::new(Routes { service: Arc::clone(service), interface, all }));
        let shown = (pages.shown)(Router::new().fallback_service(apart.clone()), service);
        let shown = shown.with_state(Arc::clone(service));
        let spanned = Answering(Arc::new(InSpan { apart, shown, wants_page: pages.wants_page }));
        Self(Arc::new(Outside {
            service: Arc::clone(service),
            strict_transport: service.config.tls.strict_transport_security(),
            spanned: TraceLayer::new_for_http().make_span_with(span as MakeSpan).layer(spanned),
        }))
    }
}

impl Outside {
    async fn protected(&self, request: Request) -> Response {
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
    async fn routed(&self, mut request: Request) -> Response {
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

/// The front, or a part of it, as a service that the part around it calls.
pub(super) struct Answering<T>(Arc<T>);

/// A part of the front, which answers requests.
trait Answers: Send + Sync + 'static {
    fn answer(self: Arc<Self>, request: Request) -> Answered;
}

impl Answers for Outside {
    fn answer(self: Arc<Self>, request: Request) -> Answered {
        Box::pin(async move { Ok(self.protected(request).await) })
    }
}

impl Answers for InSpan {
    fn answer(self: Arc<Self>, request: Request) -> Answered {
        if (self.wants_page)(request.headers()) {
            let mut shown = self.shown.clone();
            return Box::pin(async move { shown.call(request).await });
        }
        self.apart.clone().call(request)
    }
}

impl Answers for Routes {
    fn answer(self: Arc<Self>, request: Request) -> Answered {
        Box::pin(async move { Ok(self.routed(request).await) })
    }
}

impl<T> Clone for Answering<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: Answers> TowerService<Request> for Answering<T> {
    type Response = Response;
    type Error = Infallible;
    type Future = Answered;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Answered {
        Arc::clone(&self.0).answer(request)
    }
}
