//! People as they are shown: each with those of the grants that the sender may see.

use champollion_fleet::{
    grants::{Grant, GrantRole, Place},
    people::{Email, Person, PersonName},
    roster::RosterError,
};
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use crate::{
    api::Problem,
    auth::{Reach, Used},
    service::Service,
};

/// A person with the grants that the sender may see.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Person)]
pub(in crate::api) struct Shown {
    /// The id of the person.
    id: Uuid,
    /// The place whose owners look after the account.
    home: Place,
    /// The name of the person.
    name: PersonName,
    /// The first name of the person.
    first_name: PersonName,
    /// The personal e-mail address.
    email: Email,
    /// The moment at which the account was made.
    created_at: Timestamp,
    /// The moment at which it was suspended; absent of a person who may do what the grants say.
    #[serde(skip_serializing_if = "Option::is_none")]
    suspended_at: Option<Timestamp>,
    /// The grants, the oldest first.
    grants: Vec<ShownGrant>,
}

/// A grant, and when it was last used.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Grant)]
pub(in crate::api) struct ShownGrant {
    /// The id of the grant, by which it is revoked.
    id: Uuid,
    /// The place where the person has the role.
    scope: Place,
    /// The role that the person has there.
    role: GrantRole,
    /// The moment at which it was granted.
    granted_at: Timestamp,
    /// The name of the one who granted it.
    granted_by: String,
    /// The moment at which it was last confirmed; absent where it never was.
    #[serde(skip_serializing_if = "Option::is_none")]
    confirmed_at: Option<Timestamp>,
    /// The last request that it let in; absent where there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used_at: Option<Timestamp>,
}

impl ShownGrant {
    pub(super) fn new(service: &Service, grant: Grant) -> Self {
        let Grant { id, scope, role, granted_at, granted_by, confirmed_at, .. } = grant;
        let last_used_at = service.tokens.last_uses().of(Used::Grant(id));
        Self { id, scope, role, granted_at, granted_by, confirmed_at, last_used_at }
    }
}

impl Shown {
    /// A person as a sender sees it: whole where the account is within reach, and else with the grants that are.
    pub(super) fn new(service: &Service, reach: &Reach, person: Person) -> Option<Self> {
        let is_own = reach.covers(&person.home);
        let grants = service.roster.grants_of(person.id).into_iter();
        let grants: Vec<ShownGrant> = grants
            .filter(|grant| is_own || reach.covers(&grant.scope))
            .map(|grant| ShownGrant::new(service, grant))
            .collect();
        if !is_own && grants.is_empty() {
            return None;
        }
        let Person { id, home, name, first_name, email, created_at, suspended_at } = person;
        Some(Self { id, home, name, first_name, email, created_at, suspended_at, grants })
    }

    /// The place in the list, to go on after.
    pub(super) fn place(&self) -> String {
        self.id.to_string()
    }
}

/// A person of others is as unknown as one who does not exist.
pub(super) fn seen(service: &Service, reach: &Reach, id: Uuid) -> Result<Shown, Problem> {
    let person = service.roster.person(id);
    let shown = person.and_then(|person| Shown::new(service, reach, person));
    Ok(shown.ok_or(RosterError::UnknownPerson(id))?)
}
