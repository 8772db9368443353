//! The messages in the outbox as the node knows them that sends: read as it comes, and counted by groups.

use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, Instant},
};

use champollion_delivery::names::GroupId;
use champollion_service::outbox::{Beyond, Lane, MailPace, Outbox, OutboxError, Shelf};
use jiff::Timestamp;
use parking_lot::Mutex;
use uuid::Uuid;

/// Messages that are read at once.
const PAGE: usize = 1_000;

/// The messages that wait, and the mails that were sent.
#[derive(Default)]
pub(crate) struct Standing {
    /// Held for a look or a change, never across an await.
    pub(super) shelf: Mutex<Shelf>,
    pub(super) pace: MailPace,
}

/// The part of the outbox that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it: what others have taken out is forgotten.
    Whole,
    /// Messages that were made since a moment, by the clocks of those who made it.
    Since(Timestamp),
}

impl Standing {
    /// The number of messages of a group that wait; none on a node that does not send.
    pub(crate) fn waiting(&self, group: &GroupId) -> usize {
        self.shelf.lock().counts().get(group).copied().unwrap_or_default()
    }

    /// The mails of a group in this hour and on this day.
    pub(crate) fn mails(&self, group: &GroupId, now: Timestamp) -> (usize, usize) {
        self.pace.counts(group, now)
    }

    /// Reads what waits, and gives the time that this has taken.
    pub(super) async fn read(&self, outbox: &Outbox, part: Part) -> Result<Duration, OutboxError> {
        let begun = Instant::now();
        let (mut after, mut seen) = (part.begin(), HashSet::new());
        loop {
            let page = outbox.page(after, PAGE).await?;
            let Some((last, _)) = page.last() else { break };
            after = Some(*last);
            let mut shelf = self.shelf.lock();
            page.iter().for_each(|(_, waiting)| shelf.note(waiting));
            if part == Part::Whole {
                seen.extend(page.iter().map(|(id, _)| *id));
            }
        }
        if part == Part::Whole {
            self.shelf.lock().retain(after, |id| seen.contains(&id));
        }
        self.tell();
        Ok(begun.elapsed())
    }

    fn tell(&self) {
        let shelf = self.shelf.lock();
        metrics::gauge!("champollion_outbox_waiting").set(shelf.count() as f64);
        let age = |oldest| Timestamp::now().duration_since(oldest).as_secs_f64().max(0.0);
        metrics::gauge!("champollion_outbox_oldest_seconds").set(shelf.oldest().map_or(0.0, age));
    }

    /// The ways on which something waits, those of each group together.
    pub(super) fn lanes(&self) -> Vec<Vec<Arc<Lane>>> {
        let mut lanes = self.shelf.lock().lanes();
        lanes.sort_by(|one, other| (one.group(), one).cmp(&(other.group(), other)));
        lanes.chunk_by(|one, other| one.group() == other.group()).map(<[_]>::to_vec).collect()
    }

    /// The messages that groups have beyond what each may have.
    pub(super) fn beyond(&self, most: impl Fn(&GroupId) -> usize) -> Vec<Beyond> {
        let shelf = self.shelf.lock();
        let full = shelf.counts().iter().map(|(group, count)| (group, *count, most(group)));
        let full = full.filter(|(_, count, most)| count > most);
        full.flat_map(|(group, _, most)| shelf.beyond(group, most)).collect()
    }
}

impl Part {
    /// The id behind which it begins. Ids begin with the milliseconds since 1970.
    fn begin(self) -> Option<Uuid> {
        let Self::Since(since) = self else { return None };
        let since = u128::try_from(since.as_millisecond()).ok()?;
        Some(Uuid::from_u128(since << 80))
    }
}

#[cfg(test)]
mod tests {
    use champollion_service::outbox::{Language, Mail, Message};
    use champollion_store::{Batch, SledOptions, SledStore, Store};

    use super::*;

    struct Room {
        _folder: tempfile::TempDir,
        store: Arc<dyn Store>,
        outbox: Outbox,
        standing: Standing,
    }

    impl Room {
        fn open() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let store = SledStore::open(&SledOptions::new(folder.path().join("store"))).unwrap();
            let store: Arc<dyn Store> = Arc::new(store);
            let (outbox, standing) = (Outbox::new(Arc::clone(&store)), Standing::default());
            Self { _folder: folder, store, outbox, standing }
        }

        async fn put(&self, group: &str, id: Option<Uuid>) -> Uuid {
            let to = "ada@city.example".parse().unwrap();
            let mail = Mail::new(to, Language::En, "leak", "text").of_group(group.parse().unwrap());
            let mut message = Message::new(mail, Timestamp::now());
            message.id = id.unwrap_or(message.id);
            let mut batch = Batch::new();
            Outbox::enqueue(&mut batch, &message).unwrap();
            self.store.commit(batch).await.unwrap();
            message.id
        }

        async fn read(&self, part: Part) -> usize {
            self.standing.read(&self.outbox, part).await.unwrap();
            self.standing.shelf.lock().count()
        }
    }

    #[tokio::test]
    async fn what_waits_for_long_is_read_once_and_what_comes_at_once() {
        let (room, new) = (Room::open(), Part::Since(Timestamp::now()));
        let old = room.put("water", Some(Uuid::from_u128(1 << 80))).await;
        let own = room.put("water", None).await;
        assert_eq!(room.read(new).await, 1, "the old one is not read");
        assert_eq!(room.read(Part::Whole).await, 2);
        room.put("light", None).await;
        assert_eq!(room.read(new).await, 3);
        let (water, light) = ("water".parse().unwrap(), "light".parse().unwrap());
        assert_eq!((room.standing.waiting(&water), room.standing.waiting(&light)), (2, 1));
        let lanes = room.standing.lanes();
        assert_eq!(lanes.iter().map(Vec::len).collect::<Vec<_>>(), [1, 1], "by groups");
        let beyond = room.standing.beyond(|group| usize::from(*group == water));
        let ids: Vec<&Vec<Uuid>> = beyond.iter().map(|beyond| &beyond.ids).collect();
        assert_eq!((ids[1], ids.len()), (&vec![own], 2), "one of each group, of water the newer");
        // What another node has taken out is forgotten once all is read.
        let mut batch = Batch::new();
        room.outbox.give_up(&mut batch, &[old]).await.unwrap();
        room.store.commit(batch).await.unwrap();
        assert_eq!(room.read(new).await, 3);
        assert_eq!(room.read(Part::Whole).await, 2);
    }
}
