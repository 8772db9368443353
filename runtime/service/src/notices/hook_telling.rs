//! Systems that are told of a notice: each row of the outbox has the whole notice, so that one batch would not take all.

use champollion_fleet::names::GroupId;
use champollion_store::{Batch, Store, Table, TableError, tables};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Notice, NoticeHook,
    telling::webhook,
    telling_row::{TellingRow, Told},
};
use crate::outbox::OutboxError;

static TELLINGS: Table<Uuid, HookTelling> = Table::new(tables::NOTICE_TELLINGS);

/// Systems that are told in one batch: with the largest notice it is half of what a batch may be.
const AT_ONCE: usize = 32;

/// A notice that systems of groups are still to be told of. Its row is in the batch of the notice, and goes in that of the
/// last messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HookTelling {
    notice: Notice,
    /// The kind of the event, such as `notice.add`.
    event: String,
    /// The moment of the change that is told.
    at: Timestamp,
    /// The last group whose system was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    through: Option<GroupId>,
}

impl HookTelling {
    /// Makes the telling of a notice, of which nobody was told yet.
    #[must_use]
    pub fn new(notice: Notice, event: &str, at: Timestamp) -> Self {
        Self { notice, event: event.to_owned(), at, through: None }
    }

    /// Puts the telling into the batch of the notice.
    ///
    /// # Errors
    /// The row cannot be written.
    pub fn put(&self, batch: &mut Batch) -> Result<(), TableError> {
        TELLINGS.insert(batch, &Uuid::now_v7(), self)
    }

    /// Puts into the outbox what systems are still to be told, some at a time, and gives the number of messages.
    ///
    /// # Errors
    /// The store does not answer: what is left is told the next time.
    pub async fn tell_all(store: &dyn Store) -> Result<usize, OutboxError> {
        let mut count = 0;
        while let Some(row) = TellingRow::oldest(&TELLINGS, store).await? {
            let mut next = Some(row);
            while let Some(row) = next.take() {
                if let Told::Messages(told, rest) = Self::tell_some(store, row).await? {
                    (count, next) = (count + told, rest);
                }
            }
        }
        Ok(count)
    }

    /// Tells the next systems.
    async fn tell_some(
        store: &dyn Store,
        mut row: TellingRow<Self>,
    ) -> Result<Told<Self>, OutboxError> {
        let Self { notice, event, at, through } = &mut row.telling;
        let hooks = NoticeHook::after(store, through.as_ref(), AT_ONCE).await?;
        let about = (&*notice, event.as_str());
        let message = |(group, hook): &(GroupId, NoticeHook)| webhook(about, group, hook, *at);
        let messages: Vec<_> = hooks.iter().filter_map(message).collect();
        if let Some((last, _)) = hooks.last() {
            *through = Some(last.clone());
        }
        row.tell(store, messages, hooks.len() < AT_ONCE).await
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::Arc;

    use champollion_store::{SledOptions, SledStore};

    use super::*;
    use crate::{
        notices::{
            NoticeKind,
            tests::{group, made, wish},
        },
        outbox::Outbox,
    };

    pub(in crate::notices) fn notice(groups: &[&str]) -> Notice {
        let mut wish = wish(NoticeKind::Incident, None, None);
        wish.text = "x".repeat(4_000).parse().unwrap();
        wish.scope.groups = groups.iter().map(|name| group(name)).collect();
        made(wish).unwrap()
    }

    #[tokio::test]
    async fn more_systems_than_a_batch_takes_are_told_each_once() {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open(&SledOptions::new(folder.path().join("store"))).unwrap();
        let store: Arc<dyn Store> = Arc::new(store);
        let mut batch = Batch::new();
        for number in 0..150 {
            let group = format!("group-{number:03}").parse().unwrap();
            let url = format!("https://city.example/{number}");
            NoticeHook { url, secret: "whsec_AAAA".to_owned() }.put(&mut batch, &group).unwrap();
        }
        let told = |groups| HookTelling::new(notice(groups), "notice.add", Timestamp::UNIX_EPOCH);
        told(&[]).put(&mut batch).unwrap();
        told(&["group-007"]).put(&mut batch).unwrap();
        store.commit(batch).await.unwrap();
        // The process is killed after the first batch.
        let first = TellingRow::oldest(&TELLINGS, &*store).await.unwrap().unwrap();
        let late = TellingRow::oldest(&TELLINGS, &*store).await.unwrap().unwrap();
        let told = HookTelling::tell_some(&*store, first).await.unwrap();
        assert!(matches!(told, Told::Messages(AT_ONCE, Some(_))));
        // Another node that has seen the row before comes too late.
        let told = HookTelling::tell_some(&*store, late).await.unwrap();
        assert!(matches!(told, Told::Overtaken));
        assert_eq!(HookTelling::tell_all(&*store).await.unwrap(), 150 - AT_ONCE + 1);
        assert_eq!(HookTelling::tell_all(&*store).await.unwrap(), 0);
        let waiting = Outbox::new(Arc::clone(&store)).waiting().all().await.unwrap();
        let said: Vec<String> =
            waiting.iter().map(|(_, waiting)| serde_json::to_string(waiting).unwrap()).collect();
        for number in 0..150 {
            let url = format!("https://city.example/{number}\"");
            let count = said.iter().filter(|said| said.contains(&url)).count();
            assert_eq!(count, if number == 7 { 2 } else { 1 }, "{url}");
        }
    }
}
