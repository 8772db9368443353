//! The outbox in the store. This is the one place that knows its table.

use std::sync::Arc;

use champollion_store::{
    Batch, MAX_VALUE_BYTES, Pages, Seen, Store, StoreError, Table, TableError, codec::Json,
    codec::Text, tables,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    LocalTime, Mail, Message,
    digest::{digest, to_gather},
    folding::Folded,
};

const OUTBOX: Table<Uuid, Waiting> = Table::new(tables::OUTBOX);

/// Bytes that are left for what is added to a message while it waits.
const MARGIN_BYTES: usize = 2 << 10;

/// Most bytes of a reason that is kept.
const REASON_BYTES: usize = 300;

/// The outbox: messages that are kept until they are sent.
#[derive(Clone)]
pub struct Outbox {
    store: Arc<dyn Store>,
}

/// A message that waits to be sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Waiting {
    /// The message that waits.
    pub message: Message,
    /// Attempts that were begun. From the first on nobody knows whether the recipient has the message, so that it stays
    /// as it is.
    #[serde(default)]
    pub attempts: u32,
    /// The reason why the last attempt failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The messages in whose place it is, where it is there for others that a group had no room for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folded: Option<Folded>,
}

impl Waiting {
    /// A message of which no attempt was begun.
    fn new(message: Message, folded: Option<Folded>) -> Self {
        Self { message, attempts: 0, reason: None, folded }
    }

    /// Whether an attempt was begun of whose end nothing is known.
    fn is_begun(&self) -> bool {
        self.attempts > 0 && self.reason.is_none()
    }
}

/// Messages that were put into one.
#[derive(Debug, Default)]
pub struct Folding {
    /// The one that counts the others; nothing where there was nothing to count, or somebody else was faster.
    pub made: Option<Waiting>,
    /// Those that are left as they are, since they are being sent or may have arrived.
    pub left: Vec<Uuid>,
}

/// A message that is being sent.
pub struct Attempt {
    /// The message as it waits.
    pub waiting: Waiting,
    seen: Seen,
    /// The reason why the attempt before failed.
    before: Option<String>,
}

/// The end of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// The recipient has the message.
    Sent,
    /// It failed, for a reason.
    Failed(String),
    /// The message was not handed to anybody.
    Untried,
}

/// The reason why a message is not put into the outbox, or not read from it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutboxError {
    /// The message is larger than one may be.
    #[error("the message has {bytes} bytes, and {most} are the limit: shorten it")]
    TooLarge {
        /// The bytes of the message.
        bytes: usize,
        /// The most that there may be.
        most: usize,
    },
    /// The store does not answer.
    #[error(transparent)]
    Table(#[from] TableError),
}

impl From<StoreError> for OutboxError {
    fn from(error: StoreError) -> Self {
        Self::Table(error.into())
    }
}

