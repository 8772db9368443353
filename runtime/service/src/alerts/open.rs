//! The list of alerts that are not over, in the order of the alerts: it is short, and the alerts that are kept are many.

use std::collections::HashSet;

use champollion_fleet::names::GroupId;
use champollion_store::{
    Batch, Store, Table, TableError,
    codec::{Empty, Text},
    tables,
};

use super::{alert::Alert, alert_key::AlertKey};

const OPEN: Table<AlertKey, (), Text, Empty> = Table::new(tables::OPEN_ALERTS);

/// Lists an alert, or takes it out, in the batch in which it changes.
pub(super) fn note(batch: &mut Batch, key: &AlertKey, alert: &Alert) -> Result<(), TableError> {
    if alert.is_open() {
        return OPEN.put(batch, key, &());
    }
    OPEN.delete(batch, key);
    Ok(())
}

/// The keys of open alerts of a group after one, at most so many.
pub(super) async fn page(
    store: &dyn Store,
    group: &GroupId,
    after: Option<&AlertKey>,
    limit: usize,
) -> Result<Vec<AlertKey>, TableError> {
    let page = OPEN.page(store, format!("{group}/").as_bytes(), after, limit).await?;
    Ok(page.into_iter().map(|(key, ())| key).collect())
}

/// The keys of all open alerts.
pub(super) async fn all(store: &dyn Store) -> Result<HashSet<AlertKey>, TableError> {
    let all = OPEN.pages(store).all().await?;
    Ok(all.into_iter().map(|(key, ())| key).collect())
}
