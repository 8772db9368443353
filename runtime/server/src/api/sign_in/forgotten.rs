//! Forgotten passwords: a person asks for a new link by mail.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use champollion_fleet::people::{Email, Person};
use champollion_registry::ledger::{Actor, AuditEntry};
use champollion_store::Batch;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use super::invitation::link_of;
use crate::{
    api::{Problem, authorized::Origin, extract::JsonBody},
    authors::{AuditedAuthor, Author},
    service::Service,
    sign_in::{LinkKind, SignInError},
};

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ForgottenPassword)]
pub(in crate::api) struct Forgotten {
    /// The e-mail address of the person.
    email: Email,
}

/// Whether there is an account is not told: the answer is the same, and comes before anything is mailed.
#[utoipa::path(
    post,
    path = "/v1/password/forgotten",
    operation_id = "forgetPassword",
    tag = "people",
    summary = "Ask for a mail with a one-time link to choose another password",
    request_body = Forgotten,
    responses(
        (status = 202, description = "Where there is an account of this address, a mail is on its way."),
        (status = 409, description = "no-mail"),
        (status = 429, description = "too-many-sign-ins"),
    ),
)]
pub(in crate::api) async fn forgotten(
    State(service): State<Arc<Service>>,
    origin: Origin,
    JsonBody(Forgotten { email }): JsonBody<Forgotten>,
) -> Result<StatusCode, Problem> {
    if service.mailer.is_none() {
        let detail =
            "this server sends no mail ([mail] host): ask who looks after your account for a link";
        return Err(Problem::conflict("no-mail", detail));
    }
    service.attempts.admit(origin.network(), &email)?;
    let by = origin.actor("somebody who has forgotten a password".to_owned());
    tokio::spawn(async move {
        let people = service.roster.people_of(&email).into_iter();
        for person in people.filter(|person| person.suspended_at.is_none()) {
            if let Err(error) = mail_link(&service, &person, &by).await {
                tracing::error!(%error, "a link to choose a password was not mailed");
            }
        }
    });
    Ok(StatusCode::ACCEPTED)
}

async fn mail_link(service: &Service, person: &Person, by: &Actor) -> Result<(), SignInError> {
    let Some(mailer) = &service.mailer else { return Ok(()) };
    let (mut batch, now) = (Batch::new(), Timestamp::now());
    let of = (person.id, LinkKind::Reset);
    let (secret, link) = service.links.make(&*service.store, of, &mut batch, now).await?;
    let details = json!({ "expiresAt": link.expires_at });
    let act = AuditEntry::of_act("password-forgotten", person.id).with(details);
    AuditedAuthor::new(&service.registry, by.clone()).commit(batch, act).await?;
    let address = link_of(&service.config.sign_in.public_address, &secret);
    let clocks = service.config.territory.clocks();
    Ok(mailer.send_link(person, &address, (link.expires_at, &clocks)).await?)
}
