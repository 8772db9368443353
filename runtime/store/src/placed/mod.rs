//! A store in several databases: each group lies whole in one of them.
//!
//! `rules.rs` says of whom a row or a log is, `places.rs` in which database that one lies, `split.rs` how a batch is
//! parted by it. A frame's batch lies in one database and is committed there as it is; `deciding.rs` does those that lie
//! in several, and `settling.rs` finishes what was cut. `opening.rs` recognizes the databases, `scanning.rs` reads over
//! all of them, and `leases.rs` has a holder prove its lease in each.

mod deciding;
mod leases;
mod opening;
mod options;
mod places;
mod rules;
mod scanning;
mod settling;
mod split;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::future::{join_all, try_join_all};
use tokio::sync::Semaphore;
use tokio::task::AbortHandle;
use uuid::Uuid;

use crate::batch::{Batch, Committed};
use crate::error::StoreError;
use crate::limits;
use crate::port::{Disk, Entry, Health, KeyValue, LogExtent, Store, Usage};
use crate::postgres::PostgresStore;
use crate::sequence::Sequence;
use crate::tables;

use deciding::Deed;
use opening::place_at_home;
use places::{Database, Places};
use rules::{Owner, RULES, Rules};
use split::{Part, Parts, Split, Told};

pub use options::{DatabaseName, NamedDatabase, NewGroups, PlacedOptions};

/// Times that a batch is split again which others have overtaken.
const TIMES: usize = 5;

/// Batches in several databases that a node does at a time. Each holds a prepared transaction for as long.
const AT_A_TIME: u32 = 16;

/// A store in several databases that any number of nodes share. Clones are the same store.
#[derive(Clone)]
pub struct PlacedStore {
    inner: Arc<Inner>,
}

struct Inner {
    places: Arc<Places>,
    rules: Rules,
    territory: Uuid,
    /// Batches in several databases that are under way.
    under_way: Arc<Semaphore>,
    settling: AbortHandle,
}

/// A database of several, as an operator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseView {
    /// The name of the database.
    pub name: DatabaseName,
    /// The hosts and the database.
    pub server: String,
    /// Whether it takes changes.
    pub health: Health,
    /// Whether it had no room for a change a moment ago.
    pub is_full: bool,
    /// The groups that lie in it, as far as this node knows.
    pub groups: usize,
    /// The devices that lie in it, as far as this node knows.
    pub devices: usize,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.settling.abort();
    }
}

impl PlacedStore {
    /// Opens the databases, making or migrating their tables, and recognizes each.
    ///
    /// # Errors
    /// A database cannot be opened, is not the one that its name says, or one is missing.
    pub async fn open(options: &PlacedOptions) -> Result<Self, StoreError> {
        Self::open_by(options, RULES).await
    }

    async fn open_by(options: &PlacedOptions, rules: Rules) -> Result<Self, StoreError> {
        let new_groups = options.check()?;
        let mut databases = Vec::new();
        for named in &options.databases {
            let store = PostgresStore::open(&named.options).await.map_err(|error| match error {
                StoreError::BadAddress { reason } => {
                    StoreError::BadAddress { reason: format!("{}: {reason}", named.name) }
                }
                error => error,
            })?;
            databases.push(Database { name: named.name.clone(), store });
        }
        let territory = opening::recognize(&databases).await?;
        let places = Arc::new(Places::new(databases, new_groups));
        opening::adopt(&places, rules.devices).await?;
        places.load().await?;
        let settling = tokio::spawn(settling::keep_settling(Arc::clone(&places), territory));
        let under_way = Arc::new(Semaphore::new(AT_A_TIME as usize));
        let settling = settling.abort_handle();
        Ok(Self { inner: Arc::new(Inner { places, rules, territory, under_way, settling }) })
    }

    /// The database that has all that is the territory's.
    #[must_use]
    pub fn home(&self) -> &PostgresStore {
        self.inner.places.home()
    }

    /// Returns all databases with their names, home first.
    pub fn databases(&self) -> impl Iterator<Item = (&DatabaseName, &PostgresStore)> {
        self.inner.places.databases().iter().map(|database| (&database.name, &database.store))
    }

    /// Returns all databases as an operator sees them, home first.
    #[must_use]
    pub fn view(&self) -> Vec<DatabaseView> {
        let views = self.databases().enumerate().map(|(place, (name, store))| {
            let count = self.inner.places.count(place);
            DatabaseView {
                name: name.clone(),
                server: store.server().to_owned(),
                health: store.health(),
                is_full: store.is_full(),
                groups: count.groups,
                devices: count.devices,
            }
        });
        views.collect()
    }

