//! Records are pulled from the mailbox by what a route, or a request, wants of them.

use std::sync::Arc;

use champollion_store::Sequence;
use serde_json::value::RawValue;
use tokio::sync::oneshot;

use super::{filter::Filter, search::Search, shape::Shape};
use crate::{
    mailbox::{DeliveryError, Filling, Mailbox, Page, PulledRecord},
    names::GroupId,
    records::{Cursor, Head, StoredRecord},
};

/// Records that are looked at at once where not all are wanted: with the costliest expression a tenth of a
/// second, after which others have their turn.
const PULL_PAGE: usize = 100;

/// A record that was looked at: in its shape where it is wanted.
type Looked = (Sequence, Option<Box<RawValue>>);

impl Mailbox {
    /// Records of a group's inbox that a filter takes, in some shape. Where few are taken, an answer may
    /// hold none of them and say that there are more: a search is bounded.
    pub async fn pull_some(
        &self,
        group: &GroupId,
        after: Cursor,
        search: &Search<'_>,
        filter: &Filter,
        shape: Shape,
    ) -> Result<Page, DeliveryError> {
        let place = after.sequence().max(self.acknowledged(group).await?);
        self.pull_from(group, Cursor::new(place), search, filter, shape).await
    }

    /// The same from a place on, acknowledged or not.
    pub(crate) async fn pull_from(
        &self,
        group: &GroupId,
        after: Cursor,
        search: &Search<'_>,
        filter: &Filter,
        shape: Shape,
    ) -> Result<Page, DeliveryError> {
        let filter = Arc::new(filter.clone());
        let (mut filling, mut next, mut looks) = (Filling::default(), after, 0);
        loop {
            let page = self.records_after(group, next.sequence(), PULL_PAGE).await?;
            let at_end = page.len() < PULL_PAGE;
            let filter = Arc::clone(&filter);
            let work = move || look(page, &filter, shape);
            for (sequence, wanted) in self.look_elsewhere(group, search, work).await? {
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
        work: impl FnOnce() -> Result<Vec<Looked>, serde_json::Error> + Send + 'static,
    ) -> Result<Vec<Looked>, DeliveryError> {
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
    filter: &Filter,
    shape: Shape,
) -> Result<Vec<Looked>, serde_json::Error> {
    let takes_all = filter.takes_all();
    let look =
        |StoredRecord { sequence, json, .. }: StoredRecord| -> Result<Looked, serde_json::Error> {
            if !takes_all && !filter.takes(&Head::read(&json)?) {
                return Ok((sequence, None));
            }
            let record = RawValue::from_string(shape.of(&json)?.into_owned())?;
            Ok((sequence, Some(record)))
        };
    page.into_iter().map(look).collect()
}
