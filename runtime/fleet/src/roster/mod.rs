//! The roster: partners with their groups, people, and grants. All of it is in memory; the store keeps what is needed
//! to have it again.
//!
//! A change is prepared in a [`Turn`], of which there is one at a time: it checks the rules and gives a [`Change`],
//! whose batch its caller makes durable together with what else belongs to it, such as a line of the audit. Then the
//! turn applies it.

mod adoption;
mod change;
mod error;
mod members;
mod partnership;
mod rows;
mod state;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, sync::Arc};

use champollion_store::{Store, TableError};
use jiff::Timestamp;
use parking_lot::RwLock;
use tokio::sync::{Mutex, MutexGuard, watch};
use uuid::Uuid;

use crate::{
    grants::{Grant, Place},
    names::{GroupId, PartnerId, SubGroup},
    partners::{Ownership, PartnerWithGroups},
    people::{Email, PeopleLimits, Person},
    requests::Approval,
};
use state::State;

pub use change::{Change, Effect};
pub use error::RosterError;
pub use members::{Correction, NewPerson};
pub use partnership::NewPartner;

/// The partners with their groups, the people and their grants.
pub struct Roster {
    /// Held for a look or a change in memory, never across an await.
    state: RwLock<State>,
    /// Held from the look at the rules until a change is in memory.
    turn: Mutex<()>,
    changed: watch::Sender<()>,
    limits: PeopleLimits,
}

/// A turn to change the roster. Nothing else changes it meanwhile.
pub struct Turn<'of> {
    roster: &'of Roster,
    _alone: MutexGuard<'of, ()>,
}

impl Roster {
    /// Reads the roster. What is beyond the limits already stays.
    ///
    /// # Errors
    /// The store cannot be read, or a row makes no sense.
    pub async fn open(store: Arc<dyn Store>, limits: PeopleLimits) -> Result<Self, TableError> {
        let state = RwLock::new(rows::read(&*store).await?);
        Ok(Self { state, turn: Mutex::default(), changed: watch::channel(()).0, limits })
    }

    /// Reads the roster again, which another node has changed.
    ///
    /// # Errors
    /// The store cannot be read, and the roster is as before.
    pub async fn refresh(&self, store: &dyn Store) -> Result<(), TableError> {
        let _alone = self.turn.lock().await;
        let read = rows::read(store).await?;
        *self.state.write() = read;
        self.changed.send_replace(());
        Ok(())
    }

    /// Waits for a turn to change the roster.
    pub async fn turn(&self) -> Turn<'_> {
        Turn { roster: self, _alone: self.turn.lock().await }
    }

    /// Tells of changes, each once it is in memory.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// Whether a place lies within another one, or is the same.
    #[must_use]
    pub fn covers(&self, outer: &Place, inner: &Place) -> bool {
        self.state.read().covers(outer, inner)
    }

    /// Whether a place has an object of a group, and of a part of it where the object is in one.
    #[must_use]
    pub fn has_object(&self, place: &Place, group: &GroupId, part: Option<&SubGroup>) -> bool {
        match (place, part) {
            (Place::SubGroup(own, own_part), Some(part)) => own == group && own_part == part,
            (Place::SubGroup(..), None) => false,
            (Place::Territory, _) => true,
            (place, _) => self.state.read().has_group(place, group),
        }
    }

    /// Returns the groups of a place that are known to be its: those of a partner, or the group that it is.
    #[must_use]
    pub fn groups_within(&self, place: &Place) -> Vec<GroupId> {
        match place {
            Place::Partner(partner) => self.state.read().groups_of(partner),
            Place::Group(group) => vec![group.clone()],
            Place::Territory | Place::SubGroup(..) => Vec::new(),
        }
    }

    /// Returns the partners with their groups whose names come after one, in the order of their names.
    #[must_use]
    pub fn partners(&self, after: Option<&PartnerId>) -> Vec<PartnerWithGroups> {
        self.state.read().partners(after)
    }

    /// Returns a partner with its groups.
    #[must_use]
    pub fn partner(&self, id: &PartnerId) -> Option<PartnerWithGroups> {
        self.state.read().partner(id)
    }

    /// Returns the partner that owns a group.
    #[must_use]
    pub fn partner_of(&self, group: &GroupId) -> Option<PartnerId> {
        self.state.read().owners.get(group).map(|owner| owner.partner.clone())
    }

    /// Returns the partners that owned groups at a moment of the past. What has changed owners before changes were kept
    /// is not known: its first owner that is known stands for those before.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn owners_at(
        &self,
        store: &dyn Store,
        moment: Timestamp,
    ) -> Result<BTreeMap<GroupId, PartnerId>, TableError> {
        let owner = |(group, owner): (&GroupId, &Ownership)| (group.clone(), owner.partner.clone());
        let now = self.state.read().owners.iter().map(owner).collect();
        rows::owners_at(store, moment, now).await
    }

    /// Returns the approval of the partner that owns a group, with its groups; nothing where nobody owns it.
    #[must_use]
    pub fn approval_for(&self, group: &GroupId) -> Option<(PartnerWithGroups, Approval)> {
        let state = self.state.read();
        let found = state.partner(&state.owners.get(group)?.partner)?;
        let approval = found.partner.approval();
        Some((found, approval))
    }

    /// Returns the groups that partners own.
    #[must_use]
    pub fn owned_groups(&self) -> Vec<GroupId> {
        self.state.read().owners.keys().cloned().collect()
    }

    /// Returns the people who were added after one, the oldest first.
    #[must_use]
    pub fn people(&self, after: Option<Uuid>) -> Vec<Person> {
        self.state.read().people_after(after)
    }

    /// Returns the person of an id.
    #[must_use]
    pub fn person(&self, id: Uuid) -> Option<Person> {
        self.state.read().people.get(&id).cloned()
    }

    /// Returns the people of an address: one at most of each home.
    #[must_use]
    pub fn people_of(&self, email: &Email) -> Vec<Person> {
        self.state.read().people.values().filter(|person| person.email == *email).cloned().collect()
    }

    /// Returns the grants of a person, the oldest first.
    #[must_use]
    pub fn grants_of(&self, person: Uuid) -> Vec<Grant> {
        self.state.read().grants_of(person).cloned().collect()
    }

    /// Returns the grants that are in force of a person: none of one who is suspended or unknown.
    #[must_use]
    pub fn grants_in_force(&self, person: Uuid) -> Vec<Grant> {
        let state = self.state.read();
        if !state.is_active(person) {
            return Vec::new();
        }
        state.grants_of(person).cloned().collect()
    }

    /// Returns all grants, the oldest first.
    #[must_use]
    pub fn grants(&self) -> Vec<Grant> {
        self.state.read().grants.values().cloned().collect()
    }

    /// Returns the people who administer the territory, and are not suspended.
    #[must_use]
    pub fn administrators(&self) -> Vec<Uuid> {
        self.state.read().administrators()
    }
}

impl Turn<'_> {
    /// Takes over a change whose batch is durable.
    pub fn apply(&self, effects: Vec<Effect>) {
        let mut state = self.roster.state.write();
        effects.into_iter().for_each(|effect| state.apply(effect));
        drop(state);
        self.roster.changed.send_replace(());
    }

    fn change<T>(&self, outcome: T, effects: Vec<Effect>) -> Result<Change<T>, RosterError> {
        let batch = rows::batch(&self.roster.state.read(), &effects)?;
        Ok(Change { batch, effects, outcome })
    }
}
