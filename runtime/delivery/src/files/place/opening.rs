//! Places are made of their definitions.

use super::{definition::PlaceDefinition, error::UnusablePlace, interface::Place};
use crate::{destinations::DestinationLimits, names::GroupId};

impl PlaceDefinition {
    /// The place itself.
    ///
    /// # Errors
    /// Says what of the definition cannot be.
    pub(crate) fn open(
        &self,
        group: &GroupId,
        destination_limits: &DestinationLimits,
    ) -> Result<Box<dyn Place>, UnusablePlace> {
        let connector = destination_limits.connector(group);
        Ok(match self {
            #[cfg(feature = "sftp")]
            Self::Sftp(place) => Box::new(place.open(connector)?),
            #[cfg(not(feature = "sftp"))]
            Self::Sftp(_) => return Err(UnusablePlace::NotBuilt { feature: "sftp" }),
            #[cfg(feature = "ftps")]
            Self::Ftps(place) => Box::new(place.open(connector)?),
            #[cfg(not(feature = "ftps"))]
            Self::Ftps(_) => return Err(UnusablePlace::NotBuilt { feature: "ftps" }),
            Self::Webdav(place) => Box::new(place.open(destination_limits, connector)?),
            #[cfg(feature = "s3")]
            Self::S3(place) => Box::new(place.open(destination_limits, connector)?),
            #[cfg(not(feature = "s3"))]
            Self::S3(_) => return Err(UnusablePlace::NotBuilt { feature: "s3" }),
            Self::Folder(place) => Box::new(place.open(group, destination_limits)?),
        })
    }
}
