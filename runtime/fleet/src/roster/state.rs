//! The roster in memory.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::Bound,
};

use uuid::Uuid;

use super::change::Effect;
use crate::{
    grants::{Grant, GrantRole, Place},
    names::{GroupId, PartnerId},
    partners::{Ownership, Partner, PartnerWithGroups},
    people::Person,
};

#[derive(Default)]
pub(super) struct State {
    pub(super) partners: BTreeMap<PartnerId, Partner>,
    pub(super) owners: BTreeMap<GroupId, Ownership>,
    pub(super) people: BTreeMap<Uuid, Person>,
    pub(super) grants: BTreeMap<Uuid, Grant>,
    of_person: HashMap<Uuid, BTreeSet<Uuid>>,
    of_partner: HashMap<PartnerId, BTreeSet<GroupId>>,
}

impl State {
    pub(super) fn apply(&mut self, effect: Effect) {
        match effect {
            Effect::Partner(partner) => {
                self.partners.insert(partner.id.clone(), partner);
            }
            Effect::Owned(group, ownership) => {
                self.disown(&group);
                let groups = self.of_partner.entry(ownership.partner.clone()).or_default();
                groups.insert(group.clone());
                self.owners.insert(group, ownership);
            }
            Effect::Disowned(group, _) => self.disown(&group),
            Effect::Person(person) => {
                self.people.insert(person.id, person);
            }
            Effect::Grant(grant) => {
                self.of_person.entry(grant.person).or_default().insert(grant.id);
                self.grants.insert(grant.id, grant);
            }
            Effect::Revoked(id) => {
                let Some(grant) = self.grants.remove(&id) else { return };
                if let Some(grants) = self.of_person.get_mut(&grant.person) {
                    grants.remove(&id);
                }
            }
        }
    }

    fn disown(&mut self, group: &GroupId) {
        let Some(before) = self.owners.remove(group) else { return };
        if let Some(groups) = self.of_partner.get_mut(&before.partner) {
            groups.remove(group);
        }
    }

    pub(super) fn groups_of(&self, partner: &PartnerId) -> Vec<GroupId> {
        self.of_partner.get(partner).into_iter().flatten().cloned().collect()
    }

    pub(super) fn partner(&self, id: &PartnerId) -> Option<PartnerWithGroups> {
        let partner = self.partners.get(id)?.clone();
        Some(PartnerWithGroups { groups: self.groups_of(id), partner })
    }

    pub(super) fn partners(&self, after: Option<&PartnerId>) -> Vec<PartnerWithGroups> {
        let begin = after.map_or(Bound::Unbounded, Bound::Excluded);
        let later = self.partners.range::<PartnerId, _>((begin, Bound::Unbounded));
        later.filter_map(|(id, _)| self.partner(id)).collect()
    }

    pub(super) fn people_after(&self, after: Option<Uuid>) -> Vec<Person> {
        let begin = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.people
            .range::<Uuid, _>((begin, Bound::Unbounded))
            .map(|(_, person)| person.clone())
            .collect()
    }

    pub(super) fn is_active(&self, person: Uuid) -> bool {
        self.people.get(&person).is_some_and(|person| person.suspended_at.is_none())
    }

    pub(super) fn grants_of(&self, person: Uuid) -> impl Iterator<Item = &Grant> {
        let ids = self.of_person.get(&person).into_iter().flatten();
        ids.filter_map(|id| self.grants.get(id))
    }

    pub(super) fn administrators(&self) -> Vec<Uuid> {
        let admins = self.grants.values().filter(|grant| grant.role == GrantRole::Admin);
        let all: BTreeSet<Uuid> = admins.map(|grant| grant.person).collect();
        all.into_iter().filter(|person| self.is_active(*person)).collect()
    }

    /// Whether a whole group lies within a place.
    pub(super) fn has_group(&self, place: &Place, group: &GroupId) -> bool {
        match place {
            Place::Territory => true,
            Place::Partner(partner) => {
                self.owners.get(group).is_some_and(|owner| owner.partner == *partner)
            }
            Place::Group(own) => own == group,
            Place::SubGroup(..) => false,
        }
    }

    pub(super) fn covers(&self, outer: &Place, inner: &Place) -> bool {
        if outer == inner || *outer == Place::Territory {
            return true;
        }
        inner.group().is_some_and(|group| self.has_group(outer, group))
    }

    /// The place of a grant that nobody would own any more without the grants that are `gone`. The territory's admins
    /// do not count: they own nothing.
    pub(super) fn left_without_owner(&self, gone: impl Fn(&Grant) -> bool) -> Option<&Place> {
        let owns = |grant: &&Grant| {
            let is_owner = grant.role == GrantRole::Owner && grant.scope != Place::Territory;
            is_owner && self.is_active(grant.person)
        };
        let owned = || self.grants.values().filter(owns);
        let stays = |place: &Place| {
            owned().filter(|grant| !gone(grant)).any(|grant| self.covers(&grant.scope, place))
        };
        owned().filter(|grant| gone(grant)).map(|grant| &grant.scope).find(|place| !stays(place))
    }
}
