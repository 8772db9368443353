//! Passwords: chosen by a one-time link, and changed.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use champollion_fleet::credentials::Password;
use champollion_registry::ledger::AuditEntry;
use champollion_store::Batch;
use jiff::Timestamp;
use serde::Deserialize;

use super::person_of;
use crate::{
    api::{
        Problem,
        authorized::{Origin, Recognized},
        extract::{SecretBody, to_the_end},
    },
    authors::{AuditedAuthor, Author},
    service::Service,
    sign_in::{LinkError, SignInError},
};

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PasswordRequest)]
pub(in crate::api) struct Chosen {
    /// The secret of the link, which its address ends with.
    link: String,
    /// The password that is chosen.
    password: String,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PasswordChange)]
pub(in crate::api) struct Changed {
    /// The password of before.
    current: String,
    /// The password that is chosen.
    password: String,
}

/// All sessions of the person end: somebody else may have them.
#[utoipa::path(
    post,
    path = "/v1/password",
    operation_id = "choosePassword",
    tag = "people",
    summary = "Choose a password by a one-time link",
    request_body = Chosen,
    responses(
        (status = 204, description = "It is done: sign in with it."),
        (status = 400, description = "weak-password"),
        (status = 404, description = "unusable-link"),
        (status = 429, description = "too-many-requests"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(in crate::api) async fn choose(
    State(service): State<Arc<Service>>,
    origin: Origin,
    SecretBody(Chosen { link, password }): SecretBody<Chosen>,
) -> Result<StatusCode, Problem> {
    to_the_end(async move {
        let now = Timestamp::now();
        let (link, used) = service.links.find(&*service.store, &link, now).await?;
        let person = service.roster.person(link.person);
        let person = person.filter(|person| person.suspended_at.is_none());
        let person = person.ok_or(LinkError::Unusable)?;
        let mut batch = Batch::new();
        used.remove(&mut batch);
        let alike = service.roster.people_of(&person.email);
        service.passwords.choose(&person, &alike, password, &mut batch, now).await?;
        let ended = service.sessions.end_all(person.id, &mut batch);
        let author = AuditedAuthor::new(&service.registry, origin.actor(person.full_name()));
        let act = AuditEntry::of_act("password-set", person.id);
        author.commit(batch, act).await.map_err(SignInError::from)?;
        service.sessions.forget(&ended);
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// All sessions of the person end, this one too.
#[utoipa::path(
    put,
    path = "/v1/me/password",
    operation_id = "changePassword",
    tag = "people",
    summary = "Change the password of the sender",
    request_body = Changed,
    security(("session" = []), ("token" = []), ("password" = [])),
    extensions(("x-roles" = json!(crate::auth::EVERYBODY))),
    responses(
        (status = 204, description = "It is done: sign in with it."),
        (status = 400, description = "weak-password"),
        (status = 401, description = "sign-in-failed"),
        (status = 429, description = "too-many-sign-ins"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(in crate::api) async fn change(
    Recognized { principal, .. }: Recognized,
    State(service): State<Arc<Service>>,
    origin: Origin,
    SecretBody(Changed { current, password }): SecretBody<Changed>,
) -> Result<StatusCode, Problem> {
    let person = person_of(&service, &principal)?;
    service.attempts.admit(origin.network(), &person.email)?;
    to_the_end(async move {
        let now = Timestamp::now();
        service.passwords.check(person.id, Password::presented(current)).await?;
        let mut batch = Batch::new();
        let alike = service.roster.people_of(&person.email);
        service.passwords.choose(&person, &alike, password, &mut batch, now).await?;
        let ended = service.sessions.end_all(person.id, &mut batch);
        let author = AuditedAuthor::new(&service.registry, principal.actor());
        let act = AuditEntry::of_act("password-set", person.id);
        author.commit(batch, act).await.map_err(SignInError::from)?;
        service.sessions.forget(&ended);
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}
