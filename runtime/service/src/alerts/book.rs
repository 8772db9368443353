//! Rules and alerts in the store. This is the one place that knows their tables.

use std::{collections::HashMap, sync::Arc};

use champollion_fleet::names::GroupId;
use champollion_store::{
    Batch, Pages, Store, StoreError, Table, TableError,
    codec::{BigEndian, Json, Text},
    tables,
};
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    alert::{Acknowledgement, Alert},
    alert_key::AlertKey,
    open,
    place::Subject,
    rule::{Definition, MOST_WATCHING, Rule, RuleKey},
    states::{self, StoredStates},
};
use crate::outbox::OutboxError;

const RULES: Table<RuleKey, Rule> = Table::new(tables::ALERT_RULES);
const CHANGES: Table<GroupId, u64, Text, BigEndian> = Table::new(tables::ALERT_RULE_CHANGES);
const ALERTS: Table<AlertKey, Alert> = Table::new(tables::ALERTS);

/// Alerts that are read at once.
const PAGE: usize = 500;

/// Days for which alerts are kept that are over.
const KEPT_DAYS: i64 = 400;

/// The reason why a rule or an alert is not read or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AlertsError {
    /// The group has no rule of this name.
    #[error("the group {} has no rule {}", .0.group, .0.name)]
    UnknownRule(RuleKey),
    /// The group has no alert of this id.
    #[error("the group {0} has no alert {1}")]
    UnknownAlert(GroupId, Uuid),
    /// The group has as many rules as it may have.
    #[error("the group {group} has {used} rules of {limit} that it may have: remove one first")]
    TooManyRules {
        /// The group in question.
        group: GroupId,
        /// The number of rules that the group has.
        used: usize,
        /// The most that it may have.
        limit: usize,
    },
    /// As many rules may watch a device as may watch one.
    #[error(
        "{0} rules of the group may watch a device that this one watches, and {MOST_WATCHING} with it are the limit: \
         narrow its scope, or remove one of them"
    )]
    TooManyWatching(usize),
    /// Somebody has acknowledged the alert before.
    #[error("{0} has acknowledged the alert already")]
    Acknowledged(String),
    /// A message cannot be put into the outbox.
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    /// The store does not answer.
    #[error(transparent)]
    Table(#[from] TableError),
}

impl From<StoreError> for AlertsError {
    fn from(error: StoreError) -> Self {
        Self::Table(error.into())
    }
}

/// The rules in the store.
#[derive(Clone)]
pub struct RuleBook {
    store: Arc<dyn Store>,
}

impl RuleBook {
    /// Opens the rules of a store.
    #[must_use]
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store }
    }

    /// Returns the rules of all groups.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn all(&self) -> Result<Vec<(RuleKey, Rule)>, TableError> {
        RULES.pages(&*self.store).all().await
    }

    /// Returns a rule of a group.
    ///
    /// # Errors
    /// There is none, or the store does not answer.
    pub async fn rule(&self, key: &RuleKey) -> Result<Rule, AlertsError> {
        let found = RULES.get(&*self.store, key).await?;
        found.ok_or_else(|| AlertsError::UnknownRule(key.clone()))
    }

    /// Returns the rules of a group, by their names.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn of_group(&self, group: &GroupId) -> Result<Vec<(RuleKey, Rule)>, TableError> {
        RULES.pages_under(&*self.store, format!("{group}/")).all().await
    }

    /// Puts a rule into a batch, in the place of the one of this name. A group has at most so many: the batch is refused
    /// where another rule of the group is put meanwhile.
    ///
    /// # Errors
    /// The group has too many rules, or the store does not answer.
    pub async fn put(
        &self,
        batch: &mut Batch,
        (key, definition): (&RuleKey, Definition),
        limit: usize,
        now: Timestamp,
    ) -> Result<Rule, AlertsError> {
        // Seen before the rules are: whatever is put from here on is another change.
        let (changes, turn) = CHANGES.get_seen(&*self.store, &key.group).await?;
        CHANGES.replace(batch, &turn, &changes.unwrap_or_default().wrapping_add(1))?;
        let (before, seen) = RULES.get_seen(&*self.store, key).await?;
        let mut others = self.of_group(&key.group).await?;
        others.retain(|(other, _)| other != key);
        let used = others.len();
        if before.is_none() && used >= limit {
            return Err(AlertsError::TooManyRules { group: key.group.clone(), used, limit });
        }
        // Of those that watch one device each two meet, so that the last one that was put has met all others.
        let meets = |(_, other): &&(RuleKey, Rule)| other.definition.may_meet(&definition);
        let watching = others.iter().filter(meets).count();
        if watching >= MOST_WATCHING {
            return Err(AlertsError::TooManyWatching(watching));
        }
        let rule = Rule::instead(before.as_ref(), definition, now);
        RULES.replace(batch, &seen, &rule)?;
        Ok(rule)
    }

    /// Removes a rule in a batch.
    ///
    /// # Errors
    /// There is none, or the store does not answer.
    pub async fn remove(&self, batch: &mut Batch, key: &RuleKey) -> Result<(), AlertsError> {
        let (before, seen) = RULES.get_seen(&*self.store, key).await?;
        if before.is_none() {
            return Err(AlertsError::UnknownRule(key.clone()));
        }
        RULES.remove(batch, &seen);
        Ok(())
    }
}

