//! Messages that cannot be read, put aside where an admin can see them.
//!
//! A broker sends a message again until it is acknowledged. One that cannot be read, now or ever, is
//! kept here and acknowledged. There is room for so many and so much; the oldest go first. The same
//! message once more is counted, not kept twice.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    num::ParseIntError,
    str::FromStr,
    sync::Arc,
};

use champollion_lns::NetworkServerName;
use champollion_registry::{RegistryError, ledger::AuditEntry};
use champollion_store::{
    Batch, Store, StoreError, Table, TableError,
    codec::{Bytes, Pair},
    tables,
};
use data_encoding::HEXLOWER;
use jiff::Timestamp;
use parking_lot::{Mutex, MutexGuard};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::sync::Mutex as AsyncMutex;
use uuid::Uuid;

use crate::authors::Author;

const MESSAGES: Table<Uuid, ParkedInfo> = Table::new(tables::PARKED);
const PIECES: Table<(Uuid, PieceNumber), Vec<u8>, Pair, Bytes> = Table::new(tables::PARKED_PIECES);

/// Bytes of a piece: what the store takes as one value, with room to spare.
const PIECE_BYTES: usize = 60 << 10;

/// Most bytes that are kept of a message; of a larger one the beginning. With what is known of it, it
/// fits into one batch of the store.
pub const PARKED_BYTES: usize = 1 << 20;

/// The limits of parked messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ParkedLimits {
    /// Number of messages that are kept.
    pub messages: usize,
    /// Bytes of them together.
    pub bytes: usize,
}

/// The messages that are parked.
pub struct Parked {
    store: Arc<dyn Store>,
    limits: ParkedLimits,
    /// Held for a look-up or an insertion, never across an await.
    known: Mutex<Known>,
    /// The turn of those that change the parked messages.
    turn: AsyncMutex<()>,
}

#[derive(Default)]
struct Known {
    messages: BTreeMap<Uuid, Arc<ParkedInfo>>,
    by_digest: HashMap<String, Uuid>,
    bytes: usize,
}

/// A parked message without its payload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ParkedInfo {
    /// Its name. Names of later messages are greater.
    pub id: Uuid,
    /// The network server that sent the message.
    pub network_server: NetworkServerName,
    /// The topic that it came under.
    pub topic: String,
    /// When it came first.
    pub parked_at: Timestamp,
    /// When it came last.
    pub last_at: Timestamp,
    /// The number of times that the message came.
    pub times: u64,
    /// The size of the message in bytes.
    pub bytes: usize,
    /// The fault of the message, for programs.
    pub code: String,
    /// The fault of the message, for people.
    pub detail: String,
    /// The SHA-256 of whose it is, its topic and what is kept of it.
    pub digest: String,
}

/// A message that is parked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParkedMessage {
    /// The message without its payload.
    pub info: Arc<ParkedInfo>,
    /// The payload; of a message that is too large the beginning.
    pub payload: Vec<u8>,
}

/// A message that is to be parked.
#[derive(Clone, Copy, Debug)]
pub struct NewParked<'message> {
    /// The network server that sent the message.
    pub network_server: &'message NetworkServerName,
    /// The topic that it came under.
    pub topic: &'message str,
    /// The payload; of a message that is too large the beginning.
    pub payload: &'message [u8],
    /// The size of the message in bytes.
    pub bytes: usize,
    /// The fault of the message, for programs.
    pub code: &'message str,
    /// The fault of the message, for people.
    pub detail: &'message str,
}

/// The number of a piece, written so that pieces lie in their order.
struct PieceNumber(usize);

/// Why messages cannot be parked, or what is parked cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ParkedError {
    /// The store did not.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A table of the store cannot be read.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The audit cannot take a line of the change.
    #[error(transparent)]
    Audit(Box<RegistryError>),
    /// There is none of that name.
    #[error("no message {0} is parked")]
    Unknown(Uuid),
}

impl From<RegistryError> for ParkedError {
    fn from(error: RegistryError) -> Self {
        match error {
            RegistryError::Store(error) => Self::Store(error),
            error => Self::Audit(Box::new(error)),
        }
    }
}

impl Parked {
    /// Reads what is known of all messages.
    pub async fn open(store: Arc<dyn Store>, limits: ParkedLimits) -> Result<Self, ParkedError> {
        let (known, turn) = (Mutex::default(), AsyncMutex::default());
        let parked = Self { store, limits, known, turn };
        parked.refresh().await?;
        Ok(parked)
    }

    /// Reads again what is known of all messages, since another node has parked some.
    pub(crate) async fn refresh(&self) -> Result<(), ParkedError> {
        let _turn = self.turn.lock().await;
        let mut known = Known::default();
        let mut pages = MESSAGES.pages(&*self.store);
        while let Some(page) = pages.next().await? {
            for (_, info) in page {
                known.insert(Arc::new(info));
            }
        }
        *self.lock() = known;
        self.count();
        Ok(())
    }

