//! Hearing: gateways are noted in memory while frames come, and written each minute.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use champollion_frames::Reception;
use champollion_store::{Batch, Store, Table, TableError, tables};
use jiff::Timestamp;
use parking_lot::Mutex;

use super::gateway::{Gateway, GatewayTurn, HeardNow};

const GATEWAYS: Table<String, Gateway> = Table::new(tables::GATEWAYS);

/// Gateways that are remembered; a territory has hundreds. Messages may name anything.
const MOST: usize = 20_000;

/// Most bytes of the name of a gateway: those of longer names are not kept.
const NAME_BYTES: usize = 128;

/// Rows that become durable at once.
const AT_ONCE: usize = 500;

/// Gateways that were heard since the last time.
#[derive(Default)]
pub struct Hearing(Mutex<HashMap<String, HeardNow>>);

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

impl Hearing {
    /// Notes the gateways that heard a frame.
    pub fn note(&self, receptions: &[Reception], at_ms: u64) {
        if receptions.is_empty() {
            return;
        }
        let now = Timestamp::now().as_millisecond();
        let at_ms = i64::try_from(at_ms).unwrap_or(now).min(now);
        let mut heard = self.0.lock();
        for (index, reception) in receptions.iter().enumerate() {
            let name = &reception.gateway_id;
            // A gateway with two antennas tells a frame twice.
            if receptions[..index].iter().all(|earlier| earlier.gateway_id != *name) {
                note(&mut heard, name, at_ms, 1);
            }
        }
    }

    /// Notes a status message of a gateway.
    pub fn note_status(&self, gateway: &str, at: Timestamp) {
        let at_ms = at.min(Timestamp::now()).as_millisecond();
        let mut heard = self.0.lock();
        if let Some(heard) = note(&mut heard, gateway, at_ms, 0) {
            heard.status_ms = heard.status_ms.max(Some(at_ms));
        }
    }

    fn take(&self) -> HashMap<String, HeardNow> {
        std::mem::take(&mut self.0.lock())
    }
}

fn note<'of>(
    heard: &'of mut HashMap<String, HeardNow>,
    name: &str,
    at_ms: i64,
    frames: u64,
) -> Option<&'of mut HeardNow> {
    if !heard.contains_key(name) {
        if heard.len() == MOST || name.is_empty() || name.len() > NAME_BYTES {
            return None;
        }
        heard.insert(name.to_owned(), HeardNow::default());
    }
    let now = heard.get_mut(name)?;
    *now.minutes.entry(at_ms / 60_000).or_default() += frames;
    now.last_ms = now.last_ms.max(at_ms);
    Some(now)
}

/// The book of gateways.
pub struct GatewayBook {
    store: Arc<dyn Store>,
    hearing: Arc<Hearing>,
    known: Mutex<BTreeMap<String, Gateway>>,
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
        let mut known = BTreeMap::new();
        let mut pages = GATEWAYS.pages(&*self.store);
        while let Some(page) = pages.next().await? {
            known.extend(page);
        }
        *self.known.lock() = known;
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

    /// Makes durable what was heard, judges each gateway, and returns those that have turned. A turn is in the batch of its
    /// gateway, so that none is found twice.
    ///
    /// # Errors
    /// [`TableError`] where the store does not keep it. What was heard is in memory all the same, and is written with the
    /// next frame of its gateway.
    pub async fn write(
        &self,
        now: Timestamp,
        listening_since: Timestamp,
    ) -> Result<Vec<Turned>, TableError> {
        let mut changed = self.changed(now);
        let mut turned = Vec::new();
        for (id, gateway) in self.list(None) {
            let mut gateway = changed.remove(&id).unwrap_or(gateway);
            if let Some(turn) = gateway.judge(now, listening_since) {
                turned.push(Turned { id: id.clone(), turn, last_heard_at: gateway.last_heard_at });
            } else if self.get(&id).as_ref() == Some(&gateway) {
                continue;
            }
            changed.insert(id, gateway);
        }
        let rows: Vec<(String, Gateway)> = changed.into_iter().collect();
        for some in rows.chunks(AT_ONCE) {
            let mut batch = Batch::new();
            for (id, gateway) in some {
                GATEWAYS.put(&mut batch, id, gateway)?;
            }
            self.store.commit(batch).await?;
            self.known.lock().extend(some.iter().cloned());
        }
        Ok(turned)
    }

    /// The gateways that were heard since the last time, as they are now.
    fn changed(&self, now: Timestamp) -> BTreeMap<String, Gateway> {
        let known = self.known.lock();
        let mut changed = BTreeMap::new();
        for (id, heard) in self.hearing.take() {
            let first = heard
                .minutes
                .keys()
                .next()
                .and_then(|minute| Timestamp::from_second(60 * minute).ok());
            let new = known.len() + changed.len() < MOST;
            let gateway = match known.get(&id) {
                Some(gateway) => Some(gateway.clone()),
                None => new.then(|| Gateway::first_heard(first.unwrap_or(now))),
            };
            if let Some(mut gateway) = gateway {
                gateway.hear(&heard);
                changed.insert(id, gateway);
            }
        }
        changed
    }
}

#[cfg(test)]
mod tests {
    use champollion_store::{SledOptions, SledStore};

    use super::*;

    fn reception(gateway: &str) -> Reception {
        Reception { gateway_id: gateway.to_owned(), rssi_dbm: None, snr_db: None }
    }

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_040 + 60 * minute).unwrap()
    }

    async fn open(store: &Arc<dyn Store>) -> GatewayBook {
        GatewayBook::open(Arc::clone(store), Arc::default()).await.unwrap()
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
        book.hearing().note(&[reception(""), reception(&"x".repeat(NAME_BYTES + 1))], 0);
        assert!(book.write(at(21), at(0)).await.unwrap().is_empty());
        let all = book.list(None);
        assert_eq!(all.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(
            (all[0].1.frames_an_hour(at(20)), all[1].1.last_status_at),
            (20.0, Some(at(40)))
        );
        assert_eq!(book.list(Some("a")).len(), 1);
        let turned = book.write(at(45), at(0)).await.unwrap();
        assert_eq!(
            turned,
            [Turned { id: "a".to_owned(), turn: GatewayTurn::Silent, last_heard_at: at(19) }]
        );
        let book = open(&store).await;
        assert!(book.write(at(46), at(0)).await.unwrap().is_empty());
        book.hearing().note_status("a", at(47));
        assert_eq!(book.write(at(48), at(0)).await.unwrap()[0].turn, GatewayTurn::Back);
        assert!(book.get("a").unwrap().silent_since.is_none());
    }
}
