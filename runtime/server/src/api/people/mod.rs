//! People and their grants: looked after by admins, and by owners within what is theirs.

mod account;
mod granting;
mod shown;

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use champollion_fleet::{
    grants::{GrantRole, Place},
    people::{Email, PersonName},
    roster::{Change, NewPerson},
};
use champollion_registry::ledger::AuditEntry;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::{
    Problem,
    authorized::{Authorized, ManagePeople, ReadPeople},
    extract::{JsonBody, Parameters, PathParts, parameter, path_part, to_the_end},
    paging::{self, Listing, PageEnd, Window},
};
use crate::{
    auth::{GroupRefused, Principal, Reach, Scope},
    authors::Author,
    service::Service,
};
use shown::{Shown, seen};

pub(super) use account::{
    __path_change, __path_resume, __path_suspend, change, check_in_force, looked_after, resume,
    suspend,
};
pub(super) use granting::{__path_confirm, __path_grant, __path_revoke, confirm, grant, revoke};

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct PersonList {
    people: Vec<Shown>,
    #[serde(flatten)]
    end: PageEnd,
}

/// A grant that is to be made.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = GrantRequest)]
pub(super) struct WantedGrant {
    /// The place: `territory`, `partner:NAME`, `group:NAME` or `sub-group:GROUP/NAME`.
    scope: Place,
    /// The role that the person has there.
    role: GrantRole,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = PersonRequest)]
pub(super) struct Wanted {
    /// The name of the person.
    name: PersonName,
    /// The first name of the person.
    first_name: PersonName,
    /// The personal e-mail address.
    email: Email,
    /// The place whose owners look after the account; where it is left out, the smallest one of the sender's that
    /// has all the grants.
    home: Option<Place>,
    /// The first grants of the person.
    #[serde(default)]
    grants: Vec<WantedGrant>,
}

#[utoipa::path(
    get,
    path = "/v1/people",
    operation_id = "listPeople",
    tag = "people",
    summary = "List people with their grants",
    params(Listing),
    responses((status = 200, description = "The people that the sender may see, the oldest first.", body = PersonList)),
)]
pub(super) async fn list(
    authorized: Authorized<ReadPeople>,
    State(service): State<Arc<Service>>,
    Parameters(Listing { after, limit }): Parameters<Listing>,
) -> Result<Json<PersonList>, Problem> {
    let from: Option<Uuid> = after.as_deref().map(|id| parameter("after", id)).transpose()?;
    let people = service.roster.people(from).into_iter();
    let shown = people.filter_map(|person| Shown::new(&service, &authorized.reach, person));
    let window = Window::new(after, limit, service.config.http.page_bytes);
    let (people, end) = paging::page(shown, window, Shown::place);
    Ok(Json(PersonList { people, end }))
}

/// A person of others is as unknown as one who does not exist.
#[utoipa::path(
    get,
    path = "/v1/people/{id}",
    operation_id = "getPerson",
    tag = "people",
    summary = "Get a person with the grants",
    responses(
        (status = 200, description = "The person.", body = Shown),
        (status = 404, description = "unknown-person"),
    ),
)]
pub(super) async fn show(
    authorized: Authorized<ReadPeople>,
    State(service): State<Arc<Service>>,
    PathParts(id): PathParts<String>,
) -> Result<Json<Shown>, Problem> {
    let id: Uuid = path_part("person", &id)?;
    Ok(Json(seen(&service, &authorized.reach, id)?))
}

#[utoipa::path(
    post,
    path = "/v1/people",
    operation_id = "addPerson",
    tag = "people",
    summary = "Add a person with the first grants",
    request_body = Wanted,
    responses(
        (status = 201, description = "The person.", body = Shown),
        (status = 400, description = "invalid-role"),
        (status = 404, description = "unknown-partner"),
        (status = 409, description = "email-taken, outside-home, already-granted, too-many-people, too-many-grants"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(super) async fn add(
    authorized: Authorized<ManagePeople>,
    State(service): State<Arc<Service>>,
    JsonBody(wanted): JsonBody<Wanted>,
) -> Result<(StatusCode, Json<Shown>), Problem> {
    let Wanted { name, first_name, email, home, grants } = wanted;
    for grant in &grants {
        may_grant(&authorized.principal, &authorized.reach, &service, grant)?;
    }
    let home = home.unwrap_or_else(|| smallest_home(&authorized.reach, &service, &grants));
    if !authorized.reach.covers(&home) {
        return Err(GroupRefused::OtherPlace(home).into());
    }
    let grants = grants.into_iter().map(|grant| (grant.scope, grant.role)).collect();
    let wish = NewPerson { home, name, first_name, email, grants };
    let author = authorized.author(&service);
    let Authorized { principal, reach, .. } = authorized;
    let added = to_the_end(async move {
        let turn = service.roster.turn().await;
        let change = turn.add_person(wish, &principal.name, Timestamp::now())?;
        let Change { batch, effects, outcome: (person, grants) } = change;
        let details = json!({ "person": person, "grants": grants });
        author.commit(batch, AuditEntry::of_act("person-add", person.id).with(details)).await?;
        turn.apply(effects);
        drop(turn);
        seen(&service, &reach, person.id)
    });
    Ok((StatusCode::CREATED, Json(added.await?)))
}

/// Checks that a sender may grant a role at a place: nobody grants more than they have there.
fn may_grant(
    principal: &Principal,
    reach: &Reach,
    service: &Service,
    grant: &WantedGrant,
) -> Result<(), Problem> {
    let WantedGrant { scope: place, role } = grant;
    if !reach.covers(place) {
        return Err(GroupRefused::OtherPlace(place.clone()).into());
    }
    let own = principal.scopes_at(|own| service.roster.covers(own, place));
    let needed = Scope::all_of(role.as_str());
    match needed.iter().find(|scope| !own.contains(*scope)) {
        None => Ok(()),
        Some(scope) => Err(Problem::forbidden(format!(
            "the role {role} for {place} has the scope {scope}, which you have not there"
        ))),
    }
}

/// The smallest place whose owners can look after an account with these grants: a partner or a group where one has all
/// of them, and else the first place of the sender.
fn smallest_home(reach: &Reach, service: &Service, grants: &[WantedGrant]) -> Place {
    let widened = |place: &Place| {
        let partner = place.group().and_then(|group| service.roster.partner_of(group));
        match (partner, place.group()) {
            (Some(partner), _) => Place::Partner(partner),
            (None, Some(group)) => Place::Group(group.clone()),
            (None, None) => place.clone(),
        }
    };
    let mut homes: Vec<Place> = grants.iter().map(|grant| widened(&grant.scope)).collect();
    homes.dedup();
    let has_all =
        |home: &Place| grants.iter().all(|grant| service.roster.covers(home, &grant.scope));
    let own = reach.places().iter().find(|own| has_all(own));
    match (&homes[..], own.cloned()) {
        ([only], _) if reach.covers(only) => only.clone(),
        (_, Some(own)) => own,
        (_, None) => Place::Territory,
    }
}
