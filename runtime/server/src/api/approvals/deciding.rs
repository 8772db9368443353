//! The decision about a request: a partner with groups, quota and its first owner, another approval, more objects, or a
//! refusal. All of it is durable at once, or nothing.

use std::{collections::BTreeSet, sync::Arc};

use axum::{Json, extract::State};
use champollion_fleet::{
    names::{GroupId, PartnerId},
    partners::PartnerWithGroups,
    people::{Email, Person},
    requests::{Approval, Decision, DeskTurn, Matter, Paragraph, Request, RequestError, Step},
    roster::{Change, NewPartner, RosterError},
};
use champollion_registry::ledger::AuditEntry;
use champollion_store::Batch;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json_, json};

use super::{seen, shown::Shown};
use crate::{
    api::{
        Problem,
        authorized::{Authorized, ManagePartners},
        extract::{JsonBody, PathParts, to_the_end},
        partners,
        sign_in::{Invitation, handed_over},
    },
    authors::{AuditedAuthor, Author},
    service::Service,
    sign_in::LinkKind,
};

/// The subject of the mail with the letter.
const SUBJECT: &str = "Champollion: your request / votre demande";

#[derive(Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DecisionRequest)]
pub(in crate::api) struct Wanted {
    /// Whether the request is accepted.
    accepted: bool,
    /// The letter that says so, which the partner reads.
    letter: Paragraph,
    /// The short name of the partner that is made; for partners that are to be alone.
    partner: Option<PartnerId>,
    /// The groups that the partner gets; those that it wished for where they are left out. For partners that are to be
    /// alone.
    groups: Option<BTreeSet<GroupId>>,
    /// The number of objects that is consented to; the one that there are where it is left out. For requests for more
    /// objects alone.
    number: Option<u32>,
    /// The most objects that the partner may have while it is decided about those beyond the declared number; twice that
    /// number where it is left out.
    quota: Option<u32>,
}

/// A decision, and what came of it.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = DecidedRequest)]
pub(in crate::api) struct Decided {
    /// The request with its decision.
    request: Shown,
    /// The partner that was made, or whose approval it is; absent where nothing came of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    partner: Option<partners::Shown>,
    /// The invitation of the first owner of a partner that was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    invitation: Option<Invitation>,
}

/// A decision that is being made.
struct Deciding<'of> {
    service: &'of Service,
    author: AuditedAuthor,
    turn: DeskTurn<'of>,
    by: String,
    now: Timestamp,
}

