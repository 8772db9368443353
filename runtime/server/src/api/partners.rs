//! Partners and the groups that they own: added and changed by admins, seen by their owners.

use std::{collections::BTreeSet, sync::Arc};

use axum::{Json, extract::State, http::StatusCode};
use champollion_delivery::dispatch::ShownRoute;
use champollion_fleet::{
    grants::Place,
    names::{GroupId, PartnerId},
    partners::{Partner, PartnerWithGroups},
    roster::{Change, RosterError},
};
use champollion_registry::ledger::AuditEntry;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Problem,
    authorized::{Authorized, ManagePartners, ReadPeople},
    extract::{JsonBody, Parameters, PathParts, parameter, path_part, to_the_end},
    paging::{self, Listing, PageEnd, Window},
};
use crate::{
    auth::{Reach, TokenInfo},
    authors::Author,
    service::Service,
};

/// Most tokens, and most routes, that are named of groups that leave.
const STAYING: usize = 1_000;

/// A partner with its groups.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Partner)]
pub(super) struct Shown {
    /// The short name, which grants use.
    id: PartnerId,
    /// The name for people.
    name: String,
    /// The groups that it owns, in the order of their names.
    groups: Vec<GroupId>,
    /// The moment at which it was added.
    created_at: Timestamp,
    /// The tokens and routes that go on under the next owner of groups that have left; absent where none has left.
    #[serde(skip_serializing_if = "Option::is_none")]
    staying: Option<Staying>,
}

impl From<PartnerWithGroups> for Shown {
    fn from(found: PartnerWithGroups) -> Self {
        let Partner { id, name, created_at, .. } = found.partner;
        Self { id, name, groups: found.groups, created_at, staying: None }
    }
}

/// The things that stay with groups that leave a partner, a thousand of each kind at most: they were made by the
/// partner's people, maybe, and go on unless they are ended.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Staying {
    /// The tokens of machines of these groups, and of parts of them.
    tokens: Vec<StayingToken>,
    /// The routes of these groups.
    routes: Vec<StayingRoute>,
}

/// A token that stays with its group.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct StayingToken {
    /// The group in question.
    group: GroupId,
    /// The id by which the token is revoked.
    id: String,
    /// The name of the token.
    name: String,
}

/// A route that stays with its group.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct StayingRoute {
    /// The group in question.
    group: GroupId,
    /// The name of the route.
    name: String,
}

impl Staying {
    async fn of(service: &Service, leaving: &BTreeSet<GroupId>) -> Result<Option<Self>, Problem> {
        if leaving.is_empty() {
            return Ok(None);
        }
        let now = Timestamp::now();
        let staying = |token: TokenInfo| {
            let group = token.role.group().filter(|group| leaving.contains(*group))?.clone();
            let is_in_force = token.expires_at.is_none_or(|end| end > now);
            is_in_force.then_some(StayingToken { group, id: token.id, name: token.name })
        };
        let tokens = service.tokens.list().into_iter().filter_map(staying).take(STAYING).collect();
        let routes = service.dispatcher.list(Some(leaving), None, STAYING).await?.into_iter();
        let route =
            |shown: ShownRoute| StayingRoute { group: shown.group, name: shown.name.to_string() };
        Ok(Some(Self { tokens, routes: routes.map(route).collect() }))
    }
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct PartnerList {
    partners: Vec<Shown>,
    #[serde(flatten)]
    end: PageEnd,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = PartnerRequest)]
pub(super) struct Wanted {
    /// The short name, which never changes.
    id: PartnerId,
    /// The name for people.
    name: String,
    /// The groups that it owns from now on.
    #[serde(default)]
    groups: BTreeSet<GroupId>,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = PartnerChange)]
pub(super) struct Changed {
    /// Another name for people.
    name: Option<String>,
    /// Groups that it owns beside those of before.
    #[serde(default)]
    add_groups: BTreeSet<GroupId>,
    /// Groups that it owns no more.
    #[serde(default)]
    remove_groups: BTreeSet<GroupId>,
}

