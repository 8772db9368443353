//! Messages from network servers: one handler for all adapters, and one for our own formats.

mod described;
mod lines;
mod own;
mod phy;
mod plain;
mod several;

use std::sync::Arc;

use axum::{
    Json, RequestExt,
    body::Body,
    extract::{MatchedPath, Request, State},
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::post,
};
use champollion_lns::{Doors, Heard, Incoming, Kind, Message, Refusal};
use serde::Deserialize;
use several::Receipts;
use utoipa::openapi::{HttpMethod, path::Paths};
use utoipa_axum::router::OpenApiRouter;

use super::{
    Problem,
    extract::{Parameters, read_body},
    gathering::{Head, by_other_node},
    handshakes,
};
use crate::{
    api::{
        authorized::{Authorized, Ingest},
        duties::routes,
    },
    ingest::{Origin, Receipt, Speaker},
    nearest::nearest,
    network_servers::NetworkServer,
    service::Service,
};

/// Starts the paths of all doors.
const PATH: &str = "/v1/ingest";

/// The parameters of a network server's query; others of its own pass.
#[derive(Deserialize)]
struct Query {
    /// Appended by a network server that says beside its messages what has happened.
    event: Option<String>,
}

/// Where network servers hand over: the paths of each kind.
pub(super) fn routes() -> OpenApiRouter<Arc<Service>> {
    let own = [champollion_lns::phy::KIND, champollion_lns::plain::KIND];
    let mut router =
        OpenApiRouter::default().routes(routes!(phy::take)).routes(routes!(plain::take));
    for kind in Kind::all().filter(|kind| !own.contains(kind)) {
        let handler =
            post(move |authorized, state, request| take(kind, authorized, state, request));
        for path in kind.paths() {
            let mut paths = Paths::new();
            paths.add_path_operation(
                &path,
                vec![HttpMethod::Post],
                described::operation(kind, &path),
            );
            router = router.routes((Vec::new(), paths, handler.clone()));
        }
    }
    router
}

/// Whether a request goes to a door.
pub(super) fn is_door(request: &Request) -> bool {
    request.extensions().get::<MatchedPath>().is_some_and(|path| path.as_str().starts_with(PATH))
}

/// The advice for a path at which nothing is served, where it looks like that of a door.
pub(super) fn meant_door(path: &str) -> Option<String> {
    let path = path.trim_end_matches('/').to_ascii_lowercase();
    if !path.starts_with(PATH) {
        return None;
    }
    let mut meant = Kind::all().flat_map(Kind::paths);
    if let Some(door) = meant.find(|door| door.to_ascii_lowercase() == path) {
        return Some(format!("did you mean {door}?"));
    }
    let name = path.strip_prefix(PATH)?.trim_start_matches('/').split('/').next()?;
    let names = Kind::all().map(|kind| kind.name());
    let meant = Kind::meant_by(name).or_else(|| Kind::named(nearest(name, names)?));
    Some(match meant {
        Some(kind) => {
            let (door, product) = (kind.path(), kind.product());
            format!("did you mean {door}, where messages of {product} are taken?")
        }
        None => format!("the doors of network servers are {Doors}"),
    })
}

