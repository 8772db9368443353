//! Changes of people and of their grants.

use jiff::Timestamp;
use uuid::Uuid;

use super::{Change, RosterError, Turn, change::Effect};
use crate::{
    grants::{Grant, GrantRole, Place},
    people::{Email, Person, PersonName},
};

/// A person who is to be added.
#[derive(Clone, Debug)]
pub struct NewPerson {
    /// The place whose owners look after the account.
    pub home: Place,
    /// The name of the person.
    pub name: PersonName,
    /// The first name of the person.
    pub first_name: PersonName,
    /// The personal e-mail address.
    pub email: Email,
    /// The first grants of the person.
    pub grants: Vec<(Place, GrantRole)>,
}

/// A correction of what is known of a person; what it does not say stays.
#[derive(Clone, Debug, Default)]
pub struct Correction {
    /// Another name of the person.
    pub name: Option<PersonName>,
    /// Another first name of the person.
    pub first_name: Option<PersonName>,
    /// Another e-mail address of the person.
    pub email: Option<Email>,
}

impl Turn<'_> {
    /// Adds a person with the first grants.
    ///
    /// # Errors
    /// [`RosterError`] where the address is taken in the home, or a grant is impossible.
    pub fn add_person(
        &self,
        wish: NewPerson,
        by: &str,
        now: Timestamp,
    ) -> Result<Change<(Person, Vec<Grant>)>, RosterError> {
        let NewPerson { home, name, first_name, email, grants } = wish;
        self.check_home(&home)?;
        if self.roster.people_of(&email).iter().any(|other| other.home == home) {
            return Err(RosterError::EmailTaken { home });
        }
        let (limit, is_counted) = (self.roster.limits.accounts, home != Place::Territory);
        if is_counted
            && self.roster.people(None).iter().filter(|one| one.home == home).count() >= limit
        {
            return Err(RosterError::TooManyPeople { home, limit });
        }
        self.check_count(grants.len())?;
        let person = new_person(home, (name, first_name), email, now);
        let mut made: Vec<Grant> = Vec::new();
        for (scope, role) in grants {
            if made.iter().any(|grant| grant.scope == scope && grant.role == role) {
                return Err(RosterError::AlreadyGranted(scope));
            }
            made.push(self.new_grant(&person, scope, role, (by, now))?);
        }
        let of_grants = made.iter().cloned().map(Effect::Grant);
        let effects = [Effect::Person(person.clone())].into_iter().chain(of_grants).collect();
        self.change((person, made), effects)
    }

    /// Corrects what is known of a person.
    ///
    /// # Errors
    /// [`RosterError`] where there is no such person, or the address is that of another one of the same home.
    pub fn change_person(
        &self,
        person: Uuid,
        correction: Correction,
    ) -> Result<Change<Person>, RosterError> {
        let mut person = self.person(person)?;
        let Correction { name, first_name, email } = correction;
        if let Some(email) = email {
            let alike = self.roster.people_of(&email);
            if alike.iter().any(|other| other.id != person.id && other.home == person.home) {
                return Err(RosterError::EmailTaken { home: person.home });
            }
            person.email = email;
        }
        person.name = name.unwrap_or(person.name);
        person.first_name = first_name.unwrap_or(person.first_name);
        self.change(person.clone(), vec![Effect::Person(person)])
    }

    /// Grants a person a role at a place.
    ///
    /// # Errors
    /// [`RosterError`] where there is no such person, or the grant is impossible or there.
    pub fn grant(
        &self,
        person: Uuid,
        (scope, role): (Place, GrantRole),
        by: &str,
        now: Timestamp,
    ) -> Result<Change<Grant>, RosterError> {
        let person = self.person(person)?;
        let is_same = |grant: &Grant| grant.scope == scope && grant.role == role;
        let own = self.roster.grants_of(person.id);
        if own.iter().any(is_same) {
            return Err(RosterError::AlreadyGranted(scope));
        }
        self.check_count(own.len() + 1)?;
        let grant = self.new_grant(&person, scope, role, (by, now))?;
        self.change(grant.clone(), vec![Effect::Grant(grant)])
    }

    /// Ends a grant.
    ///
    /// # Errors
    /// [`RosterError`] where the person has no such grant, or nobody would own its place any more.
    pub fn revoke(&self, person: Uuid, grant: Uuid) -> Result<Change<Grant>, RosterError> {
        let own = self.roster.grants_of(person);
        let found = own.into_iter().find(|own| own.id == grant);
        let grant = found.ok_or(RosterError::UnknownGrant(grant))?;
        self.check_owners(|other| other.id == grant.id)?;
        let id = grant.id;
        self.change(grant, vec![Effect::Revoked(id)])
    }

    /// Notes that a grant is still right.
    ///
    /// # Errors
    /// [`RosterError::UnknownGrant`] where the person has no such grant.
    pub fn confirm(
        &self,
        person: Uuid,
        grant: Uuid,
        now: Timestamp,
    ) -> Result<Change<Grant>, RosterError> {
        let own = self.roster.grants_of(person);
        let found = own.into_iter().find(|own| own.id == grant);
        let grant = found.ok_or(RosterError::UnknownGrant(grant))?;
        let grant = Grant { confirmed_at: Some(now), ..grant };
        self.change(grant.clone(), vec![Effect::Grant(grant)])
    }

    /// Suspends a person: the grants stay, and are in force no more.
    ///
    /// # Errors
    /// [`RosterError`] where there is no such person, the person is suspended, or the last owner of a place.
    pub fn suspend(&self, person: Uuid, now: Timestamp) -> Result<Change<Person>, RosterError> {
        let person = self.person(person)?;
        if person.suspended_at.is_some() {
            return Err(RosterError::Suspended);
        }
        self.check_owners(|grant| grant.person == person.id)?;
        let person = Person { suspended_at: Some(now), ..person };
        self.change(person.clone(), vec![Effect::Person(person)])
    }

    /// Puts the grants of a suspended person in force again.
    ///
    /// # Errors
    /// [`RosterError`] where there is no such person, or the person is not suspended.
    pub fn resume(&self, person: Uuid) -> Result<Change<Person>, RosterError> {
        let person = self.person(person)?;
        if person.suspended_at.is_none() {
            return Err(RosterError::NotSuspended);
        }
        let person = Person { suspended_at: None, ..person };
        self.change(person.clone(), vec![Effect::Person(person)])
    }

    fn person(&self, id: Uuid) -> Result<Person, RosterError> {
        self.roster.person(id).ok_or(RosterError::UnknownPerson(id))
    }

    fn check_count(&self, grants: usize) -> Result<(), RosterError> {
        let limit = self.roster.limits.grants;
        match grants <= limit {
            true => Ok(()),
            false => Err(RosterError::TooManyGrants { limit }),
        }
    }

    fn new_grant(
        &self,
        person: &Person,
        scope: Place,
        role: GrantRole,
        (by, now): (&str, Timestamp),
    ) -> Result<Grant, RosterError> {
        role.check_at(&scope)?;
        self.check_home(&scope)?;
        if !self.roster.covers(&person.home, &scope) {
            return Err(RosterError::OutsideHome { home: person.home.clone(), scope });
        }
        Ok(granted(person, scope, role, (by, now)))
    }

    /// Checks that a place is one of a partner that exists. Groups come with their first object, and need not.
    fn check_home(&self, place: &Place) -> Result<(), RosterError> {
        match place {
            Place::Partner(partner) if self.roster.partner(partner).is_none() => {
                Err(RosterError::UnknownPartner(partner.clone()))
            }
            _ => Ok(()),
        }
    }

    fn check_owners(&self, gone: impl Fn(&Grant) -> bool) -> Result<(), RosterError> {
        match self.roster.state.read().left_without_owner(gone) {
            Some(place) => Err(RosterError::LastOwner(place.clone())),
            None => Ok(()),
        }
    }
}

/// A person who was not there before.
pub(super) fn new_person(
    home: Place,
    (name, first_name): (PersonName, PersonName),
    email: Email,
    now: Timestamp,
) -> Person {
    let id = Uuid::now_v7();
    Person { id, home, name, first_name, email, created_at: now, suspended_at: None }
}

/// A grant that was not there before.
pub(super) fn granted(
    person: &Person,
    scope: Place,
    role: GrantRole,
    (by, now): (&str, Timestamp),
) -> Grant {
    Grant {
        id: Uuid::now_v7(),
        person: person.id,
        scope,
        role,
        granted_at: now,
        granted_by: by.to_owned(),
        confirmed_at: None,
    }
}
