//! Tokens that people make for themselves: with one a program does what its person may do.

use std::{collections::BTreeSet, sync::Arc};

use axum::{Json, extract::State, http::StatusCode};
use champollion_registry::ledger::Actor;
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    Problem,
    authorized::{Recognized, check_second_factor},
    extract::{JsonBody, Parameters, PathParts, parameter, to_the_end},
    paging::{self, Listing, Window},
    sign_in::person_of,
    tokens::{Created, Shown, TokenList, made, maker_of, no_later},
};
use crate::{
    auth::{Principal, Role, Scope, TokenError, TokenInfo, TokenPlace, TokenRequest},
    authors::AuditedAuthor,
    service::Service,
};

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = OwnTokenRequest)]
pub(super) struct Wanted {
    /// The purpose of the token, in the person's words.
    name: String,
    /// The scopes that it is narrowed to; all that the person's grants give where they are left out.
    scopes: Option<BTreeSet<Scope>>,
    /// The moment at which it ends; never where it is left out.
    expires_at: Option<Timestamp>,
}

/// It does what the grants of the person say at the moment it is used, and ends with a suspension. The sender has a
/// session, or a token that is not narrowed, after which the new one does not end.
#[utoipa::path(
    post,
    path = "/v1/me/tokens",
    operation_id = "createOwnToken",
    tag = "tokens",
    summary = "Make a token of the sender, who is a person",
    request_body = Wanted,
    security(("session" = []), ("token" = []), ("password" = [])),
    extensions(("x-roles" = json!(crate::auth::EVERYBODY))),
    responses(
        (status = 201, description = "The token. Its secret is shown once.", body = Created),
        (status = 400, description = "invalid-scopes, name-too-long, invalid-name, expires-in-the-past"),
        (status = 409, description = "too-many-tokens, person-suspended"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(super) async fn create(
    Recognized { principal, .. }: Recognized,
    State(service): State<Arc<Service>>,
    JsonBody(Wanted { name, scopes, expires_at }): JsonBody<Wanted>,
) -> Result<(StatusCode, Json<Created>), Problem> {
    let person = person_of(&service, &principal)?;
    check_manages_own(&principal)?;
    // A token would do at once what the session may not.
    check_second_factor(&service, &principal).await?;
    let expires_at = no_later(&service, &principal, expires_at)?;
    let role = Role::Person { person: person.id };
    let created_by = Some(maker_of(&service, &principal));
    let wish = TokenRequest { name, role, scopes, expires_at, network_server: None, created_by };
    let author = author(&service, &principal);
    let created =
        to_the_end(async move { Ok(Created::from(made(&service, wish, &author).await?)) });
    Ok((StatusCode::CREATED, Json(created.await?)))
}

#[utoipa::path(
    get,
    path = "/v1/me/tokens",
    operation_id = "listOwnTokens",
    tag = "tokens",
    summary = "List the tokens of the sender, who is a person",
    params(Listing),
    security(("session" = []), ("token" = []), ("password" = [])),
    extensions(("x-roles" = json!(crate::auth::EVERYBODY))),
    responses((status = 200, description = "The tokens, without their secrets.", body = TokenList)),
)]
pub(super) async fn list(
    Recognized { principal, .. }: Recognized,
    State(service): State<Arc<Service>>,
    Parameters(Listing { after, limit }): Parameters<Listing>,
) -> Result<Json<TokenList>, Problem> {
    let person = person_of(&service, &principal)?;
    let from: Option<TokenPlace> =
        after.as_deref().map(|place| parameter("after", place)).transpose()?;
    let later = |token: &TokenInfo| from.as_ref().is_none_or(|from| token.place() > *from);
    let own = service.tokens.list().into_iter().filter(|token| is_of(token, person.id));
    let shown = own.filter(later).map(|token| Shown::new(&service, token));
    let window = Window::new(after, limit, service.config.http.page_bytes);
    let (tokens, end) = paging::page(shown, window, Shown::place);
    Ok(Json(TokenList { tokens, end }))
}

/// A token of others is as unknown as one that does not exist.
#[utoipa::path(
    delete,
    path = "/v1/me/tokens/{id}",
    operation_id = "revokeOwnToken",
    tag = "tokens",
    summary = "Revoke a token of the sender, who is a person",
    security(("session" = []), ("token" = []), ("password" = [])),
    extensions(("x-roles" = json!(crate::auth::EVERYBODY))),
    responses(
        (status = 204, description = "It is done."),
        (status = 404, description = "unknown-token"),
        (status = 409, description = "last-admin"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(super) async fn revoke(
    Recognized { principal, .. }: Recognized,
    State(service): State<Arc<Service>>,
    PathParts(id): PathParts<String>,
) -> Result<StatusCode, Problem> {
    let person = person_of(&service, &principal)?;
    check_manages_own(&principal)?;
    let mut own = service.tokens.list().into_iter().filter(|token| is_of(token, person.id));
    if !own.any(|token| token.id == id) {
        return Err(TokenError::NoSuchToken(id).into());
    }
    let author = author(&service, &principal);
    to_the_end(async move {
        let people = || service.roster.administrators();
        service.tokens.revoke(&id, &people, Timestamp::now(), &author).await?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// Checks that the sender has a session, or a token that is not narrowed: with another one somebody could take the
/// account over for good.
fn check_manages_own(principal: &Principal) -> Result<(), Problem> {
    let Some(own) = &principal.scopes else { return Ok(()) };
    let own: Vec<&str> = own.iter().map(|scope| scope.as_str()).collect();
    Err(Problem::forbidden(format!(
        "this token is narrowed to {}: sign in, or use a token that is not narrowed, to make and revoke your tokens",
        own.join(", ")
    )))
}

fn is_of(token: &TokenInfo, person: Uuid) -> bool {
    token.role.person() == Some(person)
}

fn author(service: &Service, principal: &Principal) -> AuditedAuthor {
    let by: Actor = principal.actor();
    AuditedAuthor::new(&service.registry, by)
}