impl Outbox {
    /// Opens the outbox of a store.
    #[must_use]
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store }
    }

    /// Puts a message into the batch of the change that it tells of.
    ///
    /// # Errors
    /// [`OutboxError::TooLarge`] where the batch could not be kept with it.
    pub fn enqueue(batch: &mut Batch, message: &Message) -> Result<(), OutboxError> {
        Self::put(batch, &Waiting::new(message.clone(), None))
    }

    fn put(batch: &mut Batch, waiting: &Waiting) -> Result<(), OutboxError> {
        let message = &waiting.message;
        let bytes = OUTBOX.encode(&message.id, waiting)?.len();
        let most = MAX_VALUE_BYTES - MARGIN_BYTES;
        if bytes > most {
            return Err(OutboxError::TooLarge { bytes, most });
        }
        Ok(OUTBOX.put(batch, &message.id, waiting)?)
    }

    /// The messages that wait, the oldest first, page by page.
    #[must_use]
    pub fn waiting(&self) -> Pages<'_, Uuid, Waiting, Text, Json> {
        OUTBOX.pages(&*self.store)
    }

    /// Returns messages that wait, the oldest first: those whose ids come after one, at most so many.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn page(
        &self,
        after: Option<Uuid>,
        limit: usize,
    ) -> Result<Vec<(Uuid, Waiting)>, OutboxError> {
        Ok(OUTBOX.page(&*self.store, b"", after.as_ref(), limit).await?)
    }

    /// Begins an attempt to send a message; nothing where it is gone, or somebody else has begun one.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn begin(&self, id: Uuid) -> Result<Option<Attempt>, OutboxError> {
        let mut batch = Batch::new();
        let Some(attempt) = self.begun(&mut batch, id).await? else { return Ok(None) };
        Ok(self.commit(batch).await?.then_some(attempt))
    }

    /// Begins attempts to send messages, in one batch: those that are gone, or that somebody else has begun, are left out.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn begin_all(&self, ids: &[Uuid]) -> Result<Vec<Attempt>, OutboxError> {
        let (mut batch, mut attempts) = (Batch::new(), Vec::new());
        for id in ids {
            attempts.extend(self.begun(&mut batch, *id).await?);
        }
        if attempts.is_empty() || self.commit(batch).await? {
            return Ok(attempts);
        }
        // Somebody else was faster with one of them.
        attempts.clear();
        for id in ids {
            attempts.extend(self.begin(*id).await?);
        }
        Ok(attempts)
    }

    /// Puts into a batch that an attempt is begun; nothing of a message that is gone.
    async fn begun(&self, batch: &mut Batch, id: Uuid) -> Result<Option<Attempt>, OutboxError> {
        let (Some(mut waiting), seen) = OUTBOX.get_seen(&*self.store, &id).await? else {
            return Ok(None);
        };
        waiting.attempts = waiting.attempts.saturating_add(1);
        // As long as no reason is known again, the message is under way, or may have arrived before a crash.
        let before = waiting.reason.take();
        let seen = OUTBOX.replace(batch, &seen, &waiting)?;
        Ok(Some(Attempt { waiting, seen, before }))
    }

    /// Notes how attempts have ended, in one batch. A message whose end cannot be noted is sent once more.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn settle(&self, ends: &[(Attempt, End)]) -> Result<(), OutboxError> {
        let mut batch = Batch::new();
        for (attempt, end) in ends {
            note(&mut batch, attempt, end)?;
        }
        if ends.is_empty() || self.commit(batch).await? {
            return Ok(());
        }
        // Somebody else has changed one of them meanwhile: it alone is left to them.
        for (attempt, end) in ends {
            let mut batch = Batch::new();
            note(&mut batch, attempt, end)?;
            self.commit(batch).await?;
        }
        Ok(())
    }

    /// Takes a message out of the outbox, since its recipient has it, with what else is noted of that in a batch.
    ///
    /// # Errors
    /// The store does not answer: the message will be sent once more.
    pub async fn sent(&self, attempt: &Attempt, mut batch: Batch) -> Result<(), OutboxError> {
        note(&mut batch, attempt, &End::Sent)?;
        self.commit(batch).await.map(drop)
    }

    /// Notes why an attempt failed. The message goes on waiting.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn failed(&self, attempt: &Attempt, reason: &str) -> Result<(), OutboxError> {
        let mut batch = Batch::new();
        note(&mut batch, attempt, &End::Failed(reason.to_owned()))?;
        self.commit(batch).await.map(drop)
    }

    /// Puts one mail in the place of several to one address, where they are enough and nobody has begun to send them.
    /// Returns the messages that are left to be sent, in their order, and those of a digest that somebody else was faster
    /// than: they wait for the next time.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn gather(
        &self,
        ids: Vec<Uuid>,
        now: Timestamp,
    ) -> Result<(Vec<Uuid>, Vec<Uuid>), OutboxError> {
        let (mut begun, mut fresh, mut again) = (Vec::new(), Vec::new(), Vec::new());
        for id in ids {
            let (Some(waiting), seen) = OUTBOX.get_seen(&*self.store, &id).await? else { continue };
            match waiting.attempts == 0 && to_gather(&waiting.message).is_some() {
                true => fresh.push((waiting.message, seen)),
                false => begun.push(id),
            }
        }
        let mut rest = &fresh[..];
        while let Some((used, made)) = self.gather_once(rest, now).await? {
            match made {
                Some(digest) => begun.push(digest),
                None => again.extend(rest[..used].iter().map(|(message, _)| message.id)),
            }
            rest = &rest[used..];
        }
        begun.extend(rest.iter().map(|(message, _)| message.id));
        Ok((begun, again))
    }

    /// Puts one mail in the place of those at the front; gives their number and its id, which is missing where somebody
    /// else was faster.
    async fn gather_once(
        &self,
        fresh: &[(Message, Seen)],
        now: Timestamp,
    ) -> Result<Option<(usize, Option<Uuid>)>, OutboxError> {
        let mails: Vec<&Mail> =
            fresh.iter().filter_map(|(message, _)| to_gather(message)).collect();
        let Some((message, count)) = digest(&mails, now) else { return Ok(None) };
        let mut batch = Batch::new();
        for (gathered, seen) in &fresh[..count] {
            seen.expect_unchanged(&mut batch);
            OUTBOX.delete(&mut batch, &gathered.id);
        }
        Self::enqueue(&mut batch, &message)?;
        let made = self.commit(batch).await?.then_some(message.id);
        Ok(Some((count, made)))
    }

    /// Puts one message that counts them in the place of some of one way, and of the one that is there for others already.
    /// Those that are being sent, or may have arrived, are left as they are.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn fold(
        &self,
        ids: &[Uuid],
        before: Option<Uuid>,
        (clocks, now): (&LocalTime, Timestamp),
    ) -> Result<Folding, OutboxError> {
        let (mut batch, mut last, mut folded) = (Batch::new(), None, Folded::none(now));
        let mut left = Vec::new();
        for id in before.iter().chain(ids) {
            let (Some(waiting), seen) = OUTBOX.get_seen(&*self.store, id).await? else { continue };
            if waiting.is_begun() {
                left.push(*id);
                continue;
            }
            folded.add(&waiting);
            OUTBOX.remove(&mut batch, &seen);
            last = Some(waiting.message);
        }
        let message = last.and_then(|message| folded.message(&message, clocks, now));
        let Some(message) = message else { return Ok(Folding { made: None, left }) };
        let waiting = Waiting::new(message, Some(folded));
        Self::put(&mut batch, &waiting)?;
        let made = self.commit(batch).await?.then_some(waiting);
        Ok(Folding { made, left })
    }

    /// Puts into a batch that messages are given up, and says which of them there are.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn give_up(&self, batch: &mut Batch, ids: &[Uuid]) -> Result<Vec<Uuid>, OutboxError> {
        let mut given_up = Vec::new();
        for id in ids {
            let (Some(_), seen) = OUTBOX.get_seen(&*self.store, id).await? else { continue };
            OUTBOX.remove(batch, &seen);
            given_up.push(*id);
        }
        Ok(given_up)
    }

    /// Commits a batch, and says whether nobody else was faster.
    async fn commit(&self, batch: Batch) -> Result<bool, OutboxError> {
        match self.store.commit(batch).await {
            Ok(_) => Ok(true),
            Err(StoreError::Conflict { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// Puts into a batch how an attempt has ended.
fn note(batch: &mut Batch, attempt: &Attempt, end: &End) -> Result<(), OutboxError> {
    let Attempt { waiting, seen, before } = attempt;
    let mut waiting = waiting.clone();
    match end {
        End::Sent => {
            seen.expect_unchanged(batch);
            OUTBOX.delete(batch, &waiting.message.id);
            return Ok(());
        }
        End::Failed(reason) => {
            let end = reason.floor_char_boundary(REASON_BYTES.min(reason.len()));
            waiting.reason = Some(reason[..end].to_owned());
        }
        End::Untried => {
            waiting.attempts = waiting.attempts.saturating_sub(1);
            waiting.reason.clone_from(before);
        }
    }
    OUTBOX.replace(batch, seen, &waiting)?;
    Ok(())
}

#[cfg(test)]
mod tests;
