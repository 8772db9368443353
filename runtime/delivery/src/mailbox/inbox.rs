//! The inbox of each group: what is pulled from it, and acknowledged.

use champollion_store::{
    Batch, Sequence, Table,
    codec::{BigEndian, Text},
    tables,
};
use serde_json::value::RawValue;

use super::{
    error::DeliveryError,
    log::{Mailbox, STAMP_BYTES, log},
    page::{Filling, Page, PageBounds, PulledRecord},
};
use crate::{names::GroupId, records::Cursor};

const INBOXES: Table<GroupId, u64, Text, BigEndian> = Table::new(tables::INBOXES);
pub(super) const EXPIRED: Table<GroupId, u64, Text, BigEndian> =
    Table::new(tables::EXPIRED_IN_INBOXES);

impl Mailbox {
    /// Records of a group's inbox after a cursor, at most `limit`: those that were not acknowledged.
    pub async fn pull(
        &self,
        group: &GroupId,
        after: Cursor,
        limit: usize,
    ) -> Result<Page, DeliveryError> {
        self.pull_page(group, after, PageBounds::records(limit)).await
    }

    /// The same, a page that is bounded in bytes too.
    pub async fn pull_page(
        &self,
        group: &GroupId,
        after: Cursor,
        bounds: PageBounds,
    ) -> Result<Page, DeliveryError> {
        let mut place = after.sequence().max(self.acknowledged(group).await?);
        let (mut filling, mut next) = (Filling::default(), after);
        loop {
            let wanted = filling.next_read(bounds);
            let entries = self.store.read(&log(group), place, wanted).await?;
            let at_end = entries.len() < wanted;
            for entry in entries {
                if !filling.has_room(bounds, entry.value.len()) {
                    return Ok(filling.page(next, true));
                }
                let record = parse_record(&entry.value)
                    .map_err(|reason| DeliveryError::Damaged { group: group.clone(), reason })?;
                place = entry.sequence;
                next = Cursor::new(place);
                filling.put(PulledRecord { cursor: next, record });
            }
            if at_end {
                return Ok(filling.page(next, false));
            }
        }
    }

    /// Removes the records of a group up to and including a cursor from its inbox. Doing it twice is
    /// fine. Says how many it removed.
    pub async fn acknowledge(
        &self,
        group: &GroupId,
        through: Cursor,
    ) -> Result<u64, DeliveryError> {
        let extent = self.store.extent(&log(group)).await?;
        if through.sequence() > extent.last {
            return Err(DeliveryError::BeyondEnd {
                given: through,
                last: Cursor::new(extent.last),
            });
        }
        let before = extent.truncated.max(self.acknowledged(group).await?);
        if through.sequence() <= before {
            return Ok(0);
        }
        let mut batch = Batch::new();
        INBOXES.put(&mut batch, group, &through.sequence().get())?;
        if self.passed_by_routes(group).is_none() {
            self.put_truncation(&mut batch, group, through.sequence());
        }
        self.store.commit(batch).await?;
        Ok(through.sequence().get() - before.get())
    }

    /// Up to where the inbox of a group was acknowledged.
    pub(crate) async fn acknowledged(&self, group: &GroupId) -> Result<Sequence, DeliveryError> {
        Ok(Sequence::new(INBOXES.get(&*self.store, group).await?.unwrap_or_default()))
    }

    /// Returns the number of records of a group's inbox that were removed because their time was over.
    pub(crate) async fn expired_in_inbox(&self, group: &GroupId) -> Result<u64, DeliveryError> {
        Ok(EXPIRED.get(&*self.store, group).await?.unwrap_or_default())
    }
}

fn parse_record(entry: &[u8]) -> Result<Box<RawValue>, String> {
    let json = entry.get(STAMP_BYTES..).ok_or("it has no stamp")?;
    let text = std::str::from_utf8(json).map_err(|error| error.to_string())?;
    RawValue::from_string(text.to_owned()).map_err(|error| error.to_string())
}
