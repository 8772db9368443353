//! Systems that are told of a notice: each row of the outbox has the whole notice, so that one batch would not take all.

use champollion_fleet::names::GroupId;
use champollion_store::{Batch, Store, StoreError, Table, TableError, tables};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Notice, NoticeHook, telling::webhook};
use crate::outbox::{Outbox, OutboxError};

const TELLINGS: Table<Uuid, HookTelling> = Table::new(tables::NOTICE_TELLINGS);

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
        while let Some((id, _)) = TELLINGS.page(store, b"", None, 1).await?.pop() {
            count += Self::tell_some(store, id).await?;
        }
        Ok(count)
    }

    /// Tells the next systems; none where somebody else was faster.
    async fn tell_some(store: &dyn Store, id: Uuid) -> Result<usize, OutboxError> {
        let (Some(mut telling), seen) = TELLINGS.get_seen(store, &id).await? else { return Ok(0) };
        let hooks = NoticeHook::after(store, telling.through.as_ref(), AT_ONCE).await?;
        let mut batch = Batch::new();
        let about = (&telling.notice, telling.event.as_str());
        let messages =
            hooks.iter().filter_map(|(group, hook)| webhook(about, group, hook, telling.at));
        let mut count = 0;
        for message in messages {
            match Outbox::enqueue(&mut batch, &message) {
                Ok(()) => count += 1,
                // No try would ever tell this system, and the others are not to wait for it.
                Err(OutboxError::TooLarge { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        if hooks.len() < AT_ONCE {
            seen.expect_unchanged(&mut batch);
            TELLINGS.delete(&mut batch, &id);
        } else {
            telling.through = hooks.last().map(|(group, _)| group.clone());
            TELLINGS.replace(&mut batch, &seen, &telling)?;
        }
        match store.commit(batch).await {
            Ok(_) => Ok(count),
            Err(StoreError::Conflict { .. }) => Ok(0),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use champollion_store::{SledOptions, SledStore};

    use super::*;
    use crate::notices::{
        NoticeKind,
        tests::{group, made, wish},
    };

    fn notice(groups: &[&str]) -> Notice {
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
        let first = TELLINGS.page(&*store, b"", None, 1).await.unwrap().remove(0).0;
        assert_eq!(HookTelling::tell_some(&*store, first).await.unwrap(), AT_ONCE);
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
