//! The holder of a token: the sender of a request learns who it is here, and what it may do.

use std::sync::Arc;

use axum::{Json, extract::State};
use champollion_fleet::{
    grants::Place,
    names::GroupId,
    people::{Email, Person, PersonName},
};
use champollion_lns::NetworkServerName;
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::{Problem, authorized::Recognized};
use crate::{
    auth::{EVERYBODY, Principal, Scope, Standing},
    service::Service,
};

/// The holder of a token.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Me)]
pub(super) struct Me {
    /// The id of the token, by which it is revoked, or of the session.
    token: String,
    /// The name of the token, or of the person whose it is.
    name: String,
    /// The role of the token: that of a machine, or `person`.
    #[schema(example = "partner")]
    role: &'static str,
    /// The person whose token it is; absent of a machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<MyPerson>,
    /// The roles and where they are had: those of a person's grants, or of the token.
    grants: Vec<MyGrant>,
    /// The groups whose records and routes it sees; absent of an admin, who sees all.
    #[serde(skip_serializing_if = "Option::is_none")]
    groups: Option<Vec<GroupId>>,
    /// All that it may do: the scopes of its role, or those that the token is narrowed to.
    scopes: Vec<Scope>,
    /// The network server that it speaks for, where it is bound to one.
    #[serde(skip_serializing_if = "Option::is_none")]
    network_server: Option<NetworkServerName>,
    /// The time zone of the territory, by whose clocks people are told moments.
    #[schema(example = "Europe/Paris")]
    time_zone: String,
    /// The moment at which the token ends; absent where it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
}

/// The person whose token is used.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct MyPerson {
    id: Uuid,
    name: PersonName,
    first_name: PersonName,
    email: Email,
}

/// A role and where it is had.
#[derive(Serialize, utoipa::ToSchema)]
struct MyGrant {
    #[schema(example = "reader")]
    role: &'static str,
    /// Absent of a role that reaches no group.
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<Place>,
}

/// Every token may ask, whatever it is narrowed to.
#[utoipa::path(
    get,
    path = "/v1/me",
    operation_id = "getMe",
    tag = "tokens",
    summary = "Get the holder of the token, and what it may do",
    security(("token" = []), ("password" = []), ("session" = [])),
    extensions(("x-roles" = json!(EVERYBODY))),
    responses((status = 200, description = "The holder of the token.", body = Me)),
)]
pub(super) async fn show(
    Recognized { principal, reach }: Recognized,
    State(service): State<Arc<Service>>,
) -> Result<Json<Me>, Problem> {
    let own = service.tokens.in_force(&principal.token, Timestamp::now());
    let uses = service.tokens.last_uses();
    let session = service.sessions.in_force(&principal.token, uses, Timestamp::now());
    let expires_at = own.as_ref().and_then(|token| token.expires_at);
    let expires_at = expires_at.or(session.map(|session| session.ends_at));
    let role = own.as_ref().map_or("person", |token| token.role.name());
    let scopes = Scope::ALL.into_iter().filter(|scope| principal.may(*scope)).collect();
    let groups = reach.own_groups().map(|groups| groups.into_iter().collect());
    let person = principal.person.and_then(|person| service.roster.person(person));
    let person = person.map(|person| {
        let Person { id, name, first_name, email, .. } = person;
        MyPerson { id, name, first_name, email }
    });
    let Principal { token, name, network_server, standings, .. } = principal;
    let grant = |Standing { role, place: scope, .. }| MyGrant { role, scope };
    let grants = standings.into_iter().map(grant).collect();
    let time_zone = service.config.territory.time_zone.to_string();
    Ok(Json(Me {
        token,
        name,
        role,
        person,
        grants,
        groups,
        scopes,
        network_server,
        time_zone,
        expires_at,
    }))
}
