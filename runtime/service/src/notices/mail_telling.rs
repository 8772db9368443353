//! Readers that are mailed about a notice: each mail has its words, so that one batch would not take all.

use std::collections::BTreeSet;

use champollion_fleet::people::Email;
use champollion_store::{Batch, Store, Table, TableError, tables};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Notice, NoticeReader, Telling,
    telling_row::{TellingRow, Told},
};
use crate::outbox::{Language, OutboxError};

static TELLINGS: Table<Uuid, MailTelling> = Table::new(tables::NOTICE_MAILS);

/// Mails that become durable at once: with the longest texts they take half of a batch.
const AT_ONCE: usize = 100;

/// A notice that readers are still to be mailed about. Its row is in the batch of the notice, and goes in that of the last
/// mails.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MailTelling {
    notice: Notice,
    /// The moment of the change that is told.
    at: Timestamp,
    /// The last reader who was mailed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    through: Option<Uuid>,
}

/// A reader with an address.
struct Addressed {
    id: Uuid,
    to: Email,
    language: Language,
}

impl MailTelling {
    /// Makes the telling of a notice, about which nobody was mailed yet.
    #[must_use]
    pub const fn new(notice: Notice, at: Timestamp) -> Self {
        Self { notice, at, through: None }
    }

    /// Puts the telling into the batch of the notice.
    ///
    /// # Errors
    /// The row cannot be written.
    pub fn put(&self, batch: &mut Batch) -> Result<(), TableError> {
        TELLINGS.insert(batch, &Uuid::now_v7(), self)
    }

    /// Puts the mails into the outbox that are still to be written, some at a time, and gives their number. `address` has
    /// the address of a reader whom a notice is about.
    ///
    /// # Errors
    /// The store does not answer: what is left is told the next time.
    pub async fn tell_all(
        store: &dyn Store,
        words: Telling<'_>,
        address: impl Fn(Uuid, &Notice) -> Option<Email> + Sync,
    ) -> Result<usize, OutboxError> {
        let mut count = 0;
        while let Some(row) = TellingRow::oldest(&TELLINGS, store).await? {
            let about = &row.telling.notice;
            let readers = addressed(store, |reader| address(reader, about)).await?;
            let mut next = Some(row);
            while let Some(row) = next.take() {
                if let Told::Messages(told, rest) =
                    Self::tell_some(store, words, row, &readers).await?
                {
                    (count, next) = (count + told, rest);
                }
            }
        }
        Ok(count)
    }

    /// Writes to the next readers.
    async fn tell_some(
        store: &dyn Store,
        words: Telling<'_>,
        mut row: TellingRow<Self>,
        readers: &[Addressed],
    ) -> Result<Told<Self>, OutboxError> {
        let Self { notice, at, through } = &mut row.telling;
        let after = readers.partition_point(|reader| Some(reader.id) <= *through);
        let left = &readers[after..];
        let next = &left[..left.len().min(AT_ONCE)];
        let mail =
            |reader: &Addressed| words.mail((&*notice, *at), reader.to.clone(), reader.language);
        let mails: Vec<_> = next.iter().map(mail).collect();
        if let Some(last) = next.last() {
            *through = Some(last.id);
        }
        row.tell(store, mails, next.len() == left.len()).await
    }
}

