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
        let (Some(mut waiting), seen) = OUTBOX.get_seen(&*self.store, &id).await? else {
            return Ok(None);
        };
        waiting.attempts = waiting.attempts.saturating_add(1);
        // As long as no reason is known again, the message is under way, or may have arrived before a crash.
        waiting.reason = None;
        let mut batch = Batch::new();
        let seen = OUTBOX.replace(&mut batch, &seen, &waiting)?;
        Ok(self.commit(batch).await?.then_some(Attempt { waiting, seen }))
    }

    /// Takes a message out of the outbox, since its recipient has it, with what else is noted of that in a batch.
    ///
    /// # Errors
    /// The store does not answer: the message will be sent once more.
    pub async fn sent(&self, attempt: &Attempt, mut batch: Batch) -> Result<(), OutboxError> {
        attempt.seen.expect_unchanged(&mut batch);
        OUTBOX.delete(&mut batch, &attempt.waiting.message.id);
        self.commit(batch).await.map(drop)
    }

    /// Notes why an attempt failed. The message goes on waiting.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn failed(&self, attempt: Attempt, reason: &str) -> Result<(), OutboxError> {
        let Attempt { mut waiting, seen } = attempt;
        let end = reason.floor_char_boundary(REASON_BYTES.min(reason.len()));
        waiting.reason = Some(reason[..end].to_owned());
        let mut batch = Batch::new();
        OUTBOX.replace(&mut batch, &seen, &waiting)?;
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

#[cfg(test)]
mod tests {
    use champollion_store::{SledOptions, SledStore};
    use serde_json::json;
    use tempfile::TempDir;

    use super::*;
    use crate::outbox::{Content, Language, Webhook};

    struct Room {
        _folder: TempDir,
        outbox: Outbox,
    }

    impl Room {
        fn open() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let store = SledStore::open(&SledOptions::new(folder.path().join("store"))).unwrap();
            Self { _folder: folder, outbox: Outbox::new(Arc::new(store)) }
        }

        async fn put(&self, message: &Message) -> Uuid {
            let mut batch = Batch::new();
            Outbox::enqueue(&mut batch, message).unwrap();
            self.outbox.store.commit(batch).await.unwrap();
            message.id
        }

        async fn mail(&self, subject: &str) -> Uuid {
            let to = "ada@city.example".parse().unwrap();
            let mail = Mail::new(to, Language::En, subject, "text");
            self.put(&Message::new(mail, Timestamp::UNIX_EPOCH)).await
        }

        async fn mail_of_group(&self, subject: &str) -> Uuid {
            let to = "ada@city.example".parse().unwrap();
            let mail = Mail::new(to, Language::En, subject, "text");
            let mail = mail.of_group("water".parse().unwrap());
            self.put(&Message::new(mail, Timestamp::UNIX_EPOCH)).await
        }

