//! Consents: a partner that has more objects than it declared asks the operator, by the server itself. The objects go on
//! meanwhile, and no frame is lost.

use champollion_fleet::{
    names::{GroupId, PartnerId},
    partners::PartnerWithGroups,
    requests::{ApprovalState, Asked, Matter, RequestError},
};
use champollion_registry::{
    RegistryError,
    ledger::{Actor, AuditEntry},
};
use champollion_store::Batch;
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use crate::{
    authors::{AuditedAuthor, Author},
    service::Service,
};

/// The name in which the server asks.
const SERVER: &str = "the server";

/// The reason why a consent is not asked for.
#[derive(Debug, thiserror::Error)]
enum NotAsked {
    #[error(transparent)]
    Request(#[from] RequestError),
    #[error(transparent)]
    NotKept(#[from] RegistryError),
}

impl Service {
    /// Asks for the consent of the operator where the partner of a group has more objects than it declared. What is not
    /// asked now is asked with all others within a minute.
    pub(crate) async fn ask_for_consent(&self, group: &GroupId) {
        let Some((partner, _)) = self.roster.approval_for(group) else { return };
        self.ask_for(&partner, false).await;
    }

    /// The same for all partners; requests that wait get the number of now.
    pub(crate) async fn ask_for_consents(&self) {
        for partner in self.roster.partners(None) {
            self.ask_for(&partner, true).await;
        }
    }

    async fn ask_for(&self, partner: &PartnerWithGroups, counts_anew: bool) {
        if let Err(error) = self.try_ask_for(partner, counts_anew).await {
            let partner = &partner.partner.id;
            tracing::error!(%partner, %error, "the consent to more objects cannot be asked for");
        }
    }

    async fn try_ask_for(
        &self,
        partner: &PartnerWithGroups,
        counts_anew: bool,
    ) -> Result<(), NotAsked> {
        let (id, now) = (&partner.partner.id, Timestamp::now());
        let approval = partner.partner.approval();
        let Some(declared) = approval.declared(now) else { return Ok(()) };
        let used = self.devices.count_in(&partner.groups);
        let number = u32::try_from(used).unwrap_or(u32::MAX);
        let is_answered = approval.more_refused_at.is_some();
        if number <= declared || is_answered || approval.state(now) != ApprovalState::InForce {
            return Ok(());
        }
        let turn = self.desk.turn().await;
        let step = match self.waiting_consent(id) {
            Some((_, known)) if known >= number || !counts_anew => return Ok(()),
            Some((request, _)) => turn.count(request, number)?,
            None => {
                let asked = Asked {
                    matter: Matter::MoreObjects { declared, number },
                    name: partner.partner.name.clone(),
                    partner: Some(id.clone()),
                    by: SERVER.to_owned(),
                    secret_hash: None,
                    checks: Vec::new(),
                };
                turn.ask(asked, usize::MAX, now)?
            }
        };
        let mut batch = Batch::new();
        step.put(&mut batch)?;
        let details = json!({ "request": step.request.id, "declared": declared, "number": number });
        let act = AuditEntry::of_act("consent-ask", id).with(details);
        let author = AuditedAuthor::new(&self.registry, Actor::named(SERVER));
        author.commit(batch, act).await?;
        turn.apply(step);
        Ok(())
    }

    /// The request of a partner for more objects that waits, and its number.
    fn waiting_consent(&self, partner: &PartnerId) -> Option<(Uuid, u32)> {
        let is_consent = |matter: &Matter| matches!(matter, Matter::MoreObjects { .. });
        let request = self.desk.waiting_of(partner, is_consent)?;
        match request.matter {
            Matter::MoreObjects { number, .. } => Some((request.id, number)),
            Matter::Approval { .. } => None,
        }
    }

    /// Tells the metrics of requests that wait.
    #[expect(clippy::cast_precision_loss, reason = "nobody has 2^53 requests")]
    pub(crate) fn count_requests(&self) {
        let (waiting, overdue) = self.desk.counts(Timestamp::now());
        metrics::gauge!("champollion_requests", "state" => "waiting").set(waiting as f64);
        metrics::gauge!("champollion_requests", "state" => "overdue").set(overdue as f64);
    }
}
