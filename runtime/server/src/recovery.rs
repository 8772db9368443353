//! A new admin token for a server that nobody can administer any more, made on its machine.

use std::{path::Path, sync::Arc};

use async_trait::async_trait;
use champollion_registry::{
    RegistryError,
    ledger::{Actor, AuditEntry},
    record_offline,
};
use champollion_store::{Batch, SledOptions, SledStore, Store, StoreError};
use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    auth::{NewToken, Role, TokenError, Tokens},
    authors::Author,
    backend::SharedStore,
    cluster::{Protocol, noting},
    store_settings::StoreSettings,
};

/// The reason why no token was made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecoveryError {
    /// There is no data folder of a server.
    #[error(
        "{0} is no data folder of a server: name it with --data-dir, or the settings with --config"
    )]
    NoStore(String),
    /// The store cannot be opened, as while the server runs.
    #[error("the store cannot be opened: where the server runs, stop it first")]
    Store(#[source] StoreError),
    /// The token cannot be made.
    #[error("the token cannot be made")]
    Token(#[source] TokenError),
    /// The new token may not be durable.
    #[error("the store could not be closed")]
    Close(#[source] StoreError),
}

/// The person at the machine of a server that does not run.
struct PersonAtMachine {
    store: Arc<dyn Store>,
    now: Timestamp,
}

#[async_trait]
impl Author for PersonAtMachine {
    async fn commit(&self, change: Batch, line: AuditEntry) -> Result<(), RegistryError> {
        let by = Actor::named("admin recover, on the machine itself");
        record_offline(Arc::clone(&self.store), change, line.by(&by), self.now).await
    }
}

/// Makes an admin token in the store of a server that does not run. Access to the data folder, or the password of the
/// database, is all that is asked for: the person who has it can read and change everything anyway. The audit names
/// the act.
pub async fn recover_admin(
    data_dir: &Path,
    settings: &StoreSettings,
    now: Timestamp,
) -> Result<NewToken, RecoveryError> {
    let store = open(data_dir, settings).await?;
    let tokens = Tokens::open(Arc::clone(&store)).await.map_err(RecoveryError::Token)?;
    let token =
        NewToken::issue("recovered admin", Role::Admin, now, None).map_err(RecoveryError::Token)?;
    let person = PersonAtMachine { store: Arc::clone(&store), now };
    tokens.keep(&token, &person).await.map_err(RecoveryError::Token)?;
    store.close().await.map_err(RecoveryError::Close)?;
    Ok(token)
}

async fn open(data_dir: &Path, settings: &StoreSettings) -> Result<Arc<dyn Store>, RecoveryError> {
    if let Some(shared) = SharedStore::open(settings).await.map_err(RecoveryError::Store)? {
        // Nodes that run on the database learn of the token as of one that another node has made.
        let protocol = Arc::new(Protocol::of(settings.as_before));
        return Ok(noting(shared.store(), Uuid::now_v7(), protocol));
    }
    let folder = data_dir.join("store");
    if !folder.is_dir() {
        return Err(RecoveryError::NoStore(data_dir.display().to_string()));
    }
    let store = SledStore::open(&SledOptions::new(folder)).map_err(RecoveryError::Store)?;
    Ok(Arc::new(store))
}