    /// Places a group of which nothing was written yet.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where the group lies somewhere already; the name may be of no database.
    pub async fn place_group(&self, group: &str, name: &DatabaseName) -> Result<(), StoreError> {
        let batch = self.placing(group, name)?;
        self.home().commit(batch).await.map(drop)
    }

    /// Returns the batch that places a group of which nothing was written yet, so that it can be committed together with
    /// what tells of it. It is a conflict where the group lies somewhere already.
    ///
    /// # Errors
    /// [`StoreError::InvalidName`] where the name is of no database.
    pub fn placing(&self, group: &str, name: &DatabaseName) -> Result<Batch, StoreError> {
        if self.inner.places.by_name(name.as_str()).is_none() {
            return Err(StoreError::InvalidName {
                kind: "database",
                name: name.to_string(),
                reason: "the settings name no such database",
            });
        }
        let (table, mut batch) = (tables::GROUP_PLACES.as_str(), Batch::new());
        batch.expect_absent(table, group).put(table, group, name.as_str());
        Ok(batch)
    }

    /// Returns all groups of which something was written, or that were placed, each with its database, in their order.
    ///
    /// # Errors
    /// The home database does not answer.
    pub async fn groups(&self) -> Result<Vec<(String, DatabaseName)>, StoreError> {
        let places = &self.inner.places;
        places.load_groups().await?;
        let groups = places.known_groups().into_iter();
        Ok(groups.map(|(group, place)| (group, places.name(place).clone())).collect())
    }

    /// Keeps groups at home that have no place: some of their devices were registered before there were further databases,
    /// and nothing else was ever written of them.
    ///
    /// # Errors
    /// The home database does not answer.
    pub async fn keep_at_home(&self, groups: &[String]) -> Result<(), StoreError> {
        let (places, mut without) = (&*self.inner.places, Vec::new());
        for group in groups {
            if places.of_group(group).await?.is_none() {
                without.push(group.clone());
            }
        }
        place_at_home(places, tables::GROUP_PLACES.as_str(), &without).await?;
        // Each is remembered, be it with the place that another node was faster to give.
        for group in &without {
            places.of_group(group).await?;
        }
        Ok(())
    }

    /// Returns the database of a group; `None` of one of which nothing was written yet.
    ///
    /// # Errors
    /// The home database does not answer.
    pub async fn place_of_group(&self, group: &str) -> Result<Option<&DatabaseName>, StoreError> {
        let place = self.inner.places.of_group(group).await?;
        Ok(place.map(|place| self.inner.places.name(place)))
    }

    /// The database that has what is an owner's. What was never written is looked for at home.
    async fn store_of(&self, owner: Owner<'_>) -> Result<&PostgresStore, StoreError> {
        let places = &self.inner.places;
        let place = match owner {
            Owner::Territory | Owner::Holder => None,
            Owner::Group(group) => places.of_group(group).await?,
            Owner::Device(device) => places.of_device(device).await?,
        };
        Ok(places.store(place.unwrap_or(0)))
    }

    /// Makes the parts of a batch durable that lies in several databases. Who waits for it may stop waiting.
    async fn commit_several(
        &self,
        parts: BTreeMap<usize, Part>,
        told: Vec<Told>,
        entries: usize,
    ) -> Result<Committed, StoreError> {
        // Batches of other groups have the turns that would wait for a database that is away.
        for at in parts.keys().filter(|at| **at != 0) {
            self.inner.places.store(*at).check_reachable()?;
        }
        let permit = Arc::clone(&self.inner.under_way).acquire_owned().await;
        let permit = permit.map_err(|_| StoreError::Closed)?;
        let (places, territory) = (Arc::clone(&self.inner.places), self.inner.territory);
        let done = tokio::spawn(async move {
            let _under_way = permit;
            Deed { places: &places, territory }.commit(parts, told, entries).await
        });
        done.await.unwrap_or(Err(StoreError::Closed))
    }
}

