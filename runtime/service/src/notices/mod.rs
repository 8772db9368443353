//! Notices: planned work, which is told before, and incidents, which are told while they last.
//!
//! A [`Notice`] has a begin, an end, a [`NoticeScope`] and follow-ups. [`Notices`] has all of them in memory and in the
//! store: a change is prepared in a [`NoticesTurn`], its caller makes the batch durable together with a line of the
//! audit, and then the turn applies it. [`calendar`] writes them as iCalendar, and [`Telling`] as messages to those who
//! want them.

mod calendar;
mod change;
mod fault;
mod hook_telling;
mod mail_telling;
mod notice;
mod readers;
mod scope;
mod telling;
mod telling_row;
#[cfg(test)]
mod tests;
mod title;
mod wish;

use std::{collections::BTreeMap, ops::Range, sync::Arc};

use champollion_fleet::names::{GroupId, UseCase};
use champollion_store::{Store, Table, TableError, tables};
use jiff::Timestamp;
use parking_lot::RwLock;
use tokio::sync::Mutex;
use uuid::Uuid;

pub use calendar::calendar;
pub use change::{NoticeChanged, NoticesTurn};
pub use fault::NoticeFault;
pub use hook_telling::HookTelling;
pub use mail_telling::MailTelling;
pub use notice::{FollowUp, Notice, NoticeKind, NoticeState};
pub use readers::{NoticeHook, NoticeReader};
pub use scope::NoticeScope;
pub use telling::Telling;
pub use title::{NoticeTitle, TitleError};
pub use wish::{NoticeChange, NoticeFollowUp, NoticeWish};

const NOTICES: Table<Uuid, Notice> = Table::new(tables::NOTICES);

/// Notices by their ids, in the order in which they were made.
type Known = BTreeMap<Uuid, Arc<Notice>>;

/// All notices, in memory; the store keeps what is needed to have them again.
pub struct Notices {
    store: Arc<dyn Store>,
    /// Held for a look or a change in memory, never across an await.
    known: RwLock<Known>,
    /// Held from the look at a notice until its change is in memory.
    turn: Mutex<()>,
}

impl Notices {
    /// Reads all notices of a store.
    ///
    /// # Errors
    /// The store cannot be read, or a row makes no sense.
    pub async fn open(store: Arc<dyn Store>) -> Result<Self, TableError> {
        let known = RwLock::new(read(&*store).await?);
        Ok(Self { store, known, turn: Mutex::default() })
    }

    /// Reads all notices once more, since another process has changed some.
    ///
    /// # Errors
    /// The store cannot be read, or a row makes no sense: what is in memory stays.
    pub async fn refresh(&self) -> Result<(), TableError> {
        // A change that is durable and not in memory yet would be undone there otherwise.
        let _alone = self.turn.lock().await;
        let known = read(&*self.store).await?;
        *self.known.write() = known;
        Ok(())
    }

    /// Waits for a turn to change the notices.
    pub async fn turn(&self) -> NoticesTurn<'_> {
        NoticesTurn::new(self, self.turn.lock().await)
    }

    /// Returns a notice by its id.
    #[must_use]
    pub fn get(&self, id: Uuid) -> Option<Arc<Notice>> {
        self.known.read().get(&id).cloned()
    }

    /// Returns the notices that were made before one, the latest first.
    #[must_use]
    pub fn latest(&self, before: Option<Uuid>) -> Vec<Arc<Notice>> {
        let known = self.known.read();
        let earlier =
            known.iter().rev().filter(|(id, _)| before.is_none_or(|before| **id < before));
        earlier.map(|(_, notice)| Arc::clone(notice)).collect()
    }

    /// Returns the notices that are in force at a moment, or begin within a time after it.
    #[must_use]
    pub fn current(&self, now: Timestamp, until: Timestamp) -> Vec<Arc<Notice>> {
        let known = self.known.read();
        let current = known.values().filter(|notice| match notice.state(now) {
            NoticeState::InForce => true,
            NoticeState::Planned => notice.begin <= until,
            NoticeState::Over | NoticeState::Cancelled => false,
        });
        current.cloned().collect()
    }

    /// Returns the notice that leaves the objects of a group and a use case out of the figures of a day. The day is
    /// given as its first moment and that of the next one, since days have 23 to 25 hours.
    #[must_use]
    pub fn excluded(
        &self,
        group: &GroupId,
        use_case: Option<&UseCase>,
        day: Range<Timestamp>,
    ) -> Option<Uuid> {
        let known = self.known.read();
        let leaves_out = |notice: &&Arc<Notice>| {
            notice.leaves_out && notice.touches(&day) && notice.scope.concerns(group, use_case)
        };
        known.values().find(leaves_out).map(|notice| notice.id)
    }
}

async fn read(store: &dyn Store) -> Result<Known, TableError> {
    let rows = NOTICES.pages(store).all().await?;
    Ok(rows.into_iter().map(|(id, notice)| (id, Arc::new(notice))).collect())
}
