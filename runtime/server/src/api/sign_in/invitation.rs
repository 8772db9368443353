//! Invitations: a one-time link by which a person chooses a password.

use std::sync::Arc;

use axum::{Json, extract::State};
use champollion_fleet::{
    people::{Email, Person},
    roster::RosterError,
};
use champollion_registry::ledger::AuditEntry;
use champollion_store::Batch;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;

use crate::{
    api::{
        Problem,
        authorized::{Authorized, ManagePeople},
        bodiless::NoBody,
        choose_password::PAGE_OF_LINK,
        extract::{PathParts, to_the_end},
        people::{check_in_force, looked_after},
    },
    auth::Secret,
    authors::Author,
    mail::MailError,
    service::Service,
    sign_in::{LinkKind, SignInError},
};

/// A link that was made.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Invitation)]
pub(in crate::api) struct Invitation {
    /// The address to hand to the person. It is shown here, and nowhere again; absent where it was mailed.
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<String>,
    /// The secret at its end, for `POST /v1/password`; absent where it was mailed.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    /// The address that the link was mailed to, where the server sends mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    mailed_to: Option<Email>,
    /// The moment from which on it is of no use.
    expires_at: Timestamp,
}

/// Earlier links of the person are of no use from then on. A person who has a password keeps it until the link is
/// used.
#[utoipa::path(
    post,
    path = "/v1/people/{id}/invitation",
    operation_id = "invitePerson",
    tag = "people",
    summary = "Make a one-time link by which a person chooses a password",
    responses(
        (status = 200, description = "The link.", body = Invitation),
        (status = 404, description = "unknown-person"),
        (status = 409, description = "person-suspended"),
        (status = 503, description = "not-kept, mail-failed"),
    ),
)]
pub(in crate::api) async fn invite(
    authorized: Authorized<ManagePeople>,
    State(service): State<Arc<Service>>,
    PathParts(id): PathParts<String>,
    NoBody: NoBody,
) -> Result<Json<Invitation>, Problem> {
    let id = looked_after(&authorized, &service, &id)?;
    let author = authorized.author(&service);
    let invitation = to_the_end(async move {
        let turn = service.roster.turn().await;
        check_in_force(&service, id)?;
        let (mut batch, now) = (Batch::new(), Timestamp::now());
        let made = service.links.make(&*service.store, (id, LinkKind::Invitation), &mut batch, now);
        let (secret, link) = made.await?;
        let details = json!({ "expiresAt": link.expires_at });
        let act = AuditEntry::of_act("person-invite", id).with(details);
        author.commit(batch, act).await.map_err(SignInError::from)?;
        drop(turn);
        let person = service.roster.person(id).ok_or(RosterError::UnknownPerson(id))?;
        let handed_over = handed_over(&service, &person, &secret, link.expires_at).await;
        Ok(handed_over.map_err(SignInError::from)?)
    });
    Ok(Json(invitation.await?))
}

impl Invitation {
    /// A link that is to be handed over.
    pub(in crate::api) fn shown(service: &Service, secret: &Secret, expires_at: Timestamp) -> Self {
        let link = Some(link_of(&service.config.sign_in.public_address, secret));
        Self { link, secret: Some(secret.reveal().to_owned()), mailed_to: None, expires_at }
    }
}

/// Mails a link to its person; where the server sends no mail, it is to be handed over.
pub(in crate::api) async fn handed_over(
    service: &Service,
    person: &Person,
    secret: &Secret,
    expires_at: Timestamp,
) -> Result<Invitation, MailError> {
    let Some(mailer) = &service.mailer else {
        return Ok(Invitation::shown(service, secret, expires_at));
    };
    let address = link_of(&service.config.sign_in.public_address, secret);
    let clocks = service.config.territory.clocks();
    mailer.send_link(person, &address, (expires_at, &clocks)).await?;
    let mailed_to = Some(person.email.clone());
    Ok(Invitation { link: None, secret: None, mailed_to, expires_at })
}

/// The address of a link, as a person opens it.
pub(super) fn link_of(public_address: &str, secret: &Secret) -> String {
    format!("{}{PAGE_OF_LINK}{}", public_address.trim_end_matches('/'), secret.reveal())
}
