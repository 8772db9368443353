//! Batches that touch several databases, done whole or not at all.
//!
//! The parts of further databases are prepared, in the order of the databases: each is durable then, with its rows and
//! logs locked, and seen by nobody. The home database decides: its own part and a row of the decision are one batch.
//! Then the prepared parts are committed, and last, in a batch that removes the decision, what tells other nodes of the
//! change: whoever hears of it can see all of it.
//!
//! | cut | what is left | what becomes of it |
//! | --- | --- | --- |
//! | before the decision | prepared parts, no decision | undone, by a decision that a late one cannot pass |
//! | while the home database decides | prepared parts | whatever its row says |
//! | after the decision | prepared parts, a decision | committed, told, and the decision removed |
//!
//! Locks are taken in the order of the databases, home last, and what holds locks in one never waits for one before it:
//! there is no deadlock. `settling.rs` finishes what was cut.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::places::Places;
use super::split::{Part, Told};
use crate::batch::{Batch, Committed};
use crate::error::StoreError;
use crate::leases::Leases;
use crate::postgres::{Ended, Fate, Prepared};
use crate::sequence::Sequence;
use crate::tables;

pub(super) const TABLE: &str = tables::PLACED_BATCHES.as_str();

/// The time for which a part that is decided is tried to be committed, before its caller is told.
const PATIENCE: Duration = Duration::from_secs(3);

/// The pause between two attempts.
const PAUSE: Duration = Duration::from_millis(100);

/// A decision of the home database on a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum Decision {
    /// The parts in these databases are committed; then entries of these logs are appended.
    Commit { databases: Vec<String>, told: Vec<String> },
    /// The parts that were prepared are undone.
    Undo,
}

impl Decision {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        // Texts alone, so that nothing of it can fail.
        serde_json::to_vec(self).unwrap_or_default()
    }

    pub(super) fn read(id: Uuid, bytes: &[u8]) -> Result<Self, StoreError> {
        serde_json::from_slice(bytes).map_err(|error| StoreError::Corrupt {
            detail: format!("the decision on the batch {id} cannot be read: {error}"),
        })
    }
}

/// Makes the id of a batch that is begun at a moment by the clock of the home database, which is the one by which nodes
/// judge its age: their own need not agree.
pub(super) fn id_at(now: SystemTime) -> Uuid {
    let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let (seconds, nanoseconds) = (since.as_secs(), since.subsec_nanos());
    Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, nanoseconds))
}

/// The name under which the parts of a batch are prepared.
pub(super) fn name_of(territory: Uuid, id: Uuid) -> String {
    format!("{}{}", prefix_of(territory), id.simple())
}

/// The beginning of the names of all parts of a territory.
pub(super) fn prefix_of(territory: Uuid) -> String {
    format!("champollion/{}/", territory.simple())
}

/// The key of an entry that is told last.
pub(super) fn told_key(id: Uuid, number: usize) -> Vec<u8> {
    let number = u32::try_from(number).unwrap_or(u32::MAX);
    [id.as_bytes().as_slice(), &number.to_be_bytes()].concat()
}

/// A batch in several databases, while it is being done.
pub(super) struct Deed<'a> {
    pub(super) places: &'a Places,
    pub(super) territory: Uuid,
}

