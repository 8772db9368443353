//! Expiry of records on routes, when their time is over.

use std::sync::Arc;

use async_trait::async_trait;
use champollion_store::{Batch, Sequence};
use jiff::Timestamp;

use super::{
    dispatcher::Dispatcher,
    events::{Event, EventKind},
    live::LiveRoute,
    orders::WorkerCommand,
};
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

#[async_trait]
impl ExpiryWitness for Dispatcher {
    async fn expiring(
        &self,
        group: &GroupId,
        records: Arc<[StoredRecord]>,
        batch: &mut Batch,
    ) -> Result<(), DeliveryError> {
        let Some(last) = records.last().map(|record| record.sequence) else { return Ok(()) };
        let mut events = Vec::new();
        for working in self.of_group(Some(group)) {
            let live = &working.live;
            let own = self.taken_by(live, &records).await?;
            let (standing, lost) = live.standing(|standing| {
                let undone = own.iter().filter(|&&sequence| !standing.progress.is_done(sequence));
                let lost = undone.count() as u64;
                standing.progress.done_through(last);
                standing.expired += lost;
                (standing.clone(), lost)
            });
            if lost > 0 {
                metrics::counter!("champollion_records_undelivered_total", "group" => group.to_string())
                    .increment(lost);
                tracing::warn!(route = %live.key, records = lost, "records expired undelivered");
                let message =
                    format!("{lost} records were removed undelivered: their time was over");
                let name = Some(&live.key.name);
                let event = Event::now(EventKind::RecordsExpired, name, message).about(lost, None);
                events.push(event);
            }
            if let Err(error) = RouteBook::put_standing(batch, &live.key, &standing) {
                tracing::error!(route = %live.key, %error, "progress cannot be kept");
            }
            self.mailbox.route_is_at(&live.key, standing.progress.through());
            if let Some(orders) = &working.orders {
                // Where so many orders wait, the route is looked at anew anyway.
                drop(orders.try_send(WorkerCommand::Expired(last)));
            }
        }
        Event::put(&events, &**self.mailbox.store(), batch, group).await?;
        Ok(())
    }
}

impl Dispatcher {
    /// The places of those records that a route takes and is not done with.
    async fn taken_by(
        &self,
        live: &LiveRoute,
        records: &Arc<[StoredRecord]>,
    ) -> Result<Vec<Sequence>, DeliveryError> {
        let undone: Vec<usize> = live.standing(|standing| {
            let all = records.iter().enumerate();
            let undone = all.filter(|(_, record)| !standing.progress.is_done(record.sequence));
            undone.map(|(index, _)| index).collect()
        });
        let (route, records) = (live.route(), Arc::clone(records));
        let own = move || {
            let all = undone.into_iter().filter_map(|index| records.get(index));
            let own = all.filter(|record| LiveRoute::takes(&route, &record.json));
            own.map(|record| record.sequence).collect()
        };
        self.mailbox.filtering().run(&live.key.group, own).await
    }
}
