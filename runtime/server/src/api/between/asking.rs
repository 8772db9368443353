//! The asking side: a request is sealed for another node, and its answer is opened.

use std::{
    pin::Pin,
    sync::LazyLock,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, Method, Response as HttpResponse, StatusCode, Uri},
    response::Response,
};
use champollion_fleet::vault::MessageError;
use http_body::{Body as HttpBody, Frame};
use parking_lot::Mutex;
use reqwest::{Client, redirect};

use super::{
    PATH, STAMP,
    heads::{AnsweredHead, AskedHead},
    opened_body::{OpenedBody, Unread},
    sealed_body::SealedBody,
    taking::count_refused,
};
use crate::{
    cluster::{AnswerSeal, Cluster, Outgoing},
    connections::ClientAddress,
    outside_client,
};

/// The time that a connection to another node may take: a node beside this one answers at once, or is gone.
const CONNECT_TIME: Duration = Duration::from_secs(2);

/// The time for which another node may say nothing in the middle of an answer: longer than the wait for a record, and
/// short enough that nobody waits for ever for a node that is paused.
const SILENCE: Duration = Duration::from_secs(120);

static CLIENT: LazyLock<Result<Client, reqwest::Error>> = LazyLock::new(|| {
    let client = Client::builder().connect_timeout(CONNECT_TIME).read_timeout(SILENCE).no_proxy();
    client.redirect(redirect::Policy::none()).build()
});

/// The head of a request that is handed on to another node.
pub(in crate::api) struct Asked {
    pub(in crate::api) method: Method,
    pub(in crate::api) uri: Uri,
    pub(in crate::api) headers: HeaderMap,
    /// The client that sent the request, as this node knows it.
    pub(in crate::api) client: Option<ClientAddress>,
}

/// The reason why another node gives no answer.
#[derive(Debug, thiserror::Error)]
pub(in crate::api) enum Unanswered {
    /// There are no other nodes.
    #[error("this server shares its store with no other node")]
    Alone,
    /// No random number is to be had.
    #[error("the system gives no random number")]
    Randomness(#[from] getrandom::Error),
    /// The head cannot be written, or that of the answer not be read.
    #[error("a head cannot be written or read")]
    Head(#[from] serde_json::Error),
    /// The request cannot be sealed.
    #[error(transparent)]
    Sealing(#[from] MessageError),
    /// Nothing can be asked for.
    #[error("no client can be made: {}", outside_client::sentence(.0))]
    Client(&'static reqwest::Error),
    /// The other node does not answer.
    #[error("{}", outside_client::sentence(.0))]
    Unreachable(#[from] reqwest::Error),
    /// The answer is none of a node of this store.
    #[error(
        "the answer, of status {0}, is not sealed: the other node has no place for a connection, or does not know this \
         one, as where the clocks of both are ten seconds from each other, or something else has its address"
    )]
    NotSealed(StatusCode),
    /// The answer cannot be opened.
    #[error(transparent)]
    Unread(#[from] Unread),
}

impl Unanswered {
    /// Whether the answer is somebody's who is no node. A node without a place for a connection answers before it reads
    /// the request, and so does a proxy whose node is gone: both with a fault of the server.
    fn is_of_nobody(&self) -> bool {
        match self {
            Self::NotSealed(status) => !status.is_server_error(),
            Self::Unread(unread) => matches!(unread, Unread::NotSealed(_)),
            _ => false,
        }
    }
}

/// Asks the node at an address, and gives its answer as if it were this node's. Without patience the answer may take as
/// long as its client waits.
pub(in crate::api) async fn ask(
    cluster: &Cluster,
    node: &str,
    (asked, body): (Asked, Body),
    patience: Option<Duration>,
) -> Result<Response, Unanswered> {
    let Outgoing { stamp, request, answer } = cluster.seal_to(node)?.ok_or(Unanswered::Alone)?;
    let Asked { method, uri, headers, client } = asked;
    let head = AskedHead::of(&method, &uri, &headers, client.map(|client| client.address));
    let body = SealedBody::new(request, &serde_json::to_vec(&head)?, body)?;
    let asking = CLIENT.as_ref().map_err(Unanswered::Client)?.post(address(node));
    let asking = match patience {
        Some(patience) => asking.timeout(patience),
        None => asking,
    };
    let body = reqwest::Body::wrap(Shared(Mutex::new(body)));
    let outcome = match asking.header(STAMP, stamp).body(body).send().await {
        Ok(come) => open(answer, come).await,
        Err(error) => Err(error.into()),
    };
    if outcome.as_ref().is_err_and(Unanswered::is_of_nobody) {
        count_refused("answer");
    }
    outcome
}

fn address(node: &str) -> String {
    format!("{}{PATH}", node.trim_end_matches('/'))
}

/// Opens an answer; one that is not sealed may be anybody's.
async fn open(seal: AnswerSeal, come: reqwest::Response) -> Result<Response, Unanswered> {
    let mark = come.headers().get(STAMP).and_then(|mark| mark.to_str().ok());
    let Some(key) = mark.and_then(|mark| seal.of_mark(mark)) else {
        return Err(Unanswered::NotSealed(come.status()));
    };
    let (_, body) = HttpResponse::<reqwest::Body>::from(come).into_parts();
    let mut body = OpenedBody::new(key, Body::new(body));
    let head: AnsweredHead = serde_json::from_slice(&body.head().await?)?;
    let (status, headers) = head.read().ok_or(Unread::Cut)?;
    let mut response = Response::new(Body::new(body.measured(&headers)));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}

/// A body for the client, which wants one that threads may share. Only the client reads it, so nobody waits for the lock.
struct Shared(Mutex<SealedBody>);

impl HttpBody for Shared {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(self.get_mut().0.get_mut()).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.0.lock().is_end_stream()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_without_a_seal_is_of_nobody_unless_a_server_says_that_it_cannot() {
        let is_of_nobody = |status| Unanswered::NotSealed(status).is_of_nobody();
        assert!(is_of_nobody(StatusCode::OK) && is_of_nobody(StatusCode::UNAUTHORIZED));
        assert!(!is_of_nobody(StatusCode::SERVICE_UNAVAILABLE));
        assert!(Unanswered::Unread(Unread::NotSealed(MessageError::NotAuthentic)).is_of_nobody());
        assert!(
            !Unanswered::Unread(Unread::Cut).is_of_nobody() && !Unanswered::Alone.is_of_nobody()
        );
    }
}
