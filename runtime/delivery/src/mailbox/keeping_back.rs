//! Records that are kept back until something else has read them too, such as the figures that several nodes share.

use champollion_store::{Batch, Sequence};

use super::{
    error::DeliveryError,
    log::{Mailbox, log},
};
use crate::names::GroupId;

impl Mailbox {
    /// Keeps back, from now on, each record that was not [read](Self::note_read) yet, however soon all its recipients
    /// have it. Those whose time is over are removed all the same.
    pub fn keep_until_read(&self) {
        self.kept_back.begin();
    }

    /// Notes that the records of a group were read up to a place, and removes those that were kept back for that alone.
    ///
    /// # Errors
    /// The store does not remove them; the next removal of the group does.
    pub async fn note_read(&self, group: &GroupId, through: Sequence) -> Result<(), DeliveryError> {
        let Some(bound) = self.kept_back.note(group, through) else { return Ok(()) };
        let mut batch = Batch::new();
        batch.truncate(log(group), bound);
        self.store.commit(batch).await?;
        Ok(())
    }

    /// Removes the read records of a group that another process has kept back, as all their recipients have them. Called
    /// before routes change: one that is being made has passed nothing before it is durable.
    ///
    /// # Errors
    /// The store does not remove them; the next removal of the group does.
    pub async fn remove_done(&self, group: &GroupId) -> Result<(), DeliveryError> {
        let done = match self.passed_by_routes(group) {
            Some(passed) => passed,
            None => self.acknowledged(group).await?,
        };
        let mut batch = Batch::new();
        self.put_truncation(&mut batch, group, done);
        self.store.commit(batch).await?;
        Ok(())
    }

    /// Removes in a batch what all recipients of a group are done with, but for what is kept back.
    pub(super) fn put_truncation(&self, batch: &mut Batch, group: &GroupId, done: Sequence) {
        batch.truncate(log(group), self.kept_back.bound(group, done));
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use champollion_store::{SledOptions, SledStore, Store};
    use jiff::Timestamp;
    use serde_json::json;

    use super::*;
    use crate::{names::RouteKey, records::Cursor};

    /// A mailbox with a number of records of one group.
    async fn mailbox(folder: &tempfile::TempDir, group: &GroupId, records: u64) -> Mailbox {
        let store = SledStore::open(&SledOptions::new(folder.path().join("store"))).unwrap();
        let store: Arc<dyn Store> = Arc::new(store);
        let mailbox = Mailbox::new(Arc::clone(&store), Duration::from_secs(3_600));
        for number in 0..records {
            let mut batch = Batch::new();
            mailbox.put(&mut batch, group, &json!({ "number": number }), Timestamp::now()).unwrap();
            store.commit(batch).await.unwrap();
        }
        mailbox
    }

    #[tokio::test]
    async fn what_is_acknowledged_stays_until_it_was_read() {
        let (folder, group) = (tempfile::tempdir().unwrap(), "water".parse().unwrap());
        let mailbox = mailbox(&folder, &group, 3).await;
        mailbox.keep_until_read();
        let through = Cursor::new(Sequence::new(2));
        assert_eq!(mailbox.acknowledge(&group, through).await.unwrap(), 2);
        assert_eq!(mailbox.removed(&group).await.unwrap(), 0);
        let left = mailbox.pull(&group, Cursor::new(Sequence::BEGINNING), 10).await.unwrap();
        assert_eq!(left.records.len(), 1, "acknowledged is acknowledged");
        mailbox.note_read(&group, Sequence::new(1)).await.unwrap();
        assert_eq!(mailbox.removed(&group).await.unwrap(), 1);
        mailbox.note_read(&group, Sequence::new(3)).await.unwrap();
        assert_eq!(mailbox.removed(&group).await.unwrap(), 2, "the third is not acknowledged");
    }

    #[tokio::test]
    async fn what_another_process_has_kept_back_is_removed_once_it_is_read_here() {
        let (folder, group) = (tempfile::tempdir().unwrap(), "water".parse().unwrap());
        let before = mailbox(&folder, &group, 3).await;
        before.keep_until_read();
        before.acknowledge(&group, Cursor::new(Sequence::new(3))).await.unwrap();
        let mailbox = Mailbox::new(Arc::clone(before.store()), Duration::from_secs(3_600));
        mailbox.keep_until_read();
        mailbox.remove_done(&group).await.unwrap();
        assert_eq!(mailbox.removed(&group).await.unwrap(), 0);
        mailbox.note_read(&group, Sequence::new(2)).await.unwrap();
        assert_eq!(mailbox.removed(&group).await.unwrap(), 2);
    }

    #[tokio::test]
    async fn what_a_route_is_done_with_stays_until_it_was_read() {
        let (folder, group) = (tempfile::tempdir().unwrap(), "water".parse().unwrap());
        let mailbox = mailbox(&folder, &group, 3).await;
        let route: RouteKey = "water/all".parse().unwrap();
        let pass = async |through| {
            let mut batch = Batch::new();
            mailbox.put_removal(&mut batch, &route, Sequence::new(through));
            mailbox.store().commit(batch).await.unwrap();
            mailbox.removed(&group).await.unwrap()
        };
        assert_eq!(pass(1).await, 1, "nothing is kept back unless somebody asks for it");
        mailbox.keep_until_read();
        assert_eq!(pass(3).await, 1);
        mailbox.note_read(&group, Sequence::new(3)).await.unwrap();
        assert_eq!(mailbox.removed(&group).await.unwrap(), 3);
    }
}
