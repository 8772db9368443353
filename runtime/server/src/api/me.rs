//! The holder of a token: the sender of a request learns who it is here, and what it may do.

use std::sync::Arc;

use axum::{Json, extract::State};
use champollion_delivery::names::GroupId;
use champollion_lns::NetworkServerName;
use jiff::Timestamp;
use serde::Serialize;

use super::{Problem, authorized::Recognized};
use crate::{
    auth::{Principal, Scope},
    service::Service,
};

/// The holder of a token.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Me)]
pub(super) struct Me {
    /// The id of the token, by which it is revoked.
    token: String,
    /// The name of the token.
    name: String,
    /// The role of the token.
    #[schema(example = "partner")]
    role: &'static str,
    /// The groups whose records and routes it sees; absent of an admin, who sees all.
    #[serde(skip_serializing_if = "Option::is_none")]
    groups: Option<Vec<GroupId>>,
    /// All that it may do: the scopes of its role, or those that the token is narrowed to.
    scopes: Vec<Scope>,
    /// The network server that it speaks for, where it is bound to one.
    #[serde(skip_serializing_if = "Option::is_none")]
    network_server: Option<NetworkServerName>,
    /// The moment at which the token ends; absent where it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
}

/// Every token may ask, whatever it is narrowed to.
#[utoipa::path(
    get,
    path = "/v1/me",
    operation_id = "getMe",
    tag = "tokens",
    summary = "Get the holder of the token, and what it may do",
    security(("token" = []), ("password" = [])),
    extensions(("x-roles" = json!(["admin", "lns", "partner", "publisher"]))),
    responses((status = 200, description = "The holder of the token.", body = Me)),
)]
pub(super) async fn show(
    Recognized(principal): Recognized,
    State(service): State<Arc<Service>>,
) -> Result<Json<Me>, Problem> {
    let tokens = service.tokens.list();
    let own = tokens.into_iter().find(|token| token.id == principal.token);
    let expires_at = own.and_then(|token| token.expires_at);
    let scopes = Scope::ALL.into_iter().filter(|scope| principal.may(*scope)).collect();
    let sees_all = principal.role == crate::auth::Role::Admin;
    let groups = (!sees_all).then(|| principal.own_group().cloned().into_iter().collect());
    let role = principal.role.name();
    let Principal { token, name, network_server, .. } = principal;
    Ok(Json(Me { token, name, role, groups, scopes, network_server, expires_at }))
}
