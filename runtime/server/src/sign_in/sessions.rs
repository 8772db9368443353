//! Sessions of people who have signed in: random, kept as hashes, with an end.

use std::collections::HashMap;

use champollion_registry::{RegistryError, ledger::AuditEntry};
use champollion_store::{Batch, Store, StoreError, Table, TableError, tables};
use data_encoding::HEXLOWER;
use jiff::{SignedDuration, Timestamp};
use parking_lot::RwLock;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::watch;
use uuid::Uuid;

use super::{openid::SaidFactor, settings::SignInSettings};
use crate::{
    auth::{LastUses, Secret, TokenHash, Used},
    authors::Author,
};

const SESSIONS: Table<TokenHash, Session> = Table::new(tables::PEOPLE_SESSIONS);

/// Random bytes of a session's id, which is no secret.
const ID_BYTES: usize = 8;

/// All sessions, in memory; the store keeps what is needed to have them again.
pub struct Sessions {
    known: RwLock<HashMap<TokenHash, Session>>,
    ended: watch::Sender<()>,
    idle_time: SignedDuration,
    longest: SignedDuration,
}

/// A session without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// The id, for the audit.
    pub id: String,
    /// The person who has signed in.
    pub person: Uuid,
    /// The word of a provider of OpenID Connect that stood for a second factor when it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said_factor: Option<SaidFactor>,
    /// The moment of the sign-in.
    pub created_at: Timestamp,
    /// The moment at which it ends in any case.
    pub ends_at: Timestamp,
}

/// A sign-in that has come to its end.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The person who has signed in.
    pub person: Uuid,
    /// The word of a provider of OpenID Connect that stands for a second factor.
    pub said_factor: Option<SaidFactor>,
}

impl SignedIn {
    /// A sign-in by what is known here.
    #[must_use]
    pub fn here(person: Uuid) -> Self {
        Self { person, said_factor: None }
    }
}

