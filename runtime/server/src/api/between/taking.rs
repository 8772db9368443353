//! The side that is asked: a sealed request is opened before anything else looks at it, and its answer is sealed.

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, header::InvalidHeaderValue},
    response::{IntoResponse, Response},
};
use champollion_fleet::vault::MessageError;

use super::{
    STAMP,
    heads::{AnsweredHead, AskedHead},
    opened_body::{OpenedBody, Unread},
    sealed_body::SealedBody,
};
use crate::{
    api::Problem,
    cluster::{AnswerSeal, Cluster, Incoming, Unrecognized},
    connections::ClientAddress,
    service::Service,
};

/// The mark of a request that another node has handed on. It is not handed on twice.
#[derive(Clone, Copy)]
pub(in crate::api) struct OfNode;

/// Answers a request that another node has sealed as if its client had asked here, and seals the answer. A request that
/// says that a node hands it on, and that none has sealed for this one, is refused.
pub(in crate::api) async fn opened<F: Future<Output = Response>>(
    service: &Service,
    request: Request,
    next: impl FnOnce(Request) -> F,
) -> Response {
    if !request.headers().contains_key(STAMP) {
        return next(request).await;
    }
    match open(&service.cluster, request).await {
        Ok((request, answer)) => seal(&answer, next(request).await),
        Err(reason) => refused(reason),
    }
}

async fn open(cluster: &Cluster, request: Request) -> Result<(Request, AnswerSeal), Unrecognized> {
    let (mut parts, body) = request.into_parts();
    let stamp = parts.headers.get(STAMP).and_then(|stamp| stamp.to_str().ok());
    let Incoming { from, request: key, answer, once } =
        cluster.sealed_by(stamp.ok_or(Unrecognized::Stamp)?)?;
    let mut body = OpenedBody::new(key, body);
    let head = body.head().await.map_err(unrecognized)?;
    // Only what a node has sealed is remembered, so nobody else fills the memory.
    cluster.take_sealed(once)?;
    let head: AskedHead = serde_json::from_slice(&head).map_err(|_| Unrecognized::Head)?;
    if let Some(address) = head.client {
        parts.extensions.insert(ClientAddress { address, named_by_proxy: true });
    }
    head.put(&mut parts).ok_or(Unrecognized::Head)?;
    parts.extensions.insert(OfNode);
    tracing::trace!(%from, "a node hands a request on");
    let body = Body::new(body.measured(&parts.headers));
    Ok((Request::from_parts(parts, body), answer))
}

fn unrecognized(unread: Unread) -> Unrecognized {
    match unread {
        Unread::NotSealed(error) => error.into(),
        Unread::Cut | Unread::Broken(_) => Unrecognized::Cut,
    }
}

/// The problem of a request that no node of the store has sealed. It does not say why: that is for the log.
fn refused(reason: Unrecognized) -> Response {
    count_refused(reason.word());
    tracing::debug!(%reason, "a request that says it is a node's is refused");
    Problem::of_no_node(
        "the header champollion-node is of nodes of this store alone, each request sealed for one of them and once: \
         leave it out",
    )
    .into_response()
}

/// Counts a request or an answer between nodes that was not taken for one.
pub(super) fn count_refused(reason: &'static str) {
    metrics::counter!("champollion_node_requests_refused_total", "reason" => reason).increment(1);
}

/// The reason why an answer cannot be sealed.
#[derive(Debug, thiserror::Error)]
enum Unsealed {
    /// No random number is to be had.
    #[error("the system gives no random number")]
    Randomness(#[from] getrandom::Error),
    /// The head is too long.
    #[error(transparent)]
    Head(#[from] MessageError),
    /// The mark is none that a header takes.
    #[error(transparent)]
    Mark(#[from] InvalidHeaderValue),
}

fn seal(seal: &AnswerSeal, response: Response) -> Response {
    sealed(seal, response).unwrap_or_else(|error| Problem::internal(&error).into_response())
}

fn sealed(seal: &AnswerSeal, response: Response) -> Result<Response, Unsealed> {
    let (mark, key) = seal.draw()?;
    let (parts, body) = response.into_parts();
    // Nothing in it is without a text form.
    let head = serde_json::to_vec(&AnsweredHead::of(&parts)).unwrap_or_default();
    let mut sealed = Response::new(Body::new(SealedBody::new(key, &head, body)?));
    sealed.headers_mut().insert(STAMP, HeaderValue::try_from(mark)?);
    Ok(sealed)
}
