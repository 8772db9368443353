//! Expiry of records on routes, when their time is over.

use champollion_store::Batch;
use jiff::Timestamp;

use super::{dispatcher::Dispatcher, live::LiveRoute, pusher::Order};
use crate::{
    mailbox::{DeliveryError, ExpiryWitness},
    names::GroupId,
    records::StoredRecord,
    routes::RouteBook,
};

impl Dispatcher {
    /// Removes the records of all groups that are older than the retention, and counts those of each
    /// route that were not delivered. Says how many were removed.
    ///
    /// # Errors
    /// The store does not.
    pub async fn expire(&self, now: Timestamp) -> Result<u64, DeliveryError> {
        self.mailbox.expire_before(now, self).await
    }
}

impl ExpiryWitness for Dispatcher {
    fn expiring(&self, group: &GroupId, records: &[StoredRecord], batch: &mut Batch) {
        let Some(last) = records.last().map(|record| record.sequence) else { return };
        for working in self.of_group(Some(group)) {
            let live = &working.live;
            let route = live.route();
            let (standing, lost) = live.standing(|standing| {
                let undone =
                    records.iter().filter(|record| !standing.progress.is_done(record.sequence));
                let lost =
                    undone.filter(|record| LiveRoute::takes(&route, &record.json)).count() as u64;
                standing.progress.done_through(last);
                standing.expired += lost;
                (standing.clone(), lost)
            });
            if lost > 0 {
                metrics::counter!("champollion_records_undelivered_total", "group" => group.to_string())
                    .increment(lost);
                tracing::warn!(route = %live.key, records = lost, "records expired undelivered");
            }
            if let Err(error) = RouteBook::put_standing(batch, &live.key, &standing) {
                tracing::error!(route = %live.key, %error, "progress cannot be kept");
            }
            self.mailbox.route_is_at(&live.key, standing.progress.through());
            if let Some(orders) = &working.orders {
                // Where so many orders wait, the route is looked at anew anyway.
                drop(orders.try_send(Order::Expired(last)));
            }
        }
    }
}