/// A partner to be is made with its groups, its quota and the invitation of its first owner, all at once. Of a partner that
/// there is, the approval is another one. A consent raises the declared number; without it no further object is
/// accepted beyond that number, and those that there are go on.
#[utoipa::path(
    post,
    path = "/v1/approvals/{id}/decision",
    operation_id = "decideRequest",
    tag = "approvals",
    summary = "Decide about a request, with a letter",
    request_body = Wanted,
    responses(
        (status = 200, description = "The decision, and what came of it.", body = Decided),
        (status = 400, description = "invalid-decision, invalid-name"),
        (status = 404, description = "unknown-request, unknown-partner"),
        (status = 409, description = "request-decided, checks-left, partner-exists, group-owned"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(in crate::api) async fn decide(
    authorized: Authorized<ManagePartners>,
    State(service): State<Arc<Service>>,
    PathParts(id): PathParts<String>,
    JsonBody(wanted): JsonBody<Wanted>,
) -> Result<Json<Decided>, Problem> {
    let (request, sight) = seen(&authorized, &service, &id)?;
    check_members(&request, &wanted)?;
    let author = authorized.author(&service);
    let by = authorized.principal.name;
    let decided = to_the_end(async move {
        let turn = service.desk.turn().await;
        let now = Timestamp::now();
        // As it is now, since another declaration may have come.
        let request = service.desk.get(request.id).ok_or(RequestError::Unknown(request.id))?;
        let deciding = Deciding { service: &service, author, turn, by, now };
        let (request, partner, invitation) = deciding.decide(request, wanted).await?;
        let request = Shown::new(request, sight);
        Ok(Decided { request, partner: partner.map(partners::Shown::from), invitation })
    });
    Ok(Json(decided.await?))
}

/// Refuses members that mean nothing for a request: what is said in vain is a mistake.
fn check_members(request: &Request, wanted: &Wanted) -> Result<(), Problem> {
    let is_new = request.partner.is_none();
    let is_more = matches!(request.matter, Matter::MoreObjects { .. });
    for (member, is_said, has_meaning) in [
        ("partner", wanted.partner.is_some(), wanted.accepted && is_new),
        ("groups", wanted.groups.is_some(), wanted.accepted && is_new),
        ("number", wanted.number.is_some(), wanted.accepted && is_more),
        ("quota", wanted.quota.is_some(), wanted.accepted),
    ] {
        if is_said && !has_meaning {
            let detail = format!("{member} means nothing for this decision: leave it out");
            return Err(Problem::bad_request("invalid-decision", detail).with("path", member));
        }
    }
    if wanted.accepted && is_new && wanted.partner.is_none() {
        let detail = "name the short name of the partner that is made, as `partner`";
        return Err(Problem::bad_request("invalid-decision", detail).with("path", "partner"));
    }
    Ok(())
}

type Outcome = (Request, Option<PartnerWithGroups>, Option<Invitation>);

impl Deciding<'_> {
    async fn decide(self, request: Request, wanted: Wanted) -> Result<Outcome, Problem> {
        let partner = match wanted.accepted {
            true => request.partner.clone().or_else(|| wanted.partner.clone()),
            false => request.partner.clone(),
        };
        let decision = Decision {
            accepted: wanted.accepted,
            at: self.now,
            by: self.by.clone(),
            letter: wanted.letter.clone(),
            partner,
        };
        let step = self.turn.decide(request.id, decision)?;
        match (&request.matter, &request.partner, wanted.accepted) {
            (Matter::Approval { applicant, .. }, None, false) => {
                let to = applicant.as_ref().map(|applicant| applicant.email.clone());
                let request = self.keep(Batch::new(), step, json!({ "accepted": false })).await?;
                self.send_letter(to, &wanted.letter);
                Ok((request, None, None))
            }
            (Matter::Approval { .. }, None, true) => self.found(request, wanted, step).await,
            (Matter::Approval { .. }, Some(_), false) => {
                let request = self.keep(Batch::new(), step, json!({ "accepted": false })).await?;
                Ok((request, None, None))
            }
            (Matter::Approval { declaration, .. }, Some(partner), true) => {
                let approval =
                    Approval::of_declaration(request.id, declaration, wanted.quota, self.now);
                self.approve(partner, approval, step).await
            }
            (Matter::MoreObjects { number: least, .. }, Some(partner), accepted) => {
                let roster = &self.service.roster;
                let found = roster.partner(partner);
                let found = found.ok_or_else(|| RosterError::UnknownPartner(partner.clone()))?;
                let approval = found.partner.approval();
                let (least, number) = (*least, wanted.number.unwrap_or(*least));
                if accepted && number < least {
                    return Err(RequestError::TooFew { number, least }.into());
                }
                let approval = match accepted {
                    true => approval.raised(number, wanted.quota),
                    false => Approval { more_refused_at: Some(self.now), ..approval },
                };
                self.approve(partner, approval, step).await
            }
            (Matter::MoreObjects { .. }, None, _) => {
                Err(RequestError::OtherMatter("more objects of nobody").into())
            }
        }
    }

    /// Makes the partner of a request, with its first owner and the invitation.
    async fn found(self, request: Request, wanted: Wanted, step: Step) -> Result<Outcome, Problem> {
        let Matter::Approval { declaration, applicant: Some(owner), groups } = request.matter
        else {
            return Err(RequestError::OtherMatter("a partner that nobody asks for").into());
        };
        let Some(id) = wanted.partner else {
            return Err(RequestError::OtherMatter("a partner without a short name").into());
        };
        let email = owner.email.clone();
        let approval = Approval::of_declaration(request.id, &declaration, wanted.quota, self.now);
        let details = json!({
            "accepted": true, "partner": id, "groups": wanted.groups.as_ref().unwrap_or(&groups),
            "quota": approval.quota, "owner": email,
        });
        let groups = wanted.groups.unwrap_or(groups);
        let wish = NewPartner { id, name: request.name, groups, approval, owner };
        let service = self.service;
        let roster = service.roster.turn().await;
        let Change { mut batch, effects, outcome: (partner, person) } =
            roster.found_partner(wish, &self.by, self.now)?;
        let of = (person.id, LinkKind::Invitation);
        let (secret, link) = service.links.make(&*service.store, of, &mut batch, self.now).await?;
        let request = self.keep(batch, step, details).await?;
        roster.apply(effects);
        drop(roster);
        self.send_letter(Some(email), &wanted.letter);
        let invitation = match handed_over(service, &person, &secret, link.expires_at).await {
            Ok(invitation) => invitation,
            Err(error) => {
                tracing::error!(%error, "the invitation of an owner was not mailed");
                Invitation::shown(service, &secret, link.expires_at)
            }
        };
        Ok((request, Some(partner), Some(invitation)))
    }

    /// Gives a partner that there is another approval.
    async fn approve(
        self,
        partner: &PartnerId,
        approval: Approval,
        step: Step,
    ) -> Result<Outcome, Problem> {
        let roster = self.service.roster.turn().await;
        let accepted = step.request.decision.as_ref().is_some_and(|decision| decision.accepted);
        let details = json!({
            "accepted": accepted, "partner": partner, "numbers": approval.numbers,
            "quota": approval.quota,
        });
        let Change { batch, effects, outcome } = roster.approve(partner, approval)?;
        let request = self.keep(batch, step, details).await?;
        roster.apply(effects);
        Ok((request, Some(outcome), None))
    }

    async fn keep(&self, mut batch: Batch, step: Step, details: Json_) -> Result<Request, Problem> {
        step.put(&mut batch)?;
        let act = AuditEntry::of_act("approval-decide", step.request.id).with(details);
        self.author.commit(batch, act).await?;
        Ok(self.turn.apply(step))
    }

    /// Mails the letter, where the server sends mail. The decision holds whether the mail arrives or not.
    fn send_letter(&self, to: Option<Email>, letter: &Paragraph) {
        let Some(to) = to else { return };
        send_letter(self.service, vec![to], SUBJECT, letter.clone());
    }
}

/// Mails a letter to people, one after the other, while the request is answered.
pub(super) fn send_letter(
    service: &Service,
    to: Vec<Email>,
    subject: &'static str,
    letter: Paragraph,
) {
    let Some(mailer) = service.mailer.clone() else { return };
    tokio::spawn(async move {
        for address in to {
            if let Err(error) = mailer.send_letter(&address, subject, letter.as_str()).await {
                tracing::error!(%error, "a letter was not mailed");
            }
        }
    });
}

/// The addresses of people.
pub(super) fn addresses(people: impl IntoIterator<Item = Person>) -> Vec<Email> {
    people.into_iter().map(|person| person.email).collect()
}
