//! Sessions of the sender: seen, and ended where somebody else may have one.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use jiff::Timestamp;
use serde::Serialize;

use super::{
    Problem,
    authorized::Recognized,
    extract::{PathParts, to_the_end},
    sign_in::person_of,
};
use crate::{
    auth::Used,
    authors::AuditedAuthor,
    service::Service,
    sign_in::{Session, SignInError},
};

/// The sessions of a person that go on.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = OwnSessionList)]
pub(super) struct SessionList {
    /// The sessions, the latest first.
    sessions: Vec<Shown>,
}

/// A session without its secret.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OwnSession)]
struct Shown {
    /// The id by which the session is ended.
    id: String,
    /// Whether it is the session of this request.
    current: bool,
    /// The moment of the sign-in.
    created_at: Timestamp,
    /// The moment at which it ends in any case.
    ends_at: Timestamp,
    /// The last request with it; absent where there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used_at: Option<Timestamp>,
}

#[utoipa::path(
    get,
    path = "/v1/me/sessions",
    operation_id = "listOwnSessions",
    tag = "people",
    summary = "List the sessions of the sender, who is a person",
    security(("session" = []), ("token" = []), ("password" = [])),
    extensions(("x-roles" = json!(crate::auth::EVERYBODY))),
    responses((status = 200, description = "The sessions that go on.", body = SessionList)),
)]
pub(super) async fn list(
    Recognized { principal, .. }: Recognized,
    State(service): State<Arc<Service>>,
) -> Result<Json<SessionList>, Problem> {
    let person = person_of(&service, &principal)?;
    let uses = service.tokens.last_uses();
    let sessions = service.sessions.of_person(person.id, uses, Timestamp::now());
    let shown = |session: Session| {
        let last_used_at = uses.of(Used::Session(&session.id));
        let Session { id, created_at, ends_at, .. } = session;
        Shown { current: id == principal.token, id, created_at, ends_at, last_used_at }
    };
    Ok(Json(SessionList { sessions: sessions.into_iter().map(shown).collect() }))
}

/// A session of others is as unknown as one that does not exist.
#[utoipa::path(
    delete,
    path = "/v1/me/sessions/{id}",
    operation_id = "endOwnSession",
    tag = "people",
    summary = "End a session of the sender, who is a person",
    security(("session" = []), ("token" = []), ("password" = [])),
    extensions(("x-roles" = json!(crate::auth::EVERYBODY))),
    responses(
        (status = 204, description = "It is done."),
        (status = 404, description = "unknown-session"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(super) async fn end(
    Recognized { principal, .. }: Recognized,
    State(service): State<Arc<Service>>,
    PathParts(id): PathParts<String>,
) -> Result<StatusCode, Problem> {
    let person = person_of(&service, &principal)?;
    let own = service.sessions.of_person(person.id, service.tokens.last_uses(), Timestamp::now());
    if !own.iter().any(|session| session.id == id) {
        let detail = format!("you have no session {id}, or it has ended");
        return Err(Problem::not_found("unknown-session", detail));
    }
    to_the_end(async move {
        let author = AuditedAuthor::new(&service.registry, principal.actor());
        let ended = service.sessions.end(&id, &author).await;
        ended.map_err(SignInError::from)?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}
