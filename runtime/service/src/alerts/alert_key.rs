//! The keys of alerts in the store.

use std::{fmt, str::FromStr};

use champollion_fleet::names::{GroupId, NameError};
use uuid::Uuid;

/// The key of an alert, by which the latest of a group are first.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct AlertKey {
    pub(super) group: GroupId,
    pub(super) id: Uuid,
}

impl fmt::Display for AlertKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{:032x}", self.group, !self.id.as_u128())
    }
}

/// A key that names no alert.
#[derive(Debug, thiserror::Error)]
pub(super) enum AlertKeyError {
    #[error(transparent)]
    Group(#[from] NameError),
    #[error("it does not end with 32 hexadecimal digits")]
    Id,
}

impl FromStr for AlertKey {
    type Err = AlertKeyError;

    fn from_str(text: &str) -> Result<Self, AlertKeyError> {
        let (group, id) = text.split_once('/').ok_or(AlertKeyError::Id)?;
        let id = u128::from_str_radix(id, 16).map_err(|_| AlertKeyError::Id)?;
        Ok(Self { group: group.parse()?, id: Uuid::from_u128(!id) })
    }
}
