//! The book of gateways: what was heard is written each minute, and turns are found and told.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use champollion_store::{Batch, Store, StoreError, Table, TableError, tables};
use jiff::Timestamp;
use parking_lot::Mutex;

use super::{
    gateway::{Gateway, GatewayTurn, HeardNow},
    hearing::Hearing,
    telling::GatewayMails,
};
use crate::outbox::{Outbox, OutboxError};

const GATEWAYS: Table<String, Gateway> = Table::new(tables::GATEWAYS);

/// Gateways that are remembered; a territory has hundreds. Messages may name anything.
pub(super) const MOST: usize = 20_000;

/// Rows that become durable at once: their turns are one mail, which names each.
pub(super) const AT_ONCE: usize = 100;

/// The book of gateways.
pub struct GatewayBook {
    store: Arc<dyn Store>,
    hearing: Arc<Hearing>,
    known: Mutex<BTreeMap<String, Gateway>>,
}

/// A gateway that has turned from one state to the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turned {
    /// The name of the gateway.
    pub id: String,
    /// The state that it has come into.
    pub turn: GatewayTurn,
    /// When it was heard last.
    pub last_heard_at: Timestamp,
}

/// The judging of gateways, which one node does for all.
#[derive(Clone, Copy, Debug)]
pub struct Judging<'of> {
    /// The moment since which frames are taken: before, no silence is counted.
    pub listening_since: Timestamp,
    /// The people who are told of turns.
    pub mails: &'of GatewayMails,
}

/// What was heard of some gateways, by their names.
type Heard = HashMap<String, HeardNow>;

impl GatewayBook {
    /// Reads the gateways that are known.
    ///
    /// # Errors
    /// [`TableError`] where they cannot be read.
    pub async fn open(store: Arc<dyn Store>, hearing: Arc<Hearing>) -> Result<Self, TableError> {
        let book = Self { store, hearing, known: Mutex::default() };
        book.read().await?;
        Ok(book)
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

    /// Makes durable what was heard and, where this node judges, finds the gateways that have turned. A turn and its mails
    /// are in the batch of the gateway, so that each is told once. What another node was faster with is left to the next
    /// time.
    ///
    /// # Errors
    /// [`OutboxError`] where the store does not keep it. What was heard is in memory all the same, for the next time.
    pub async fn write(
        &self,
        now: Timestamp,
        judging: Option<Judging<'_>>,
    ) -> Result<Vec<Turned>, OutboxError> {
        self.read().await?;
        let mut heard = self.hearing.take();
        let names = self.names_of(&heard, judging.is_some());
        heard.retain(|id, _| names.contains(id));
        let names: Vec<String> = names.into_iter().collect();
        let (mut turned, mut outcome) = (Vec::new(), Ok(()));
        for some in names.chunks(AT_ONCE) {
            match self.write_some(some, &heard, (now, judging)).await {
                Ok(of_some) => {
                    some.iter().for_each(|id| drop(heard.remove(id)));
                    turned.extend(of_some);
                }
                Err(OutboxError::Table(TableError::Store(StoreError::Conflict { .. }))) => {}
                Err(error) => {
                    outcome = Err(error);
                    break;
                }
            }
        }
        heard.into_iter().for_each(|(id, heard)| self.hearing.give_back(id, heard));
        outcome.map(|()| turned)
    }

    /// Reads what this node and others have written.
    async fn read(&self) -> Result<(), TableError> {
        let rows = GATEWAYS.pages(&*self.store).all().await?;
        *self.known.lock() = rows.into_iter().collect();
        Ok(())
    }

    /// The names of the gateways that were heard, and of all others where these are judged. New ones beyond the most that
    /// are remembered are forgotten.
    fn names_of(&self, heard: &Heard, all: bool) -> BTreeSet<String> {
        let known = self.known.lock();
        let room = MOST.saturating_sub(known.len());
        let of_known = known.keys().filter(|id| all || heard.contains_key(*id));
        let new = heard.keys().filter(|id| !known.contains_key(*id)).take(room);
        of_known.chain(new).cloned().collect()
    }

    /// Writes some gateways in one batch, and returns those that have turned.
    async fn write_some(
        &self,
        names: &[String],
        heard: &Heard,
        (now, judging): (Timestamp, Option<Judging<'_>>),
    ) -> Result<Vec<Turned>, OutboxError> {
        let (mut batch, mut turned, mut rows) = (Batch::new(), Vec::new(), Vec::new());
        for id in names {
            let heard = heard.get(id);
            if heard.is_none() && !self.may_turn(id, now, judging) {
                continue;
            }
            let (before, seen) = GATEWAYS.get_seen(&*self.store, id).await?;
            let mut gateway = before.unwrap_or_else(|| {
                Gateway::first_heard(heard.and_then(HeardNow::first).unwrap_or(now))
            });
            heard.into_iter().for_each(|heard| gateway.hear(heard));
            let turn = judging.and_then(|judging| gateway.judge(now, judging.listening_since));
            let last_heard_at = gateway.last_heard_at;
            turned.extend(turn.map(|turn| Turned { id: id.clone(), turn, last_heard_at }));
            GATEWAYS.replace(&mut batch, &seen, &gateway)?;
            rows.push((id.clone(), gateway));
        }
        let mails = judging.map(|judging| judging.mails.messages(&turned, now));
        for message in mails.into_iter().flatten() {
            Outbox::enqueue(&mut batch, &message)?;
        }
        if !batch.is_empty() {
            self.store.commit(batch).await?;
        }
        self.known.lock().extend(rows);
        Ok(turned)
    }

    /// Whether a gateway that was not heard turns now, as far as this node knows.
    fn may_turn(&self, id: &str, now: Timestamp, judging: Option<Judging<'_>>) -> bool {
        let gateway = judging.and_then(|judging| Some((judging, self.get(id)?)));
        gateway.is_some_and(|(judging, mut gateway)| {
            gateway.judge(now, judging.listening_since).is_some()
        })
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
        GatewayMails { to, language: Language::En, page: String::new() }
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
    async fn what_two_nodes_hear_is_one_gateway_and_one_node_tells() {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open(&SledOptions::new(folder.path().join("store"))).unwrap();
        let store: Arc<dyn Store> = Arc::new(store);
        let [lead, other] = [open(&store).await, open(&store).await];
        for minute in 0..20 {
            let ms = at(minute).as_millisecond().try_into().unwrap();
            let hearing = if minute % 2 == 0 { &lead } else { &other };
            hearing.hearing().note(&[reception("a")], ms);
        }
        assert!(other.write(at(20), None).await.unwrap().is_empty());
        assert!(write(&lead, 21).await.unwrap().is_empty());
        assert_eq!(lead.get("a").unwrap().frames_an_hour(at(20)), 20.0);
        // It is heard by the other node alone from now on.
        other.hearing().note(&[reception("a")], at(40).as_millisecond().try_into().unwrap());
        assert!(other.write(at(80), None).await.unwrap().is_empty(), "it does not judge");
        assert!(write(&lead, 41).await.unwrap().is_empty());
        assert_eq!(write(&lead, 80).await.unwrap().len(), 1);
        assert_eq!(mailed(&store).await, ["Champollion: gateway silent: a"]);
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
