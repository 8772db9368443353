//! The lasting sessions that brokers keep for us, remembered so that each can be ended.
//!
//! A broker keeps a session, with its topics and all that comes under them, until it is told otherwise. So the
//! store knows which sessions there are: topics that the settings name no more are unsubscribed from, and a session
//! whose network server is in the settings no more is ended.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
};

use champollion_lns::NetworkServerName;
use champollion_store::{Batch, Store, Table, TableError, tables};
use data_encoding::HEXLOWER;
use jiff::Timestamp;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    settings::{MqttSettings, MqttSettingsError},
    status::Trouble,
};
use crate::sentence::Sentence;

const SESSIONS: Table<String, BrokerSession> = Table::new(tables::BROKER_SESSIONS);

/// A lasting session at a broker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BrokerSession {
    /// The network server of the broker.
    pub network_server: NetworkServerName,
    /// The name by which the broker knows the session.
    pub client_id: String,
    /// The topics that may be subscribed to.
    pub topics: BTreeSet<String>,
    /// The moment at which it began.
    pub since: Timestamp,
    /// The moment at which the broker was found to have forgotten it, where it has. It survives a restart, so that
    /// the loss is told as long as it is news.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost_at: Option<Timestamp>,
    /// The address of the broker.
    pub url: String,
    /// The name that we have there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    password_file: Option<PathBuf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ca_file: Option<PathBuf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    certificate_file: Option<PathBuf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key_file: Option<PathBuf>,
}

/// A session that is to be ended, since the settings have it no more, and why it is not yet.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LeftSession {
    /// The network server that it was of.
    pub network_server: NetworkServerName,
    /// The address of the broker.
    pub url: String,
    /// The name by which the broker knows the session.
    pub client_id: String,
    /// The topics that the broker may go on keeping messages of.
    pub topics: Vec<String>,
    /// The reason why it could not be ended yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
    /// The same as a value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<Sentence>,
}

/// The sessions that brokers keep for us.
pub struct BrokerSessions {
    store: Arc<dyn Store>,
    /// Held for a look-up or an insertion, never across an await.
    known: Mutex<BTreeMap<String, BrokerSession>>,
    left: Mutex<BTreeMap<String, LeftSession>>,
}

impl BrokerSession {
    /// The session of a network server by its settings.
    pub(super) fn of(
        server: &NetworkServerName,
        settings: &MqttSettings,
        topics: &[String],
    ) -> Self {
        Self {
            network_server: server.clone(),
            client_id: settings.client_id(server),
            topics: topics.iter().cloned().collect(),
            since: Timestamp::now(),
            lost_at: None,
            url: settings.url.clone(),
            username: settings.username.clone(),
            password_file: settings.password_file.clone(),
            ca_file: settings.ca_file.clone(),
            certificate_file: settings.certificate_file.clone(),
            key_file: settings.key_file.clone(),
        }
    }

    /// Returns its key: a broker and a client id have one session.
    pub(super) fn key(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(self.url.as_bytes());
        hash.update(b"\n");
        hash.update(self.client_id.as_bytes());
        HEXLOWER.encode(&hash.finalize())
    }

    /// Returns the options of a connection that ends it.
    pub(super) fn farewell(&self) -> Result<rumqttc::MqttOptions, MqttSettingsError> {
        let settings = MqttSettings {
            url: self.url.clone(),
            username: self.username.clone(),
            password_file: self.password_file.clone(),
            ca_file: self.ca_file.clone(),
            certificate_file: self.certificate_file.clone(),
            key_file: self.key_file.clone(),
            client_id: Some(self.client_id.clone()),
            ..MqttSettings::default()
        };
        let mut options = settings.options(&self.network_server)?;
        options.set_clean_session(true);
        Ok(options)
    }
}

impl BrokerSessions {
    /// Reads the sessions that the store remembers.
    pub async fn open(store: Arc<dyn Store>) -> Result<Self, TableError> {
        let known = SESSIONS.pages(&*store).all().await?.into_iter().collect();
        Ok(Self { store, known: Mutex::new(known), left: Mutex::default() })
    }

    /// Reads the sessions again, which another node has entered and ended.
    pub(crate) async fn refresh(&self) -> Result<(), TableError> {
        let read = SESSIONS.pages(&*self.store).all().await?.into_iter().collect();
        *self.known.lock() = read;
        Ok(())
    }

    /// Takes note that a session is entered, before anything is subscribed to, and whether the broker has kept it;
    /// returns it as it was before.
    pub(super) async fn enter(
        &self,
        own: &BrokerSession,
        is_kept: bool,
    ) -> Result<Option<BrokerSession>, TableError> {
        let before = self.known.lock().get(&own.key()).cloned();
        let mut next = own.clone();
        if let Some(before) = &before {
            next.since = before.since;
            next.lost_at = if is_kept { before.lost_at } else { Some(Timestamp::now()) };
            next.topics.extend(before.topics.iter().cloned());
        }
        self.put(next).await?;
        Ok(before)
    }

    /// Takes note that a session has exactly the topics of the settings.
    pub(super) async fn settle(&self, own: &BrokerSession) -> Result<(), TableError> {
        let before = self.known.lock().get(&own.key()).cloned();
        let (since, lost_at) =
            before.map_or((own.since, None), |before| (before.since, before.lost_at));
        self.put(BrokerSession { since, lost_at, ..own.clone() }).await
    }

