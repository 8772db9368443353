//! The ways on which records leave.

use std::sync::Arc;

use super::{
    destination::Destination,
    route::Route,
    route_error::{DESCRIPTION_BYTES, RouteError},
};
use crate::{
    destinations::{DestinationLimits, Recipient},
    files::{FilePush, Place},
    names::RouteKey,
};

/// Records that are on their way to a broker at once.
const MQTT_CONCURRENCY: usize = 32;

/// The way in which records leave on a route.
pub(crate) enum Way {
    /// Each as soon as it is there.
    Push {
        /// The recipient of the records.
        recipient: Arc<dyn Recipient>,
        /// Most records in one parcel.
        batch: usize,
        /// Most parcels at once.
        concurrency: usize,
    },
    /// In files, at their rhythm.
    Files {
        /// The definition of the files.
        push: Box<FilePush>,
        /// Where they are put.
        place: Arc<dyn Place>,
    },
    /// Records are fetched by the partner.
    Pull,
}

impl Route {
    /// Returns the way in which records leave on a route.
    ///
    /// # Errors
    /// Says what of it cannot be.
    pub(crate) fn way(
        &self,
        key: &RouteKey,
        destination_limits: &DestinationLimits,
    ) -> Result<Way, RouteError> {
        if self.description.len() > DESCRIPTION_BYTES {
            return Err(RouteError::Description { bytes: self.description.len() });
        }
        let connector = destination_limits.connector(&key.group);
        Ok(match &self.to {
            Destination::Http(push) => Way::Push {
                recipient: Arc::new(push.recipient(destination_limits, connector)?),
                batch: push.batch,
                concurrency: push.concurrency,
            },
            Destination::Mqtt(push) => Way::Push {
                recipient: Arc::new(push.recipient(destination_limits, connector)?.of_route(key)),
                batch: 1,
                concurrency: MQTT_CONCURRENCY,
            },
            #[cfg(feature = "postgres")]
            Destination::Postgres(push) => Way::Push {
                recipient: Arc::new(push.recipient(destination_limits, connector)?),
                batch: push.batch,
                concurrency: 1,
            },
            #[cfg(not(feature = "postgres"))]
            Destination::Postgres(_) => {
                return Err(crate::destinations::postgres::PostgresPushError::NotBuilt.into());
            }
            Destination::Files(push) => Way::Files {
                push: push.clone(),
                place: Arc::from(push.open(&key.group, destination_limits)?),
            },
            Destination::Pull {} => Way::Pull,
        })
    }
}