        async fn all(&self) -> Vec<Waiting> {
            let all = self.outbox.waiting().all().await.unwrap();
            all.into_iter().map(|(_, waiting)| waiting).collect()
        }
    }

    #[tokio::test]
    async fn a_message_waits_until_it_was_sent_whatever_fails() {
        let room = Room::open();
        let id = room.mail("leak").await;
        for attempts in 1..=3 {
            let attempt = room.outbox.begin(id).await.unwrap().unwrap();
            assert_eq!((attempt.waiting.message.id, attempt.waiting.attempts), (id, attempts));
            room.outbox.failed(attempt, &"é".repeat(1_000)).await.unwrap();
        }
        assert_eq!(room.all().await[0].attempts, 3);
        let attempt = room.outbox.begin(id).await.unwrap().unwrap();
        // A second sender has begun meanwhile: what the first one says is not known any more.
        let other = room.outbox.begin(id).await.unwrap().unwrap();
        room.outbox.sent(&attempt, Batch::new()).await.unwrap();
        assert_eq!(room.all().await.len(), 1);
        room.outbox.sent(&other, Batch::new()).await.unwrap();
        assert!(room.all().await.is_empty());
        assert!(room.outbox.begin(id).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn many_mails_are_gathered_but_for_those_that_may_have_arrived() {
        let room = Room::open();
        let begun = room.mail("first").await;
        room.outbox.begin(begun).await.unwrap().unwrap();
        let mut ids = vec![begun];
        for number in 0..10 {
            ids.push(room.mail(&format!("leak {number}")).await);
        }
        let (left, _) = room.outbox.gather(ids, Timestamp::UNIX_EPOCH).await.unwrap();
        assert_eq!(left.len(), 2);
        assert_eq!(left[0], begun);
        let all = room.all().await;
        assert_eq!(all.len(), 2);
        let Content::Mail(mail) = &all[1].message.content else { panic!("{all:?}") };
        assert!(mail.text.contains("- leak 9\n"));
        // Gathered mails are gone, and few are left as they are.
        let again = room.outbox.gather(left.clone(), Timestamp::UNIX_EPOCH).await.unwrap();
        assert_eq!(again, (left, Vec::new()));
    }

    #[tokio::test]
    async fn what_there_is_no_room_for_is_one_message_with_the_number_of_all() {
        let room = Room::open();
        let mut ids = Vec::new();
        for number in 0..6 {
            ids.push(room.mail(&format!("leak {number}")).await);
        }
        let own = (&LocalTime::default(), Timestamp::UNIX_EPOCH);
        assert!(room.outbox.fold(&ids, None, own).await.unwrap().made.is_none(), "of no group");
        assert_eq!(room.all().await.len(), 6);
        let mut ids = Vec::new();
        for number in 0..6 {
            ids.push(room.mail_of_group(&format!("leak {number}")).await);
        }
        let count = |waiting: &Waiting| waiting.folded.as_ref().unwrap().count;
        let first = room.outbox.fold(&ids[2..4], None, own).await.unwrap().made.unwrap();
        let second = room.outbox.fold(&ids[4..5], Some(first.message.id), own).await.unwrap();
        let second = second.made.unwrap();
        assert_eq!((count(&first), count(&second)), (2, 3));
        let left = room.all().await;
        assert_eq!(left.len(), 6 + 2 + 1 + 1);
        assert_eq!(left.last().unwrap(), &second);
        // One that may have arrived is left as it is, and the next one counts the others alone.
        room.outbox.begin(second.message.id).await.unwrap().unwrap();
        let third = room.outbox.fold(&ids[5..], Some(second.message.id), own).await.unwrap();
        assert_eq!(third.left, [second.message.id]);
        let third = third.made.unwrap();
        assert_eq!(count(&third), 1);
        // One of which it is known that it was not taken goes into the next.
        let attempt = room.outbox.begin(third.message.id).await.unwrap().unwrap();
        room.outbox.failed(attempt, "404").await.unwrap();
        let own_of = room.mail_of_group("leak 6").await;
        let fourth = room.outbox.fold(&[own_of], Some(third.message.id), own).await.unwrap();
        assert_eq!((count(&fourth.made.unwrap()), fourth.left.len()), (2, 0));
        assert_eq!(room.all().await.len(), 6 + 2 + 1 + 1);
        assert!(
            room.outbox.fold(&ids[2..], None, own).await.unwrap().made.is_none(),
            "all are gone"
        );
        // No digest takes them.
        let waiting: Vec<Uuid> = room.all().await.iter().map(|one| one.message.id).collect();
        room.outbox.gather(waiting, Timestamp::UNIX_EPOCH).await.unwrap();
        let folded = room.all().await.into_iter().filter(|one| one.folded.is_some());
        assert_eq!(folded.count(), 2);
    }

    #[tokio::test]
    async fn what_is_given_up_goes_with_the_line_that_tells_of_it() {
        let room = Room::open();
        let ids = [room.mail("leak").await, room.mail("leak").await];
        let mut batch = Batch::new();
        let absent = Uuid::now_v7();
        let given_up = room.outbox.give_up(&mut batch, &[ids[0], absent]).await.unwrap();
        assert_eq!(given_up, [ids[0]]);
        assert_eq!(room.all().await.len(), 2, "not before the batch is durable");
        // A message that is being sent meanwhile is not given up.
        room.outbox.begin(ids[0]).await.unwrap().unwrap();
        let refused = room.outbox.store.commit(batch).await;
        assert!(matches!(refused, Err(StoreError::Conflict { .. })));
        let mut batch = Batch::new();
        room.outbox.give_up(&mut batch, &ids[..1]).await.unwrap();
        room.outbox.store.commit(batch).await.unwrap();
        assert_eq!(room.all().await.iter().map(|one| one.message.id).collect::<Vec<_>>(), ids[1..]);
    }

    #[tokio::test]
    async fn what_cannot_be_kept_is_refused_before_the_batch_is() {
        let webhook = Webhook {
            group: "water".parse().unwrap(),
            url: "https://partner.example/".to_owned(),
            secret: "whsec_AAAA".to_owned(),
            kind: "notice".to_owned(),
            data: json!("x".repeat(MAX_VALUE_BYTES)),
        };
        let mut batch = Batch::new();
        let error = Outbox::enqueue(&mut batch, &Message::new(webhook, Timestamp::UNIX_EPOCH));
        assert!(matches!(error, Err(OutboxError::TooLarge { .. })));
        assert!(batch.is_empty());
    }
}
