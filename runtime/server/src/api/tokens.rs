//! Tokens: made, listed and revoked by admins.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use champollion_delivery::GroupId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Problem,
    extract::{JsonBody, PathParts},
};
use crate::{
    auth::{Administer, Authorized, Role, TokenInfo},
    service::Service,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Wanted {
    name: String,
    role: String,
    group: Option<GroupId>,
    expires_at: Option<Timestamp>,
}

#[derive(Serialize)]
pub(super) struct Created {
    #[serde(flatten)]
    info: TokenInfo,
    /// Shown here, and nowhere again.
    token: String,
}

#[derive(Serialize)]
pub(super) struct TokenList {
    tokens: Vec<TokenInfo>,
}

pub(super) async fn create(
    _: Authorized<Administer>,
    State(service): State<Arc<Service>>,
    JsonBody(wanted): JsonBody<Wanted>,
) -> Result<(StatusCode, Json<Created>), Problem> {
    let role = Role::new(&wanted.role, wanted.group)
        .map_err(|error| Problem::bad_request("invalid-role", error.to_string()))?;
    let token =
        service.tokens.create(&wanted.name, role, Timestamp::now(), wanted.expires_at).await?;
    let created = Created { token: token.secret.reveal().to_owned(), info: token.info };
    Ok((StatusCode::CREATED, Json(created)))
}

pub(super) async fn list(
    _: Authorized<Administer>,
    State(service): State<Arc<Service>>,
) -> Json<TokenList> {
    Json(TokenList { tokens: service.tokens.list() })
}

pub(super) async fn revoke(
    _: Authorized<Administer>,
    State(service): State<Arc<Service>>,
    PathParts(id): PathParts<String>,
) -> Result<StatusCode, Problem> {
    service.tokens.revoke(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}
