//! Places are made of their definitions.

use super::{definition::PlaceDefinition, error::UnusablePlace, interface::Place};
use crate::{destinations::Surroundings, names::GroupId};

impl PlaceDefinition {
    /// The place itself.
    ///
    /// # Errors
    /// Says what of the definition cannot be.
    pub(crate) fn open(
        &self,
        group: &GroupId,
        surroundings: &Surroundings,
    ) -> Result<Box<dyn Place>, UnusablePlace> {
        Ok(match self {
            Self::Sftp(place) => Box::new(place.open(surroundings)?),
            Self::Ftps(place) => Box::new(place.open(surroundings)?),
            Self::Webdav(place) => Box::new(place.open(surroundings)?),
            Self::S3(place) => Box::new(place.open(surroundings)?),
            Self::Folder(place) => Box::new(place.open(group, surroundings)?),
        })
    }
}
