//! Groups that were there before their partners: each becomes one.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{Change, RosterError, Turn, change::Effect};
use crate::{
    grants::{Grant, GrantRole, Place},
    names::{GroupId, PartnerId},
    partners::{Ownership, Partner, PartnerWithGroups},
    people::Person,
    requests::Approval,
};

/// Longest beginning of a group's name that a number is written behind: with it, it is a name still.
const BEGINNING: usize = 48;

impl Turn<'_> {
    /// Makes a partner of each of these groups that nobody owns, with an approval that says so. The people of a group
    /// become the partner's, and its owners own the partner; all others may do what they could.
    ///
    /// # Errors
    /// [`RosterError::Table`] where a row cannot be written.
    pub fn adopt(
        &self,
        groups: &BTreeSet<GroupId>,
        now: Timestamp,
    ) -> Result<Change<Vec<PartnerWithGroups>>, RosterError> {
        let (mut partners, mut effects) = (Vec::new(), Vec::new());
        let mut taken = BTreeSet::new();
        for group in groups.iter().filter(|group| self.roster.partner_of(group).is_none()) {
            let id = self.free_name(group, &taken);
            taken.insert(id.clone());
            let approval = Some(Approval::of_existing_group(now));
            let name = group.to_string();
            let partner = Partner { id: id.clone(), name, created_at: now, approval };
            let ownership = Ownership { partner: id.clone(), since: now };
            effects.push(Effect::Partner(partner.clone()));
            effects.push(Effect::Owned(group.clone(), ownership));
            effects.extend(self.moved_home(group, &id));
            partners.push(PartnerWithGroups { partner, groups: vec![group.clone()] });
        }
        self.change(partners, effects)
    }

    /// The short name of the partner that a group becomes: that of the group where it is free, else with a number.
    fn free_name(&self, group: &GroupId, taken: &BTreeSet<PartnerId>) -> PartnerId {
        let is_free = |id: &PartnerId| self.roster.partner(id).is_none() && !taken.contains(id);
        let text = group.as_str();
        let beginning = &text[..text.len().min(BEGINNING)];
        let (mut name, mut number) = (text.to_owned(), 1_u64);
        loop {
            if let Ok(id) = name.parse()
                && is_free(&id)
            {
                return id;
            }
            number += 1;
            name = format!("{beginning}-{number}");
        }
    }

    /// The people of a group as those of the partner that it becomes, and the grants of its owners.
    fn moved_home(&self, group: &GroupId, partner: &PartnerId) -> Vec<Effect> {
        let (before, now) = (Place::Group(group.clone()), Place::Partner(partner.clone()));
        let state = self.roster.state.read();
        let of_group = state.people.values().filter(|person| person.home == before);
        let mut effects = Vec::new();
        for person in of_group {
            effects.push(Effect::Person(Person { home: now.clone(), ..person.clone() }));
            let owning = |grant: &&Grant| grant.role == GrantRole::Owner && grant.scope == before;
            let owned = state.grants_of(person.id).filter(owning);
            effects.extend(
                owned.map(|grant| Effect::Grant(Grant { scope: now.clone(), ..grant.clone() })),
            );
        }
        effects
    }

    /// The groups that people belong to, or have grants for.
    #[must_use]
    pub fn groups_of_people(&self) -> BTreeSet<GroupId> {
        let state = self.roster.state.read();
        let homes = state.people.values().map(|person| &person.home);
        let scopes = state.grants.values().map(|grant| &grant.scope);
        homes.chain(scopes).filter_map(Place::group).cloned().collect()
    }
}
