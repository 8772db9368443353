//! Notices as their readers see them.

use champollion_fleet::{grants::Place, names::GroupId};
use champollion_service::notices::Notice;

use crate::{
    auth::{Principal, Reach},
    service::Service,
};

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
        let places: Vec<Place> = places.collect();
        Reach::of(places, std::sync::Arc::clone(&self.roster))
    }
}
