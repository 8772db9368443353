//! Alerts that groups keep: each node counts them, and has those make room of which it has raised many.

use std::{collections::HashMap, sync::Arc, time::Duration};

use champollion_delivery::names::GroupId;
use champollion_service::alerts::AlertsError;
use parking_lot::Mutex;
use tokio::time::MissedTickBehavior;

use super::Alerts;

/// The time between two looks at what was raised.
const PERIOD: Duration = Duration::from_secs(5);

/// Looks between two counts of all alerts: an hour.
const COUNT_EVERY: u32 = 720;

/// Alerts that a group raises, at least, before it is looked at whether it keeps too many.
const TRIM_AFTER: usize = 50;

/// The alerts of groups as they were counted last.
#[derive(Default)]
pub(super) struct Counted(Mutex<HashMap<GroupId, usize>>);

impl Alerts {
    /// Returns how many alerts a group keeps, by the count of the last hour and what this node has raised since.
    pub(crate) fn kept(&self, group: &GroupId) -> usize {
        let counted = self.counted.0.lock().get(group).copied().unwrap_or_default();
        counted + self.judge.raised(group)
    }

    /// Counts the alerts of groups again and again, and removes those that are over and more than a group may keep. Each
    /// node does it, since each raises alerts of the frames that it takes.
    pub(crate) async fn keep(self: Arc<Self>, most: impl Fn(&GroupId) -> usize + Send + Sync) {
        let mut ticks = tokio::time::interval(PERIOD);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut looks = 0_u32;
        loop {
            ticks.tick().await;
            let looked = if looks == 0 { self.count(&most).await } else { self.trim(&most).await };
            match looked {
                Ok(()) => looks = (looks + 1) % COUNT_EVERY,
                // What was raised is no longer known: all is counted the next time.
                Err(error) => {
                    looks = 0;
                    tracing::warn!(%error, "alerts that groups keep cannot be counted now");
                }
            }
        }
    }

    /// Counts the alerts of all groups: also those that other nodes have raised.
    async fn count(&self, most: impl Fn(&GroupId) -> usize) -> Result<(), AlertsError> {
        drop(self.judge.take_busy(|_, _| true));
        let counts = self.book_of_all.counts().await?;
        let beyond =
            |(group, count): (&GroupId, &usize)| (*count > most(group)).then(|| group.clone());
        let beyond: Vec<GroupId> = counts.iter().filter_map(beyond).collect();
        *self.counted.0.lock() = counts;
        self.make_room(beyond, most).await
    }

    async fn trim(&self, most: impl Fn(&GroupId) -> usize) -> Result<(), AlertsError> {
        let is_busy = |group: &GroupId, raised| raised >= TRIM_AFTER.max(most(group) / 4);
        self.make_room(self.judge.take_busy(is_busy), most).await
    }

    async fn make_room(
        &self,
        groups: Vec<GroupId>,
        most: impl Fn(&GroupId) -> usize,
    ) -> Result<(), AlertsError> {
        for group in groups {
            let trimmed = self.book_of_all.trim(&group, most(&group)).await?;
            if trimmed.removed > 0 {
                let removed = trimmed.removed;
                tracing::info!(%group, removed, "alerts that were over made room for later ones");
            }
            self.counted.0.lock().insert(group, trimmed.kept);
        }
        Ok(())
    }
}
