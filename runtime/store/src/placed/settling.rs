//! Batches in several databases that were cut, finished.
//!
//! Every node looks after some seconds. Two that finish one batch are in nobody's way: what is prepared is ended once,
//! and a decision is made, and removed, on a condition.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::{MissedTickBehavior, interval};
use uuid::Uuid;

use super::deciding::{Decision, TABLE, name_of, prefix_of, settled, told_key};
use super::places::Places;
use crate::batch::Batch;
use crate::error::StoreError;
use crate::leases::Leases;
use crate::port::Store;
use crate::postgres::{Ended, Fate};

/// The interval of looks.
const PERIOD: Duration = Duration::from_secs(2);

/// The time after which a batch counts as cut. Whoever does it still meets the decision that was made for it.
pub(super) const CUT_AFTER: Duration = Duration::from_secs(5);

/// The time for which it is kept that a batch was undone: a node that was paused for so long may decide otherwise.
const UNDONE_FOR: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Rows that are read at once.
const PAGE: usize = 500;

/// Bytes of an id.
const ID_BYTES: usize = 16;

/// Finishes what was cut, again and again.
pub(super) async fn keep_settling(places: Arc<Places>, territory: Uuid) {
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut is_told = false;
    loop {
        ticks.tick().await;
        let settled = settle(&places, territory, CUT_AFTER).await;
        if let Err(error) = &settled
            && !is_told
        {
            tracing::warn!(%error, "batches in several databases that were cut cannot be finished now");
        }
        is_told = settled.is_err();
    }
}

/// Finishes batches that have been under way for some time; says how many. A database that is away keeps only what lies
/// in it from being finished, and is the error.
pub(super) async fn settle(
    places: &Places,
    territory: Uuid,
    waiting: Duration,
) -> Result<usize, StoreError> {
    let (mut finished, mut fault) = (0, None);
    for at in 1..places.databases().len() {
        match settle_prepared(places, (territory, at), waiting, &mut fault).await {
            Ok(ended) => finished += ended,
            Err(error) => fault = Some(error),
        }
    }
    let now = places.home().clock().await?;
    finished += settle_decided(places, territory, (now, waiting), &mut fault).await?;
    fault.map_or(Ok(finished), Err)
}

/// Ends what is prepared in a database. What cannot be ended, as what another role has prepared, keeps nothing else from
/// it, and is the fault.
async fn settle_prepared(
    places: &Places,
    (territory, at): (Uuid, usize),
    waiting: Duration,
    fault: &mut Option<StoreError>,
) -> Result<usize, StoreError> {
    let prefix = prefix_of(territory);
    let mut ended = 0;
    for name in places.store(at).prepared(&prefix, waiting).await? {
        let Some(id) = name.strip_prefix(&prefix).and_then(|id| id.parse::<Uuid>().ok()) else {
            continue;
        };
        match end_prepared(places, at, (id, name.as_str())).await {
            Ok(is_ended) => ended += usize::from(is_ended),
            // A database that is away would have each name wait.
            Err(error @ StoreError::Unreachable { .. }) => return Err(error),
            Err(error) => *fault = Some(error),
        }
    }
    Ok(ended)
}

/// Ends a prepared part of a batch as is decided on it; says whether it was there.
async fn end_prepared(
    places: &Places,
    at: usize,
    (id, name): (Uuid, &str),
) -> Result<bool, StoreError> {
    let Some(decision) = decided(places, id).await? else { return Ok(false) };
    let fate = match decision {
        Decision::Commit { .. } => Fate::Commit,
        Decision::Undo => Fate::Undo,
    };
    // Where somebody else ends it at this moment, nothing is left to be done.
    let is_ended = places.store(at).end(name, fate).await? == Ended::Now;
    if is_ended {
        tracing::info!(%id, database = %places.name(at), ?fate, "a batch that was cut is finished");
    }
    Ok(is_ended)
}

