//! Routes whose records are fetched: nobody works on them but whoever fetches.

use std::sync::Arc;

use async_trait::async_trait;

use super::{dispatcher::Dispatcher, error::DispatchError, live::LiveRoute};
use crate::{
    mailbox::{DeliveryError, Mailbox, Page, PageBounds},
    names::RouteKey,
    records::{Cursor, StoredRecord, dev_eui},
    routes::{DestinationKind, Handed, HandedBefore, HandedByDevice, PulledBy, Route, Search},
};

/// Records that are looked at at once where a route is told what was fetched.
const PULL_PAGE: usize = 128;

impl Dispatcher {
    /// Whether what a route that is fetched from takes is told by an expression, which costs more than a
    /// look.
    #[must_use]
    pub fn has_expression(&self, key: &RouteKey) -> bool {
        self.find(key).is_ok_and(|working| working.live.route().filter.expression.is_some())
    }

    /// Records of a route that is fetched from, after a cursor, at most `limit`.
    ///
    /// # Errors
    /// There is no such route, or nothing is fetched from it.
    pub async fn pull(
        &self,
        key: &RouteKey,
        after: Cursor,
        limit: usize,
    ) -> Result<Page, DispatchError> {
        self.search(key, after, &Search::new(PageBounds::records(limit))).await
    }

    /// The same, a page that a search finds.
    ///
    /// # Errors
    /// There is no such route, or nothing is fetched from it.
    pub async fn search(
        &self,
        key: &RouteKey,
        after: Cursor,
        search: &Search<'_>,
    ) -> Result<Page, DispatchError> {
        let live = self.fetched(key)?;
        let route = live.route();
        let after = after.max(Cursor::new(live.place()));
        let (filter, presentation) = (&route.filter, &route.presentation());
        let live = route.only_new.then_some(&*live as &dyn HandedBefore);
        let by = PulledBy { filter, presentation, live };
        Ok(self.mailbox.pull_from(&key.group, after, search, by).await?)
    }

    /// A route that is fetched from is done with the records up to a cursor. Says how many of them were
    /// its own.
    ///
    /// # Errors
    /// There is no such route, nothing is fetched from it, or the cursor is beyond the last record.
    pub async fn acknowledge(&self, key: &RouteKey, through: Cursor) -> Result<u64, DispatchError> {
        let live = self.fetched(key)?;
        let route = live.route();
        let last = self.mailbox.extent(&key.group).await?.last;
        if through.sequence() > last {
            let last = Cursor::new(last);
            return Err(DeliveryError::BeyondEnd { given: through, last }.into());
        }
        let mut delivered = 0;
        let mut place = live.place();
        while place < through.sequence() {
            let page = self.mailbox.records_after(&key.group, place, PULL_PAGE).await?;
            let Some(end) = page.last().map(|record| record.sequence) else { break };
            let mut handed = HandedByDevice::new();
            live.load_handed(&self.mailbox, &page, &mut handed).await;
            let route = Arc::clone(&route);
            let own = move || {
                let passed = page.iter().filter(|record| record.sequence <= through.sequence());
                let own = passed.filter(|record| LiveRoute::takes(&route, &record.json));
                let count = own.inspect(|record| note(&route, &record.json, &mut handed)).count();
                (count as u64, handed)
            };
            let (count, handed) = self.mailbox.filtering().run(&key.group, own).await?;
            // What was acknowledged was handed over, whatever becomes of the rest.
            Handed::save(&**self.mailbox.store(), key, &handed).await?;
            delivered += count;
            place = end;
        }
        live.standing(|standing| {
            standing.progress.done_through(through.sequence());
            standing.delivered += delivered;
        });
        live.save(&self.mailbox).await?;
        Ok(delivered)
    }

    fn fetched(&self, key: &RouteKey) -> Result<Arc<LiveRoute>, DispatchError> {
        let live = self.find(key)?.live;
        match live.route().to.kind() {
            DestinationKind::Pull => Ok(live),
            kind => {
                let why = "its records are not fetched but handed over";
                Err(DispatchError::WrongKind { key: key.clone(), kind, why })
            }
        }
    }
}

/// Notes what a record has told of its device, where that is kept.
fn note(route: &Route, json: &str, handed: &mut HandedByDevice) {
    let own = if handed.is_empty() { None } else { dev_eui(json) };
    let Some(handed) = own.and_then(|dev_eui| handed.get_mut(&dev_eui)) else { return };
    if let Ok((_, told)) = route.presentation().of_new(json, handed) {
        handed.note(&told);
    }
}

#[async_trait]
impl HandedBefore for LiveRoute {
    async fn load(&self, mailbox: &Mailbox, records: &[StoredRecord], handed: &mut HandedByDevice) {
        self.load_handed(mailbox, records, handed).await;
    }
}
