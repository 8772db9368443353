//! Notices as their readers see them, and are told of them.

use std::{collections::BTreeSet, sync::Arc};

use champollion_fleet::{
    grants::{GrantRole, Place},
    names::GroupId,
    people::Email,
};
use champollion_service::{
    notices::{Notice, NoticeReader, Telling},
    outbox::{Language, Message},
};
use champollion_store::TableError;
use jiff::Timestamp;
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
    let sees = |group: &GroupId| reach.is_everything() || reach.touches(group);
    let scope = notice.scope.as_seen(sees)?;
    Some(Notice { scope, ..notice.clone() })
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

    /// The mails that tell of a notice those who want to be told, for the batch of its change.
    pub(crate) async fn mails_about(&self, notice: &Notice) -> Result<Vec<Message>, TableError> {
        let page = page_below(&self.config.sign_in.public_address, PAGE);
        let clocks = self.config.territory.clocks();
        let telling = Telling { page: &page, now: Timestamp::now(), clocks: &clocks };
        Ok(telling.mails(notice, &self.readers_of(notice).await?))
    }

    /// The addresses of those who want mails about a notice. Without a mail server nobody is written to: what waited
    /// for one would come when it is past.
    async fn readers_of(&self, notice: &Notice) -> Result<Vec<(Email, Language)>, TableError> {
        if self.mailer.is_none() {
            return Ok(Vec::new());
        }
        let (mut readers, mut written) = (Vec::new(), BTreeSet::new());
        for (id, NoticeReader { language, .. }) in NoticeReader::all(&*self.store).await? {
            let Some(person) = self.roster.person(id) else { continue };
            let told = self.is_told(id, notice);
            if told && written.insert(person.email.as_str().to_owned()) {
                readers.push((person.email.clone(), language));
            }
        }
        Ok(readers)
    }

    /// Whether a notice is about what a person works with, or owns.
    fn is_told(&self, person: Uuid, notice: &Notice) -> bool {
        let grants = self.roster.grants_in_force(person).into_iter();
        let works = [GrantRole::Owner, GrantRole::Operator, GrantRole::Admin];
        let places: Vec<Place> =
            grants.filter(|grant| works.contains(&grant.role)).map(|grant| grant.scope).collect();
        !places.is_empty() && seen(notice, &Reach::of(places, Arc::clone(&self.roster))).is_some()
    }
}