/// The reason why no session begins or ends.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// The system gives no randomness.
    #[error("the system gives no randomness: {0}")]
    Randomness(#[from] getrandom::Error),
    /// A row cannot be written.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The change is not durable.
    #[error(transparent)]
    NotKept(#[from] RegistryError),
}

impl Sessions {
    /// Reads all sessions.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn open(store: &dyn Store, settings: &SignInSettings) -> Result<Self, TableError> {
        let mut known = HashMap::new();
        let mut pages = SESSIONS.pages(store);
        while let Some(page) = pages.next().await? {
            known.extend(page);
        }
        let (idle_time, longest) = (settings.idle_time(), settings.session_time());
        Ok(Self { known: RwLock::new(known), ended: watch::channel(()).0, idle_time, longest })
    }

    /// Reads all sessions again, which another node has begun and ended.
    ///
    /// # Errors
    /// The store cannot be read, and the sessions are as before.
    pub(crate) async fn refresh(&self, store: &dyn Store) -> Result<(), TableError> {
        let read = SESSIONS.pages(store).all().await?.into_iter().collect();
        *self.known.write() = read;
        self.ended.send_replace(());
        Ok(())
    }

    /// Begins a session of a person who has signed in, with another change where there is one. The session of
    /// before, in the same browser, ends with it.
    ///
    /// # Errors
    /// The session is not durable, and there is none.
    pub async fn begin(
        &self,
        signed_in: SignedIn,
        before: Option<&str>,
        mut batch: Batch,
        author: &dyn Author,
        now: Timestamp,
    ) -> Result<(Secret, Session), SessionError> {
        let mut id = [0; ID_BYTES];
        getrandom::fill(&mut id)?;
        let secret = Secret::of_session()?;
        let ends_at = now.saturating_add(self.longest).unwrap_or(now);
        let SignedIn { person, said_factor } = signed_in;
        let id = HEXLOWER.encode(&id);
        let session = Session { id, person, said_factor, created_at: now, ends_at };
        let hash = secret.hash();
        SESSIONS.insert(&mut batch, &hash, &session)?;
        let before = before.map(TokenHash::of).filter(|hash| self.known.read().contains_key(hash));
        if let Some(before) = &before {
            SESSIONS.delete(&mut batch, before);
        }
        let details = json!({ "person": person, "endsAt": ends_at });
        author
            .commit(batch, AuditEntry::of_act("session-begin", &session.id).with(details))
            .await?;
        let mut known = self.known.write();
        known.insert(hash, session.clone());
        if let Some(before) = &before {
            known.remove(before);
        }
        Ok((secret, session))
    }

    /// Ends a session, as its person asks.
    ///
    /// # Errors
    /// The end is not durable, and the session goes on.
    pub async fn end(&self, id: &str, author: &dyn Author) -> Result<(), SessionError> {
        let mut batch = Batch::new();
        let ending = self.those(|session| session.id == id);
        ending.iter().for_each(|hash| SESSIONS.delete(&mut batch, hash));
        author.commit(batch, AuditEntry::of_act("session-end", id).essential()).await?;
        self.forget(&ending);
        Ok(())
    }

    /// Ends all sessions of a person in a batch; they are forgotten by [`forget`](Self::forget) once it is durable.
    pub fn end_all(&self, person: Uuid, batch: &mut Batch) -> Vec<TokenHash> {
        let ending = self.those(|session| session.person == person);
        ending.iter().for_each(|hash| SESSIONS.delete(batch, hash));
        ending
    }

    /// Forgets sessions whose end is durable.
    pub fn forget(&self, ended: &[TokenHash]) {
        let mut known = self.known.write();
        ended.iter().for_each(|hash| drop(known.remove(hash)));
        drop(known);
        self.ended.send_replace(());
    }

    /// Recognizes a session by its secret, unless its time is over.
    #[must_use]
    pub fn recognize(&self, secret: &str, uses: &LastUses, now: Timestamp) -> Option<Session> {
        let session = self.known.read().get(&TokenHash::of(secret)).cloned()?;
        self.goes_on(&session, uses, now).then_some(session)
    }

    /// Returns a session by its id, unless its time is over.
    #[must_use]
    pub fn in_force(&self, id: &str, uses: &LastUses, now: Timestamp) -> Option<Session> {
        let session = self.known.read().values().find(|session| session.id == id).cloned()?;
        self.goes_on(&session, uses, now).then_some(session)
    }

    /// Returns the sessions of a person whose time is not over, the latest first.
    #[must_use]
    pub fn of_person(&self, person: Uuid, uses: &LastUses, now: Timestamp) -> Vec<Session> {
        let known = self.known.read();
        let own = known.values().filter(|session| session.person == person);
        let mut own: Vec<Session> =
            own.filter(|session| self.goes_on(session, uses, now)).cloned().collect();
        own.sort_by_key(|session| std::cmp::Reverse(session.created_at));
        own
    }

    /// Tells of sessions that have ended.
    #[must_use]
    pub fn ends(&self) -> watch::Receiver<()> {
        self.ended.subscribe()
    }

    /// Removes the sessions whose time is over.
    ///
    /// # Errors
    /// The store does not do it; it is tried again the next time.
    pub async fn tidy(
        &self,
        store: &dyn Store,
        uses: &LastUses,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let over = self.those(|session| !self.goes_on(session, uses, now));
        if over.is_empty() {
            return Ok(());
        }
        let mut batch = Batch::new();
        for hash in &over {
            SESSIONS.delete(&mut batch, hash);
            if let Some(session) = self.known.read().get(hash) {
                uses.forget(&mut batch, Used::Session(&session.id));
            }
        }
        store.commit(batch).await?;
        self.forget(&over);
        Ok(())
    }

    fn those(&self, are_meant: impl Fn(&Session) -> bool) -> Vec<TokenHash> {
        let known = self.known.read();
        known.iter().filter(|(_, session)| are_meant(session)).map(|(hash, _)| *hash).collect()
    }

    fn goes_on(&self, session: &Session, uses: &LastUses, now: Timestamp) -> bool {
        let used = uses.of(Used::Session(&session.id)).unwrap_or(session.created_at);
        now < session.ends_at && now.duration_since(used.max(session.created_at)) < self.idle_time
    }
}

