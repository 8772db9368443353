//! Requests that come again: the same Idempotency-Key is the same command.

use std::{collections::HashSet, sync::Arc, time::Duration};

use champollion_store::{Batch, Store, Table, tables};
use data_encoding::HEXLOWER;
use jiff::Timestamp;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{LedgerError, SendError};

const REQUESTS: Table<String, Line> = Table::new(tables::DOWNLINK_REQUESTS);

/// The time that a request is recognized.
const RECOGNIZED: Duration = Duration::from_secs(48 * 3_600);

/// A request that is to be recognized when it comes again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestKey {
    /// The line in the table.
    line: String,
    /// The fingerprint that tells this request from others.
    fingerprint: String,
}

/// The requests that were answered.
pub(super) struct Requests {
    store: Arc<dyn Store>,
    under_way: Arc<Mutex<HashSet<String>>>,
}

/// Whether a request came before.
pub(super) enum Answered {
    /// It did, and this is the command.
    Before(Uuid),
    /// It did not. Until this is dropped nobody else answers it.
    Not(Answering),
}

/// A request that is being answered.
pub(super) struct Answering {
    line: String,
    under_way: Arc<Mutex<HashSet<String>>>,
    /// The command that an answer was begun with and not ended.
    pub(super) begun: Option<Uuid>,
}

#[derive(Serialize, Deserialize)]
struct Line {
    fingerprint: String,
    command: Uuid,
    /// Whether all of the command is kept.
    complete: bool,
    at: Timestamp,
}

impl RequestKey {
    /// The request of a token: the client's key for it, and what it asks for.
    #[must_use]
    pub fn new(token: &str, key: &str, path: &str, wish: &impl Serialize) -> Self {
        let mut hash = Sha256::new();
        hash.update(path.as_bytes());
        // What was read from JSON can be written as JSON.
        let mut asked = serde_json::to_value(wish).unwrap_or_default();
        // The fingerprint is that of servers that sorted the members of a command: a request of before an
        // update is recognized after it.
        if let Some(command) = asked.get_mut("command") {
            command.sort_all_objects();
        }
        hash.update(serde_json::to_vec(&asked).unwrap_or_default());
        let line = format!("{token}/{}", HEXLOWER.encode(&Sha256::digest(key.as_bytes())));
        Self { line, fingerprint: HEXLOWER.encode(&hash.finalize()) }
    }
}

impl Requests {
    pub(super) fn new(store: Arc<dyn Store>) -> Self {
        Self { store, under_way: Arc::default() }
    }

    pub(super) async fn begin(&self, request: &RequestKey) -> Result<Answered, SendError> {
        let fresh = self.under_way.lock().insert(request.line.clone());
        if !fresh {
            return Err(SendError::UnderWay);
        }
        let under_way = Arc::clone(&self.under_way);
        let mut answering = Answering { line: request.line.clone(), under_way, begun: None };
        let Some(line) = REQUESTS.get(&*self.store, &request.line).await? else {
            return Ok(Answered::Not(answering));
        };
        if line.is_old(Timestamp::now()) {
            return Ok(Answered::Not(answering));
        }
        if line.fingerprint != request.fingerprint {
            return Err(SendError::OtherRequest(line.at));
        }
        if line.complete {
            return Ok(Answered::Before(line.command));
        }
        answering.begun = Some(line.command);
        Ok(Answered::Not(answering))
    }

    /// Puts into a batch which command a request is.
    pub(super) fn put(
        &self,
        batch: &mut Batch,
        request: &RequestKey,
        command: Uuid,
        complete: bool,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let line = Line { fingerprint: request.fingerprint.clone(), command, complete, at: now };
        Ok(REQUESTS.put(batch, &request.line, &line)?)
    }

    pub(super) async fn forget_old(&self, now: Timestamp) -> Result<(), LedgerError> {
        let mut pages = REQUESTS.pages(&*self.store);
        while let Some(page) = pages.next().await? {
            let mut batch = Batch::new();
            for (request, line) in page {
                if line.is_old(now) {
                    REQUESTS.delete(&mut batch, &request);
                }
            }
            if !batch.is_empty() {
                self.store.commit(batch).await?;
            }
        }
        Ok(())
    }
}

impl Line {
    fn is_old(&self, now: Timestamp) -> bool {
        self.at.checked_add(RECOGNIZED).is_ok_and(|end| end <= now)
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.under_way.lock().remove(&self.line);
    }
}

#[cfg(test)]
mod tests {
    use champollion_store::{SledOptions, SledStore};
    use serde_json::json;

    use super::*;

    #[test]
    fn fingerprints_are_those_of_servers_that_sorted_members() {
        let wish = json!({ "group": "g", "command": { "b": 1, "a": { "d": 1, "c": 2 } }, "at": 1 });
        let request = RequestKey::new("token", "key", "/path", &wish);
        let written = r#"/path{"group":"g","command":{"a":{"c":2,"d":1},"b":1},"at":1}"#;
        assert_eq!(request.fingerprint, HEXLOWER.encode(&Sha256::digest(written)));
    }

    #[tokio::test]
    async fn a_request_is_recognized_for_two_days() {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open(&SledOptions::new(folder.path().join("store"))).unwrap();
        let requests = Requests::new(Arc::new(store));
        let request = RequestKey::new("token", "key", "/path", &json!({ "a": 1 }));
        let Ok(Answered::Not(answering)) = requests.begin(&request).await else { panic!("new") };
        assert!(matches!(requests.begin(&request).await, Err(SendError::UnderWay)));
        drop(answering);

        let now = Timestamp::now();
        let (half, whole) = (Uuid::from_u128(1), Uuid::from_u128(2));
        for (command, complete) in [(half, false), (whole, true)] {
            let mut batch = Batch::new();
            requests.put(&mut batch, &request, command, complete, now).unwrap();
            requests.store.commit(batch).await.unwrap();
            match requests.begin(&request).await.unwrap() {
                Answered::Not(answering) => assert_eq!(answering.begun, Some(half)),
                Answered::Before(command) => assert_eq!(command, whole),
            }
        }
        for other in [
            RequestKey::new("token", "key", "/path", &json!({ "a": 2 })),
            RequestKey::new("token", "key", "/other", &json!({ "a": 1 })),
        ] {
            let refused = requests.begin(&other).await;
            assert!(matches!(refused, Err(SendError::OtherRequest(at)) if at == now));
        }
        let elsewhere = RequestKey::new("other", "key", "/path", &json!({ "a": 1 }));
        assert!(matches!(requests.begin(&elsewhere).await, Ok(Answered::Not(_))));

        requests.forget_old(now).await.unwrap();
        assert!(matches!(requests.begin(&request).await, Ok(Answered::Before(_))));
        requests.forget_old(now.checked_add(RECOGNIZED).unwrap()).await.unwrap();
        assert!(matches!(requests.begin(&request).await, Ok(Answered::Not(_))));
    }
}
