//! The runner of schedules: it looks at the clock, settles what is due, and has it sent.
//!
//! A moment begins in one batch with the cursor that goes beyond it and with the event that tells of missed ones. Then its
//! commands are sent piece by piece, each under a name of its own, and the count of pieces follows. Whenever the process
//! ends, the next one finds the moment under way, and sends the piece once more under the same name, which is the same
//! command. Each of these batches is refused where the schedule is not any more as it was read: of a schedule that is
//! changed at the same time, either the old or the new one sends a moment.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use champollion_delivery::{dispatch::put_missed_schedule, mailbox::DeliveryError};
use champollion_service::schedules::{Calendar, Due, Lateness, MissedMoments, WhenError, due};
use champollion_store::{Batch, StoreError, TableError};
use jiff::Timestamp;
use tokio::{sync::watch, time::MissedTickBehavior};
use uuid::Uuid;

use super::{
    book::SeenRows,
    parts::Parts,
    progress::{Cut, Progress, Run, UnderWay},
    schedule::Schedule,
    sending::{pieces_of, send_piece},
};
use crate::cluster::FollowError;

/// The interval at which the clock is looked at: moments are whole minutes.
const LOOK_PERIOD: Duration = Duration::from_secs(1);

/// The time after which a piece is sent once more that could not be taken: a quota, a full disk, busy threads.
const AGAIN: Duration = Duration::from_secs(15);

/// Why a schedule cannot be looked at.
#[derive(Debug, thiserror::Error)]
enum LookError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Table(#[from] TableError),
    #[error(transparent)]
    Event(#[from] DeliveryError),
    #[error(transparent)]
    When(#[from] WhenError),
    #[error(transparent)]
    Follow(#[from] FollowError),
}

/// Carries schedules out until the server stops.
pub async fn keep_schedules(parts: Parts, stopped: watch::Receiver<bool>) {
    let mut ticks = tokio::time::interval(LOOK_PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut is_busy = false;
    loop {
        if !is_busy {
            ticks.tick().await;
        }
        is_busy = false;
        for schedule in parts.schedules.to_look_at(Timestamp::now(), Instant::now()) {
            if *stopped.borrow() {
                return;
            }
            is_busy |= look(&parts, &schedule).await;
        }
        if *stopped.borrow() {
            return;
        }
    }
}

/// Takes one step of a schedule, so that a group of many devices keeps no other schedule waiting. Says whether there is
/// another one to take at once.
async fn look(parts: &Parts, schedule: &Arc<Schedule>) -> bool {
    let (now, counted) = (Timestamp::now(), Instant::now());
    let next = match step(parts, schedule.id, now).await {
        Ok(next) => next,
        Err(LookError::When(error)) => {
            tracing::warn!(schedule = %schedule.id, %error, "a schedule has no moments any more");
            Timestamp::MAX
        }
        // It was changed meanwhile, or another node was faster: the next tick shows what is there.
        Err(LookError::Store(StoreError::Conflict { .. })) => {
            parts.schedules.look_at(schedule, now, counted);
            return false;
        }
        Err(error) => {
            tracing::error!(schedule = %schedule.id, %error, "a schedule cannot be looked at");
            later(now)
        }
    };
    parts.schedules.look_at(schedule, next, counted);
    next <= now
}

fn later(now: Timestamp) -> Timestamp {
    now.checked_add(AGAIN).unwrap_or(Timestamp::MAX)
}

/// Takes the next step, and says when the one after it is due.
async fn step(parts: &Parts, id: Uuid, now: Timestamp) -> Result<Timestamp, LookError> {
    let Some((schedule, progress, seen)) = parts.schedules.kept(id).await? else {
        return Ok(Timestamp::MAX);
    };
    let schedule = &schedule;
    if progress.under_way.is_some() {
        return go_on(parts, schedule, (progress, &seen), now).await;
    }
    if schedule.wish.paused {
        return Ok(Timestamp::MAX);
    }
    let settings = &parts.settings;
    let calendar = schedule.calendar(&parts.devices, &parts.usual_zone)?;
    let lateness = Lateness { most: settings.late(), missed: schedule.wish.missed };
    let Some(found) = due(&calendar, progress.cursor, now, lateness) else {
        return Ok(calendar.next(progress.cursor).unwrap_or(Timestamp::MAX));
    };
    begin(parts, schedule, (progress, &seen), (&calendar, &found), now).await?;
    Ok(now)
}

/// Moves the cursor on, tells of what was missed, and begins what is due, in one batch.
async fn begin(
    parts: &Parts,
    schedule: &Schedule,
    (mut progress, seen): (Progress, &SeenRows),
    (calendar, found): (&Calendar, &Due),
    now: Timestamp,
) -> Result<(), LookError> {
    let mut batch = Batch::new();
    progress.cursor = found.cursor;
    if let Some(missed) = found.missed {
        let told = words_of_missed(schedule, calendar, missed);
        tracing::warn!(schedule = %schedule.id, group = %schedule.group, "{told}");
        let store = &*parts.schedules.store;
        put_missed_schedule(store, &mut batch, &schedule.group, told).await?;
        progress.note(Run::missed(missed));
    }
    progress.under_way = found.run.map(|at| {
        let from = if found.is_made_up { now } else { at };
        let wanted = Duration::from_secs(schedule.wish.expiry_seconds().into());
        let expires_at = from.checked_add(wanted).unwrap_or(Timestamp::MAX);
        let pieces = pieces_of(parts, schedule);
        UnderWay { pieces, done: 0, expires_at, run: Run::begin(at, found.is_made_up) }
    });
    parts.schedules.put_progress(&mut batch, seen, &progress)?;
    parts.schedules.store.commit(batch).await?;
    Ok(())
}

fn words_of_missed(schedule: &Schedule, calendar: &Calendar, missed: MissedMoments) -> String {
    let zone = calendar.zone();
    let local = |at: Timestamp| at.display_with_offset(zone.to_offset(at)).to_string();
    let name = &schedule.wish.name;
    match missed.count {
        1 => format!("the schedule {name:?} was not carried out at {}", local(missed.first)),
        count => format!(
            "the schedule {name:?} was not carried out at {count} moments, from {} to {}",
            local(missed.first),
            local(missed.last)
        ),
    }
}

/// Sends the next piece of what is under way, and says when the one after it is due.
async fn go_on(
    parts: &Parts,
    schedule: &Schedule,
    (mut progress, seen): (Progress, &SeenRows),
    now: Timestamp,
) -> Result<Timestamp, LookError> {
    let Some(under_way) = &mut progress.under_way else { return Ok(now) };
    if now >= under_way.expires_at {
        progress.end(Some(Cut::Over));
    } else {
        // A device that another node has just registered is commanded too; where there are very many, or one cannot be
        // read, the others do not wait for them.
        parts.cluster.catch_up().await?;
        match send_piece(parts, (schedule, seen), under_way).await {
            Ok(()) => under_way.done += 1,
            Err(error) => {
                tracing::warn!(schedule = %schedule.id, %error, "a command of a schedule waits to be taken");
                return Ok(later(now));
            }
        }
        if under_way.done >= under_way.pieces {
            progress.end(None);
        }
    }
    let mut batch = Batch::new();
    parts.schedules.put_progress(&mut batch, seen, &progress)?;
    parts.schedules.store.commit(batch).await?;
    Ok(now)
}
