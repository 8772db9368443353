//! Changes of partners and of the groups that they own.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{Change, RosterError, Turn, change::Effect, members};
use crate::{
    grants::{GrantRole, Place},
    names::{GroupId, PartnerId},
    partner_name,
    partners::{Ownership, Partner, PartnerWithGroups},
    people::Person,
    requests::{Applicant, Approval},
};

/// A partner that comes of a request.
#[derive(Clone, Debug)]
pub struct NewPartner {
    /// The short name, which never changes.
    pub id: PartnerId,
    /// The name for people.
    pub name: String,
    /// The groups that it owns from then on.
    pub groups: BTreeSet<GroupId>,
    /// The approval, which says what it may have.
    pub approval: Approval,
    /// The person who is to be the first owner.
    pub owner: Applicant,
}

impl Turn<'_> {
    /// Adds a partner with its groups.
    ///
    /// # Errors
    /// [`RosterError`] where the name is none or taken, or a group is another's.
    pub fn add_partner(
        &self,
        id: PartnerId,
        name: &str,
        groups: BTreeSet<GroupId>,
        now: Timestamp,
    ) -> Result<Change<PartnerWithGroups>, RosterError> {
        let approval = Approval::of_operator(now);
        let (partner, effects) = self.new_partner(id, name, (groups, approval), now)?;
        self.change(partner, effects)
    }

    /// Adds a partner that comes of a request, with its groups, its approval and its first owner.
    ///
    /// # Errors
    /// [`RosterError`] where the name is none or taken, or a group is another's.
    pub fn found_partner(
        &self,
        wish: NewPartner,
        by: &str,
        now: Timestamp,
    ) -> Result<Change<(PartnerWithGroups, Person)>, RosterError> {
        let NewPartner { id, name, groups, approval, owner } = wish;
        let (partner, mut effects) = self.new_partner(id, &name, (groups, approval), now)?;
        let place = Place::Partner(partner.partner.id.clone());
        let Applicant { name, first_name, email } = owner;
        let person = members::new_person(place.clone(), (name, first_name), email, now);
        let grant = members::granted(&person, place, GrantRole::Owner, (by, now));
        effects.extend([Effect::Person(person.clone()), Effect::Grant(grant)]);
        self.change((partner, person), effects)
    }

    /// Gives a partner another approval.
    ///
    /// # Errors
    /// [`RosterError::UnknownPartner`] where there is no such partner.
    pub fn approve(
        &self,
        id: &PartnerId,
        approval: Approval,
    ) -> Result<Change<PartnerWithGroups>, RosterError> {
        let unknown = || RosterError::UnknownPartner(id.clone());
        let mut found = self.roster.partner(id).ok_or_else(unknown)?;
        found.partner.approval = Some(approval);
        let effects = vec![Effect::Partner(found.partner.clone())];
        self.change(found, effects)
    }

    fn new_partner(
        &self,
        id: PartnerId,
        name: &str,
        (groups, approval): (BTreeSet<GroupId>, Approval),
        now: Timestamp,
    ) -> Result<(PartnerWithGroups, Vec<Effect>), RosterError> {
        if self.roster.partner(&id).is_some() {
            return Err(RosterError::PartnerExists(id));
        }
        let (name, approval) = (checked_name(name)?, Some(approval));
        let partner = Partner { id, name, created_at: now, approval };
        let mut effects = vec![Effect::Partner(partner.clone())];
        effects.extend(self.taken_over(&partner.id, &groups, now)?);
        let groups = groups.into_iter().collect();
        Ok((PartnerWithGroups { partner, groups }, effects))
    }

    /// Gives a partner another name, more groups, or fewer. A grant for a group that leaves ends, where the account
    /// of its person belongs to the partner.
    ///
    /// # Errors
    /// [`RosterError`] where there is no such partner, or a group is another's.
    pub fn change_partner(
        &self,
        id: &PartnerId,
        name: Option<&str>,
        (added, removed): (BTreeSet<GroupId>, BTreeSet<GroupId>),
        now: Timestamp,
    ) -> Result<Change<PartnerWithGroups>, RosterError> {
        let unknown = || RosterError::UnknownPartner(id.clone());
        let PartnerWithGroups { mut partner, groups } =
            self.roster.partner(id).ok_or_else(unknown)?;
        let mut effects = Vec::new();
        if let Some(name) = name {
            partner.name = checked_name(name)?;
            effects.push(Effect::Partner(partner.clone()));
        }
        let mut groups: BTreeSet<GroupId> = groups.into_iter().collect();
        for group in &removed {
            if !groups.remove(group) {
                let (group, partner) = (group.clone(), id.clone());
                return Err(RosterError::GroupNotOwned { group, partner });
            }
            effects.push(Effect::Disowned(group.clone(), now));
            effects.extend(self.grants_that_leave(id, group));
        }
        let added: BTreeSet<GroupId> =
            added.into_iter().filter(|group| !groups.contains(group)).collect();
        effects.extend(self.taken_over(id, &added, now)?);
        groups.extend(added);
        let groups = groups.into_iter().collect();
        self.change(PartnerWithGroups { partner, groups }, effects)
    }

    fn taken_over(
        &self,
        partner: &PartnerId,
        groups: &BTreeSet<GroupId>,
        now: Timestamp,
    ) -> Result<Vec<Effect>, RosterError> {
        let taken_over = |group: &GroupId| match self.roster.partner_of(group) {
            Some(partner) => Err(RosterError::GroupOwned { group: group.clone(), partner }),
            None => {
                let owner = Ownership { partner: partner.clone(), since: now };
                Ok(Effect::Owned(group.clone(), owner))
            }
        };
        groups.iter().map(taken_over).collect()
    }

    /// The ends of the grants for a group that people of the partner have.
    fn grants_that_leave(&self, partner: &PartnerId, group: &GroupId) -> Vec<Effect> {
        let home = Place::Partner(partner.clone());
        let state = self.roster.state.read();
        let is_of_partner =
            |person| state.people.get(person).is_some_and(|person| person.home == home);
        let of_group = state.grants.values().filter(|grant| grant.scope.group() == Some(group));
        let leaving = of_group.filter(|grant| is_of_partner(&grant.person));
        leaving.map(|grant| Effect::Revoked(grant.id)).collect()
    }
}

fn checked_name(name: &str) -> Result<String, RosterError> {
    if !partner_name::is_name(name) {
        return Err(RosterError::PartnerName);
    }
    Ok(name.trim().to_owned())
}
