//! Changes of notices, from their rules to the memory.

use std::sync::Arc;

use champollion_fleet::names::GroupId;
use champollion_store::{Batch, Seen};
use jiff::Timestamp;
use tokio::sync::MutexGuard;
use uuid::Uuid;

use super::{
    NOTICES, Notice, NoticeChange, NoticeFault, NoticeFollowUp, NoticeWish, Notices,
    wish::cancelled,
};

/// A turn to change notices. Nothing else in this process changes them meanwhile.
pub struct NoticesTurn<'of> {
    notices: &'of Notices,
    _alone: MutexGuard<'of, ()>,
}

/// A change that is allowed and not durable yet.
#[must_use]
#[derive(Debug)]
pub struct NoticeChanged {
    /// The row of the notice. It is refused where the store has another row than the change is based on.
    pub batch: Batch,
    /// The notice as it is from now on, for [`NoticesTurn::apply`] once the batch is durable.
    pub notice: Notice,
}

impl<'of> NoticesTurn<'of> {
    pub(super) fn new(notices: &'of Notices, alone: MutexGuard<'of, ()>) -> Self {
        Self { notices, _alone: alone }
    }

    /// Makes a notice; `is_known` says whether there is a group.
    ///
    /// # Errors
    /// The wish makes no sense.
    pub fn add(
        &self,
        wish: NoticeWish,
        now: Timestamp,
        is_known: impl Fn(&GroupId) -> bool,
    ) -> Result<NoticeChanged, NoticeFault> {
        let notice = wish.notice(now, is_known)?;
        let mut batch = Batch::new();
        NOTICES.insert(&mut batch, &notice.id, &notice)?;
        Ok(NoticeChanged { batch, notice })
    }

    /// Changes parts of a notice.
    ///
    /// # Errors
    /// There is no such notice, it was taken back, or the change makes no sense.
    pub async fn change(
        &self,
        id: Uuid,
        change: NoticeChange,
        now: Timestamp,
    ) -> Result<NoticeChanged, NoticeFault> {
        let (before, seen) = self.read(id).await?;
        replaced(&seen, change.applied(&before, now)?)
    }

    /// Adds a later word to a notice.
    ///
    /// # Errors
    /// There is no such notice, it was taken back, or the word makes no sense.
    pub async fn follow_up(
        &self,
        id: Uuid,
        word: NoticeFollowUp,
        now: Timestamp,
    ) -> Result<NoticeChanged, NoticeFault> {
        let (before, seen) = self.read(id).await?;
        replaced(&seen, word.added(&before, now)?)
    }

    /// Takes a notice back.
    ///
    /// # Errors
    /// There is no such notice, or it was taken back already.
    pub async fn cancel(&self, id: Uuid, now: Timestamp) -> Result<NoticeChanged, NoticeFault> {
        let (before, seen) = self.read(id).await?;
        replaced(&seen, cancelled(&before, now)?)
    }

    /// Takes over a change whose batch is durable.
    pub fn apply(&self, notice: Notice) -> Arc<Notice> {
        let notice = Arc::new(notice);
        self.notices.known.write().insert(notice.id, Arc::clone(&notice));
        notice
    }

    /// Reads a notice as the store has it: another process may have changed it.
    async fn read(&self, id: Uuid) -> Result<(Notice, Seen), NoticeFault> {
        let (found, seen) = NOTICES.get_seen(&*self.notices.store, &id).await?;
        Ok((found.ok_or(NoticeFault::Unknown(id))?, seen))
    }
}

fn replaced(seen: &Seen, notice: Notice) -> Result<NoticeChanged, NoticeFault> {
    let mut batch = Batch::new();
    NOTICES.replace(&mut batch, seen, &notice)?;
    Ok(NoticeChanged { batch, notice })
}
