//! Identities of people at providers of OpenID Connect: which account goes with which subject.

use std::collections::HashMap;

use champollion_store::{Batch, Store, Table, TableError, tables};
use jiff::Timestamp;
use parking_lot::{Mutex, RwLock};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

const IDENTITIES: Table<Uuid, Identity> = Table::new(tables::OPENID_IDENTITIES);

/// The identities of people, in memory; the store keeps what is needed to have them again.
#[derive(Default)]
pub struct Identities {
    known: RwLock<HashMap<Uuid, Identity>>,
    /// The assertions by which sessions began, by the ids of these. They are needed to sign out at the provider, and
    /// not worth to be kept over a stop.
    assertions: Mutex<HashMap<String, String>>,
}

/// The identity of a person at a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    /// The issuer that asserts it.
    pub issuer: String,
    /// The name of the person at the issuer, which never changes.
    pub subject: String,
    /// The moment of the first sign-in by it.
    pub linked_at: Timestamp,
}

impl Identities {
    /// Reads all identities.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn open(store: &dyn Store) -> Result<Self, TableError> {
        let known = IDENTITIES.pages(store).all().await?.into_iter().collect();
        Ok(Self { known: RwLock::new(known), assertions: Mutex::default() })
    }

    /// Reads all identities again, which another node has changed.
    ///
    /// # Errors
    /// The store cannot be read, and the identities are as before.
    pub(crate) async fn refresh(&self, store: &dyn Store) -> Result<(), TableError> {
        let read = IDENTITIES.pages(store).all().await?.into_iter().collect();
        *self.known.write() = read;
        Ok(())
    }

    /// Returns the people of a subject: one at most of each home.
    #[must_use]
    pub fn people_of(&self, issuer: &str, subject: &str) -> Vec<Uuid> {
        let known = self.known.read();
        let is_it = |own: &Identity| own.issuer == issuer && own.subject == subject;
        known.iter().filter(|(_, own)| is_it(own)).map(|(person, _)| *person).collect()
    }

    /// Returns the identity of a person.
    #[must_use]
    pub fn of(&self, person: Uuid) -> Option<Identity> {
        self.known.read().get(&person).cloned()
    }

    /// Gives a person an identity in a batch, which is refused where the person has another one by then.
    ///
    /// # Errors
    /// The row cannot be written.
    pub fn link(
        &self,
        batch: &mut Batch,
        person: Uuid,
        identity: &Identity,
    ) -> Result<(), TableError> {
        match self.of(person) {
            None => IDENTITIES.insert(batch, &person, identity),
            Some(before) => {
                let seen = IDENTITIES.written(&person, &before)?;
                IDENTITIES.replace(batch, &seen, identity).map(drop)
            }
        }
    }

    /// Takes the identity from a person in a batch; nothing where there is none.
    pub fn unlink(&self, batch: &mut Batch, person: Uuid) -> Option<Identity> {
        let before = self.of(person)?;
        IDENTITIES.delete(batch, &person);
        Some(before)
    }

    /// Knows an identity whose row is durable, or that there is none.
    pub fn know(&self, person: Uuid, identity: Option<Identity>) {
        let mut known = self.known.write();
        match identity {
            Some(identity) => drop(known.insert(person, identity)),
            None => drop(known.remove(&person)),
        }
    }

    /// Remembers the assertion by which a session began.
    pub fn remember(&self, session: &str, assertion: String) {
        self.assertions.lock().insert(session.to_owned(), assertion);
    }

    /// Gives the assertion by which a session began, once.
    #[must_use]
    pub fn recall(&self, session: &str) -> Option<String> {
        self.assertions.lock().remove(session)
    }

    /// Forgets the assertions of sessions that go on no more.
    pub fn tidy(&self, goes_on: impl Fn(&str) -> bool) {
        self.assertions.lock().retain(|session, _| goes_on(session));
    }
}

#[cfg(test)]
mod tests {
    use champollion_store::{SledOptions, SledStore};

    use super::*;

    #[tokio::test]
    async fn an_identity_is_that_of_a_person_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open(&SledOptions::new(folder.path().join("store"))).unwrap();
        let identities = Identities::open(&store).await.unwrap();
        let person = Uuid::now_v7();
        let of = |subject: &str| Identity {
            issuer: "https://login.example".to_owned(),
            subject: subject.to_owned(),
            linked_at: Timestamp::UNIX_EPOCH,
        };
        for subject in ["ada", "ada-2"] {
            let mut batch = Batch::new();
            identities.link(&mut batch, person, &of(subject)).unwrap();
            let late = batch.clone();
            store.commit(batch).await.unwrap();
            assert!(store.commit(late).await.is_err(), "another was faster");
            identities.know(person, Some(of(subject)));
        }
        let again = Identities::open(&store).await.unwrap();
        assert_eq!(again.people_of("https://login.example", "ada-2"), [person]);
        assert!(again.people_of("https://login.example", "ada").is_empty());
        assert!(again.people_of("https://other.example", "ada-2").is_empty());
        let mut batch = Batch::new();
        assert_eq!(again.unlink(&mut batch, person), Some(of("ada-2")));
        store.commit(batch).await.unwrap();
        again.know(person, None);
        assert_eq!(Identities::open(&store).await.unwrap().of(person), None);

        again.remember("a", "one".to_owned());
        again.remember("b", "two".to_owned());
        again.tidy(|session| session == "a");
        assert_eq!(
            (again.recall("a").as_deref(), again.recall("a"), again.recall("b")),
            (Some("one"), None, None)
        );
    }
}
