//! The databases that keep everything, as an operator sees them: whether each is a primary, and whether the standbys are
//! there that commits wait for. Where one is missing and waited for, nothing is acknowledged until it is back: that is
//! the operator's choice, and must be told before network servers are refused for long.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use champollion_store::{DatabaseName, DatabaseView, Health, PlacedStore, PostgresStore, Standing};
use futures_util::future::join_all;
use parking_lot::Mutex;

use crate::{backend::SharedStore, cluster::every};

/// The interval of looks at the database: as often as nodes write of themselves.
const LOOK_PERIOD: Duration = Duration::from_secs(2);

/// The time that a look may take, and after which what was seen before says nothing any more.
const LOOK_TIME: Duration = Duration::from_secs(2);
const KNOWN_FOR: Duration = Duration::from_secs(7);

/// Looks after the standing of the databases among their standbys.
pub(crate) struct DatabaseWatch {
    watched: Vec<Watched>,
    /// The store of several databases.
    placed: Option<PlacedStore>,
}

/// A database that is looked after.
struct Watched {
    /// The name, where it is one of several.
    name: Option<DatabaseName>,
    database: PostgresStore,
    /// The standing at the last look that was answered, and the moment of that look.
    seen: Mutex<Option<(Instant, Standing)>>,
    /// Whether no answer came in time at the last look.
    stands_still: AtomicBool,
}

impl DatabaseWatch {
    pub(crate) fn new(store: &SharedStore) -> Self {
        let watched = |name: Option<&DatabaseName>, database: &PostgresStore| Watched {
            name: name.cloned(),
            database: database.clone(),
            seen: Mutex::default(),
            stands_still: AtomicBool::default(),
        };
        match store {
            SharedStore::One(store) => Self { watched: vec![watched(None, store)], placed: None },
            SharedStore::Several(store) => {
                let all = store.databases().map(|(name, database)| watched(Some(name), database));
                Self { watched: all.collect(), placed: Some(store.clone()) }
            }
        }
    }

    /// The store of several databases, where there are several.
    pub(crate) const fn placed(&self) -> Option<&PlacedStore> {
        self.placed.as_ref()
    }

    /// Looks again and again.
    pub(crate) async fn keep(&self) {
        let mut ticks = every(LOOK_PERIOD);
        loop {
            ticks.tick().await;
            join_all(self.watched.iter().map(Watched::look)).await;
            let known: Vec<Standing> = self.watched.iter().filter_map(Watched::standing).collect();
            count(&known, self.watched.len());
            self.placed.iter().for_each(count_placed);
        }
    }

    /// Lines for an operator, one for each database.
    pub(crate) fn details(&self) -> Vec<String> {
        let places = self.placed.as_ref().map(PlacedStore::view).unwrap_or_default();
        let lines = self.watched.iter().enumerate().map(|(at, watched)| {
            let words = watched.standing().map_or_else(|| "does not answer".to_owned(), said);
            let held = places.get(at).map(|one| {
                let DatabaseView { groups, devices, .. } = one;
                let refused = match one.health {
                    Health::Ready if one.is_full => ", whose frames are refused: it has no room",
                    Health::Ready => "",
                    _ => ", whose frames are refused",
                };
                format!("; {groups} groups and {devices} devices lie in it{refused}")
            });
            format!("{}: {words}{}\n", watched.title(), held.unwrap_or_default())
        });
        lines.collect()
    }

    /// The reasons why commits may wait, where the standbys are one.
    pub(crate) fn missing_standby(&self) -> Option<String> {
        let missing = self.watched.iter().filter_map(|watched| {
            let standing = watched.standing().filter(Standing::lacks_standby)?;
            Some(format!("{}: {}", watched.title(), said(standing)))
        });
        let missing: Vec<String> = missing.collect();
        (!missing.is_empty()).then(|| missing.join("; "))
    }
}

impl Watched {
    fn title(&self) -> String {
        match &self.name {
            None => "database".to_owned(),
            Some(name) => format!("database {name}"),
        }
    }

    async fn look(&self) {
        let asked = tokio::time::timeout(LOOK_TIME, self.database.standing()).await;
        // A database that cannot be reached is told by the store, and gives no answer in time either.
        let standing = match asked {
            Ok(Ok(standing)) => standing,
            Ok(Err(_)) => return,
            Err(_) => {
                self.hear(false);
                return;
            }
        };
        self.hear(true);
        let before = self.seen.lock().replace((Instant::now(), standing));
        let (lacked, server) =
            (before.is_some_and(|(_, before)| before.lacks_standby()), self.database.server());
        match (lacked, standing.lacks_standby()) {
            (false, true) => tracing::error!(
                server,
                demanded = standing.demanded,
                there = standing.synchronous,
                "a synchronous standby is missing: commits wait for it"
            ),
            (true, false) => {
                tracing::info!(server, "commits wait for no missing standby any more");
            }
            _ => {}
        }
    }

