//! The account of a person who has signed in by OpenID Connect.

use champollion_fleet::{grants::Place, people::Person};
use jiff::Timestamp;

use crate::{
    service::Service,
    sign_in::openid::{Asserted, Identity, OpenidError},
};

impl Service {
    /// The person that a provider asserts, and the identity that is to be linked where it is the first time. A person
    /// who is suspended is as unknown as one who was never added.
    ///
    /// # Errors
    /// [`OpenidError::NoAccount`] where nobody goes with it, and [`OpenidError::SeveralAccounts`].
    pub(crate) fn person_of_identity(
        &self,
        asserted: &Asserted,
        home: Option<&Place>,
    ) -> Result<(Person, Option<Identity>), OpenidError> {
        let Asserted { issuer, subject, email, .. } = asserted;
        let is_meant = |person: &Person| {
            person.suspended_at.is_none() && home.is_none_or(|home| person.home == *home)
        };
        let linked = self.identities.people_of(issuer, subject).into_iter();
        let linked = linked.filter_map(|id| self.roster.person(id)).filter(is_meant).collect();
        if let Some(person) = only(linked)? {
            return Ok((person, None));
        }
        let Some(email) = email else { return Err(OpenidError::NoAccount) };
        // Who has another identity at the issuer is somebody else, whose address has passed on.
        let is_free = |person: &Person| {
            self.identities.of(person.id).is_none_or(|identity| identity.issuer != *issuer)
        };
        let invited = self.roster.people_of(email).into_iter();
        let invited = invited.filter(is_meant).filter(is_free).collect();
        let person = only(invited)?.ok_or(OpenidError::NoAccount)?;
        let (issuer, subject) = (issuer.clone(), subject.clone());
        let identity = Identity { issuer, subject, linked_at: Timestamp::now() };
        Ok((person, Some(identity)))
    }
}

/// The only one of some people; nothing where there is none.
fn only(people: Vec<Person>) -> Result<Option<Person>, OpenidError> {
    if people.len() > 1 {
        let homes = people.iter().map(|person| person.home.to_string()).collect();
        return Err(OpenidError::SeveralAccounts(homes));
    }
    Ok(people.into_iter().next())
}
