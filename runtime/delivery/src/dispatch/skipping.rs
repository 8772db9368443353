//! Records that a recipient never takes are skipped, so that what waits behind them goes on.

use champollion_store::Sequence;

use super::{
    change::Change, dispatcher::Dispatcher, error::DispatchError, live::LiveRoute,
    orders::WorkerCommand,
};
use crate::{
    mailbox::DeliveryError,
    names::{GroupId, RouteKey},
    records::{Head, StoredRecord},
    routes::DestinationKind,
};

/// Records that are looked at at once.
const PAGE: usize = 128;

/// Most records that are looked through for one.
const LOOKS: usize = 200_000;

impl Dispatcher {
    /// Has a route be done with a record that its recipient never takes. It stays for the other routes.
    ///
    /// # Errors
    /// There is no such route, or no such record of it that waits; or its records are not handed over one by
    /// one.
    pub async fn skip(
        &self,
        key: &RouteKey,
        record: &str,
        change: Change<'_>,
    ) -> Result<(), DispatchError> {
        let working = self.find(key)?;
        let live = &working.live;
        let kind = live.route().to.kind();
        let why = match kind {
            DestinationKind::Http | DestinationKind::Mqtt | DestinationKind::Postgres => None,
            DestinationKind::Files => Some("its records go in files, of which none is left out"),
            DestinationKind::Pull => Some("its records are fetched: acknowledge what is processed"),
        };
        if let Some(why) = why {
            return Err(DispatchError::WrongKind { key: key.clone(), kind, why });
        }
        let not_there = |why: &str| DispatchError::NoSuchRecord {
            reason: format!("the record {record:?} of the group {} {why}", key.group),
        };
        let found = self.record(&key.group, live.place(), record).await?;
        let found = found.ok_or_else(|| not_there("does not wait for this route"))?;
        let head = Head::read(&found.json).map_err(|error| damaged(&key.group, &error))?;
        if !LiveRoute::takes(&live.route(), &found.json) {
            return Err(not_there("is none that the route takes"));
        }
        let dev_eui = head.device.dev_eui.parse().map_err(|error| damaged(&key.group, &error))?;
        if !live.skip(found.sequence, change.commit).await? {
            return Err(not_there("is delivered already"));
        }
        metrics::counter!("champollion_records_skipped_total").increment(1);
        if let Some(orders) = &working.orders {
            // Whoever works on it ends only with the server, or with the route.
            drop(orders.send(WorkerCommand::Skipped(dev_eui, found.sequence)).await);
        }
        Ok(())
    }

    /// Looks for a record of a group after a place.
    pub(super) async fn record(
        &self,
        group: &GroupId,
        after: Sequence,
        id: &str,
    ) -> Result<Option<StoredRecord>, DeliveryError> {
        let (mut place, mut looks) = (after, 0);
        // Two members stand before the name.
        let (wanted, owned) = (format!("\"id\":\"{id}\""), id.to_owned());
        while looks < LOOKS {
            let page = self.mailbox.records_after(group, place, PAGE).await?;
            let Some(last) = page.last().map(|record| record.sequence) else { return Ok(None) };
            (place, looks) = (last, looks + page.len());
            let found = page.into_iter().find(|record| {
                record.json.contains(&wanted)
                    && Head::read(&record.json).is_ok_and(|head| *head.id == owned)
            });
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }
}

fn damaged(group: &GroupId, error: &dyn std::fmt::Display) -> DeliveryError {
    DeliveryError::Damaged { group: group.clone(), reason: error.to_string() }
}