/// The alerts in the store.
#[derive(Clone)]
pub struct AlertBook {
    store: Arc<dyn Store>,
}

impl AlertBook {
    /// Opens the alerts of a store.
    #[must_use]
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store }
    }

    /// Returns an alert of a group.
    ///
    /// # Errors
    /// There is none, or the store does not answer.
    pub async fn alert(&self, group: &GroupId, id: Uuid) -> Result<Alert, AlertsError> {
        let key = AlertKey { group: group.clone(), id };
        let found = ALERTS.get(&*self.store, &key).await?;
        found.ok_or_else(|| AlertsError::UnknownAlert(group.clone(), id))
    }

    /// Returns alerts of a group that a filter lets through, the latest first: those after one, at most `limit`.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn page(
        &self,
        group: &GroupId,
        after: Option<Uuid>,
        limit: usize,
        filter: impl Fn(&Alert) -> bool,
    ) -> Result<Vec<Alert>, TableError> {
        let (prefix, mut found) = (format!("{group}/"), Vec::new());
        let mut after = after.map(|id| AlertKey { group: group.clone(), id });
        while found.len() < limit {
            let page = ALERTS.page(&*self.store, prefix.as_bytes(), after.as_ref(), PAGE).await?;
            let Some((last, _)) = page.last() else { break };
            after = Some(last.clone());
            found.extend(page.into_iter().map(|(_, alert)| alert).filter(|alert| filter(alert)));
        }
        found.truncate(limit);
        Ok(found)
    }

    /// Returns alerts of a group that are not over and that a filter lets through, the latest first: those after one, at
    /// most `limit`. It costs by what is open, however many alerts are kept.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn open_page(
        &self,
        group: &GroupId,
        after: Option<Uuid>,
        limit: usize,
        filter: impl Fn(&Alert) -> bool,
    ) -> Result<Vec<Alert>, TableError> {
        let mut found = Vec::new();
        let mut after = after.map(|id| AlertKey { group: group.clone(), id });
        while found.len() < limit {
            let wanted = limit.clamp(50, PAGE);
            let keys = open::page(&*self.store, group, after.as_ref(), wanted).await?;
            let Some(last) = keys.last() else { break };
            after = Some(last.clone());
            for key in keys {
                // One that has ended since is left out.
                let alert = ALERTS.get(&*self.store, &key).await?;
                found.extend(alert.filter(|alert| alert.is_open() && filter(alert)));
            }
        }
        found.truncate(limit);
        Ok(found)
    }

    /// Puts a new alert into a batch.
    pub(super) fn raise(&self, batch: &mut Batch, alert: &Alert) -> Result<(), TableError> {
        let key = AlertKey { group: alert.place.group.clone(), id: alert.id };
        ALERTS.insert(batch, &key, alert)?;
        open::note(batch, &key, alert)
    }

    /// Changes an alert in a batch; nothing of one that is no more, on condition that it is not there. Where groups lie in
    /// several databases, an alert may be seen a moment after what was raised with it.
    pub(super) async fn change(
        &self,
        batch: &mut Batch,
        (group, id): (&GroupId, Uuid),
        change: impl FnOnce(&mut Alert),
    ) -> Result<Option<Alert>, TableError> {
        let key = AlertKey { group: group.clone(), id };
        let (alert, seen) = ALERTS.get_seen(&*self.store, &key).await?;
        let Some(mut alert) = alert else {
            seen.expect_unchanged(batch);
            return Ok(None);
        };
        change(&mut alert);
        ALERTS.replace(batch, &seen, &alert)?;
        open::note(batch, &key, &alert)?;
        Ok(Some(alert))
    }

    /// Notes in a batch that a person looks after an alert.
    ///
    /// # Errors
    /// There is none, it is acknowledged already, or the store does not answer.
    pub async fn acknowledge(
        &self,
        batch: &mut Batch,
        (group, id): (&GroupId, Uuid),
        acknowledgement: Acknowledgement,
    ) -> Result<Alert, AlertsError> {
        if let Some(before) = self.alert(group, id).await?.acknowledged {
            return Err(AlertsError::Acknowledged(before.by));
        }
        let note = |alert: &mut Alert| alert.acknowledged = Some(acknowledgement);
        let changed = self.change(batch, (group, id), note).await?;
        changed.ok_or_else(|| AlertsError::UnknownAlert(group.clone(), id))
    }

    /// The states of all devices and routes, page by page.
    #[must_use]
    pub fn subjects(&self) -> Pages<'_, Subject, StoredStates, Text, Json> {
        states::pages(&*self.store)
    }

    /// Removes alerts that are over for long, and those that a group may not keep, and puts the list of open ones right: a
    /// release before has raised and ended alerts without it.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn tidy(
        &self,
        now: Timestamp,
        most: impl Fn(&GroupId) -> usize,
    ) -> Result<usize, AlertsError> {
        let known = open::all(&*self.store).await?;
        let (mut pages, mut removed) = (ALERTS.pages(&*self.store), 0);
        let mut kept = Kept::new(most);
        // The clock of a device may be years behind, and so may be the moment at which a network server says that it heard
        // a frame: alerts count from when they were noted.
        let is_old = |alert: &Alert| {
            let begun = alert.noted_at().unwrap_or(alert.raised_at).max(alert.raised_at);
            let over = alert.ended_at.map(|ended| ended.max(begun));
            over.is_some_and(|over| now.duration_since(over).as_hours() > KEPT_DAYS * 24)
        };
        while let Some(page) = pages.next().await? {
            let mut batch = Batch::new();
            for (key, alert) in &page {
                // Counted whether they are old or not.
                if kept.is_beyond(key, alert) || is_old(alert) {
                    ALERTS.delete(&mut batch, key);
                    open::note(&mut batch, key, alert)?;
                    removed += 1;
                }
            }
            if !batch.is_empty() {
                self.store.commit(batch).await?;
            }
            let wrong =
                page.into_iter().filter(|(key, alert)| alert.is_open() != known.contains(key));
            self.list_right(wrong.map(|(key, _)| key).collect()).await?;
        }
        Ok(removed)
    }

    /// Counts the alerts that each group keeps, those that are over and those that are not.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn counts(&self) -> Result<HashMap<GroupId, usize>, AlertsError> {
        let (mut pages, mut counts) = (ALERTS.pages(&*self.store), HashMap::new());
        while let Some(page) = pages.next_unread().await? {
            for AlertKey { group, .. } in page.keys()? {
                *counts.entry(group).or_default() += 1;
            }
        }
        Ok(counts)
    }

    /// Removes the oldest alerts of a group that are over, where it has more than it may keep. Those that are not over stay.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn trim(&self, group: &GroupId, most: usize) -> Result<Trimmed, AlertsError> {
        let mut pages = ALERTS.pages_under(&*self.store, format!("{group}/"));
        let (mut kept, mut trimmed) = (Kept::new(|_| most), Trimmed::default());
        while let Some(page) = pages.next().await? {
            let mut batch = Batch::new();
            for (key, alert) in &page {
                if kept.is_beyond(key, alert) {
                    ALERTS.delete(&mut batch, key);
                    open::note(&mut batch, key, alert)?;
                    trimmed.removed += 1;
                } else {
                    trimmed.kept += 1;
                }
            }
            if !batch.is_empty() {
                self.store.commit(batch).await?;
            }
        }
        Ok(trimmed)
    }

    /// Lists alerts as they are now; where one changes meanwhile, all of them the next time.
    async fn list_right(&self, keys: Vec<AlertKey>) -> Result<(), AlertsError> {
        let mut batch = Batch::new();
        for key in keys {
            let (Some(alert), seen) = ALERTS.get_seen(&*self.store, &key).await? else { continue };
            seen.expect_unchanged(&mut batch);
            open::note(&mut batch, &key, &alert)?;
        }
        if batch.is_empty() {
            return Ok(());
        }
        match self.store.commit(batch).await {
            Ok(_) | Err(StoreError::Conflict { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// The alerts of a group of which the oldest have made room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trimmed {
    /// The number of those that were removed.
    pub removed: usize,
    /// The number of those that are left.
    pub kept: usize,
}

/// A count of the alerts that a group keeps, which are looked at group by group, the latest first.
struct Kept<Most> {
    most: Most,
    group: Option<GroupId>,
    left: usize,
}

impl<Most: Fn(&GroupId) -> usize> Kept<Most> {
    fn new(most: Most) -> Self {
        Self { most, group: None, left: 0 }
    }

    /// Whether the alert is over, and as many later ones are kept as may be.
    fn is_beyond(&mut self, key: &AlertKey, alert: &Alert) -> bool {
        if self.group.as_ref() != Some(&key.group) {
            self.left = (self.most)(&key.group);
            self.group = Some(key.group.clone());
        }
        let has_room = self.left > 0;
        self.left = self.left.saturating_sub(1);
        !has_room && !alert.is_open()
    }
}