    /// Hears whether an answer came in time, and says so where that changed: of a database that stands still nobody is
    /// told an error, since what is under way is waited for.
    fn hear(&self, answers: bool) {
        let (was_still, server) =
            (self.stands_still.swap(!answers, Ordering::Relaxed), self.database.server());
        match (was_still, answers) {
            (false, false) => {
                let seconds = LOOK_TIME.as_secs();
                tracing::error!(server, seconds, "the database gives no answer in time");
            }
            (true, true) => tracing::info!(server, "the database gives answers in time again"),
            _ => {}
        }
    }

    fn standing(&self) -> Option<Standing> {
        let seen = *self.seen.lock();
        seen.filter(|(at, _)| at.elapsed() < KNOWN_FOR).map(|(_, standing)| standing)
    }
}

/// Counts the standbys of those of all databases that answer, and tells of the one that is worst off.
fn count(known: &[Standing], all: usize) {
    // One that does not answer takes no changes.
    let are_primaries = known.len() == all && !known.iter().any(|standing| standing.in_recovery);
    metrics::gauge!("champollion_database_is_primary").set(f64::from(u8::from(are_primaries)));
    if known.is_empty() {
        return;
    }
    let sum = |number: fn(&Standing) -> u64| known.iter().map(number).sum::<u64>();
    let kinds = [
        ("demanded", sum(|standing| standing.demanded)),
        ("synchronous", sum(|standing| standing.synchronous)),
        ("asynchronous", sum(|standing| standing.asynchronous)),
        ("unseen", sum(|standing| standing.unseen)),
    ];
    for (kind, number) in kinds {
        metrics::gauge!("champollion_database_standbys", "kind" => kind).set(counted(number));
    }
    let is_missing = f64::from(u8::from(known.iter().any(Standing::lacks_standby)));
    metrics::gauge!("champollion_database_standby_missing").set(is_missing);
}

/// Counts what lies in each of several databases.
fn count_placed(store: &PlacedStore) {
    for database in store.view() {
        let name = || database.name.to_string();
        let is_ready = f64::from(u8::from(database.health == Health::Ready));
        metrics::gauge!("champollion_database_ready", "database" => name()).set(is_ready);
        let is_full = f64::from(u8::from(database.is_full));
        metrics::gauge!("champollion_database_full", "database" => name()).set(is_full);
        metrics::gauge!("champollion_database_groups", "database" => name())
            .set(counted(database.groups));
        metrics::gauge!("champollion_database_devices", "database" => name())
            .set(counted(database.devices));
    }
}

/// A number as a gauge shows it: nobody has four thousand million standbys or devices.
fn counted(number: impl TryInto<u32>) -> f64 {
    f64::from(number.try_into().unwrap_or(u32::MAX))
}

/// Words of the standing.
fn said(standing: Standing) -> String {
    let Standing { in_recovery, demanded, synchronous, asynchronous, unseen } = standing;
    if in_recovery {
        return "in recovery: a standby, which takes no changes".to_owned();
    }
    if standing.lacks_standby() {
        return format!(
            "primary, standby missing: commits wait for {demanded} synchronous, and {synchronous} are there"
        );
    }
    if unseen > 0 {
        return format!(
            "primary, standbys that the role of the server cannot judge: {unseen} (grant it pg_monitor)"
        );
    }
    match (demanded, asynchronous) {
        (0, 0) => "primary, without a standby: what is acknowledged is on one machine".to_owned(),
        (0, _) => format!(
            "primary, {asynchronous} asynchronous standbys: what is acknowledged is on one machine at first"
        ),
        _ => format!(
            "primary, {synchronous} synchronous standbys, of which commits wait for {demanded}"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operator_is_told_what_a_commit_waits_for_and_what_is_not_there() {
        let words = |demanded, synchronous, asynchronous, unseen| {
            let in_recovery = false;
            said(Standing { in_recovery, demanded, synchronous, asynchronous, unseen })
        };
        assert!(words(0, 0, 0, 0).contains("without a standby"));
        assert!(words(0, 0, 1, 0).contains("1 asynchronous"));
        assert_eq!(
            words(1, 1, 0, 0),
            "primary, 1 synchronous standbys, of which commits wait for 1"
        );
        let missing = words(2, 1, 0, 0);
        assert!(missing.contains("standby missing: commits wait for 2"), "{missing}");
        assert!(words(1, 0, 0, 1).contains("pg_monitor"));
        let standby =
            Standing { in_recovery: true, demanded: 1, synchronous: 0, asynchronous: 0, unseen: 0 };
        assert!(said(standby).contains("in recovery"));
    }
}