#[cfg(test)]
mod tests {
    use std::{num::NonZeroU32, sync::Arc};

    use champollion_store::{SledOptions, SledStore};
    use jiff::ToSpan;

    use super::*;
    use crate::{authors::Unaudited, sign_in::openid::OpenidSettings};

    fn settings() -> SignInSettings {
        SignInSettings {
            idle_minutes: 60,
            session_hours: 12,
            link_hours: 1,
            tries: NonZeroU32::MIN,
            tries_per_minute: NonZeroU32::MIN,
            admins_without_second_factor: false,
            behind_https: false,
            public_address: String::new(),
            openid: OpenidSettings::default(),
        }
    }

    #[tokio::test]
    async fn a_session_ends_when_it_is_idle_and_in_any_case_after_its_time() {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open(&SledOptions::new(folder.path().join("store"))).unwrap();
        let store: Arc<dyn Store> = Arc::new(store);
        let author = Unaudited(Arc::clone(&store));
        let uses = LastUses::open(&*store).await.unwrap();
        let sessions = Sessions::open(&*store, &settings()).await.unwrap();
        let begin = Timestamp::from_second(1_780_000_000).unwrap();
        let person = Uuid::now_v7();
        let begun = sessions
            .begin(SignedIn::here(person), None, Batch::new(), &author, begin)
            .await
            .unwrap();
        let (secret, session) = begun;
        assert_eq!(session.said_factor, None);
        let secret = secret.reveal();
        let goes_on = |now| sessions.recognize(secret, &uses, now).is_some();
        assert!(goes_on(begin + 59.minutes()) && !goes_on(begin + 60.minutes()));
        // Each use moves the end of the idle time, and not the last one.
        for hour in 0..12_i64 {
            uses.note(Used::Session(&session.id), begin + (hour * 60).minutes());
            assert!(goes_on(begin + (hour * 60 + 59).minutes()), "{hour}");
        }
        assert!(!goes_on(begin + 720.minutes()));

        // It is there after another start, and its secret is not.
        let again = Sessions::open(&*store, &settings()).await.unwrap();
        assert!(again.recognize(secret, &uses, begin + 1.minute()).is_some());
        let said_factor = Some(SaidFactor::Amr("mfa".to_owned()));
        let by_provider = SignedIn { person, said_factor: said_factor.clone() };
        let rotated =
            again.begin(by_provider, Some(secret), Batch::new(), &author, begin).await.unwrap();
        let read = Sessions::open(&*store, &settings()).await.unwrap();
        let rotated_secret = rotated.0.reveal();
        assert_eq!(read.recognize(rotated_secret, &uses, begin).unwrap().said_factor, said_factor);
        assert!(again.recognize(secret, &uses, begin).is_none(), "it was rotated");
        assert_eq!(again.of_person(person, &uses, begin), std::slice::from_ref(&rotated.1));
        assert!(again.of_person(Uuid::now_v7(), &uses, begin).is_empty());
        assert!(again.of_person(person, &uses, begin + 60.minutes()).is_empty(), "it was idle");
        let mut batch = Batch::new();
        let ended = again.end_all(person, &mut batch);
        store.commit(batch).await.unwrap();
        again.forget(&ended);
        assert!(again.in_force(&rotated.1.id, &uses, begin).is_none());

        sessions.tidy(&*store, &uses, begin + 800.minutes()).await.unwrap();
        assert!(Sessions::open(&*store, &settings()).await.unwrap().known.read().is_empty());
    }
}
