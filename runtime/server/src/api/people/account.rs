//! Accounts of people: corrected, suspended and resumed.

use std::sync::Arc;

use axum::{Json, extract::State};
use champollion_fleet::{
    people::{Email, PersonName},
    roster::{Change, Correction, RosterError},
};
use champollion_registry::ledger::AuditEntry;
use champollion_store::Batch;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::MutexGuard;
use uuid::Uuid;

use super::{
    WantedGrant, may_grant,
    shown::{Shown, seen},
};
use crate::{
    api::{
        Problem,
        authorized::{Authorized, ManagePeople},
        bodiless::NoBody,
        extract::{JsonBody, PathParts, path_part, to_the_end},
    },
    auth::{Administrators, EndedTokens, TokenError, TokenHash},
    authors::Author,
    service::Service,
    sign_in::{LinkError, Links},
};

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = PersonChange)]
pub(in crate::api) struct Changed {
    /// Another name than the present one.
    name: Option<PersonName>,
    /// Another first name than the present one.
    first_name: Option<PersonName>,
    /// Another e-mail address, by which the person signs in from then on.
    email: Option<Email>,
}

/// Members that are left out stay as they are. A link that was mailed to an address that was wrong is made useless by another one.
#[utoipa::path(
    patch,
    path = "/v1/people/{id}",
    operation_id = "changePerson",
    tag = "people",
    summary = "Correct the name or the e-mail address of a person",
    request_body = Changed,
    responses(
        (status = 200, description = "The person.", body = Shown),
        (status = 404, description = "unknown-person"),
        (status = 409, description = "email-taken"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(in crate::api) async fn change(
    authorized: Authorized<ManagePeople>,
    State(service): State<Arc<Service>>,
    PathParts(id): PathParts<String>,
    JsonBody(Changed { name, first_name, email }): JsonBody<Changed>,
) -> Result<Json<Shown>, Problem> {
    let id = looked_after(&authorized, &service, &id)?;
    let author = authorized.author(&service);
    let reach = authorized.reach;
    let changed = to_the_end(async move {
        let turn = service.roster.turn().await;
        let correction = Correction { name, first_name, email };
        let Change { batch, effects, outcome } = turn.change_person(id, correction)?;
        author.commit(batch, AuditEntry::of_act("person-change", id).with(json!(outcome))).await?;
        turn.apply(effects);
        drop(turn);
        seen(&service, &reach, id)
    });
    Ok(Json(changed.await?))
}

/// The person's own tokens and sessions end at once and for good, as do links to choose a password: after a resumption
/// the person signs in anew, and makes new tokens. Streams end within a second. Tokens of machines that the person made
/// go on.
#[utoipa::path(
    post,
    path = "/v1/people/{id}/suspend",
    operation_id = "suspendPerson",
    tag = "people",
    summary = "Suspend a person: tokens and sessions end, the grants stay and are in force no more",
    responses(
        (status = 200, description = "The person.", body = Shown),
        (status = 404, description = "unknown-person"),
        (status = 409, description = "already-so, last-owner, last-admin"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(in crate::api) async fn suspend(
    authorized: Authorized<ManagePeople>,
    State(service): State<Arc<Service>>,
    PathParts(id): PathParts<String>,
    NoBody: NoBody,
) -> Result<Json<Shown>, Problem> {
    let id = looked_after(&authorized, &service, &id)?;
    let author = authorized.author(&service);
    let reach = authorized.reach;
    let suspended = to_the_end(async move {
        let turn = service.roster.turn().await;
        let kept = check_admin_left(&service, id).await?;
        let Change { mut batch, effects, .. } = turn.suspend(id, Timestamp::now())?;
        let ended = EndedAccess::of(&service, id, &kept, &mut batch).await?;
        let act = AuditEntry::of_act("person-suspend", id).with(ended.told());
        author.commit(batch, act.essential()).await?;
        turn.apply(effects);
        ended.forget(&service);
        drop((turn, kept));
        seen(&service, &reach, id)
    });
    Ok(Json(suspended.await?))
}

/// The person signs in anew: tokens and sessions have ended with the suspension.
#[utoipa::path(
    post,
    path = "/v1/people/{id}/resume",
    operation_id = "resumePerson",
    tag = "people",
    summary = "Put the grants of a suspended person in force again",
    responses(
        (status = 200, description = "The person.", body = Shown),
        (status = 404, description = "unknown-person"),
        (status = 409, description = "already-so"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(in crate::api) async fn resume(
    authorized: Authorized<ManagePeople>,
    State(service): State<Arc<Service>>,
    PathParts(id): PathParts<String>,
    NoBody: NoBody,
) -> Result<Json<Shown>, Problem> {
    let id = looked_after(&authorized, &service, &id)?;
    let author = authorized.author(&service);
    let reach = authorized.reach;
    let resumed = to_the_end(async move {
        let turn = service.roster.turn().await;
        let kept = service.tokens.keeping_all().await;
        let Change { mut batch, effects, .. } = turn.resume(id)?;
        // Nothing that began in the moment of the suspension, or under a version that kept tokens, comes to life.
        let ended = EndedAccess::of(&service, id, &kept, &mut batch).await?;
        let act = AuditEntry::of_act("person-resume", id).with(ended.told());
        author.commit(batch, act).await?;
        ended.forget(&service);
        turn.apply(effects);
        drop((turn, kept));
        seen(&service, &reach, id)
    });
    Ok(Json(resumed.await?))
}

/// The end of all that lets a person in: tokens, sessions, and links to choose a password.
struct EndedAccess {
    tokens: EndedTokens,
    sessions: Vec<TokenHash>,
}

impl EndedAccess {
    /// Ends all of a person in a batch. No token is made or revoked meanwhile, while `kept` is held.
    async fn of(
        service: &Service,
        person: Uuid,
        kept: &MutexGuard<'_, ()>,
        batch: &mut Batch,
    ) -> Result<Self, Problem> {
        Links::end_all(&*service.store, person, batch, Timestamp::now())
            .await
            .map_err(LinkError::from)?;
        let tokens = service.tokens.end_all(person, kept, batch);
        let sessions = service.sessions.end_all(person, batch);
        Ok(Self { tokens, sessions })
    }

    /// The tokens, for the audit.
    fn told(&self) -> Value {
        json!({ "endedTokens": self.tokens.ids().collect::<Vec<_>>() })
    }

    /// Lets nobody in by them from now on, once their end is durable.
    fn forget(self, service: &Service) {
        service.tokens.forget(&self.tokens);
        service.sessions.forget(&self.sessions);
    }
}

/// Checks that a person's account is in force, before something is made that lets the person in.
pub(in crate::api) fn check_in_force(service: &Service, id: Uuid) -> Result<(), Problem> {
    let person = service.roster.person(id).ok_or(RosterError::UnknownPerson(id))?;
    match person.suspended_at {
        None => Ok(()),
        Some(_) => Err(Problem::conflict(
            "person-suspended",
            format!("the account of {} is suspended: resume it first", person.full_name()),
        )),
    }
}

/// The id of a person whose account the sender looks after. Who has more than the sender is looked after by others.
pub(in crate::api) fn looked_after(
    authorized: &Authorized<ManagePeople>,
    service: &Service,
    id: &str,
) -> Result<Uuid, Problem> {
    let id: Uuid = path_part("person", id)?;
    seen(service, &authorized.reach, id)?;
    let person = service.roster.person(id).ok_or(RosterError::UnknownPerson(id))?;
    if !authorized.reach.covers(&person.home) {
        return Err(Problem::forbidden(format!(
            "the account belongs to {}, whose owners look after it; the grants within what you manage can be revoked",
            person.home
        )));
    }
    for grant in service.roster.grants_of(id) {
        let wanted = WantedGrant { scope: grant.scope, role: grant.role };
        may_grant(&authorized.principal, &authorized.reach, service, &wanted)?;
    }
    Ok(id)
}

/// Checks that somebody administers the server without a person. No token is revoked while the answer is held.
pub(super) async fn check_admin_left(
    service: &Service,
    person: Uuid,
) -> Result<MutexGuard<'_, ()>, Problem> {
    let kept = service.tokens.keeping_all().await;
    let mut people = service.roster.administrators();
    if !people.contains(&person) {
        return Ok(kept);
    }
    people.retain(|other| *other != person);
    if service.tokens.any_administers(&Administrators(&people), Timestamp::now()) {
        return Ok(kept);
    }
    let name = service.roster.person(person).map(|person| person.full_name());
    Err(TokenError::LastAdmin(name.unwrap_or_default()).into())
}
