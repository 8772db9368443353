//! The gateways that alone hear objects: made of the tallies of all objects over some days, and kept for a while.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use champollion_frames::DevEui;
use champollion_service::quality::only_gateways;
use champollion_store::TableError;
use jiff::{Timestamp, ToSpan, civil::Date};

use super::Quality;
use crate::kept::Kept;

/// Days before today over which an object must have been heard by one gateway alone.
const DAYS_BEFORE: i32 = 6;

/// Bytes that are kept: of a million objects eight million.
const BYTES: usize = 32 << 20;

/// The time for which it is kept: a minute more changes little over seven days, and spares who walks through the gateways all
/// but one round in it.
const KEPT: Duration = Duration::from_secs(60);

/// The objects by the gateway that alone hears them.
pub(crate) type OnlyGateways = BTreeMap<String, Vec<DevEui>>;

/// The last result, by the day on which it was made.
pub(super) struct KeptGateways(Kept<Date, OnlyGateways>);

impl Default for KeptGateways {
    fn default() -> Self {
        Self(Kept::new(BYTES, KEPT))
    }
}

impl Quality {
    /// Returns the objects by the gateway that alone hears them, as they are or were some minutes ago, where that is known.
    pub(crate) fn known_only_gateways(&self) -> Option<Arc<OnlyGateways>> {
        self.only_gateways.0.get(&self.days().of(Timestamp::now()))
    }

    /// Finds out which objects one gateway alone hears. The tallies of all objects are gone through.
    ///
    /// # Errors
    /// [`TableError`] where the store does not answer.
    pub(crate) async fn only_gateways(&self) -> Result<Arc<OnlyGateways>, TableError> {
        if let Some(known) = self.known_only_gateways() {
            return Ok(known);
        }
        let today = self.days().of(Timestamp::now());
        let days = (today.saturating_sub(DAYS_BEFORE.days()), today);
        let mut objects = OnlyGateways::new();
        let mut count = 0;
        for (dev_eui, gateway) in only_gateways(&self.books, &self.groups(), days).await? {
            objects.entry(gateway).or_default().push(dev_eui);
            count += 1;
        }
        let objects = Arc::new(objects);
        self.only_gateways.0.put(today, &objects, count * size_of::<DevEui>());
        Ok(objects)
    }
}
