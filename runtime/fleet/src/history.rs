//! Histories of states: each change is a row, written in the batch of the change, so that a state of the past is known.

use std::{collections::BTreeMap, fmt, fmt::Display, num::ParseIntError, str::FromStr};

use champollion_store::{
    Batch, Store, Table, TableError, TableName,
    codec::{Json, Pair},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// A history of the states of things, which are named by keys.
pub struct History<K, V> {
    table: Table<(K, At), Turned<V>, Pair, Json>,
}

/// A change of a state; a thing that is not there has none.
#[derive(Serialize, Deserialize)]
struct Turned<V> {
    before: Option<V>,
    after: Option<V>,
}

/// A moment in a key, in milliseconds with all digits, so that keys lie in the order of time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct At(i64);

impl Display for At {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:016}", self.0)
    }
}

impl FromStr for At {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        text.parse().map(Self)
    }
}

impl<K, V> History<K, V> {
    /// The history that a table has.
    #[must_use]
    pub const fn new(name: TableName) -> Self {
        Self { table: Table::new(name) }
    }
}

impl<K, V> History<K, V>
where
    K: Clone + Display + Ord + FromStr<Err: Display>,
    V: PartialEq + Serialize + DeserializeOwned,
{
    /// Puts a change of a thing into the batch that makes it; nothing where its state stays.
    ///
    /// # Errors
    /// The row cannot be written.
    pub fn note(
        &self,
        batch: &mut Batch,
        key: K,
        (before, after): (Option<V>, Option<V>),
        now: Timestamp,
    ) -> Result<(), TableError> {
        if before == after {
            return Ok(());
        }
        let at = At(now.as_millisecond().max(0));
        self.table.put(batch, &(key, at), &Turned { before, after })
    }

    /// Looks at all changes that are kept, each with its moment and the states before and after it: those of a thing lie
    /// together, in the order of time.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn look_through(
        &self,
        store: &dyn Store,
        mut look: impl FnMut(K, Timestamp, (Option<V>, Option<V>)),
    ) -> Result<(), TableError> {
        let mut pages = self.table.pages(store);
        while let Some(page) = pages.next().await? {
            for ((key, At(at)), Turned { before, after }) in page {
                let at = Timestamp::from_millisecond(at).unwrap_or(Timestamp::MAX);
                look(key, at, (before, after));
            }
        }
        Ok(())
    }

    /// Forgets the changes before a moment: the states that things had until then are known no more.
    ///
    /// # Errors
    /// The store does not remove them.
    pub async fn forget_until(
        &self,
        store: &dyn Store,
        moment: Timestamp,
    ) -> Result<(), TableError> {
        let mut pages = self.table.pages(store);
        while let Some(page) = pages.next().await? {
            let mut batch = Batch::new();
            let old = page.iter().filter(|((_, At(at)), _)| *at < moment.as_millisecond());
            old.for_each(|(key, _)| self.table.delete(&mut batch, key));
            store.commit(batch).await?;
        }
        Ok(())
    }

    /// Returns the states of all things at a moment of the past, out of those of now.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn states_at(
        &self,
        store: &dyn Store,
        moment: Timestamp,
        mut states: BTreeMap<K, V>,
    ) -> Result<BTreeMap<K, V>, TableError> {
        let moment = moment.as_millisecond();
        let mut found: Option<K> = None;
        let mut pages = self.table.pages(store);
        while let Some(page) = pages.next().await? {
            for ((key, At(at)), change) in page {
                // Rows of a thing come in the order of time: of those after the moment the first one tells the state
                // where none is before.
                let is_first = found.replace(key.clone()).as_ref() != Some(&key);
                let state = match at <= moment {
                    true => change.after,
                    false if is_first => change.before,
                    false => continue,
                };
                match state {
                    Some(state) => states.insert(key, state),
                    None => states.remove(&key),
                };
            }
        }
        Ok(states)
    }
}
