//! The way of each step: found, allowed, durable with its line of the audit, and shown.

use std::sync::Arc;

use axum::Json;
use champollion_fleet::requests::Paragraph;
use champollion_registry::{
    ledger::AuditEntry,
    requests::{
        Act, Candidate, DecoderRequest, RequestFault, RequestStep, RequestTurn, Taking, Trial,
        Tried,
    },
};
use champollion_store::Batch;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::shown::{Shown, Sight};
use crate::{
    api::{
        Problem,
        authorized::Authorized,
        extract::{path_part, to_the_end},
    },
    authors::{AuditedAuthor, Author},
    service::Service,
};

/// A step with words alone.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DecoderRequestWords)]
pub(in crate::api) struct Said {
    /// The words of the step.
    pub(super) text: Paragraph,
}

/// A step that is to be taken.
pub(super) struct Wanted {
    service: Arc<Service>,
    author: AuditedAuthor,
    by: String,
    sight: Sight,
    act: Act,
    text: Option<Paragraph>,
    details: Value,
}

/// A request that the sender may see. Others are as unknown as those that do not exist.
pub(super) fn seen<D>(
    authorized: &Authorized<D>,
    service: &Service,
    id: &str,
) -> Result<(DecoderRequest, Sight), Problem> {
    let id: Uuid = path_part("request", id)?;
    let request = service.decoder_requests.get(id).ok_or(RequestFault::Unknown(id))?;
    let sight = Sight::of(authorized, &request).ok_or(RequestFault::Unknown(id))?;
    Ok((request, sight))
}

impl Wanted {
    /// A step of a sender.
    pub(super) fn new<D>(
        authorized: Authorized<D>,
        service: &Arc<Service>,
        (act, sight): (Act, Sight),
    ) -> Self {
        let author = authorized.author(service);
        let (service, by) = (Arc::clone(service), authorized.principal.name);
        Self { service, author, by, sight, act, text: None, details: Value::Null }
    }

    /// The same with words.
    pub(super) fn saying(self, text: Option<Paragraph>) -> Self {
        Self { text, ..self }
    }

    /// The same with more for the audit.
    pub(super) fn with(self, details: Value) -> Self {
        Self { details, ..self }
    }

    /// Takes the step: it is durable when it is answered, or nothing has changed.
    pub(super) async fn take(
        self,
        step: impl FnOnce(&RequestTurn<'_>, Taking) -> Result<RequestStep, RequestFault>
        + Send
        + 'static,
    ) -> Result<Json<Shown>, Problem> {
        let Self { service, author, by, sight, act, text, details } = self;
        let taken = to_the_end(async move {
            let turn = service.decoder_requests.turn().await;
            let step = step(&turn, Taking { by, at: Timestamp::now(), text })?;
            let action = format!("decoder-request-{}", act.as_str());
            let line = AuditEntry::of_act(&action, step.request.id).with(details);
            let mut batch = Batch::new();
            step.put(&mut batch)?;
            author.commit(batch, line).await?;
            let request = turn.apply(step);
            service.registry.follow_request(&request);
            Ok(Shown::new(request, sight, &service.registry))
        });
        Ok(Json(taken.await?))
    }
}

/// Tries a candidate on the payloads of a request, on a thread of expensive requests.
pub(super) async fn tried<D>(
    authorized: &Authorized<D>,
    service: &Service,
    request: &DecoderRequest,
    candidate: Candidate,
) -> Result<Tried, Problem> {
    let Candidate { decoder, version } = &candidate;
    let turn = service.expensive_turn(&authorized.principal, None)?;
    let loaded = service.registry.version(decoder, version).await?;
    let payloads = request.wish.payloads.clone();
    let work = move || {
        let trial = Trial::of(&payloads, &loaded.decoder, Timestamp::now());
        (payloads, trial)
    };
    let (payloads, trial) = turn.run(work).await?;
    Ok(Tried { candidate, payloads, trial })
}
