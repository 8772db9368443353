//! Second factors: begun and confirmed by the person, removed by who looks after the account.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use champollion_registry::ledger::AuditEntry;
use champollion_store::Batch;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::person_of;
use crate::{
    api::{
        Problem,
        authorized::{Authorized, ManagePeople, Origin, Recognized},
        bodiless::NoBody,
        extract::{PathParts, SecretBody, to_the_end},
        people::looked_after,
    },
    auth::Principal,
    authors::{AuditedAuthor, Author},
    service::Service,
    sign_in::SignInError,
};

/// A second factor that is to be confirmed.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = SecondFactor)]
pub(in crate::api) struct Begun {
    /// The secret in base 32, to be typed into an authenticator. It is shown here, and nowhere again.
    secret: String,
    /// The same as an `otpauth` address, which authenticators read as a QR code.
    address: String,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SecondFactorCode)]
pub(in crate::api) struct Shown {
    /// The code that the authenticator shows, six digits.
    code: String,
}

/// It is asked for once a code of it has confirmed that the person has it.
#[utoipa::path(
    post,
    path = "/v1/me/second-factor",
    operation_id = "beginSecondFactor",
    tag = "people",
    summary = "Begin a second factor: codes of an authenticator",
    security(("session" = [])),
    extensions(("x-roles" = json!(crate::auth::EVERYBODY))),
    responses(
        (status = 200, description = "The secret for the authenticator.", body = Begun),
        (status = 409, description = "already-so, no-session"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(in crate::api) async fn begin(
    Recognized { principal, .. }: Recognized,
    State(service): State<Arc<Service>>,
    NoBody: NoBody,
) -> Result<Json<Begun>, Problem> {
    let person = person_of(&service, &principal)?;
    check_session(&principal)?;
    let account = person.email.to_string();
    let factor = to_the_end(async move {
        let mut batch = Batch::new();
        let factor = service.passwords.begin_second_factor(person.id, &mut batch).await?;
        let author = AuditedAuthor::new(&service.registry, principal.actor());
        let act = AuditEntry::of_act("second-factor-begin", person.id);
        author.commit(batch, act).await.map_err(SignInError::from)?;
        Ok(factor)
    })
    .await?;
    let (secret, address) = (factor.reveal().to_owned(), factor.address(&account));
    Ok(Json(Begun { secret, address }))
}

#[utoipa::path(
    post,
    path = "/v1/me/second-factor/confirm",
    operation_id = "confirmSecondFactor",
    tag = "people",
    summary = "Confirm a second factor by a code of it",
    request_body = Shown,
    security(("session" = [])),
    extensions(("x-roles" = json!(crate::auth::EVERYBODY))),
    responses(
        (status = 204, description = "It is done: a sign-in needs a code from now on."),
        (status = 400, description = "wrong-code"),
        (status = 409, description = "no-second-factor, no-session"),
        (status = 429, description = "too-many-sign-ins"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(in crate::api) async fn confirm(
    Recognized { principal, .. }: Recognized,
    State(service): State<Arc<Service>>,
    origin: Origin,
    SecretBody(Shown { code }): SecretBody<Shown>,
) -> Result<StatusCode, Problem> {
    let person = person_of(&service, &principal)?;
    check_session(&principal)?;
    service.attempts.admit(origin.network(), &person.email)?;
    to_the_end(async move {
        let mut batch = Batch::new();
        let now = Timestamp::now();
        service.passwords.confirm_second_factor(person.id, &code, &mut batch, now).await?;
        let author = AuditedAuthor::new(&service.registry, principal.actor());
        let act = AuditEntry::of_act("second-factor-confirm", person.id);
        author.commit(batch, act).await.map_err(SignInError::from)?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// Checks that the sender has signed in: with a token somebody could lock its person out.
fn check_session(principal: &Principal) -> Result<(), Problem> {
    if principal.has_session {
        return Ok(());
    }
    let detail =
        "the request comes with a token: sign in, and begin the second factor in that session";
    Err(Problem::conflict("no-session", detail))
}

/// For a person who has lost the authenticator.
#[utoipa::path(
    delete,
    path = "/v1/people/{id}/second-factor",
    operation_id = "removeSecondFactor",
    tag = "people",
    summary = "Remove the second factor of a person",
    responses(
        (status = 204, description = "It is done: the password is enough, until there is another one."),
        (status = 404, description = "unknown-person"),
        (status = 409, description = "no-second-factor, no-session"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(in crate::api) async fn remove(
    authorized: Authorized<ManagePeople>,
    State(service): State<Arc<Service>>,
    PathParts(id): PathParts<String>,
) -> Result<StatusCode, Problem> {
    let id = looked_after(&authorized, &service, &id)?;
    if authorized.principal.person == Some(id) {
        check_session(&authorized.principal)?;
    }
    let author = authorized.author(&service);
    to_the_end(async move {
        let mut batch = Batch::new();
        service.passwords.remove_second_factor(id, &mut batch).await?;
        let act = AuditEntry::of_act("second-factor-remove", id);
        author.commit(batch, act.essential()).await.map_err(SignInError::from)?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}
