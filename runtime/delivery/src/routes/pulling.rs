//! Records are pulled from the mailbox by what a route, or a request, wants of them.

use serde_json::value::RawValue;

use super::{filter::Filter, shape::Shape};
use crate::{
    mailbox::{DeliveryError, Mailbox, Page, PulledRecord},
    names::GroupId,
    records::{Cursor, Head, StoredRecord},
};

/// Records that are looked at at once where not all are wanted.
const PULL_PAGE: usize = 500;

/// Most records that are looked at for one answer.
const PULL_LOOKS: usize = 20_000;

impl Mailbox {
    /// The same of those alone that a filter takes, in some shape. Where few are taken, an answer may
    /// hold none of them and say that there are more: it looks at a bounded number.
    pub async fn pull_some(
        &self,
        group: &GroupId,
        after: Cursor,
        limit: usize,
        filter: &Filter,
        shape: Shape,
    ) -> Result<Page, DeliveryError> {
        let place = after.sequence().max(self.acknowledged(group).await?);
        self.pull_from(group, Cursor::new(place), limit, filter, shape).await
    }

    /// The same from a place on, acknowledged or not.
    pub(crate) async fn pull_from(
        &self,
        group: &GroupId,
        after: Cursor,
        limit: usize,
        filter: &Filter,
        shape: Shape,
    ) -> Result<Page, DeliveryError> {
        let damaged = |error: serde_json::Error| {
            let reason = error.to_string();
            DeliveryError::Damaged { group: group.clone(), reason }
        };
        let (mut records, mut next, mut looks) = (Vec::new(), after, 0);
        loop {
            let page = self.records_after(group, next.sequence(), PULL_PAGE).await?;
            let at_end = page.len() < PULL_PAGE;
            for StoredRecord { sequence, json, .. } in page {
                let is_taken =
                    filter.takes_all() || filter.takes(&Head::read(&json).map_err(damaged)?);
                if is_taken {
                    if records.len() == limit {
                        return Ok(Page { records, next, more: true });
                    }
                    let shaped = shape.of(&json).map_err(damaged)?.into_owned();
                    let record = RawValue::from_string(shaped).map_err(damaged)?;
                    records.push(PulledRecord { cursor: Cursor::new(sequence), record });
                }
                next = Cursor::new(sequence);
                looks += 1;
            }
            if at_end || looks >= PULL_LOOKS {
                return Ok(Page { records, next, more: !at_end });
            }
        }
    }
}
