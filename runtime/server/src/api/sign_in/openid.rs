//! Sign-in by OpenID Connect: to the provider, back from it, and out again.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{
            ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, SET_COOKIE,
        },
    },
    response::{IntoResponse, Response},
};
use champollion_fleet::{grants::Place, people::Person};
use champollion_registry::ledger::AuditEntry;
use champollion_store::Batch;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Begun;
use crate::{
    api::{
        Problem,
        authorized::{Authorized, ManagePeople, Origin, Recognized},
        bodiless::NoBody,
        extract::{Parameters, PathParts, to_the_end},
        people::looked_after,
        session_cookie::{self, pending_of, session_of},
    },
    authors::{AuditedAuthor, Author},
    service::Service,
    sign_in::{
        Session, SignInError, SignedIn,
        openid::{Asserted, OpenidError, Pending, Provider},
    },
};

/// The policy of the page after a sign-in, which loads nothing.
const POLICY: &str =
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Longest words of a provider that are shown, in characters.
const WORDS: usize = 200;

/// The parameters of a sign-in that begins.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct Beginning {
    /// The home of the account that is meant, where the person has several.
    #[param(inline)]
    home: Option<Place>,
}

/// The parameters of the way back. Providers add others of their own.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct Back {
    /// The state of the sign-in, as the browser was sent with it.
    state: Option<String>,
    /// The code by which the provider tells who has signed in.
    code: Option<String>,
    /// The reason why the provider has signed nobody in.
    error: Option<String>,
    /// The same in words.
    error_description: Option<String>,
}

/// A session that has ended here.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EndedSession)]
pub(in crate::api) struct Ended {
    /// The address at which the browser ends the session at the provider too; absent where the provider has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    end_at: Option<String>,
}