    async fn put(&self, session: BrokerSession) -> Result<(), TableError> {
        let key = session.key();
        if self.known.lock().get(&key) == Some(&session) {
            return Ok(());
        }
        let mut batch = Batch::new();
        SESSIONS.put(&mut batch, &key, &session)?;
        self.store.commit(batch).await?;
        self.known.lock().insert(key, session);
        Ok(())
    }

    /// Tells sessions from those of the settings: returns those that are to be ended.
    pub(super) fn leave_all_but(&self, kept: &BTreeSet<String>) -> Vec<BrokerSession> {
        let known = self.known.lock();
        let left = known.iter().filter(|(key, _)| !kept.contains(*key));
        let left: Vec<BrokerSession> = left.map(|(_, session)| session.clone()).collect();
        *self.left.lock() = left
            .iter()
            .map(|session| {
                let shown = LeftSession {
                    network_server: session.network_server.clone(),
                    url: session.url.clone(),
                    client_id: session.client_id.clone(),
                    topics: session.topics.iter().cloned().collect(),
                    trouble: None,
                    fault: None,
                };
                (session.key(), shown)
            })
            .collect();
        left
    }

    /// Returns the sessions that are to be ended and are not yet.
    #[must_use]
    pub fn left(&self) -> Vec<LeftSession> {
        self.left.lock().values().cloned().collect()
    }

    /// Takes note why a session cannot be ended yet; says whether that is new.
    pub(super) fn not_ended(&self, session: &BrokerSession, new: &Trouble) -> bool {
        let mut left = self.left.lock();
        let Some(shown) = left.get_mut(&session.key()) else { return false };
        let is_new = shown.trouble.as_ref() != Some(&new.why);
        shown.trouble = Some(new.why.clone());
        shown.fault = Some(new.told.clone());
        is_new
    }

    /// Forgets a session that was ended.
    pub(super) async fn ended(&self, session: &BrokerSession) -> Result<(), TableError> {
        let key = session.key();
        let mut batch = Batch::new();
        SESSIONS.delete(&mut batch, &key);
        self.store.commit(batch).await?;
        self.known.lock().remove(&key);
        self.left.lock().remove(&key);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use champollion_store::{SledOptions, SledStore};

    use super::*;

    fn session(server: &str, url: &str, topics: &[&str]) -> BrokerSession {
        let settings = MqttSettings {
            url: url.to_owned(),
            username: Some("champollion".to_owned()),
            password_file: Some("/etc/champollion/password".into()),
            ..MqttSettings::default()
        };
        let topics: Vec<String> = topics.iter().map(ToString::to_string).collect();
        BrokerSession::of(&server.parse().unwrap(), &settings, &topics)
    }

    #[tokio::test]
    async fn topics_add_up_until_they_are_settled_and_survive_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let open = || {
            let store = SledStore::open(&SledOptions::new(folder.path().join("store"))).unwrap();
            BrokerSessions::open(Arc::new(store))
        };
        let sessions = open().await.unwrap();
        let wide = session("city", "mqtt://broker", &["a/#", "b/#"]);
        assert_eq!(sessions.enter(&wide, false).await.unwrap(), None);
        let narrow = session("city", "mqtt://broker", &["a/#"]);
        let before = sessions.enter(&narrow, false).await.unwrap().unwrap();
        assert_eq!((before.topics, before.lost_at), (wide.topics.clone(), None), "it was kept");
        sessions.store.close().await.unwrap();
        drop(sessions);
        let sessions = open().await.unwrap();
        let before = sessions.enter(&narrow, true).await.unwrap().unwrap();
        assert_eq!((before.topics, before.since), (wide.topics, wide.since), "not settled yet");
        assert!(before.lost_at.is_some(), "a restart forgets no loss");
        sessions.settle(&narrow).await.unwrap();
        let before = sessions.enter(&narrow, true).await.unwrap().unwrap();
        assert_eq!(before.topics, narrow.topics);
        assert!(before.lost_at.is_some(), "settling forgets no loss");
    }

    #[tokio::test]
    async fn a_session_is_left_until_it_was_ended() {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open(&SledOptions::new(folder.path().join("store"))).unwrap();
        let sessions = BrokerSessions::open(Arc::new(store)).await.unwrap();
        let (old, new) =
            (session("city", "mqtt://old", &["a/#"]), session("city", "mqtt://new", &["a/#"]));
        for own in [&old, &new] {
            sessions.enter(own, true).await.unwrap();
        }
        let kept = BTreeSet::from([new.key()]);
        let left = sessions.leave_all_but(&kept);
        assert_eq!(left.iter().map(BrokerSession::key).collect::<Vec<_>>(), [old.key()]);
        let away = Trouble::of_other(&"it is away");
        assert!(sessions.not_ended(&old, &away) && !sessions.not_ended(&old, &away));
        let LeftSession { trouble, fault, .. } = &sessions.left()[0];
        assert_eq!((trouble.as_deref(), fault), (Some("it is away"), &Some(away.told)));
        sessions.ended(&old).await.unwrap();
        assert!(sessions.left().is_empty() && sessions.leave_all_but(&kept).is_empty());
    }

    #[test]
    fn no_password_is_kept() {
        let own = session("city", "mqtt://broker", &[]);
        let stored = serde_json::to_string(&own).unwrap();
        assert!(stored.contains("/etc/champollion/password"), "the name of its file is");
        assert!(own.farewell().unwrap_err().to_string().contains("/etc/champollion/password"));
    }
}
