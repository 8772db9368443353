//! Notices as their readers see them, and are told of them.

use std::sync::Arc;

use champollion_fleet::{
    grants::{GrantRole, Place},
    names::GroupId,
    people::Email,
    roster::Roster,
};
use champollion_service::{
    notices::{MailTelling, Notice, NoticeScope, Telling},
    outbox::{LocalTime, OutboxError},
};
use champollion_store::Store;
use uuid::Uuid;

use crate::{
    auth::{Principal, Reach},
    service::Service,
    sign_in::page_below,
};

/// The path of the page on which people read notices.
pub(crate) const PAGE: &str = "/status";

/// The notice as a sender sees it: nothing where it is about groups of others, which are not named to the sender either.
pub(crate) fn seen(notice: &Notice, reach: &Reach) -> Option<Notice> {
    let scope = seen_scope(notice, reach)?;
    Some(Notice { scope, ..notice.clone() })
}

fn seen_scope(notice: &Notice, reach: &Reach) -> Option<NoticeScope> {
    notice.scope.as_seen(|group: &GroupId| reach.is_everything() || reach.touches(group))
}

impl Service {
    /// Whether a group is known: a partner owns it, or it has devices.
    pub(crate) fn has_group(&self, group: &GroupId) -> bool {
        self.roster.partner_of(group).is_some() || self.devices.count_of(group) > 0
    }

    /// The places where a sender may do anything.
    pub(crate) fn reach_of(&self, principal: &Principal) -> Reach {
        let places = principal.standings.iter().filter_map(|standing| standing.place.clone());
        Reach::of(places.collect(), Arc::clone(&self.roster))
    }
}

/// The mails about notices: who gets them, and where readers read on.
pub(crate) struct NoticeMails {
    roster: Arc<Roster>,
    page: String,
    clocks: LocalTime,
}

impl NoticeMails {
    /// The mails of a server.
    pub(crate) fn of(service: &Service) -> Self {
        let page = page_below(&service.config.sign_in.public_address, PAGE);
        let clocks = service.config.territory.clocks();
        Self { roster: Arc::clone(&service.roster), page, clocks }
    }

    /// Puts into the outbox what readers are still to be mailed.
    pub(crate) async fn tell_all(&self, store: &dyn Store) -> Result<usize, OutboxError> {
        let words = Telling { page: &self.page, clocks: &self.clocks };
        MailTelling::tell_all(store, words, |person, notice| self.address(person, notice)).await
    }

    /// The address of a person, where a notice is about what the person works with, or owns.
    fn address(&self, person: Uuid, notice: &Notice) -> Option<Email> {
        let grants = self.roster.grants_in_force(person).into_iter();
        let works = [GrantRole::Owner, GrantRole::Operator, GrantRole::Admin];
        let places: Vec<Place> =
            grants.filter(|grant| works.contains(&grant.role)).map(|grant| grant.scope).collect();
        if places.is_empty() {
            return None;
        }
        seen_scope(notice, &Reach::of(places, Arc::clone(&self.roster)))?;
        self.roster.person(person).map(|person| person.email)
    }
}
