//! A new admin token for a server that nobody can administer any more, made on its machine.

use std::{path::Path, sync::Arc};

use champollion_registry::{
    RegistryError,
    ledger::{Actor, AuditEntry},
    record_offline,
};
use champollion_store::{SledOptions, SledStore, Store, StoreError};
use jiff::Timestamp;
use serde_json::json;

use super::{
    token::Role,
    tokens::{NewToken, TokenError, Tokens},
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
    /// The audit cannot be written.
    #[error("the audit cannot be written")]
    Audit(#[source] RegistryError),
    /// The new token may not be durable.
    #[error("the store could not be closed")]
    Close(#[source] StoreError),
}

/// Makes an admin token in the store of a server that does not run. Access to the data folder is all that is
/// asked for: the person who has it can read and change everything anyway. The audit names the act.
pub async fn recover_admin(data_dir: &Path, now: Timestamp) -> Result<NewToken, RecoveryError> {
    let folder = data_dir.join("store");
    if !folder.is_dir() {
        return Err(RecoveryError::NoStore(data_dir.display().to_string()));
    }
    let store = SledStore::open(&SledOptions::new(folder)).map_err(RecoveryError::Store)?;
    let store: Arc<dyn Store> = Arc::new(store);
    let tokens = Tokens::open(Arc::clone(&store)).await.map_err(RecoveryError::Token)?;
    let token =
        NewToken::issue("recovered admin", Role::Admin, now, None).map_err(RecoveryError::Token)?;
    let by = Actor::named("admin recover, on the machine itself");
    let entry = AuditEntry::new(&by, "token-create", &token.info.id).with(json!(token.info));
    // The audit first: a token that nobody knows of must not be.
    record_offline(Arc::clone(&store), entry, now).await.map_err(RecoveryError::Audit)?;
    tokens.keep(&token).await.map_err(RecoveryError::Token)?;
    store.close().await.map_err(RecoveryError::Close)?;
    Ok(token)
}
