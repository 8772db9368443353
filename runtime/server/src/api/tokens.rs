//! Tokens: made, listed and revoked by admins.

use std::{collections::BTreeSet, sync::Arc};

use axum::{Json, extract::State, http::StatusCode};
use champollion_delivery::names::GroupId;
use champollion_lns::NetworkServerName;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Problem,
    authorized::{Authorized, ManageTokens},
    extract::{JsonBody, Parameters, PathParts, parameter, to_the_end},
    known_network_server::check_known,
    paging::{self, Listing, PageEnd, Window},
};
use crate::{
    auth::{Principal, Role, Scope, TokenInfo, TokenPlace, TokenRequest},
    service::Service,
};

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = TokenRequest)]
pub(super) struct Wanted {
    name: String,
    role: String,
    group: Option<GroupId>,
    scopes: Option<BTreeSet<Scope>>,
    expires_at: Option<Timestamp>,
    network_server: Option<NetworkServerName>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = NewToken)]
pub(super) struct Created {
    #[serde(flatten)]
    info: TokenInfo,
    /// Shown here, and nowhere again.
    token: String,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct TokenList {
    tokens: Vec<TokenInfo>,
    #[serde(flatten)]
    end: PageEnd,
}

#[utoipa::path(
    post,
    path = "/v1/tokens",
    operation_id = "createToken",
    tag = "tokens",
    summary = "Make a token",
    request_body = Wanted,
    responses(
        (status = 201, description = "The token. Its secret is shown once.", body = Created),
        (
            status = 400,
            description = "invalid-scopes, invalid-role, unknown-network-server, name-too-long, \
                           expires-in-the-past",
        ),
        (status = 503, description = "not-kept"),
        (status = 409, description = "quota-exceeded"),
    ),
)]
pub(super) async fn create(
    authorized: Authorized<ManageTokens>,
    State(service): State<Arc<Service>>,
    JsonBody(wanted): JsonBody<Wanted>,
) -> Result<(StatusCode, Json<Created>), Problem> {
    let role = Role::new(&wanted.role, wanted.group)
        .map_err(|error| Problem::bad_request("invalid-role", error.to_string()))?;
    if let Some(name) = &wanted.network_server {
        if role != Role::Lns {
            let detail = "only a token of the role lns is bound to a network server";
            return Err(Problem::bad_request("invalid-role", detail));
        }
        check_known(&service, name)?;
    }
    let Wanted { name, scopes, expires_at, network_server, .. } = wanted;
    may_grant(&authorized.principal, scopes.as_ref())?;
    let author = authorized.author(&service);
    let wish = TokenRequest { name, role, scopes, expires_at, network_server };
    let token =
        to_the_end(
            async move { Ok(service.tokens.create(wish, Timestamp::now(), &author).await?) },
        )
        .await?;
    let created = Created { token: token.secret.reveal().to_owned(), info: token.info };
    Ok((StatusCode::CREATED, Json(created)))
}

/// Whether a token may make another one: a token that is narrowed to some scopes gives no others away.
fn may_grant(principal: &Principal, wanted: Option<&BTreeSet<Scope>>) -> Result<(), Problem> {
    let Some(own) = &principal.scopes else { return Ok(()) };
    if wanted.is_some_and(|wanted| wanted.is_subset(own)) {
        return Ok(());
    }
    let own: Vec<&str> = own.iter().map(|scope| scope.as_str()).collect();
    Err(Problem::forbidden(format!(
        "this token is narrowed to {}: it makes tokens of these scopes alone",
        own.join(", ")
    )))
}

#[utoipa::path(
    get,
    path = "/v1/tokens",
    operation_id = "listTokens",
    tag = "tokens",
    summary = "List all tokens, without their secrets",
    params(Listing),
    responses((status = 200, description = "The tokens.", body = TokenList)),
)]
pub(super) async fn list(
    _: Authorized<ManageTokens>,
    State(service): State<Arc<Service>>,
    Parameters(Listing { after, limit }): Parameters<Listing>,
) -> Result<Json<TokenList>, Problem> {
    let from: Option<TokenPlace> =
        after.as_deref().map(|place| parameter("after", place)).transpose()?;
    let later = |token: &TokenInfo| from.as_ref().is_none_or(|from| token.place() > *from);
    let tokens = service.tokens.list().into_iter().filter(later);
    let place = |token: &TokenInfo| token.place().to_string();
    let (tokens, end) =
        paging::page(tokens, Window::new(after, limit, service.config.http.page_bytes), place);
    Ok(Json(TokenList { tokens, end }))
}

#[utoipa::path(
    delete,
    path = "/v1/tokens/{id}",
    operation_id = "revokeToken",
    tag = "tokens",
    summary = "Revoke a token",
    responses(
        (status = 204, description = "It is done."),
        (status = 404, description = "unknown-token"),
        (status = 503, description = "not-kept"),
        (status = 409, description = "last-admin"),
    ),
)]
pub(super) async fn revoke(
    authorized: Authorized<ManageTokens>,
    State(service): State<Arc<Service>>,
    PathParts(id): PathParts<String>,
) -> Result<StatusCode, Problem> {
    let author = authorized.author(&service);
    to_the_end(async move {
        service.tokens.revoke(&id, Timestamp::now(), &author).await?;
        Ok(())
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}