impl Deed<'_> {
    /// Makes the parts of a batch durable. The parts are those of the home database and of others, in their order.
    pub(super) async fn commit(
        &self,
        mut parts: BTreeMap<usize, Part>,
        told: Vec<Told>,
        entries: usize,
    ) -> Result<Committed, StoreError> {
        let id = id_at(self.places.home().clock().await?);
        let name = name_of(self.territory, id);
        let home = parts.remove(&0).unwrap_or_default();
        let mut committed = Committed { appended: vec![Sequence::BEGINNING; entries] };
        let prepared = self.prepare(parts, &name, &mut committed).await?;
        let decision = Decision::Commit {
            databases: prepared.iter().map(|(at, _)| self.places.name(*at).to_string()).collect(),
            told: told.iter().map(|told| told.log.clone()).collect(),
        };
        match self.decide(home, (id, &decision, &told), &mut committed).await {
            Ok(()) => {}
            Err(error) if is_unknown(&error) => {
                tracing::warn!(%id, %error, "a batch in several databases waits for its decision");
                return Err(error);
            }
            Err(error) => {
                self.undo(&places_of(&prepared), &name).await;
                return Err(self.undone_by_others(error));
            }
        }
        let mut fault = None;
        for (at, prepared) in &prepared {
            match self.finish(*at, &name).await {
                Ok(()) => self.places.store(*at).sweep(prepared),
                // The parts in other databases are not kept waiting for this one.
                Err(error) => fault = Some(self.unfinished(*at, error)),
            }
        }
        if let Some(fault) = fault {
            return Err(fault);
        }
        let entries = told.iter().map(|told| (told.log.as_str(), told.value.clone()));
        let last = settled(id, &decision, entries);
        let told_last = self.places.home().submit(last).await;
        let sequences = told_last.map_err(|error| self.unfinished(0, error))?;
        for (told, sequence) in told.iter().zip(sequences.appended) {
            put(&mut committed, told.appended, sequence);
        }
        Ok(committed)
    }

    /// The error of a batch that is not there. Another node undoes what is under way for too long, which no condition of
    /// the caller's says.
    fn undone_by_others(&self, error: StoreError) -> StoreError {
        match error {
            StoreError::Conflict { table, .. } if table == TABLE => StoreError::Unreachable {
                server: self.places.home().server().to_owned(),
                reason: "a batch in several databases took too long, and was undone".to_owned(),
            },
            error => error,
        }
    }

    /// The error of a batch that is decided, and so is durable, whatever is met afterwards: none that says that nothing of
    /// it was applied.
    fn unfinished(&self, at: usize, error: StoreError) -> StoreError {
        let reason = match error {
            StoreError::Unreachable { .. } | StoreError::Closed => return error,
            // Another node has ended it, and told of it.
            StoreError::Conflict { .. } => "a batch was finished by another node".to_owned(),
            error => format!("a batch that is decided is finished later: {error}"),
        };
        StoreError::Unreachable { server: self.places.store(at).server().to_owned(), reason }
    }

    /// Prepares the parts of further databases, in their order.
    async fn prepare(
        &self,
        parts: BTreeMap<usize, Part>,
        name: &str,
        committed: &mut Committed,
    ) -> Result<Vec<(usize, Prepared)>, StoreError> {
        let mut done: Vec<(usize, Prepared)> = Vec::new();
        for (at, part) in parts {
            match self.places.store(at).prepare(part.batch, name).await {
                Ok(prepared) => {
                    for (place, sequence) in part.appended.iter().zip(&prepared.committed.appended)
                    {
                        put(committed, *place, *sequence);
                    }
                    done.push((at, prepared));
                }
                Err(error) => {
                    // Where no answer came, it may be prepared.
                    let mut places = places_of(&done);
                    places.extend(is_unknown(&error).then_some(at));
                    self.undo(&places, name).await;
                    return Err(error);
                }
            }
        }
        Ok(done)
    }

    /// Has the home database decide, in the batch of its own part.
    pub(super) async fn decide(
        &self,
        mut home: Part,
        (id, decision, told): (Uuid, &Decision, &[Told]),
        committed: &mut Committed,
    ) -> Result<(), StoreError> {
        home.batch.expect_absent(TABLE, *id.as_bytes()).put(
            TABLE,
            *id.as_bytes(),
            decision.to_bytes(),
        );
        for (number, told) in told.iter().enumerate() {
            home.batch.put(TABLE, told_key(id, number), told.value.clone());
        }
        let decided = self.places.home().submit(home.batch).await?;
        for (place, sequence) in home.appended.iter().zip(decided.appended) {
            put(committed, *place, sequence);
        }
        Ok(())
    }

    /// Commits a prepared part that was decided on.
    async fn finish(&self, at: usize, name: &str) -> Result<(), StoreError> {
        let (store, deadline) = (self.places.store(at), Instant::now() + PATIENCE);
        loop {
            let error = match store.end(name, Fate::Commit).await {
                // What was ended before was committed by another node.
                Ok(Ended::Now | Ended::Before) => return Ok(()),
                Ok(Ended::Elsewhere) => StoreError::Unreachable {
                    server: store.server().to_owned(),
                    reason: "another node is finishing a batch".to_owned(),
                },
                Err(error) => error,
            };
            if Instant::now() + PAUSE >= deadline {
                tracing::warn!(name, %error, "a decided batch waits for its database");
                return Err(error);
            }
            sleep(PAUSE).await;
        }
    }

    /// Undoes prepared parts of a batch that is not decided, and never will be. What cannot be undone now is undone when
    /// its database is back.
    async fn undo(&self, places: &[usize], name: &str) {
        for at in places {
            if let Err(error) = self.places.store(*at).end(name, Fate::Undo).await {
                tracing::warn!(name, %error, "a prepared part of a batch is undone later");
            }
        }
    }
}

/// The places of databases in which something is prepared.
fn places_of(prepared: &[(usize, Prepared)]) -> Vec<usize> {
    prepared.iter().map(|(at, _)| *at).collect()
}

/// The batch that ends a decision: it is removed, and what is told last is told.
pub(super) fn settled<'a>(
    id: Uuid,
    decision: &Decision,
    told: impl Iterator<Item = (&'a str, Vec<u8>)>,
) -> Batch {
    let mut batch = Batch::new();
    batch.expect_value(TABLE, *id.as_bytes(), decision.to_bytes()).delete(TABLE, *id.as_bytes());
    for (number, (log, value)) in told.enumerate() {
        batch.append(log, value).delete(TABLE, told_key(id, number));
    }
    batch
}

/// Whether nobody knows what became of a batch that met an error.
fn is_unknown(error: &StoreError) -> bool {
    matches!(error, StoreError::Unreachable { .. } | StoreError::Closed | StoreError::Failed { .. })
}

fn put(committed: &mut Committed, place: usize, sequence: Sequence) {
    if let Some(appended) = committed.appended.get_mut(place) {
        *appended = sequence;
    }
}