impl fmt::Debug for PlacedStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PlacedStore")
            .field("databases", &self.view())
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Store for PlacedStore {
    async fn commit(&self, batch: Batch) -> Result<Committed, StoreError> {
        batch.validate()?;
        let (places, rules) = (&*self.inner.places, &self.inner.rules);
        let mut times = 0;
        loop {
            let Split { parts, places: new } = Split::of(&batch, places, rules).await?;
            let done = match parts {
                Parts::One(place) if new.is_empty() => {
                    return places.store(place).submit(batch).await;
                }
                Parts::One(place) => {
                    let mut whole = batch.clone();
                    new.add_to(&mut whole);
                    places.store(place).submit(whole).await
                }
                Parts::Several { parts, told, entries } => {
                    self.commit_several(parts, told, entries).await
                }
            };
            times += 1;
            match done {
                Ok(committed) => {
                    new.learn(places);
                    return Ok(committed);
                }
                Err(error) if times < TIMES && new.are_overtaken(&error, rules) => {}
                Err(error) => return Err(error),
            }
        }
    }

    async fn get(&self, table: &str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        limits::check_table(table)?;
        limits::check_key(key)?;
        self.store_of((self.inner.rules.of_row)(table, key)).await?.get(table, key).await
    }

    async fn scan(
        &self,
        table: &str,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<KeyValue>, StoreError> {
        limits::check_table(table)?;
        let Inner { places, rules, .. } = &*self.inner;
        match (rules.of_rows)(table, prefix) {
            Some(owner) => self.store_of(owner).await?.scan(table, prefix, after, limit).await,
            None if limit == 0 => Ok(Vec::new()),
            None => scanning::scan((places, rules), (table, prefix), after, limit).await,
        }
    }

    async fn read(
        &self,
        log: &str,
        after: Sequence,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        limits::check_log(log)?;
        self.store_of((self.inner.rules.of_log)(log)).await?.read(log, after, limit).await
    }

    async fn extent(&self, log: &str) -> Result<LogExtent, StoreError> {
        limits::check_log(log)?;
        self.store_of((self.inner.rules.of_log)(log)).await?.extent(log).await
    }

    async fn logs(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<String>, StoreError> {
        scanning::logs(&self.inner.places, prefix, after, limit).await
    }

    /// The health of the database that is worst off.
    fn health(&self) -> Health {
        self.databases().map(|(_, store)| store.health()).fold(Health::Ready, worse)
    }

    /// The health of the home database and of the one in which a group lies. Nothing is taken without home, which has
    /// what nodes must know of each other.
    fn health_of(&self, group: Option<&str>) -> Health {
        let (places, home) = (&self.inner.places, self.home().health());
        match group.and_then(|group| places.known_group(group)) {
            Some(place) => worse(home, places.store(place).health()),
            None => home,
        }
    }

    /// Bytes that all databases take, and bytes that are free where the least are.
    async fn usage(&self) -> Result<Usage, StoreError> {
        // Each is heard of, also where another one is away.
        let usages = join_all(self.databases().map(|(_, store)| store.usage())).await;
        let usages = usages.into_iter().collect::<Result<Vec<Usage>, StoreError>>()?;
        Ok(Usage {
            used_bytes: usages.iter().map(|usage| usage.used_bytes).sum(),
            file_bytes: usages.iter().map(|usage| usage.file_bytes).sum(),
            free_bytes: usages.iter().map(|usage| usage.free_bytes).min().unwrap_or_default(),
        })
    }

    async fn disks(&self) -> Vec<Disk> {
        let usages = join_all(self.databases().map(|(_, store)| store.usage())).await;
        let named = self.databases().zip(usages);
        named.map(|((name, _), usage)| Disk { name: Some(name.to_string()), usage }).collect()
    }

    fn disk_of(&self, group: Option<&str>) -> usize {
        group.and_then(|group| self.inner.places.known_group(group)).unwrap_or(0)
    }

    async fn close(&self) -> Result<(), StoreError> {
        // That it was closed before is no fault. Those that wait for a turn have begun nothing, and get none any more.
        let all = self.inner.under_way.acquire_many(AT_A_TIME).await;
        self.inner.under_way.close();
        drop(all);
        self.inner.settling.abort();
        try_join_all(self.databases().map(|(_, store)| store.close())).await.map(drop)
    }
}

/// The worse of two healths.
fn worse(one: Health, other: Health) -> Health {
    let rank = |health: &Health| match health {
        Health::Ready => 0,
        Health::Stalled => 1,
        Health::Failed(_) => 2,
        Health::Closed => 3,
    };
    if rank(&other) > rank(&one) { other } else { one }
}
