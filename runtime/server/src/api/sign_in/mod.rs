//! Sign-in of people: sessions, passwords by one-time links, second factors.

mod forgotten;
mod invitation;
mod openid;
mod password;
mod second_factor;

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header::SET_COOKIE},
    response::{IntoResponse, Response},
};
use champollion_fleet::{
    credentials::Password,
    grants::Place,
    people::{Email, Person},
};
use champollion_registry::ledger::Actor;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Problem,
    authorized::{Origin, Recognized},
    extract::{SecretBody, to_the_end},
    session_cookie::{self, is_own_origin, session_of},
};
use crate::{
    auth::Principal,
    authors::AuditedAuthor,
    service::Service,
    sign_in::{Session, SignInError, SignedIn},
};

pub(super) use forgotten::{__path_forgotten, forgotten};
pub(super) use invitation::{__path_invite, Invitation, handed_over, invite};
pub(super) use openid::{
    __path_begin as __path_begin_openid, __path_callback, __path_end as __path_end_openid,
    __path_unlink, begin as begin_openid, callback, end as end_openid, unlink,
};
pub(super) use password::{
    __path_change as __path_change_password, __path_choose as __path_choose_password,
    change as change_password, choose as choose_password,
};
pub(super) use second_factor::{
    __path_begin as __path_begin_second_factor, __path_confirm as __path_confirm_second_factor,
    __path_remove as __path_remove_second_factor, begin as begin_second_factor,
    confirm as confirm_second_factor, remove as remove_second_factor,
};

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SignInRequest)]
pub(super) struct Wanted {
    /// The e-mail address of the person.
    email: Email,
    /// The password of the person.
    password: String,
    /// The code of the second factor, where there is one.
    code: Option<String>,
    /// The home of the account that is meant, where the person has several.
    home: Option<Place>,
}

/// A session that has begun.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Session)]
pub(super) struct Begun {
    /// The id of the person.
    person: Uuid,
    /// The first name and the name.
    name: String,
    /// The moment at which the session ends in any case.
    ends_at: Timestamp,
}

/// The session is a cookie, which programs cannot read. Whether there is an account is not told.
#[utoipa::path(
    post,
    path = "/v1/session",
    operation_id = "signIn",
    tag = "people",
    summary = "Sign in by password: begin a session",
    request_body = Wanted,
    responses(
        (
            status = 200,
            description = "The session; its cookie is set.",
            body = Begun,
            headers(("Set-Cookie" = String, description = "The cookie of the session.")),
        ),
        (status = 401, description = "sign-in-failed, code-needed"),
        (status = 403, description = "other-origin"),
        (status = 429, description = "too-many-sign-ins"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(super) async fn sign_in(
    State(service): State<Arc<Service>>,
    origin: Origin,
    uri: Uri,
    headers: HeaderMap,
    SecretBody(wanted): SecretBody<Wanted>,
) -> Result<Response, Problem> {
    if is_own_origin(&uri, &headers) == Some(false) {
        return Err(session_cookie::OtherOrigin.into());
    }
    let Wanted { email, password, code, home } = wanted;
    let network = origin.network();
    service.attempts.admit(network, &email)?;
    let mut people = service.roster.people_of(&email);
    people.retain(|person| home.as_ref().is_none_or(|home| person.home == *home));
    let before = session_of(&headers, &service.config).map(str::to_owned);
    let of_service = Arc::clone(&service);
    let begun = to_the_end(async move {
        let service = of_service;
        let (password, now) = (Password::presented(password), Timestamp::now());
        let found = service.passwords.sign_in(people, password, code.as_deref(), now).await;
        let (person, batch) = found.inspect_err(|error| note_failure(&service, &origin, error))?;
        let author = AuditedAuthor::new(&service.registry, origin.actor(person.full_name()));
        let signed_in = SignedIn::here(person.id);
        let begun = service.sessions.begin(signed_in, before.as_deref(), batch, &author, now).await;
        let (secret, session) = begun.map_err(SignInError::from)?;
        Ok((secret, session, person))
    });
    let (secret, session, person) = begun.await?;
    service.attempts.signed_in(network, &email);
    let cookie =
        session_cookie::of_session(secret.reveal(), &session, &service.config, Timestamp::now());
    let Session { ends_at, .. } = session;
    let name = person.full_name();
    let Person { id: person, .. } = person;
    Ok(with_cookie(cookie, (StatusCode::OK, Json(Begun { person, name, ends_at }))))
}

/// Tells the audit of a sign-in that failed, without the address that was typed, which may be a password.
fn note_failure(service: &Service, origin: &Origin, error: &SignInError) {
    let reason = match error {
        SignInError::Failed => "password",
        // The password was right, or nobody is to blame.
        _ => return,
    };
    metrics::counter!("champollion_sign_ins_failed_total", "reason" => reason).increment(1);
    let subject = origin.network().map_or_else(String::new, |address| address.to_string());
    let nobody = Actor { from: origin.address(), ..Actor::named("nobody") };
    service.summaries.add("sign-in-failed", &nobody, subject, (reason, 1));
}

/// A session ends at once; a token that is presented instead of it goes on.
#[utoipa::path(
    delete,
    path = "/v1/session",
    operation_id = "signOut",
    tag = "people",
    summary = "Sign out: end the session",
    security(("session" = [])),
    extensions(("x-roles" = json!(crate::auth::EVERYBODY))),
    responses(
        (status = 204, description = "It is done; the cookie is taken away."),
        (status = 409, description = "no-session"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(super) async fn sign_out(
    Recognized { principal, .. }: Recognized,
    State(service): State<Arc<Service>>,
) -> Result<Response, Problem> {
    if !principal.has_session {
        let detail =
            "the request comes with a token and not with a session: revoke the token instead";
        return Err(Problem::conflict("no-session", detail));
    }
    let cookie = session_cookie::of_none(&service.config);
    to_the_end(async move {
        let author = AuditedAuthor::new(&service.registry, principal.actor());
        let ended = service.sessions.end(&principal.token, &author).await;
        Ok(ended.map_err(SignInError::from)?)
    })
    .await?;
    Ok(with_cookie(cookie, StatusCode::NO_CONTENT))
}

fn with_cookie(cookie: Option<HeaderValue>, answer: impl IntoResponse) -> Response {
    let mut response = answer.into_response();
    if let Some(cookie) = cookie {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    response
}

/// The person who sends a request: a machine has neither password nor second factor.
pub(super) fn person_of(service: &Service, principal: &Principal) -> Result<Person, Problem> {
    let person = principal.person.and_then(|person| service.roster.person(person));
    person.ok_or_else(|| {
        Problem::forbidden("only a person has an account, and this token is a machine's")
    })
}
