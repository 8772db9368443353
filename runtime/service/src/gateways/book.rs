//! The book of gateways: what was heard is written each ten seconds, and turns are found and told.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use champollion_store::{Batch, Store, Table, TableError, tables};
use jiff::Timestamp;
use parking_lot::Mutex;

use super::{
    gateway::{Gateway, GatewayTurn, HeardNow, Turned},
    hearing::{Hearing, MOST},
    telling::{AT_ONCE, GatewayMails},
};
use crate::outbox::{Outbox, OutboxError};

const GATEWAYS: Table<String, Gateway> = Table::new(tables::GATEWAYS);

/// The book of gateways.
pub struct GatewayBook {
    store: Arc<dyn Store>,
    hearing: Arc<Hearing>,
    known: Mutex<BTreeMap<String, Gateway>>,
}

/// The judging of gateways, which is left out where the clock cannot be trusted.
#[derive(Clone, Copy, Debug)]
pub struct Judging<'of> {
    /// The moment since which frames are taken: before, no silence is counted.
    pub listening_since: Timestamp,
    /// The people who are told of turns.
    pub mails: &'of GatewayMails,
}

/// A gateway that was heard or has turned, as it is now.
struct Change {
    id: String,
    gateway: Gateway,
    turn: Option<GatewayTurn>,
}

impl GatewayBook {
    /// Reads the gateways that are known.
    ///
    /// # Errors
    /// [`TableError`] where they cannot be read.
    pub async fn open(store: Arc<dyn Store>, hearing: Arc<Hearing>) -> Result<Self, TableError> {
        let book = Self::unread(store, hearing);
        book.read_again().await?;
        Ok(book)
    }

    /// The book of a store that another process writes: no gateway is known until it is
    /// [taken over](Self::read_again).
    #[must_use]
    pub fn unread(store: Arc<dyn Store>, hearing: Arc<Hearing>) -> Self {
        Self { store, hearing, known: Mutex::default() }
    }

    /// Reads the gateways that are in the store, whatever was known before.
    ///
    /// # Errors
    /// [`TableError`] where they cannot be read.
    pub async fn read_again(&self) -> Result<(), TableError> {
        let rows = GATEWAYS.pages(&*self.store).all().await?;
        *self.known.lock() = rows.into_iter().collect();
        Ok(())
    }

    /// The gateways that were heard.
    #[must_use]
    pub fn hearing(&self) -> &Arc<Hearing> {
        &self.hearing
    }

    /// Returns the gateways after a name, in the order of their names.
    #[must_use]
    pub fn list(&self, after: Option<&str>) -> Vec<(String, Gateway)> {
        let known = self.known.lock();
        let later = known.iter().filter(|(id, _)| after.is_none_or(|after| id.as_str() > after));
        later.map(|(id, gateway)| (id.clone(), gateway.clone())).collect()
    }

    /// Returns a gateway by its name.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<Gateway> {
        self.known.lock().get(id).cloned()
    }

    /// Makes durable what was heard and, where gateways are judged, finds those that have turned. A turn and its mails are
    /// in the batch of the gateway, so that each is told once.
    ///
    /// # Errors
    /// [`OutboxError`] where the store does not keep it. What was heard is in memory all the same, for the next time.
    pub async fn write(
        &self,
        now: Timestamp,
        judging: Option<Judging<'_>>,
    ) -> Result<Vec<Turned>, OutboxError> {
        let mut heard = self.hearing.take();
        let changes = self.changes(&heard, now, judging);
        let (mut turned, mut outcome) = (Vec::new(), Ok(()));
        for some in changes.chunks(AT_ONCE) {
            outcome = self.keep(some, now, judging).await;
            if outcome.is_err() {
                break;
            }
            some.iter().for_each(|change| drop(heard.remove(&change.id)));
            turned.extend(some.iter().filter_map(Change::turned));
        }
        if outcome.is_err() {
            heard.into_iter().for_each(|(id, heard)| self.hearing.give_back(id, heard));
        }
        outcome.map(|()| turned)
    }

    /// The gateways that were heard or have turned, as they are now. New ones beyond the most that are remembered are
    /// forgotten.
    fn changes(
        &self,
        heard: &HashMap<String, HeardNow>,
        now: Timestamp,
        judging: Option<Judging<'_>>,
    ) -> Vec<Change> {
        let known = self.known.lock();
        let room = MOST.saturating_sub(known.len());
        let new = heard.iter().filter(|(id, _)| !known.contains_key(*id)).take(room);
        let new = new.map(|(id, heard)| (id, Gateway::first_heard(heard.first().unwrap_or(now))));
        let all = known.iter().map(|(id, gateway)| (id, gateway.clone())).chain(new);
        let changed = all.filter_map(|(id, mut gateway)| {
            let heard = heard.get(id);
            heard.into_iter().for_each(|heard| gateway.hear(heard));
            let turn = judging.and_then(|judging| gateway.judge(now, judging.listening_since));
            (heard.is_some() || turn.is_some()).then(|| Change { id: id.clone(), gateway, turn })
        });
        changed.collect()
    }

    /// Makes some changes durable, with the mails about their turns.
    async fn keep(
        &self,
        some: &[Change],
        now: Timestamp,
        judging: Option<Judging<'_>>,
    ) -> Result<(), OutboxError> {
        let mut batch = Batch::new();
        for Change { id, gateway, .. } in some {
            GATEWAYS.put(&mut batch, id, gateway)?;
        }
        let turned: Vec<Turned> = some.iter().filter_map(Change::turned).collect();
        let mails = judging.map(|judging| judging.mails.messages(&turned, now));
        for message in mails.into_iter().flatten() {
            Outbox::enqueue(&mut batch, &message)?;
        }
        self.store.commit(batch).await?;
        let rows = some.iter().map(|change| (change.id.clone(), change.gateway.clone()));
        self.known.lock().extend(rows);
        Ok(())
    }
}