/// The decision on a batch. Where there is none, it is to be undone: whoever still does it cannot decide otherwise from
/// then on. `None` where somebody decided at the same time.
async fn decided(places: &Places, id: Uuid) -> Result<Option<Decision>, StoreError> {
    let home = places.home();
    if let Some(row) = home.get(TABLE, id.as_bytes()).await? {
        return Decision::read(id, &row).map(Some);
    }
    let (decision, mut batch) = (Decision::Undo, Batch::new());
    batch.expect_absent(TABLE, *id.as_bytes()).put(TABLE, *id.as_bytes(), decision.to_bytes());
    match home.commit(batch).await {
        Ok(_) => Ok(Some(decision)),
        Err(StoreError::Conflict { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Ends decisions whose batches nobody finishes any more.
async fn settle_decided(
    places: &Places,
    territory: Uuid,
    (now, waiting): (SystemTime, Duration),
    fault: &mut Option<StoreError>,
) -> Result<usize, StoreError> {
    let (mut after, mut ended): (Option<Vec<u8>>, usize) = (None, 0);
    loop {
        let rows = places.home().scan(TABLE, b"", after.as_deref(), PAGE).await?;
        let Some(last) = rows.last() else { return Ok(ended) };
        after = Some(last.key.clone());
        for row in &rows {
            // Other rows are entries that a decision names.
            let Ok(id) = <[u8; ID_BYTES]>::try_from(row.key.as_slice()).map(Uuid::from_bytes)
            else {
                continue;
            };
            let age = age_of(id, now);
            match settle_one(places, (territory, id), &row.value, (age, waiting)).await {
                Ok(is_ended) => ended += usize::from(is_ended),
                Err(error) => *fault = Some(error),
            }
        }
    }
}

/// Ends a decision; says whether it is gone.
async fn settle_one(
    places: &Places,
    (territory, id): (Uuid, Uuid),
    row: &[u8],
    (age, waiting): (Duration, Duration),
) -> Result<bool, StoreError> {
    let home = places.home();
    let decision = Decision::read(id, row)?;
    let mut told = Vec::new();
    match &decision {
        Decision::Undo if age < UNDONE_FOR => return Ok(false),
        Decision::Commit { .. } if age < waiting => return Ok(false),
        Decision::Undo => {}
        Decision::Commit { databases, told: logs } => {
            for name in databases {
                let unknown = || StoreError::UnknownDatabase {
                    name: name.clone(),
                    held: format!("a part of the batch {id}"),
                };
                let at = places.by_name(name).ok_or_else(unknown)?;
                let ended = places.store(at).end(&name_of(territory, id), Fate::Commit).await?;
                if ended == Ended::Elsewhere {
                    // It may still fail there: the decision is kept until it is known to be done.
                    return Ok(false);
                }
            }
            for (number, log) in logs.iter().enumerate() {
                let Some(value) = home.get(TABLE, &told_key(id, number)).await? else {
                    // Another node has ended it meanwhile.
                    return Ok(false);
                };
                told.push((log.as_str(), value));
            }
        }
    }
    match home.submit(settled(id, &decision, told.into_iter())).await {
        Ok(_) => Ok(true),
        Err(StoreError::Conflict { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The time since a batch was begun, both by the clock of the home database.
fn age_of(id: Uuid, now: SystemTime) -> Duration {
    let Some((seconds, nanoseconds)) = id.get_timestamp().map(|begun| begun.to_unix()) else {
        return Duration::MAX;
    };
    let begun = SystemTime::UNIX_EPOCH + Duration::new(seconds, nanoseconds);
    now.duration_since(begun).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::deciding::id_at;
    use super::*;

    #[test]
    fn the_age_of_a_batch_is_the_time_between_two_moments_of_one_clock() {
        // The clock of this machine is years away from either.
        let begun = SystemTime::UNIX_EPOCH + Duration::from_secs(86_400);
        let id = id_at(begun);
        assert_ne!(id, id_at(begun), "each batch has an id of its own");
        assert_eq!(age_of(id, begun + CUT_AFTER), CUT_AFTER);
        assert_eq!(age_of(id, begun - CUT_AFTER), Duration::ZERO);
    }
}