    /// Keeps a message. When this returns, it survives `kill -9` and a power cut.
    pub async fn park(&self, new: &NewParked<'_>) -> Result<Arc<ParkedInfo>, ParkedError> {
        let _turn = self.turn.lock().await;
        let (now, digest) = (Timestamp::now(), digest(new));
        let before = {
            let known = self.lock();
            known.by_digest.get(&digest).and_then(|id| known.messages.get(id)).cloned()
        };
        let mut batch = Batch::new();
        let mut dropped = Vec::new();
        let info = if let Some(before) = before {
            let (code, detail) = (new.code.to_owned(), new.detail.to_owned());
            ParkedInfo {
                times: before.times + 1,
                last_at: now,
                code,
                detail,
                ..ParkedInfo::clone(&before)
            }
        } else {
            let id = Uuid::now_v7();
            for (number, piece) in new.payload.chunks(PIECE_BYTES).enumerate() {
                PIECES.put_bytes(&mut batch, &(id, PieceNumber(number)), piece);
            }
            let info = ParkedInfo {
                id,
                network_server: new.network_server.clone(),
                topic: new.topic.to_owned(),
                parked_at: now,
                last_at: now,
                times: 1,
                bytes: new.bytes,
                code: new.code.to_owned(),
                detail: new.detail.to_owned(),
                digest,
            };
            dropped = self.oldest_beyond(kept_bytes(&info));
            for old in &dropped {
                self.put_removal(&mut batch, old);
            }
            info
        };
        MESSAGES.put(&mut batch, &info.id, &info)?;
        self.store.commit(batch).await?;
        let info = Arc::new(info);
        let mut known = self.lock();
        for old in &dropped {
            known.remove(old.id);
            metrics::counter!("champollion_parked_dropped_total").increment(1);
            tracing::warn!(
                id = %old.id, network_server = %old.network_server, topic = old.topic,
                "a parked message makes room for later ones"
            );
        }
        known.insert(Arc::clone(&info));
        drop(known);
        self.count();
        Ok(info)
    }

    /// Returns the parked messages, the oldest first.
    #[must_use]
    pub fn list(&self) -> Vec<Arc<ParkedInfo>> {
        self.lock().messages.values().cloned().collect()
    }

    /// Returns a message by its id.
    pub async fn get(&self, id: Uuid) -> Result<ParkedMessage, ParkedError> {
        let info = self.lock().messages.get(&id).cloned().ok_or(ParkedError::Unknown(id))?;
        let pieces = PIECES.pages_under(&*self.store, Pair::prefix(&id)).all().await?;
        let payload = pieces.into_iter().flat_map(|(_, piece)| piece).collect();
        Ok(ParkedMessage { info, payload })
    }

    /// Removes a message by its id; `act` says why.
    pub async fn remove(
        &self,
        id: Uuid,
        author: &dyn Author,
        act: AuditEntry,
    ) -> Result<Arc<ParkedInfo>, ParkedError> {
        let _turn = self.turn.lock().await;
        let info = self.lock().messages.get(&id).cloned().ok_or(ParkedError::Unknown(id))?;
        let mut batch = Batch::new();
        self.put_removal(&mut batch, &info);
        author.commit(batch, act.essential()).await?;
        self.lock().remove(id);
        self.count();
        Ok(info)
    }

    fn put_removal(&self, batch: &mut Batch, info: &ParkedInfo) {
        MESSAGES.delete(batch, &info.id);
        for number in 0..kept_bytes(info).div_ceil(PIECE_BYTES) {
            PIECES.delete(batch, &(info.id, PieceNumber(number)));
        }
    }

    /// Returns the messages that must go to make room for one more of so many bytes.
    fn oldest_beyond(&self, bytes: usize) -> Vec<Arc<ParkedInfo>> {
        let known = self.lock();
        let (mut messages, mut total) = (known.messages.len() + 1, known.bytes + bytes);
        let oldest = known.messages.values().take_while(|info| {
            let is_too_much = messages > self.limits.messages || total > self.limits.bytes;
            messages -= 1;
            total -= kept_bytes(info);
            is_too_much
        });
        oldest.cloned().collect()
    }

    #[expect(clippy::cast_precision_loss, reason = "both are far below 2^53")]
    fn count(&self) {
        let known = self.lock();
        metrics::gauge!("champollion_parked_messages").set(known.messages.len() as f64);
        metrics::gauge!("champollion_parked_bytes").set(known.bytes as f64);
    }

    // The values are whole even when a thread panicked with the lock: each change is one call.
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock()
    }
}