impl Change {
    fn turned(&self) -> Option<Turned> {
        let (id, last_heard_at) = (self.id.clone(), self.gateway.last_heard_at);
        self.turn.map(|turn| Turned { id, turn, last_heard_at })
    }
}

#[cfg(test)]
mod tests {
    use champollion_frames::Reception;
    use champollion_store::{SledOptions, SledStore};

    use super::*;
    use crate::outbox::{Content, Language};

    fn reception(gateway: &str) -> Reception {
        Reception { gateway_id: gateway.to_owned(), rssi_dbm: None, snr_db: None }
    }

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_040 + 60 * minute).unwrap()
    }

    async fn open(store: &Arc<dyn Store>) -> GatewayBook {
        GatewayBook::open(Arc::clone(store), Arc::default()).await.unwrap()
    }

    fn mails() -> GatewayMails {
        let to = vec!["ada@city.example".parse().unwrap()];
        GatewayMails { to, language: Language::En, ..GatewayMails::default() }
    }

    async fn write(book: &GatewayBook, minute: i64) -> Result<Vec<Turned>, OutboxError> {
        let mails = mails();
        let judging = Judging { listening_since: at(0), mails: &mails };
        book.write(at(minute), Some(judging)).await
    }

    /// The subjects of the mails that wait.
    async fn mailed(store: &Arc<dyn Store>) -> Vec<String> {
        let waiting = Outbox::new(Arc::clone(store)).waiting().all().await.unwrap();
        let subject = |content: &Content| match content {
            Content::Mail(mail) => mail.subject.clone(),
            other => panic!("{other:?}"),
        };
        waiting.iter().map(|(_, waiting)| subject(&waiting.message.content)).collect()
    }

    #[tokio::test]
    async fn a_gateway_is_told_once_whatever_is_killed_when() {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open(&SledOptions::new(folder.path().join("store"))).unwrap();
        let store: Arc<dyn Store> = Arc::new(store);
        let book = open(&store).await;
        for minute in 0..20 {
            let ms = at(minute).as_millisecond().try_into().unwrap();
            book.hearing().note(&[reception("a"), reception("a"), reception("b")], ms);
        }
        book.hearing().note_status("b", at(40));
        book.hearing().note(
            &[reception(""), reception(&"x".repeat(super::super::hearing::NAME_BYTES + 1))],
            0,
        );
        assert!(write(&book, 21).await.unwrap().is_empty());
        let all = book.list(None);
        assert_eq!(all.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(
            (all[0].1.frames_an_hour(at(20)), all[1].1.last_status_at),
            (20.0, Some(at(40)))
        );
        assert_eq!(book.list(Some("a")).len(), 1);
        let turned = write(&book, 45).await.unwrap();
        assert_eq!(
            turned,
            [Turned { id: "a".to_owned(), turn: GatewayTurn::Silent, last_heard_at: at(19) }]
        );
        let book = open(&store).await;
        assert!(write(&book, 46).await.unwrap().is_empty());
        book.hearing().note_status("a", at(47));
        assert_eq!(write(&book, 48).await.unwrap()[0].turn, GatewayTurn::Back);
        assert!(book.get("a").unwrap().silent_since.is_none());
        let told = ["Champollion: gateway silent: a", "Champollion: gateway heard again: a"];
        assert_eq!(mailed(&store).await, told);
    }
}
