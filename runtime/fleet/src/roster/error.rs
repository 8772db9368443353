//! The reasons why a change of the roster is refused.

use champollion_store::TableError;
use uuid::Uuid;

use crate::{
    grants::{Place, RoleError},
    names::{GroupId, PartnerId},
    partner_name::NAME_RULE,
};

/// The reason why the roster is not changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RosterError {
    /// A row cannot be written.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The name of a partner is none.
    #[error("{NAME_RULE}")]
    PartnerName,
    /// A partner of this short name exists.
    #[error("there is a partner {0} already")]
    PartnerExists(PartnerId),
    /// No such partner exists.
    #[error("there is no partner {0}")]
    UnknownPartner(PartnerId),
    /// The group is one of another partner.
    #[error("the group {group} is owned by the partner {partner}: take it from that partner first")]
    GroupOwned {
        /// The group that is asked for.
        group: GroupId,
        /// The partner that owns it.
        partner: PartnerId,
    },
    /// The group is none of the partner.
    #[error("the partner {partner} has no group {group}")]
    GroupNotOwned {
        /// The group that is to be taken away.
        group: GroupId,
        /// The partner that does not own it.
        partner: PartnerId,
    },
    /// No such person exists.
    #[error("there is no person {0}")]
    UnknownPerson(Uuid),
    /// The e-mail address is that of another person of the same home.
    #[error("a person of {home} has this e-mail address already")]
    EmailTaken {
        /// The home of both.
        home: Place,
    },
    /// The home has as many accounts as it may have.
    #[error("{home} has {limit} accounts, as many as [people] accounts lets it have")]
    TooManyPeople {
        /// The home of the accounts.
        home: Place,
        /// The bound of the setting.
        limit: usize,
    },
    /// The person would have more grants than a person may have.
    #[error(
        "a person has {limit} grants at most ([people] grants): grant a wider scope instead of many"
    )]
    TooManyGrants {
        /// The bound of the setting.
        limit: usize,
    },
    /// The role does not go with the place.
    #[error(transparent)]
    Role(#[from] RoleError),
    /// The grant lies outside of the home of the person.
    #[error(
        "the account belongs to {home}, and {scope} is not a part of it: add the person there as well, or as one of \
         the territory"
    )]
    OutsideHome {
        /// The home of the person.
        home: Place,
        /// The place that is asked for.
        scope: Place,
    },
    /// The person has the role at the place.
    #[error("the person has this role for {0} already")]
    AlreadyGranted(Place),
    /// The person has no such grant.
    #[error("the person has no grant {0}")]
    UnknownGrant(Uuid),
    /// Nobody would own the place any more.
    #[error("nobody else is an owner of {0}: make another person its owner first")]
    LastOwner(Place),
    /// The person is suspended already.
    #[error("the person is suspended already")]
    Suspended,
    /// The person is not suspended.
    #[error("the person is not suspended")]
    NotSuspended,
}