/// The browser is sent to the provider, and comes back to `/v1/session/openid/callback`.
#[utoipa::path(
    get,
    path = "/v1/session/openid",
    operation_id = "beginOpenid",
    tag = "people",
    summary = "Begin to sign in by OpenID Connect",
    params(Beginning),
    responses(
        (
            status = 303,
            description = "The address of the provider; a cookie is set that knows the way back.",
            headers(
                ("Location" = String, description = "The address of the provider."),
                ("Set-Cookie" = String, description = "The cookie of the sign-in."),
            ),
        ),
        (status = 409, description = "no-openid"),
        (status = 503, description = "openid-unreachable"),
    ),
)]
pub(in crate::api) async fn begin(
    State(service): State<Arc<Service>>,
    Parameters(Beginning { home }): Parameters<Beginning>,
) -> Result<Response, Problem> {
    let provider = provider(&service)?;
    let pending = Pending::begin(home)?;
    let address = provider.begin(&pending).await?;
    let cookie = session_cookie::of_pending(Some(&pending.written()), &service.config);
    let address = HeaderValue::from_str(&address).map_err(|error| Problem::internal(&error))?;
    let mut response = StatusCode::SEE_OTHER.into_response();
    response.headers_mut().insert(LOCATION, address);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(cookie) = cookie {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    Ok(response)
}

/// A person is found by the issuer and the subject, and the first time by the e-mail address that the provider has
/// verified. Nobody gets an account by signing in. Browsers get a page, programs the session as JSON.
#[utoipa::path(
    get,
    path = "/v1/session/openid/callback",
    operation_id = "endOpenidSignIn",
    tag = "people",
    summary = "End to sign in by OpenID Connect: come back from the provider",
    params(Back),
    extensions(("x-foreign-format" = json!(true))),
    responses(
        (
            status = 200,
            description = "The session; its cookie is set.",
            content((Begun = "application/json"), (String = "text/html")),
            headers(("Set-Cookie" = String, description = "The cookie of the session.")),
        ),
        (status = 400, description = "openid-not-begun, invalid-query"),
        (status = 403, description = "openid-refused, openid-untrusted, no-account"),
        (status = 409, description = "no-openid, several-accounts"),
        (status = 503, description = "openid-unreachable, not-kept"),
        (status = 507, description = "audit-full"),
    ),
)]
pub(in crate::api) async fn callback(
    State(service): State<Arc<Service>>,
    origin: Origin,
    headers: HeaderMap,
    Parameters(back): Parameters<Back>,
) -> Result<Response, Problem> {
    provider(&service)?;
    let Back { state, code, error, error_description } = back;
    let kept = pending_of(&headers, &service.config).ok_or(OpenidError::NotBegun)?;
    let pending = Pending::read(kept, &state.ok_or(OpenidError::NotBegun)?)?;
    if let Some(error) = error {
        let said = error_description.map(|words| format!(" ({words})")).unwrap_or_default();
        let words: String = format!("{error}{said}").chars().take(WORDS).collect();
        return Err(OpenidError::Refused(words.replace(char::is_control, " ")).into());
    }
    let code = code.ok_or_else(|| OpenidError::Refused("neither code nor error".to_owned()))?;
    let before = session_of(&headers, &service.config).map(str::to_owned);
    let of_service = Arc::clone(&service);
    let begun = to_the_end(async move {
        let service = of_service;
        let asserted = provider(&service)?.finish(code, &pending).await?;
        let person = linked(&service, &origin, &asserted, pending.home.as_ref()).await?;
        let author = AuditedAuthor::new(&service.registry, origin.actor(person.full_name()));
        let (batch, now) = (Batch::new(), Timestamp::now());
        let signed_in = SignedIn { person: person.id, said_factor: asserted.second_factor };
        let begun = service.sessions.begin(signed_in, before.as_deref(), batch, &author, now).await;
        let (secret, session) = begun.map_err(SignInError::from)?;
        service.identities.remember(&session.id, asserted.id_token);
        Ok((secret, session, person))
    });
    let (secret, session, person) = begun.await?;
    let now = Timestamp::now();
    let cookies = [
        session_cookie::of_session(secret.reveal(), &session, &service.config, now),
        session_cookie::of_pending(None, &service.config),
    ];
    let mut response = answer(&headers, &person, &session);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    for cookie in cookies.into_iter().flatten() {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(response)
}

/// The session ends at once, whether the provider answers or not.
#[utoipa::path(
    post,
    path = "/v1/session/openid/end",
    operation_id = "signOutOfOpenid",
    tag = "people",
    summary = "Sign out, and get the address at which the provider signs out too",
    security(("session" = [])),
    extensions(("x-roles" = json!(crate::auth::EVERYBODY))),
    responses(
        (status = 200, description = "The session has ended; its cookie is taken away.", body = Ended),
        (status = 409, description = "no-session, no-openid"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(in crate::api) async fn end(
    Recognized { principal, .. }: Recognized,
    State(service): State<Arc<Service>>,
    NoBody: NoBody,
) -> Result<Response, Problem> {
    provider(&service)?;
    if !principal.has_session {
        let detail =
            "the request comes with a token and not with a session: revoke the token instead";
        return Err(Problem::conflict("no-session", detail));
    }
    let cookie = session_cookie::of_none(&service.config);
    let end_at = to_the_end(async move {
        let author = AuditedAuthor::new(&service.registry, principal.actor());
        let assertion = service.identities.recall(&principal.token);
        let ended = service.sessions.end(&principal.token, &author).await;
        ended.map_err(SignInError::from)?;
        let end_at = provider(&service)?.end(assertion.as_deref()).await;
        Ok(end_at.unwrap_or_else(|error| {
            tracing::warn!(%error, "a person signs out here alone");
            None
        }))
    });
    let end_at = end_at.await?;
    Ok(super::with_cookie(cookie, (StatusCode::OK, Json(Ended { end_at }))))
}

/// For a person whose identity at the provider is another one now: the next sign-in links it, by the e-mail address.
#[utoipa::path(
    delete,
    path = "/v1/people/{id}/openid",
    operation_id = "unlinkOpenid",
    tag = "people",
    summary = "Take the identity at the provider of OpenID Connect from a person",
    responses(
        (status = 204, description = "It is done; the sessions of the person have ended."),
        (status = 404, description = "unknown-person"),
        (status = 409, description = "no-identity"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(in crate::api) async fn unlink(
    authorized: Authorized<ManagePeople>,
    State(service): State<Arc<Service>>,
    PathParts(id): PathParts<String>,
) -> Result<StatusCode, Problem> {
    let id = looked_after(&authorized, &service, &id)?;
    let author = authorized.author(&service);
    to_the_end(async move {
        let mut batch = Batch::new();
        if service.identities.unlink(&mut batch, id).is_none() {
            let detail = "the person has never signed in by OpenID Connect";
            return Err(Problem::conflict("no-identity", detail));
        }
        let ended = service.sessions.end_all(id, &mut batch);
        let act = AuditEntry::of_act("openid-unlink", id);
        author.commit(batch, act.essential()).await?;
        service.identities.know(id, None);
        service.sessions.forget(&ended);
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

fn provider(service: &Service) -> Result<&Provider, OpenidError> {
    service.provider.as_ref().ok_or(OpenidError::NotConfigured)
}

/// The person that a provider asserts, linked from the first time on.
async fn linked(
    service: &Service,
    origin: &Origin,
    asserted: &Asserted,
    home: Option<&Place>,
) -> Result<Person, Problem> {
    let (person, identity) = service.person_of_identity(asserted, home).inspect_err(|error| {
        let reason = "openid";
        tracing::info!(%error, "nobody is signed in by OpenID Connect");
        metrics::counter!("champollion_sign_ins_failed_total", "reason" => reason).increment(1);
    })?;
    let Some(identity) = identity else { return Ok(person) };
    let mut batch = Batch::new();
    service.identities.link(&mut batch, person.id, &identity).map_err(SignInError::from)?;
    let details = json!({ "issuer": identity.issuer });
    let act = AuditEntry::of_act("openid-link", person.id).with(details);
    let author = AuditedAuthor::new(&service.registry, origin.actor(person.full_name()));
    author.commit(batch, act).await?;
    service.identities.know(person.id, Some(identity));
    Ok(person)
}

/// The session as JSON, or for a browser as a page: the cookie of a session is not sent with what another site leads
/// to, so the browser goes on by a page of this one.
fn answer(headers: &HeaderMap, person: &Person, session: &Session) -> Response {
    let accepts =
        headers.get(ACCEPT).and_then(|accepted| accepted.to_str().ok()).unwrap_or_default();
    let name = person.full_name();
    if !accepts.contains("text/html") {
        let begun = Begun { person: person.id, name, ends_at: session.ends_at };
        return (StatusCode::OK, Json(begun)).into_response();
    }
    let page = include_str!("openid/page.html").replace("{name}", &escaped(&name));
    let headers = [(CONTENT_TYPE, "text/html; charset=utf-8"), (CONTENT_SECURITY_POLICY, POLICY)];
    (headers, page).into_response()
}

/// A text as HTML has it.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_text_and_no_markup() {
        assert_eq!(
            escaped("<b>\"A\" & 'B'</b>"),
            "&lt;b&gt;&quot;A&quot; &amp; &#39;B&#39;&lt;/b&gt;"
        );
        assert_eq!(escaped("Zoë"), "Zoë");
    }
}
