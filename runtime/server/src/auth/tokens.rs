//! All tokens: made, listed, revoked, recognized.

use std::{collections::HashMap, sync::Arc};

use champollion_lns::NetworkServerName;
use champollion_store::{Batch, Store, StoreError, Table, TableError, tables};
use data_encoding::HEXLOWER;
use jiff::Timestamp;
use parking_lot::RwLock;
use serde::{Deserialize, Serialize};

use super::token::{Role, Secret, TokenHash};

const TOKENS: Table<TokenHash, TokenInfo> = Table::new(tables::TOKENS);

/// Random bytes of a token's id, which is no secret: enough that no two are alike.
const ID_BYTES: usize = 8;

/// Longest name of a token in bytes: some sentences.
const NAME_BYTES: usize = 1 << 10;

/// All tokens, in memory; the store keeps what is needed to have them again.
pub struct Tokens {
    store: Arc<dyn Store>,
    /// Held for a look-up or an insertion, never across an await.
    known: RwLock<HashMap<TokenHash, TokenInfo>>,
}

/// A token without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TokenInfo {
    /// By what it is revoked.
    pub id: String,
    /// For whom or what it was made, in the admin's words.
    pub name: String,
    /// The role of the token.
    #[serde(flatten)]
    pub role: Role,
    /// The network server of the settings whose frames its holder hands over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_server: Option<NetworkServerName>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends; never where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

/// A token that was just made: the only moment at which its secret is known.
#[derive(Debug)]
pub struct NewToken {
    /// The token without its secret.
    pub info: TokenInfo,
    /// The secret that the holder presents.
    pub secret: Secret,
}

/// Why a client is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// The request presents no token.
    #[error("this needs a token: send the header `Authorization: Bearer <token>`")]
    Missing,
    /// It presents something else than a bearer token.
    #[error(
        "the Authorization header is no bearer token: it must read `Bearer <token>`, or `Basic` with the token as the password"
    )]
    NotBearer,
    /// It presents a token that nobody made, or that was revoked.
    #[error("this token is not known here: it is mistyped, or it was revoked")]
    Unknown,
    /// It presents a token that has ended.
    #[error("this token expired at {0}: ask an admin for a new one")]
    Expired(Timestamp),
}

/// Why a token was not made or revoked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The store did not keep it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The system gives no randomness.
    #[error("the system gives no randomness: {0}")]
    Randomness(#[from] getrandom::Error),
    /// The table of the store cannot be read.
    #[error(transparent)]
    Table(#[from] TableError),
    /// More is said of it than is kept.
    #[error("the name has {bytes} bytes, and {limit} are the limit")]
    NameTooLong {
        /// Its length in bytes.
        bytes: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// It would end before it begins.
    #[error("the token would have expired at {0}, before it is made")]
    ExpiresInThePast(Timestamp),
    /// There is no such token.
    #[error("no token has the id {0:?}")]
    NoSuchToken(String),
}

impl Tokens {
    /// Reads all tokens from the store.
    pub async fn open(store: Arc<dyn Store>) -> Result<Self, TokenError> {
        let mut known = HashMap::new();
        let mut pages = TOKENS.pages(&*store);
        while let Some(page) = pages.next().await? {
            known.extend(page);
        }
        Ok(Self { store, known: RwLock::new(known) })
    }

    /// Whether there is none, as when the server starts for the first time.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.known.read().is_empty()
    }

    /// Makes a token and keeps it.
    pub async fn create(
        &self,
        name: &str,
        role: Role,
        now: Timestamp,
        expires_at: Option<Timestamp>,
        network_server: Option<NetworkServerName>,
    ) -> Result<NewToken, TokenError> {
        let token = NewToken::issue(name, role, now, expires_at)?.bound_to(network_server);
        self.keep(&token).await?;
        Ok(token)
    }

    /// Lets in from now on who presents this token.
    pub async fn keep(&self, token: &NewToken) -> Result<(), TokenError> {
        let (hash, info) = (token.secret.hash(), &token.info);
        let mut batch = Batch::new();
        TOKENS.put(&mut batch, &hash, info)?;
        self.store.commit(batch).await?;
        self.known.write().insert(hash, info.clone());
        Ok(())
    }

    /// Ends a token at once.
    pub async fn revoke(&self, id: &str) -> Result<TokenInfo, TokenError> {
        let found = {
            let known = self.known.read();
            known.iter().find(|(_, info)| info.id == id).map(|(hash, info)| (*hash, info.clone()))
        };
        let (hash, info) = found.ok_or_else(|| TokenError::NoSuchToken(id.to_owned()))?;
        let mut batch = Batch::new();
        TOKENS.delete(&mut batch, &hash);
        self.store.commit(batch).await?;
        self.known.write().remove(&hash);
        Ok(info)
    }

    /// All tokens, the oldest first.
    #[must_use]
    pub fn list(&self) -> Vec<TokenInfo> {
        let known = self.known.read();
        let mut all: Vec<TokenInfo> = known.values().cloned().collect();
        all.sort_by(|left, right| (left.created_at, &left.id).cmp(&(right.created_at, &right.id)));
        all
    }

    /// Recognizes a token by its secret.
    pub fn recognize(&self, presented: &str, now: Timestamp) -> Result<TokenInfo, AuthError> {
        let known = self.known.read();
        let info = known.get(&TokenHash::of(presented)).ok_or(AuthError::Unknown)?;
        match info.expires_at {
            Some(expiry) if expiry <= now => Err(AuthError::Expired(expiry)),
            _ => Ok(info.clone()),
        }
    }
}

impl NewToken {
    /// Makes a token that nobody accepts yet: see [`Tokens::keep`].
    pub fn issue(
        name: &str,
        role: Role,
        now: Timestamp,
        expires_at: Option<Timestamp>,
    ) -> Result<Self, TokenError> {
        if let Some(expiry) = expires_at.filter(|expiry| *expiry <= now) {
            return Err(TokenError::ExpiresInThePast(expiry));
        }
        if name.len() > NAME_BYTES {
            return Err(TokenError::NameTooLong { bytes: name.len(), limit: NAME_BYTES });
        }
        let mut id = [0; ID_BYTES];
        getrandom::fill(&mut id)?;
        let secret = Secret::generate(&role)?;
        let (id, name, created_at) = (HEXLOWER.encode(&id), name.to_owned(), now);
        let network_server = None;
        let info = TokenInfo { id, name, role, network_server, created_at, expires_at };
        Ok(Self { info, secret })
    }

    /// The same for a network server of the settings.
    #[must_use]
    pub fn bound_to(mut self, network_server: Option<NetworkServerName>) -> Self {
        self.info.network_server = network_server;
        self
    }
}
