//! Requests on a node of several: frames are taken on any of them, all else is answered by the one that leads, whom this
//! node hands the request on to, once.
//!
//! The sender is recognized by the lead, by its own token or session, so nothing that this node says has to be trusted;
//! but the address of the sender, for which the nodes are proxies of the settings.

use std::{
    pin::Pin,
    sync::{Arc, LazyLock},
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    extract::{Request, State},
    http::{
        HeaderMap, HeaderValue, Response as HttpResponse, Uri,
        header::{AUTHORIZATION, FORWARDED, HOST},
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use http_body::{Body as HttpBody, Frame, SizeHint};
use parking_lot::Mutex;
use reqwest::{Client, redirect};

use super::Problem;
use crate::{cluster::Cluster, connections::ClientAddress, outside_client, service::Service};

/// The header that says which node has handed a request on. A request is not handed on twice.
pub(super) const HANDED_ON: &str = "champollion-node";

/// The header that says in which version of the protocol of nodes a request is handed on; it came with the second one.
const PROTOCOL: &str = "champollion-protocol";

/// The header of proxies that names the sender.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// The time that a connection to the lead may take: a node beside this one answers at once, or is gone.
const CONNECT_TIME: Duration = Duration::from_secs(2);

/// The time for which another node may say nothing in the middle of an answer: longer than the wait for a record, and
/// short enough that nobody waits for ever for a node that is paused.
const SILENCE: Duration = Duration::from_secs(120);

/// The beginning of the paths of frames.
const FRAMES: &str = "/v1/ingest";

/// Paths that each node answers for itself.
const OWN: [&str; 4] = ["/healthz", "/readyz", "/metrics", "/v1/nodes"];

/// Headers of one connection, which are not those of the next.
const OF_CONNECTION: [&str; 9] = [
    "connection",
    "expect",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

static CLIENT: LazyLock<Result<Client, reqwest::Error>> = LazyLock::new(|| {
    let client = Client::builder().connect_timeout(CONNECT_TIME).read_timeout(SILENCE).no_proxy();
    client.redirect(redirect::Policy::none()).build()
});

/// Answers a request where this node may, and hands it on to the lead otherwise.
pub(super) async fn where_it_belongs(
    State(service): State<Arc<Service>>,
    request: Request,
    next: Next,
) -> Response {
    let cluster = &service.cluster;
    if OWN.contains(&request.uri().path()) {
        return next.run(request).await;
    }
    if !cluster.is_current() {
        return behind().into_response();
    }
    if let Some(later) = later_protocol(request.headers(), cluster.protocol_read()) {
        return later.into_response();
    }
    if cluster.leads() || is_of_any_node(&request) {
        return next.run(request).await;
    }
    match hand_on(cluster, request).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

/// Whether any node may answer: frames, which come with a token. Without one come the handshakes of clouds, which wait
/// for an admin where the lead is.
fn is_of_any_node(request: &Request) -> bool {
    request.uri().path().starts_with(FRAMES) && request.headers().contains_key(AUTHORIZATION)
}

/// The problem of a node that does not know what others have changed.
pub(super) fn behind() -> Problem {
    Problem::unavailable(
        "node-behind",
        "this node could not read for two seconds what other nodes have changed: ask another one",
    )
}

/// The problem of a request that another node hands on in a version that this one does not read.
fn later_protocol(headers: &HeaderMap, newest: u32) -> Option<Problem> {
    let version = headers.get(PROTOCOL)?.to_str().ok()?.parse::<u32>().ok()?;
    let detail = format!(
        "the request is handed on in version {version} of what nodes tell each other, and this node reads those up to \
         {newest}: install the newer software on it, or ask another node"
    );
    (version > newest).then(|| Problem::unavailable("node-behind", detail))
}

async fn hand_on(cluster: &Cluster, request: Request) -> Result<Response, Problem> {
    let no_lead = |detail: &str| Problem::unavailable("no-lead", detail);
    if request.headers().contains_key(HANDED_ON) {
        return Err(no_lead("the node that was asked leads no longer: try again in some seconds"));
    }
    let Some(lead) = cluster.lead_address() else {
        cluster.look_for_lead().await;
        return Err(no_lead("no node leads yet: try again in some seconds"));
    };
    let client = client().map_err(|error| Problem::internal(error))?;
    let client_address = request.extensions().get::<ClientAddress>().copied();
    let (parts, body) = request.into_parts();
    let address = address(&lead, &parts.uri);
    let mut headers = parts.headers;
    complete(&mut headers, &parts.uri, client_address, cluster);
    let asked = client.request(parts.method, address).headers(headers);
    let asked = match body.is_end_stream() {
        true => asked,
        false => asked.body(reqwest::Body::wrap(HandedBody(Mutex::new(body)))),
    };
    match asked.send().await {
        Ok(answer) => Ok(answer_of(answer)),
        Err(error) => {
            tracing::warn!(
                lead,
                error = outside_client::sentence(&error),
                "the lead does not answer"
            );
            cluster.look_for_lead().await;
            Err(no_lead("the node that leads does not answer: try again in some seconds"))
        }
    }
}

/// The client by which nodes ask each other.
pub(super) fn client() -> Result<&'static Client, &'static reqwest::Error> {
    CLIENT.as_ref()
}

/// The address of a request at another node.
pub(super) fn address(node: &str, uri: &Uri) -> String {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    format!("{}{path}", node.trim_end_matches('/'))
}

/// Has the headers of a request as another node needs them: who sent it, to which host, and by which node it comes.
pub(super) fn complete(
    headers: &mut HeaderMap,
    uri: &Uri,
    client: Option<ClientAddress>,
    cluster: &Cluster,
) {
    OF_CONNECTION.iter().for_each(|name| drop(headers.remove(*name)));
    // A browser's origin is compared with the host that it asked, which is not the other node's address.
    if let Some(host) = uri.authority().and_then(|host| HeaderValue::from_str(host.as_str()).ok())
        && !headers.contains_key(HOST)
    {
        headers.insert(HOST, host);
    }
    headers.remove(FORWARDED);
    headers.remove(FORWARDED_FOR);
    if let Some(client) = client {
        let address = client.address;
        let quoted =
            if address.is_ipv6() { format!("\"[{address}]\"") } else { address.to_string() };
        if let Ok(named) = HeaderValue::from_str(&format!("for={quoted}")) {
            headers.insert(FORWARDED, named);
        }
        if let Ok(named) = HeaderValue::from_str(&address.to_string()) {
            headers.insert(FORWARDED_FOR, named);
        }
    }
    if let Ok(node) = HeaderValue::from_str(&cluster.id().to_string()) {
        headers.insert(HANDED_ON, node);
    }
    headers.insert(PROTOCOL, HeaderValue::from(cluster.protocol_written()));
}

/// The answer of another node as this node's.
pub(super) fn answer_of(answer: reqwest::Response) -> Response {
    let (mut head, body) = HttpResponse::<reqwest::Body>::from(answer).into_parts();
    OF_CONNECTION.iter().for_each(|name| drop(head.headers.remove(*name)));
    Response::from_parts(head, Body::new(body))
}

/// The body of a request that is handed on, piece by piece. Only the client reads it, so nobody waits for the lock.
struct HandedBody(Mutex<Body>);

impl HttpBody for HandedBody {
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

    fn size_hint(&self) -> SizeHint {
        self.0.lock().size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_in_a_later_version_of_the_protocol_is_refused_with_both() {
        let of = |version: &'static str| {
            let headers = HeaderMap::from_iter([(
                PROTOCOL.parse().unwrap(),
                HeaderValue::from_static(version),
            )]);
            later_protocol(&headers, 2).is_some()
        };
        assert!(later_protocol(&HeaderMap::new(), 2).is_none());
        assert!(!of("1") && !of("2") && of("3"));
        assert!(!of("of somebody else"), "it is no node that says so");
    }
}
