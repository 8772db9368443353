//! The records of a group that are kept, to be decoded once more, and those that take the place of others.

use champollion_store::{Batch, Sequence};
use jiff::Timestamp;

use super::{error::DeliveryError, log::Mailbox};
use crate::{
    names::GroupId,
    records::{CorrectedRecord, Corrections, Cursor, DamagedRecord, KeptRecord},
};

/// Records that are read at once.
const PAGE: usize = 128;

impl Mailbox {
    /// Looks for the records of a group that were corrected, and where its log ends. Says too how many
    /// records there are.
    pub async fn corrections(&self, group: &GroupId) -> Result<(Corrections, u64), DeliveryError> {
        let extent = self.extent(group).await?;
        let mut corrections = Corrections::until(extent.last);
        let mut after = Sequence::BEGINNING;
        loop {
            let page = self.records_after(group, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = last.sequence;
            let note = move || {
                page.iter().for_each(|stored| corrections.note(stored));
                corrections
            };
            corrections = self.filtering().run(group, note).await?;
        }
        Ok((corrections, extent.len()))
    }

    /// Returns the number of records of a group that are kept.
    pub async fn count(&self, group: &GroupId) -> Result<u64, DeliveryError> {
        Ok(self.extent(group).await?.len())
    }

    /// The records of a group that are kept, after a place; one that cannot be read is no reason not to
    /// give the others.
    pub async fn kept(
        &self,
        group: &GroupId,
        after: Cursor,
    ) -> Result<Vec<Result<KeptRecord, DamagedRecord>>, DeliveryError> {
        let page = self.records_after(group, after.sequence(), PAGE).await?;
        let own = group.clone();
        let read = move || page.into_iter().map(|stored| KeptRecord::read(&own, stored)).collect();
        self.filtering().run(group, read).await
    }

    /// Puts a corrected record into a batch, behind all others of its group.
    pub fn add_corrected(
        &self,
        batch: &mut Batch,
        record: &CorrectedRecord,
        now: Timestamp,
    ) -> Result<(), DeliveryError> {
        self.put(batch, record.group(), record, now)
    }
}
