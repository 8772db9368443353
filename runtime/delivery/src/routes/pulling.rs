//! Records are pulled from the mailbox by what a route, or a request, wants of them.

use std::sync::Arc;

use async_trait::async_trait;
use champollion_store::Sequence;
use serde_json::value::RawValue;
use tokio::sync::oneshot;

use super::{filter::Filter, handed::HandedByDevice, presentation::Presentation, search::Search};
use crate::{
    mailbox::{DeliveryError, Filling, Mailbox, Page, PulledRecord},
    names::GroupId,
    records::{Cursor, Head, StoredRecord, dev_eui},
};

/// Records that are looked at at once where not all are wanted: with the costliest expression a tenth of a
/// second, after which others have their turn.
const PULL_PAGE: usize = 100;

/// A record that was looked at: in its shape where it is wanted.
type Looked = (Sequence, Option<Box<RawValue>>);

/// Records that were looked at, and the measurements that their devices were handed over with them.
type LookedPage = (Vec<Looked>, HandedByDevice);

/// The reader of records: what is wanted of them, and the route where it hands over new measurements only.
#[derive(Clone, Copy)]
pub(crate) struct PulledBy<'who> {
    pub(crate) filter: &'who Filter,
    pub(crate) presentation: &'who Presentation,
    pub(crate) live: Option<&'who dyn HandedBefore>,
}

/// Knows which measurements devices were handed over.
#[async_trait]
pub(crate) trait HandedBefore: Sync {
    /// Loads it for the devices of records.
    async fn load(&self, mailbox: &Mailbox, records: &[StoredRecord], handed: &mut HandedByDevice);
}

impl Mailbox {
    /// Records of a group's inbox that a filter takes, in some shape. Where few are taken, an answer may
    /// hold none of them and say that there are more: a search is bounded.
    pub async fn pull_some(
        &self,
        group: &GroupId,
        after: Cursor,
        search: &Search<'_>,
        filter: &Filter,
        presentation: &Presentation,
    ) -> Result<Page, DeliveryError> {
        let place = after.sequence().max(self.acknowledged(group).await?);
        let by = PulledBy { filter, presentation, live: None };
        self.pull_from(group, Cursor::new(place), search, by).await
    }

    /// The same from a place on, acknowledged or not.
    pub(crate) async fn pull_from(
        &self,
        group: &GroupId,
        after: Cursor,
        search: &Search<'_>,
        by: PulledBy<'_>,
    ) -> Result<Page, DeliveryError> {
        let wish = Arc::new((by.filter.clone(), by.presentation.clone()));
        let mut handed = HandedByDevice::new();
        let (mut filling, mut next, mut looks) = (Filling::default(), after, 0);
        loop {
            let page = self.records_after(group, next.sequence(), PULL_PAGE).await?;
            let at_end = page.len() < PULL_PAGE;
            if let Some(live) = by.live {
                live.load(self, &page, &mut handed).await;
            }
            let wish = Arc::clone(&wish);
            let own = std::mem::take(&mut handed);
            let work = move || look(page, &wish, own);
            let looked;
            (looked, handed) = self.look_elsewhere(group, search, work).await?;
            for (sequence, wanted) in looked {
                if let Some(record) = wanted {
                    if !filling.has_room(search.bounds, record.get().len()) {
                        return Ok(filling.page(next, true));
                    }
                    filling.put(PulledRecord { cursor: Cursor::new(sequence), record });
                }
                next = Cursor::new(sequence);
                looks += 1;
            }
            if at_end || search.is_over(looks) {
                return Ok(filling.page(next, !at_end));
            }
        }
    }

    /// Looks at records on the threads of a search.
    async fn look_elsewhere(
        &self,
        group: &GroupId,
        search: &Search<'_>,
        work: impl FnOnce() -> Result<LookedPage, serde_json::Error> + Send + 'static,
    ) -> Result<LookedPage, DeliveryError> {
        let not_filtered = |reason: String| DeliveryError::NotFiltered { reason };
        let looked = match search.threads {
            None => self.filtering().run(group, work).await?,
            Some(threads) => {
                let (answer, answered) = oneshot::channel();
                // Nobody waits for it any more where the client has gone.
                let work = Box::new(move || drop(answer.send(work())));
                threads.run(work).await.map_err(|error| not_filtered(error.to_string()))?;
                answered.await.map_err(|error| not_filtered(error.to_string()))?
            }
        };
        let damaged = |error: serde_json::Error| error.to_string();
        looked
            .map_err(damaged)
            .map_err(|reason| DeliveryError::Damaged { group: group.clone(), reason })
    }
}

/// Holds a filter against records, and puts those into shape that it takes.
fn look(
    page: Vec<StoredRecord>,
    (filter, presentation): &(Filter, Presentation),
    mut handed: HandedByDevice,
) -> Result<LookedPage, serde_json::Error> {
    let takes_all = filter.takes_all();
    let mut look =
        |StoredRecord { sequence, json, .. }: StoredRecord| -> Result<Looked, serde_json::Error> {
            if !takes_all && !filter.takes(&Head::read(&json)?) {
                return Ok((sequence, None));
            }
            let own = if handed.is_empty() { None } else { dev_eui(&json) };
            let record = match own.and_then(|dev_eui| handed.get_mut(&dev_eui)) {
                None => presentation.of(&json)?.into_owned(),
                Some(handed) => {
                    let (record, told) = presentation.of_new(&json, handed)?;
                    handed.note(&told);
                    record
                }
            };
            Ok((sequence, Some(RawValue::from_string(record)?)))
        };
    let looked = page.into_iter().map(&mut look).collect::<Result<_, _>>()?;
    Ok((looked, handed))
}