/// Takes a message of a kind of network server.
async fn take(
    kind: Kind,
    authorized: Authorized<Ingest>,
    State(service): State<Arc<Service>>,
    mut request: Request<Body>,
) -> Result<Response, Problem> {
    let query = if kind.says_events_in_the_query() {
        let Parameters(query) = request.extract_parts_with_state(&service).await?;
        Some(query)
    } else {
        None
    };
    let (speaker, known) = network_server(&authorized, &service, kind)?;
    let description = known.and_then(|known| known.json.as_ref());
    let event = query.map(event).transpose()?.unwrap_or_default();
    let (door, from) = (request.uri().path().to_owned(), handshakes::with_token(&request));
    let head = Head::of(&service, &request);
    let declared = request.headers().get(CONTENT_TYPE).cloned();
    let content_type = declared.as_ref().and_then(|declared| declared.to_str().ok());
    let body = read_body(request, service.config.http.body_bytes).await?;
    let heard = kind.read_all(&Incoming { event: &event, content_type, description, body: &body });
    if let [Ok(Heard { message: Message::Frame(frame), feedback: None, .. })] = &heard[..]
        && let Some(answer) = by_other_node(&service, head, frame, &body).await
    {
        return Ok(answer);
    }
    let taken = async {
        let is_nothing = heard.iter().all(|heard| {
            heard.as_ref().map_or(true, |heard| matches!(heard.message, Message::Nothing { .. }))
        });
        let handshake = is_nothing.then(|| handshakes::take(&service, &body, &door, from));
        if let Some(answered) = handshake.flatten() {
            return answered.map(Receipts::One);
        }
        let server = authorized.principal.network_server.as_ref();
        let origin = Origin { speaker: &speaker, server, whereabouts: None };
        several::take(&service, heard, &origin).await
    };
    match taken.await {
        Ok(Receipts::One(receipt)) => Ok(answer(kind, &body, receipt)),
        Ok(Receipts::Several(receipts)) => Ok(Json(receipts).into_response()),
        Err(problem) => Err(refusal(kind, &body, problem)),
    }
}

fn event(query: Query) -> Result<String, Problem> {
    // Where somebody writes the path by hand, `?event=UP` is meant as it reads.
    let event = query.event.map(|event| event.to_ascii_lowercase());
    event.filter(|event| !event.is_empty()).ok_or_else(|| {
        let detail = "event: it is missing in the query, as in ?event=up, which ChirpStack appends";
        Problem::bad_request("invalid-query", detail).with("path", "event")
    })
}

/// The answer to a message that was taken, in the words of its protocol where that has any.
fn answer(kind: Kind, request: &[u8], receipt: Receipt) -> Response {
    let Some(mut answer) = kind.http_answer(request, None) else {
        return Json(receipt).into_response();
    };
    // What became of it, for clients that want to know more than the protocol has words for.
    if let Ok(receipt) = serde_json::to_value(receipt) {
        answer.insert("receipt".to_owned(), receipt);
    }
    Json(answer).into_response()
}

/// The answer to a message that was not taken: a problem as everywhere, with the members of the protocol's
/// own answer beside.
fn refusal(kind: Kind, request: &[u8], problem: Problem) -> Problem {
    let (code, detail) = (problem.code(), problem.detail());
    let is_malformed = problem.status() == StatusCode::BAD_REQUEST;
    let answer = kind.http_answer(request, Some(&Refusal { code, detail, is_malformed }));
    let members = answer.into_iter().flatten();
    members.fold(problem, |problem, (name, value)| problem.with(&name, value))
}

/// The one in whose name something is handed over, and the network server of the settings that the token is
/// bound to: it speaks as that one does.
fn network_server<'service>(
    authorized: &Authorized<Ingest>,
    service: &'service Service,
    kind: Kind,
) -> Result<(Speaker, Option<&'service NetworkServer>), Problem> {
    let principal = &authorized.principal;
    let bound = principal.network_server.as_ref();
    let known = bound.and_then(|name| Some((name, service.config.network_servers.get(name)?)));
    match known {
        Some((name, known)) if known.kind != kind => Err(Problem::forbidden(format!(
            "the token is bound to the network server {name}, which is of the kind {}: its messages \
             belong to {}",
            known.kind,
            known.kind.path()
        ))),
        None if kind.needs_description() => Err(Problem::forbidden(format!(
            "messages are read here by the description of their network server, and the token is bound \
             to none of the settings: make one with --role lns --network-server NAME, where \
             [network-servers.NAME] is of the kind {kind}"
        ))),
        _ => Ok((principal.speaker(&service.config), known.map(|(_, known)| known))),
    }
}