#[utoipa::path(
    get,
    path = "/v1/partners",
    operation_id = "listPartners",
    tag = "people",
    summary = "List partners with their groups",
    params(Listing),
    responses((status = 200, description = "The partners that the sender may see.", body = PartnerList)),
)]
pub(super) async fn list(
    authorized: Authorized<ReadPeople>,
    State(service): State<Arc<Service>>,
    Parameters(Listing { after, limit }): Parameters<Listing>,
) -> Result<Json<PartnerList>, Problem> {
    let from: Option<PartnerId> =
        after.as_deref().map(|name| parameter("after", name)).transpose()?;
    let partners = service.roster.partners(from.as_ref()).into_iter();
    let own = partners.filter(|found| sees(&authorized.reach, &found.partner.id)).map(Shown::from);
    let window = Window::new(after, limit, service.config.http.page_bytes);
    let (partners, end) = paging::page(own, window, |shown: &Shown| shown.id.to_string());
    Ok(Json(PartnerList { partners, end }))
}

#[utoipa::path(
    post,
    path = "/v1/partners",
    operation_id = "addPartner",
    tag = "people",
    summary = "Add a partner with the groups that it owns",
    request_body = Wanted,
    responses(
        (status = 201, description = "The partner.", body = Shown),
        (status = 400, description = "invalid-name"),
        (status = 409, description = "partner-exists, group-owned"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(super) async fn add(
    authorized: Authorized<ManagePartners>,
    State(service): State<Arc<Service>>,
    JsonBody(Wanted { id, name, groups }): JsonBody<Wanted>,
) -> Result<(StatusCode, Json<Shown>), Problem> {
    let author = authorized.author(&service);
    let added = to_the_end(async move {
        let turn = service.roster.turn().await;
        let change = turn.add_partner(id, &name, groups, Timestamp::now())?;
        let Change { batch, effects, outcome } = change;
        let shown = Shown::from(outcome);
        let act = AuditEntry::of_act("partner-add", &shown.id).with(json!(shown));
        author.commit(batch, act).await?;
        turn.apply(effects);
        Ok(shown)
    });
    Ok((StatusCode::CREATED, Json(added.await?)))
}

/// A partner of others is as unknown as one that does not exist.
#[utoipa::path(
    get,
    path = "/v1/partners/{partner}",
    operation_id = "getPartner",
    tag = "people",
    summary = "Get a partner with its groups",
    responses(
        (status = 200, description = "The partner.", body = Shown),
        (status = 404, description = "unknown-partner"),
    ),
)]
pub(super) async fn show(
    authorized: Authorized<ReadPeople>,
    State(service): State<Arc<Service>>,
    PathParts(partner): PathParts<String>,
) -> Result<Json<Shown>, Problem> {
    let id: PartnerId = path_part("partner", &partner)?;
    let found = service.roster.partner(&id).filter(|_| sees(&authorized.reach, &id));
    Ok(Json(found.ok_or(RosterError::UnknownPartner(id))?.into()))
}

/// Grants for a group that leaves end, where the account of their person belongs to the partner. Tokens of machines and
/// routes stay with the group, and are named.
#[utoipa::path(
    patch,
    path = "/v1/partners/{partner}",
    operation_id = "changePartner",
    tag = "people",
    summary = "Give a partner another name, more groups or fewer",
    request_body = Changed,
    responses(
        (status = 200, description = "The partner.", body = Shown),
        (status = 400, description = "invalid-name"),
        (status = 404, description = "unknown-partner"),
        (status = 409, description = "group-owned, group-not-owned"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(super) async fn change(
    authorized: Authorized<ManagePartners>,
    State(service): State<Arc<Service>>,
    PathParts(partner): PathParts<String>,
    JsonBody(Changed { name, add_groups, remove_groups }): JsonBody<Changed>,
) -> Result<Json<Shown>, Problem> {
    let id: PartnerId = path_part("partner", &partner)?;
    let author = authorized.author(&service);
    let changed = to_the_end(async move {
        let staying = Staying::of(&service, &remove_groups).await?;
        let turn = service.roster.turn().await;
        let details = json!({ "name": name, "added": add_groups, "removed": remove_groups });
        let groups = (add_groups, remove_groups);
        let change = turn.change_partner(&id, name.as_deref(), groups, Timestamp::now())?;
        let Change { batch, effects, outcome } = change;
        author.commit(batch, AuditEntry::of_act("partner-change", &id).with(details)).await?;
        turn.apply(effects);
        Ok(Shown { staying, ..outcome.into() })
    });
    Ok(Json(changed.await?))
}

fn sees(reach: &Reach, partner: &PartnerId) -> bool {
    reach.covers(&Place::Partner(partner.clone()))
}
