//! Partners, people and their grants.

use champollion_fleet::roster::RosterError;

use super::super::Problem;

impl From<RosterError> for Problem {
    fn from(error: RosterError) -> Self {
        let detail = error.to_string();
        match error {
            RosterError::PartnerName => Self::bad_request("invalid-name", detail),
            RosterError::PartnerExists(_) => Self::conflict("partner-exists", detail),
            RosterError::UnknownPartner(_) => Self::not_found("unknown-partner", detail),
            RosterError::GroupOwned { .. } => Self::conflict("group-owned", detail),
            RosterError::GroupNotOwned { .. } => Self::conflict("group-not-owned", detail),
            RosterError::UnknownPerson(_) => Self::not_found("unknown-person", detail),
            RosterError::EmailTaken { .. } => Self::conflict("email-taken", detail),
            RosterError::TooManyPeople { .. } => Self::conflict("too-many-people", detail),
            RosterError::TooManyGrants { .. } => Self::conflict("too-many-grants", detail),
            RosterError::Role(_) => Self::bad_request("invalid-role", detail),
            RosterError::OutsideHome { .. } => Self::conflict("outside-home", detail),
            RosterError::AlreadyGranted(_) => Self::conflict("already-granted", detail),
            RosterError::UnknownGrant(_) => Self::not_found("unknown-grant", detail),
            RosterError::LastOwner(_) => Self::conflict("last-owner", detail),
            RosterError::Suspended | RosterError::NotSuspended => {
                Self::conflict("already-so", detail)
            }
            error => Self::internal(&error),
        }
    }
}
