//! Requests on a node of several: frames are taken on any of them, all else is answered by the one that leads, whom this
//! node hands the request on to, once.
//!
//! The sender is recognized by the lead, by its own token or session. The request goes to the lead sealed, with what this
//! node knows of the sender's address (`between`).

use std::time::Duration;

use axum::{
    body::Body,
    extract::Request,
    http::{
        HeaderMap, HeaderValue, Uri,
        header::{AUTHORIZATION, FORWARDED, HOST},
    },
    response::{IntoResponse, Response},
};

use super::{
    Problem,
    between::{self, Asked, OfNode, Unanswered},
    extract::too_slow,
    request_id::RequestId,
};
use crate::{cluster::Cluster, connections::ClientAddress, service::Service};

/// The header that says in which version of the protocol of nodes a request is handed on; it came with the second one.
const PROTOCOL: &str = "champollion-protocol";

/// The header of proxies that names the sender.
const FORWARDED_FOR: &str = "x-forwarded-for";

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

/// Answers a request where this node may, and hands it on to the lead otherwise.
pub(super) async fn where_it_belongs<F: Future<Output = Response>>(
    service: &Service,
    request: Request,
    next: impl FnOnce(Request) -> F,
) -> Response {
    let cluster = &service.cluster;
    if OWN.contains(&request.uri().path()) {
        return next(request).await;
    }
    if !cluster.is_current() {
        return behind().into_response();
    }
    if is_of_node(&request)
        && let Some(later) = later_protocol(request.headers(), cluster.protocol_read())
    {
        return later.into_response();
    }
    if cluster.leads() || is_of_any_node(&request) {
        return next(request).await;
    }
    match hand_on(cluster, request).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

/// Whether another node has sealed the request: only then its headers are a node's, and no client's.
pub(super) fn is_of_node(request: &Request) -> bool {
    request.extensions().get::<OfNode>().is_some()
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
    if is_of_node(&request) {
        return Err(no_lead("the node that was asked leads no longer: try again in some seconds"));
    }
    let Some(lead) = cluster.lead_address() else {
        cluster.look_for_lead().await;
        return Err(no_lead("no node leads yet: try again in some seconds"));
    };
    let client = request.extensions().get::<ClientAddress>().copied();
    let (parts, body) = request.into_parts();
    let asked = Asked { method: parts.method, uri: parts.uri, headers: parts.headers, client };
    match ask(cluster, &lead, (asked, body), None).await {
        Ok(answer) => Ok(answer),
        Err(error) => {
            // It is the client's body that did not come, and no lead that does not answer.
            if let Some(slow) = too_slow(&error) {
                return Err(Problem::body_too_slow(slow.to_string()));
            }
            tracing::warn!(lead, %error, "the lead does not answer");
            cluster.look_for_lead().await;
            Err(no_lead("the node that leads does not answer: try again in some seconds"))
        }
    }
}

/// Asks another node what a client has asked this one, without what is of the connections of both alone.
pub(super) async fn ask(
    cluster: &Cluster,
    node: &str,
    (mut asked, body): (Asked, Body),
    patience: Option<Duration>,
) -> Result<Response, Unanswered> {
    complete(&mut asked.headers, &asked.uri);
    // The client is told the id of this node's request, and the other node has it in its log and its audit.
    RequestId::current().iter().for_each(|id| id.put(&mut asked.headers));
    asked.headers.insert(PROTOCOL, HeaderValue::from(cluster.protocol_written()));
    let mut answer = between::ask(cluster, node, (asked, body), patience).await?;
    OF_CONNECTION.iter().for_each(|name| drop(answer.headers_mut().remove(*name)));
    Ok(answer)
}

/// Has the headers of a request as another node needs them: to which host it was sent, and nothing that only this node
/// can judge.
fn complete(headers: &mut HeaderMap, uri: &Uri) {
    OF_CONNECTION.iter().for_each(|name| drop(headers.remove(*name)));
    // A browser's origin is compared with the host that it asked, which is not the other node's address.
    if let Some(host) = uri.authority().and_then(|host| HeaderValue::from_str(host.as_str()).ok())
        && !headers.contains_key(HOST)
    {
        headers.insert(HOST, host);
    }
    headers.remove(FORWARDED);
    headers.remove(FORWARDED_FOR);
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
