//! Backlogs: records that wait for a recipient, and the moment at which they are removed undelivered.

use std::{collections::BTreeSet, time::Duration};

use champollion_store::Sequence;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::{
    dispatcher::Dispatcher,
    events::{Event, EventKind},
    live::LiveRoute,
};
use crate::{
    mailbox::DeliveryError,
    names::{GroupId, RouteName},
};

/// Parts of the retention after which what still waits is told of: of 48 hours 24 and 40.
const WARNINGS: [(u32, u32); 2] = [(1, 2), (5, 6)];

/// The backlog of one recipient.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Backlog {
    /// The group of the records.
    pub group: GroupId,
    /// The route that is not done with them; absent where they wait in the inbox.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<RouteName>,
    /// The number of records that wait. Records that a route's filter leaves out count until the route has
    /// looked at them.
    pub waiting: u64,
    /// The number of them that are older than some hours.
    pub older: Vec<Older>,
    /// When the oldest was stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oldest: Option<Timestamp>,
    /// When it will be removed, delivered or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_expiry: Option<Timestamp>,
    /// The number of records that were removed undelivered so far.
    pub expired: u64,
}

/// Records that are older than some hours.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Older {
    /// The age in hours.
    pub hours: f64,
    /// The number of records that are older.
    pub records: u64,
}

/// The log of a group, as far as a report needs it.
struct Log {
    truncated: Sequence,
    last: Sequence,
    /// The last record that is older than each of the warnings.
    old: Vec<(Duration, Sequence)>,
}

impl Dispatcher {
    /// Returns the backlog of each recipient of a group, or of all groups.
    ///
    /// # Errors
    /// The store does not say.
    pub async fn backlogs(
        &self,
        groups: Option<&BTreeSet<GroupId>>,
        now: Timestamp,
    ) -> Result<Vec<Backlog>, DeliveryError> {
        let groups = match groups {
            Some(groups) => groups.iter().cloned().collect(),
            None => self.mailbox.groups().await?,
        };
        let mut backlogs = Vec::new();
        for group in groups {
            let log = self.log(&group, now).await?;
            let routes = self.of_group(Some(&group));
            for working in &routes {
                backlogs.push(self.of_route(&working.live, &log).await?);
            }
            if routes.is_empty() {
                let place = self.mailbox.acknowledged(&group).await?;
                let expired = self.mailbox.expired_in_inbox(&group).await?;
                let none_beyond = |_| 0;
                backlogs.push(self.backlog(&group, None, place, expired, &log, none_beyond).await?);
            }
        }
        Ok(backlogs)
    }

    /// Tells of records that wait for so long that they may be removed undelivered, in log and metrics.
    ///
    /// # Errors
    /// The store does not say.
    pub async fn tell_of_old_records(&self, now: Timestamp) -> Result<(), DeliveryError> {
        for backlog in self.backlogs(None, now).await? {
            let Backlog { group, route, older, next_expiry, .. } = backlog;
            let name = route.as_ref().map_or("inbox", RouteName::as_str).to_owned();
            for Older { hours, records } in &older {
                let labels = [
                    ("group", group.to_string()),
                    ("route", name.clone()),
                    ("hours", hours.to_string()),
                ];
                metrics::gauge!("champollion_records_waiting_older_than", &labels)
                    .set(*records as f64);
            }
            let reached =
                older.iter().rposition(|older| older.records > 0).map_or(0, |index| index + 1);
            let before = {
                let mut reported = self.reported.0.lock();
                reported.insert((group.clone(), route.clone()), reached).unwrap_or(0)
            };
            if let Some(Older { hours, records }) =
                (reached > before).then(|| older.get(reached - 1)).flatten()
            {
                let expiry = next_expiry.map(|moment| moment.to_string()).unwrap_or_default();
                tracing::warn!(
                    %group, route = name, records, hours, next_expiry = expiry,
                    "records wait for long and will be removed undelivered"
                );
                let message = format!(
                    "{records} records have waited for more than {hours} hours and will be removed \
                     undelivered"
                );
                let event = Event::now(EventKind::RouteBehind, route.as_ref(), message);
                self.tell(&group, event.about(*records, next_expiry)).await?;
            }
        }
        Ok(())
    }

    async fn log(&self, group: &GroupId, now: Timestamp) -> Result<Log, DeliveryError> {
        let extent = self.mailbox.extent(group).await?;
        let mut old = Vec::new();
        for (part, of) in WARNINGS {
            let age = self.mailbox.retention() * part / of;
            let before = now - SignedDuration::try_from(age).unwrap_or(SignedDuration::MAX);
            old.push((age, self.mailbox.last_before(group, before).await?));
        }
        Ok(Log { truncated: extent.truncated, last: extent.last, old })
    }

    async fn of_route(&self, live: &LiveRoute, log: &Log) -> Result<Backlog, DeliveryError> {
        let (progress, expired) =
            live.standing(|standing| (standing.progress.clone(), standing.expired));
        let place = progress.through();
        let name = Some(live.key.name.clone());
        let beyond = |sequence| progress.done_beyond(sequence);
        self.backlog(&live.key.group, name, place, expired, log, beyond).await
    }

    /// Returns the backlog after a place, less the records that are done beyond it.
    async fn backlog(
        &self,
        group: &GroupId,
        route: Option<RouteName>,
        place: Sequence,
        expired: u64,
        log: &Log,
        done_beyond: impl Fn(Sequence) -> u64,
    ) -> Result<Backlog, DeliveryError> {
        let place = place.max(log.truncated);
        let up_to = |sequence: Sequence| {
            let between = sequence.get().saturating_sub(place.get());
            between.saturating_sub(done_beyond(sequence))
        };
        let waiting = up_to(log.last);
        let oldest = match waiting {
            0 => None,
            _ => self.mailbox.records_after(group, place, 1).await?.first().map(|it| it.stored_at),
        };
        let retention = SignedDuration::try_from(self.mailbox.retention()).ok();
        Ok(Backlog {
            group: group.clone(),
            route,
            waiting,
            older: log
                .old
                .iter()
                .map(|&(age, last)| Older {
                    hours: age.as_secs_f64() / 3_600.0,
                    records: up_to(last),
                })
                .collect(),
            oldest,
            next_expiry: oldest.and_then(|oldest| oldest.checked_add(retention?).ok()),
            expired,
        })
    }
}
