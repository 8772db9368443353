//! The moments at which tokens and grants were last used. They are held in memory and written now and then, so that no
//! request costs a write; a crash loses the uses of some minutes.

use std::collections::HashMap;

use champollion_store::{
    Batch, Store, Table, TableError,
    codec::{BigEndian, Text},
    tables,
};
use jiff::Timestamp;
use parking_lot::Mutex;

const LAST_USES: Table<String, u64, Text, BigEndian> = Table::new(tables::LAST_USES);

/// The time in milliseconds after which a use is written though an earlier one is: a review of rights asks for days.
const WRITTEN_AGAIN_MS: u64 = 15 * 60 * 1_000;

/// Rows that become durable at once.
const AT_ONCE: usize = 10_000;

/// A thing that is used, by its kind and its id.
#[derive(Clone, Copy, Debug)]
pub enum Used<'of> {
    /// A token, by its id.
    Token(&'of str),
    /// A grant, by its id.
    Grant(uuid::Uuid),
    /// A session, by its id.
    Session(&'of str),
}

/// The moments of all tokens and grants.
#[derive(Default)]
pub struct LastUses(Mutex<HashMap<String, Moments>>);

/// In milliseconds since the epoch.
#[derive(Clone, Copy, Default)]
struct Moments {
    used: u64,
    written: u64,
}

impl Used<'_> {
    fn key(self) -> String {
        match self {
            Self::Token(id) => format!("token/{id}"),
            Self::Grant(id) => format!("grant/{id}"),
            Self::Session(id) => format!("session/{id}"),
        }
    }
}

impl LastUses {
    /// Reads the moments that were written.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn open(store: &dyn Store) -> Result<Self, TableError> {
        let mut all = HashMap::new();
        let mut pages = LAST_USES.pages(store);
        while let Some(page) = pages.next().await? {
            all.extend(page.into_iter().map(|(key, at)| (key, Moments { used: at, written: at })));
        }
        Ok(Self(Mutex::new(all)))
    }

    /// Learns of the uses that other nodes have written.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(crate) async fn refresh(&self, store: &dyn Store) -> Result<(), TableError> {
        let mut pages = LAST_USES.pages(store);
        while let Some(page) = pages.next().await? {
            let mut moments = self.0.lock();
            for (key, at) in page {
                let of = moments.entry(key).or_default();
                (of.used, of.written) = (of.used.max(at), of.written.max(at));
            }
        }
        Ok(())
    }

    /// Notes that a thing is used.
    pub fn note(&self, used: Used<'_>, now: Timestamp) {
        let now = u64::try_from(now.as_millisecond()).unwrap_or_default();
        self.0.lock().entry(used.key()).or_default().used = now;
    }

    /// Returns the moment of the last use, where there was one.
    #[must_use]
    pub fn of(&self, used: Used<'_>) -> Option<Timestamp> {
        let at = self.0.lock().get(&used.key())?.used;
        Timestamp::from_millisecond(i64::try_from(at).ok()?).ok()
    }

    /// Forgets a thing in a batch, as when a token is revoked.
    pub fn forget(&self, batch: &mut Batch, used: Used<'_>) {
        let key = used.key();
        self.0.lock().remove(&key);
        LAST_USES.delete(batch, &key);
    }

    /// Writes the uses that are not written yet, all of them or those whose last one was written long before.
    ///
    /// # Errors
    /// The store does not keep them; it is tried again the next time.
    pub async fn write(&self, store: &dyn Store, all: bool) -> Result<(), TableError> {
        let due: Vec<(String, u64)> = {
            let moments = self.0.lock();
            let is_due = |of: &Moments| {
                of.used > of.written && (all || of.used - of.written >= WRITTEN_AGAIN_MS)
            };
            let due = moments.iter().filter(|(_, of)| is_due(of));
            due.map(|(key, of)| (key.clone(), of.used)).collect()
        };
        for part in due.chunks(AT_ONCE) {
            let mut batch = Batch::new();
            for (key, at) in part {
                LAST_USES.put(&mut batch, key, at)?;
            }
            store.commit(batch).await?;
            let mut moments = self.0.lock();
            for (key, at) in part {
                if let Some(of) = moments.get_mut(key) {
                    of.written = *at;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use champollion_store::{SledOptions, SledStore};
    use jiff::ToSpan;

    use super::*;

    #[tokio::test]
    async fn uses_are_written_seldom_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open(&SledOptions::new(folder.path().join("store"))).unwrap();
        let uses = LastUses::open(&store).await.unwrap();
        let first = Timestamp::from_second(1_780_000_000).unwrap();
        let reread = async || LastUses::open(&store).await.unwrap().of(Used::Token("a"));
        uses.note(Used::Token("a"), first);
        uses.write(&store, false).await.unwrap();
        assert_eq!(reread().await, Some(first));
        let soon = first + 1.minute();
        uses.note(Used::Token("a"), soon);
        uses.write(&store, false).await.unwrap();
        assert_eq!(uses.of(Used::Token("a")), Some(soon));
        assert_eq!(reread().await, Some(first), "one write in a quarter of an hour is enough");
        uses.write(&store, true).await.unwrap();
        assert_eq!(reread().await, Some(soon));
        assert_eq!(uses.of(Used::Grant(uuid::Uuid::nil())), None);
        let mut batch = Batch::new();
        uses.forget(&mut batch, Used::Token("a"));
        store.commit(batch).await.unwrap();
        assert_eq!(reread().await, None);
    }
}
