//! The records of a group that are kept, to be decoded once more, and those that take the place of others.

use champollion_store::Batch;
use jiff::Timestamp;

use super::{
    error::DeliveryError,
    log::{Mailbox, log},
};
use crate::{
    names::GroupId,
    records::{CorrectedRecord, Corrections, Cursor, DamagedRecord, KeptPage, KeptRecord},
};

/// Records that are read at once where all of them are.
const PAGE: usize = 128;

/// Records of which little is read, at once.
const LARGE_PAGE: usize = 256;

impl Mailbox {
    /// Looks for the records of a group that were corrected, and where its log ends.
    pub async fn corrections(&self, group: &GroupId) -> Result<Corrections, DeliveryError> {
        let mut corrections = self.corrections_to_note(group).await?;
        let mut after = Cursor::default();
        loop {
            let page = self.kept_page(group, after).await?;
            let Some(last) = page.last() else { return Ok(corrections) };
            after = last;
            let note = move || {
                corrections.note(&page);
                corrections
            };
            corrections = self.filtering().run(group, note).await?;
        }
    }

    /// Returns the corrections of a group of which none is noted yet: it says where its log ends.
    pub async fn corrections_to_note(&self, group: &GroupId) -> Result<Corrections, DeliveryError> {
        Ok(Corrections::until(self.extent(group).await?.last))
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

    /// The records of a group that are kept, after a place, of which nothing is read yet.
    pub async fn kept_page(
        &self,
        group: &GroupId,
        after: Cursor,
    ) -> Result<KeptPage, DeliveryError> {
        let entries = self.store.read(&log(group), after.sequence(), LARGE_PAGE).await?;
        Ok(KeptPage::new(group.clone(), entries))
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
