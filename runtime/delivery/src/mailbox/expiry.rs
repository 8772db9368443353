//! Records whose time is over are removed, delivered or not.

use std::sync::Arc;

use async_trait::async_trait;
use champollion_store::{Batch, Sequence};
use jiff::Timestamp;

use super::{
    error::DeliveryError,
    inbox::EXPIRED,
    log::{Mailbox, log, stamp, stored_record},
};
use crate::{names::GroupId, records::StoredRecord};

/// Entries that are looked at at once when old ones are removed: with the largest there are, 16 MiB.
const EXPIRY_PAGE: usize = 256;

/// A witness of expiry, told of records before they are removed because their time is over.
#[async_trait]
pub(crate) trait ExpiryWitness: Sync {
    /// May add to the batch in which they are removed.
    async fn expiring(
        &self,
        group: &GroupId,
        records: Arc<[StoredRecord]>,
        batch: &mut Batch,
    ) -> Result<(), DeliveryError>;
}

/// Nobody hears of it.
struct Nobody;

#[async_trait]
impl ExpiryWitness for Nobody {
    async fn expiring(
        &self,
        _: &GroupId,
        _: Arc<[StoredRecord]>,
        _: &mut Batch,
    ) -> Result<(), DeliveryError> {
        Ok(())
    }
}

impl Mailbox {
    /// Removes the records of all groups that are older than the retention. Says how many.
    pub async fn expire(&self, now: Timestamp) -> Result<u64, DeliveryError> {
        self.expire_before(now, &Nobody).await
    }

    /// The same before a witness.
    pub(crate) async fn expire_before(
        &self,
        now: Timestamp,
        witness: &dyn ExpiryWitness,
    ) -> Result<u64, DeliveryError> {
        let milliseconds = i64::try_from(self.retention.as_millis()).unwrap_or(i64::MAX);
        let oldest_kept = now.as_millisecond().saturating_sub(milliseconds);
        let mut removed = 0;
        for group in self.groups().await? {
            removed += self.expire_group(&group, oldest_kept, witness).await?;
        }
        Ok(removed)
    }

    async fn expire_group(
        &self,
        group: &GroupId,
        oldest_kept: i64,
        witness: &dyn ExpiryWitness,
    ) -> Result<u64, DeliveryError> {
        let mut removed = 0;
        loop {
            let mut page = self.store.read(&log(group), Sequence::BEGINNING, EXPIRY_PAGE).await?;
            let old = page.iter().take_while(|entry| stamp(&entry.value) < oldest_kept).count();
            page.truncate(old);
            let Some(last) = page.last().map(|entry| entry.sequence) else { return Ok(removed) };
            let mut batch = Batch::new();
            // One that cannot be read is nobody's loss that could be told.
            let readable = page.into_iter().filter_map(|entry| stored_record(group, entry).ok());
            witness.expiring(group, readable.collect(), &mut batch).await?;
            if self.passed_by_routes(group).is_none() {
                let unread = last.get().saturating_sub(self.acknowledged(group).await?.get());
                let expired = self.expired_in_inbox(group).await? + unread.min(old as u64);
                EXPIRED.put(&mut batch, group, &expired)?;
            }
            batch.truncate(log(group), last);
            self.store.commit(batch).await?;
            removed += old as u64;
        }
    }
}