/// The readers who are written to, in the order of their ids. An address that several people have is written to once.
async fn addressed(
    store: &dyn Store,
    address: impl Fn(Uuid) -> Option<Email>,
) -> Result<Vec<Addressed>, TableError> {
    let mut written = BTreeSet::new();
    let mut readers = NoticeReader::all(store).await?;
    readers.sort_unstable_by_key(|(id, _)| *id);
    let addressed = readers.into_iter().filter_map(|(id, NoticeReader { language, .. })| {
        Some(Addressed { id, to: address(id)?, language })
    });
    Ok(addressed.filter(|reader| written.insert(reader.to.as_str().to_owned())).collect())
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, sync::Arc};

    use champollion_store::{SledOptions, SledStore};
    use tempfile::TempDir;

    use super::*;
    use crate::{
        notices::hook_telling::tests::notice,
        outbox::{Content, LocalTime, Outbox, Waiting},
    };

    /// Readers of a notice: many times what one batch takes.
    const READERS: u128 = 10_000;

    /// The reader who has the address of the one before.
    const SHARES: u128 = 4_711;

    /// The reader whom the notice is not about.
    const ELSEWHERE: u128 = 17;

    fn address(reader: Uuid, _: &Notice) -> Option<Email> {
        let number = match reader.as_u128() {
            ELSEWHERE => return None,
            SHARES => SHARES - 1,
            number => number,
        };
        Some(format!("p{number}@city.example").parse().unwrap())
    }

    fn open(folder: &TempDir) -> Arc<dyn Store> {
        let options = SledOptions::new(folder.path().join("store"));
        Arc::new(SledStore::open(&options).unwrap())
    }

    #[tokio::test]
    async fn ten_thousand_readers_are_mailed_each_once_whatever_is_killed_when() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder);
        let mut batch = Batch::new();
        for number in 0..READERS {
            let language = if number % 2 == 0 { Language::En } else { Language::Fr };
            let reader = NoticeReader { mail: number % 10 != 9, language };
            reader.put(&mut batch, Uuid::from_u128(number)).unwrap();
        }
        let short = Notice { text: "Until noon.".parse().unwrap(), ..notice(&[]) };
        MailTelling::new(short, Timestamp::UNIX_EPOCH).put(&mut batch).unwrap();
        store.commit(batch).await.unwrap();

        let (page, clocks) = ("https://city.example/status", LocalTime::default());
        let words = Telling { page, clocks: &clocks };
        // Two see the same row: one is killed after its batch, the other one comes too late.
        let first = TellingRow::oldest(&TELLINGS, &*store).await.unwrap().unwrap();
        let late = TellingRow::oldest(&TELLINGS, &*store).await.unwrap().unwrap();
        let readers = addressed(&*store, |id| address(id, &first.telling.notice)).await.unwrap();
        let told = MailTelling::tell_some(&*store, words, first, &readers).await.unwrap();
        assert!(matches!(told, Told::Messages(AT_ONCE, Some(_))));
        let told = MailTelling::tell_some(&*store, words, late, &readers).await.unwrap();
        assert!(matches!(told, Told::Overtaken));
        let expected = READERS as usize * 9 / 10 - 2;
        let rest = MailTelling::tell_all(&*store, words, address).await.unwrap();
        assert_eq!(rest, expected - AT_ONCE);
        assert_eq!(MailTelling::tell_all(&*store, words, address).await.unwrap(), 0);

        let waiting = Outbox::new(Arc::clone(&store)).waiting().all().await.unwrap();
        let mut counts = BTreeMap::<String, usize>::new();
        for (_, Waiting { message, .. }) in &waiting {
            let Content::Mail(mail) = &message.content else { panic!("{message:?}") };
            assert!(mail.text.contains("Until noon."));
            *counts.entry(mail.to.to_string()).or_default() += 1;
        }
        assert!(counts.len() == expected && counts.values().all(|count| *count == 1));
    }

    #[tokio::test]
    async fn the_longest_mails_of_a_batch_fit_into_it() {
        let folder = tempfile::tempdir().unwrap();
        let longest = Notice { text: "\"".repeat(8_000).parse().unwrap(), ..notice(&[]) };
        let clocks = LocalTime::default();
        let words = Telling { page: "https://city.example/status", clocks: &clocks };
        let to: Email = format!("{}@{}.example", "a".repeat(60), "b".repeat(60)).parse().unwrap();
        let mut batch = Batch::new();
        for _ in 0..AT_ONCE {
            let mail = words.mail((&longest, Timestamp::UNIX_EPOCH), to.clone(), Language::Fr);
            Outbox::enqueue(&mut batch, &mail).unwrap();
        }
        let mut telling = MailTelling::new(longest, Timestamp::UNIX_EPOCH);
        telling.through = Some(Uuid::max());
        telling.put(&mut batch).unwrap();
        open(&folder).commit(batch).await.unwrap();
    }
}
