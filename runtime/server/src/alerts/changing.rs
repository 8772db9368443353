//! Alerts as rounds change them: batches are committed, and rules are looked up that watch something.

use std::collections::BTreeSet;

use champollion_service::alerts::{AlertsError, Place, StoredStates, Subject};
use champollion_store::{Batch, StoreError};
use jiff::Timestamp;
use uuid::Uuid;

use super::Alerts;

impl Alerts {
    /// Commits a batch; says whether no frame was faster. What was judged is judged once more then.
    pub(crate) async fn commit(&self, batch: Batch) -> Result<bool, AlertsError> {
        if batch.is_empty() {
            return Ok(true);
        }
        match self.led_store.commit(batch).await {
            Ok(_) => Ok(true),
            Err(StoreError::Conflict { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Ends in one batch what rules have raised of devices and routes that they watch no more; says whether all of it has
    /// ended. What a frame has judged since it was seen goes on.
    pub(crate) async fn drop_seen(
        &self,
        seen: &[(Subject, StoredStates)],
        now: Timestamp,
    ) -> Result<bool, AlertsError> {
        let (mut batch, mut is_all) = (Batch::new(), true);
        for (subject, states) in seen {
            is_all &= self.judge.drop_seen((subject, states), now, &mut batch).await?;
        }
        let is_done = self.commit(batch).await?;
        for (subject, _) in seen {
            if let Subject::Device(device) = subject {
                self.forget_states(*device);
            }
        }
        Ok(is_done && is_all)
    }

    /// The rules that watch a device or a route.
    pub(crate) fn watching(&self, subject: &Subject, now: Timestamp) -> BTreeSet<Uuid> {
        let place = match subject {
            Subject::Device(dev_eui) => {
                self.devices.get(*dev_eui).map(|device| self.place(&device, now))
            }
            Subject::Route(group, route) => Some(Place::of_route(group.clone(), route.clone())),
        };
        let Some(place) = place else { return BTreeSet::new() };
        let rules = self.armed.of(&place.group);
        let rules = rules.iter().flat_map(|rules| rules.iter());
        rules.filter(|(_, rule)| rule.watches(&place)).map(|(_, rule)| rule.id).collect()
    }
}
