//! Those who are told of notices: people by mail, and systems of groups by webhook.

use champollion_fleet::names::GroupId;
use champollion_store::{Batch, Store, Table, TableError, tables};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::outbox::Language;

const READERS: Table<Uuid, NoticeReader> = Table::new(tables::NOTICE_READERS);

const HOOKS: Table<GroupId, NoticeHook> = Table::new(tables::NOTICE_HOOKS);

/// The wish of a person to be told of notices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NoticeReader {
    /// Whether mails are wanted: of notices about what the person works with, or owns.
    pub mail: bool,
    /// The language of the mails.
    #[serde(default)]
    pub language: Language,
}

/// The system of a group that is told of notices, as Standard Webhooks says.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NoticeHook {
    /// The address that is posted to.
    pub url: String,
    /// The secret that requests are signed with.
    pub secret: String,
}

impl NoticeReader {
    /// Reads the wish of a person; who has said nothing is told nothing.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn of(store: &dyn Store, person: Uuid) -> Result<Self, TableError> {
        Ok(READERS.get(store, &person).await?.unwrap_or_default())
    }

    /// Reads the wishes of all people who want mails.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn all(store: &dyn Store) -> Result<Vec<(Uuid, Self)>, TableError> {
        let mut all = READERS.pages(store).all().await?;
        all.retain(|(_, reader)| reader.mail);
        Ok(all)
    }

    /// Puts the wish of a person into a batch.
    ///
    /// # Errors
    /// The wish cannot be written.
    pub fn put(&self, batch: &mut Batch, person: Uuid) -> Result<(), TableError> {
        READERS.put(batch, &person, self)
    }
}

impl NoticeHook {
    /// Reads the system of a group.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn of(store: &dyn Store, group: &GroupId) -> Result<Option<Self>, TableError> {
        HOOKS.get(store, group).await
    }

    /// Reads the systems of groups after one, at most so many.
    pub(super) async fn after(
        store: &dyn Store,
        group: Option<&GroupId>,
        limit: usize,
    ) -> Result<Vec<(GroupId, Self)>, TableError> {
        HOOKS.page(store, b"", group, limit).await
    }

    /// Puts the system of a group into a batch.
    ///
    /// # Errors
    /// The row cannot be written.
    pub fn put(&self, batch: &mut Batch, group: &GroupId) -> Result<(), TableError> {
        HOOKS.put(batch, group, self)
    }

    /// Takes the system of a group away in a batch.
    pub fn delete(batch: &mut Batch, group: &GroupId) {
        HOOKS.delete(batch, group);
    }
}