impl Known {
    fn insert(&mut self, info: Arc<ParkedInfo>) {
        self.remove(info.id);
        self.bytes += kept_bytes(&info);
        self.by_digest.insert(info.digest.clone(), info.id);
        self.messages.insert(info.id, info);
    }

    fn remove(&mut self, id: Uuid) {
        if let Some(info) = self.messages.remove(&id) {
            self.bytes -= kept_bytes(&info);
            self.by_digest.remove(&info.digest);
        }
    }
}

fn kept_bytes(info: &ParkedInfo) -> usize {
    info.bytes.min(PARKED_BYTES)
}

fn digest(new: &NewParked<'_>) -> String {
    let mut hash = Sha256::new();
    for part in [new.network_server.as_str().as_bytes(), new.topic.as_bytes(), new.payload] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    HEXLOWER.encode(&hash.finalize())
}

impl fmt::Display for PieceNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:04}", self.0)
    }
}

impl FromStr for PieceNumber {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        text.parse().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use champollion_store::{SledOptions, SledStore};

    use super::*;
    use crate::authors::Unaudited;

    async fn parked(folder: &std::path::Path, messages: usize, bytes: usize) -> Parked {
        let store = SledStore::open(&SledOptions::new(folder.join("store"))).unwrap();
        Parked::open(Arc::new(store), ParkedLimits { messages, bytes }).await.unwrap()
    }

    async fn park(parked: &Parked, payload: &[u8]) -> Uuid {
        let server = "city".parse().unwrap();
        let new = NewParked {
            network_server: &server,
            topic: "application/a/device/d/event/up",
            payload,
            bytes: payload.len(),
            code: "malformed-message",
            detail: "it cannot be read",
        };
        parked.park(&new).await.unwrap().id
    }

    #[tokio::test]
    async fn a_large_message_comes_back_whole_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let first = parked(folder.path(), 9, 9 << 20).await;
        let payload: Vec<u8> = (0..PARKED_BYTES).map(|index| (index % 251) as u8).collect();
        let id = park(&first, &payload).await;
        first.store.close().await.unwrap();
        drop(first);
        let again = parked(folder.path(), 9, 9 << 20).await;
        assert_eq!(again.get(id).await.unwrap().payload, payload);
        let nobody = Unaudited(Arc::clone(&again.store));
        again.remove(id, &nobody, AuditEntry::of_act("parked-drop", id)).await.unwrap();
        assert!(matches!(again.get(id).await, Err(ParkedError::Unknown(_))));
        assert!(PIECES.page(&*again.store, b"", None, 1).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn lines_are_stored_as_they_always_were() {
        let folder = tempfile::tempdir().unwrap();
        let parked = parked(folder.path(), 9, 9 << 20).await;
        let id = park(&parked, &[7; PIECE_BYTES + 1]).await;
        let info = serde_json::to_vec(&*parked.list()[0]).unwrap();
        let stored = |table, key: String| {
            let store = Arc::clone(&parked.store);
            async move { store.get(table, key.as_bytes()).await.unwrap() }
        };
        assert_eq!(stored("parked", id.to_string()).await, Some(info));
        assert_eq!(stored("parked-pieces", format!("{id}/0000")).await, Some(vec![7; PIECE_BYTES]));
        assert_eq!(stored("parked-pieces", format!("{id}/0001")).await, Some(vec![7]));
        assert_eq!(stored("parked-pieces", format!("{id}/0002")).await, None);
    }

    #[tokio::test]
    async fn a_damaged_line_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let parked = parked(folder.path(), 3, 100).await;
        let mut batch = Batch::new();
        batch.put("parked", "seven", "{}");
        parked.store.commit(batch).await.unwrap();
        let again = Parked::open(Arc::clone(&parked.store), parked.limits).await;
        let said = again.map(drop).unwrap_err().to_string();
        assert!(said.starts_with("the table parked is damaged at seven: "), "{said}");
    }

    #[tokio::test]
    async fn the_oldest_make_room() {
        let folder = tempfile::tempdir().unwrap();
        let parked = parked(folder.path(), 3, 100).await;
        let ids =
            |parked: &Parked| -> Vec<Uuid> { parked.list().iter().map(|info| info.id).collect() };
        let mut all = Vec::new();
        for number in 0..4_u8 {
            all.push(park(&parked, &[number; 10]).await);
        }
        assert_eq!(ids(&parked), all[1..]);
        all.push(park(&parked, &[9; 85]).await);
        assert_eq!(ids(&parked), all[3..]);
    }

    #[tokio::test]
    async fn the_same_message_is_counted() {
        let folder = tempfile::tempdir().unwrap();
        let parked = parked(folder.path(), 3, 100).await;
        let id = park(&parked, b"{").await;
        assert_eq!(park(&parked, b"{").await, id);
        assert_eq!(parked.list()[0].times, 2);
        assert_ne!(park(&parked, b"}").await, id);
    }
}
